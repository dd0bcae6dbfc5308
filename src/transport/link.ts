/**
 * What the calling half of RPC sends through: a connection that is there, or one that comes and goes and keeps what
 * cannot leave yet.
 */

import type { NotSentError } from './errors.js';

/**
 * What happens to a message while there is no connection: `fail` at once, `wait` for one unless too much waits
 * already, or `drop-oldest`: make room by dropping what has waited longest.
 */
export type WhenOffline = 'fail' | 'wait' | 'drop-oldest';

/** A message that may have to wait. */
export interface Outgoing {
  /** UTF-8 bytes that it counts for while it waits. */
  size(): number;
  /** Its text, as of the moment in which it leaves. */
  text(): string;
  /** It was handed to a connection: from now on nobody knows whether the peer has it. */
  sent(): void;
  /** It will not be sent. */
  failed(error: NotSentError): void;
}

/** The way to a peer. */
export interface Link {
  /** Sends a message now, or later as `whenOffline` says. */
  submit(message: Outgoing, whenOffline: WhenOffline): void;
  /** Takes back a message that still waits. */
  withdraw(message: Outgoing): void;
  /** Sends a text that is of no use later: without a connection it does nothing. */
  post(text: string): void;
}
