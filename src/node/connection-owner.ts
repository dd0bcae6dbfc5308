/** Who hears of a connection. */
import type { ConnectionClosedError } from '../protocol/errors.js';

/** What a connection tells its owner, the `WebSocket` class. */
export interface ConnectionOwner {
  connectionMessage(payload: Buffer, isBinary: boolean): void;
  /** A binary message in its fragments, in the mode `fragments`. */
  connectionFragments(fragments: Buffer[]): void;
  connectionPing(payload: Buffer): void;
  connectionPong(payload: Buffer): void;
  /** The connection was failed by us: a broken rule, a limit, a heartbeat. `close` follows. */
  connectionError(error: Error): void;
  /** What was buffered has left, after `send` had returned `false`. */
  connectionDrain(): void;
  /** The end: nothing follows. */
  connectionClose(code: number, reason: Buffer): void;
}

/** Takes the pieces of messages in the mode `streaming`. */
export interface StreamReceiver {
  messageStart(isBinary: boolean, compressed: boolean): void;
  messageData(piece: Buffer): void;
  messageEnd(): void;
  /** The connection ended. */
  closed(error: ConnectionClosedError): void;
}
