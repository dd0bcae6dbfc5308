/** Why reading is held back; several may hold at once, each a bit. */
export const Hold = {
  /** The user paused. */
  USER: 1,
  /** A message is being inflated: pings and pongs still pass. */
  INFLATION: 2,
  /** An iterator is not asked for more messages. */
  CONSUMER: 4,
  /** The next message belongs to the next turn of the event loop (`allowSynchronousEvents`). */
  TURN: 8,
  /** A streamed message waits to be taken. */
  MESSAGE: 16,
  /** A chunk of a streamed message waits to be taken. */
  CHUNK: 32,
} as const;

/** The holds that are not about to end by themselves. */
export const RESTING = Hold.USER | Hold.CONSUMER | Hold.MESSAGE | Hold.CHUNK;
