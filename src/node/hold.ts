import type { DecoderGate } from '../protocol/frame-rules.js';

/** Why reading is held back; several may hold at once, each a bit. */
export const Hold = {
  /** The user paused. */
  USER: 1,
  /** A message is being inflated: pings and pongs still pass. */
  INFLATION: 2,
  /** An iterator is not asked for the next message. */
  CONSUMER: 4,
  /** The next message belongs to the next turn of the event loop (`allowSynchronousEvents`). */
  TURN: 8,
  /** Between streamed messages: the next one is not asked for. */
  MESSAGE: 16,
  /** The next chunk of a streamed message is not asked for. */
  CHUNK: 32,
} as const;

/** The holds that are not about to end by themselves. */
export const RESTING = Hold.USER | Hold.CONSUMER | Hold.MESSAGE | Hold.CHUNK;

/** The holds that pings and pongs pass: reading goes on until something waits that may not. */
const PASSING = Hold.INFLATION | Hold.CONSUMER | Hold.MESSAGE | Hold.CHUNK;

/** What may be decoded while these holds are in force. */
export function gateOf(holds: number): DecoderGate {
  if (holds === 0) return 'open';
  if ((holds & ~PASSING) !== 0) return 'shut';
  // A message that is being inflated has to come before the close frame behind it.
  return (holds & Hold.INFLATION) !== 0 ? 'control' : 'no-data';
}
