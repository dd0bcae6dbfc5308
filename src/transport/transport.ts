/**
 * What RPC runs on: an ordered, reliable connection to one peer that keeps the bounds of messages. It says nothing of
 * how the messages travel.
 */

/** Bytes that may wait in a socket which does not say itself when to stop: more is `false` for `send`. */
export const HIGH_WATER_MARK = 65_536;

/** What happens on a transport. Its methods must not throw. */
export interface TransportListener {
  /** The peer sent a message: text as a string, anything else as bytes. */
  message(data: string | Uint8Array): void;
  /** What was buffered has left, after `send` had returned `false`. */
  drain(): void;
  /** The connection has ended, once and for all, with a close code (RFC 6455 §7.4) and its reason. */
  close(code: number, reason: string): void;
}

/** An open connection to one peer. Messages arrive whole, in order and at most once. */
export interface Transport {
  /** How messages travel, such as `websocket`; `undefined` where that is of no interest. */
  readonly name?: string | undefined;
  /** The subprotocol that both ends agreed on; empty if there is none. */
  readonly subprotocol: string;
  /** Bytes that `send` has taken and that have not left this process. */
  readonly bufferedAmount: number;
  /** Hands everything that happens from now on to `listener`. Called once. */
  listen(listener: TransportListener): void;
  /**
   * Sends a text message.
   * @returns whether more may be sent at once; after `false` the listener's `drain` says when. After the end it does
   * nothing and returns `false`
   */
  send(message: string): boolean;
  /** Ends the connection in order, behind what was sent. Default 1000 without a reason. */
  close(code?: number, reason?: string): void;
  /** Ends the connection at once; what has not left is lost. */
  terminate(): void;
}
