import type { OutgoingHttpHeaders } from 'node:http';

/** How a session ends: a close code (RFC 6455 §7.4) and its reason. */
export type Ending = readonly [code: number, reason: string];

/** A response that messages come down on; a session has one or none. */
export interface Downstream {
  readonly name: 'sse' | 'polling';
  /** Bytes that it has taken and that have not left. */
  readonly writableLength: number;
  /** It is in use from now on. */
  start(): void;
  /** There is a message or an ending to take. */
  wake(): void;
  /** Ends it: the client has begun another one. */
  end(): void;
  /** Cuts it off. */
  destroy(): void;
  /** Called every now and then, with monotonic time. */
  tick(now: number): void;
}

/** What a downstream takes from. */
export interface Source {
  /** Number of the message that was taken last. */
  readonly taken: number;
  /** The next message; `undefined` for none. */
  take(): string | undefined;
  /** The session's end, once there is no message in front of it. Whoever takes it has told it. */
  takeEnding(): Ending | undefined;
  /** Something has left. */
  flushed(): void;
  /** This response is over. */
  detach(downstream: Downstream): void;
}

/** What each session says when it begins. */
export interface Opening {
  /** Its id. */
  readonly session: string;
  /** The client proves by it that the session is its own. */
  readonly key: string;
  /** The subprotocol; empty for none. */
  readonly protocol: string;
}

/** No cache and no proxy may keep, change or hold back what is said here. */
export const uncached: OutgoingHttpHeaders = {
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};
