import type { Buffer } from 'node:buffer';
import type { LimitError, ProtocolError } from './errors.js';
import type { MessageHandler } from './message-receiver.js';

/** What comes out of a `WebSocketProtocol`. Methods are called synchronously, in the order of the bytes. */
export interface ProtocolHandler extends MessageHandler {
  /**
   * Bytes to write to the peer, in order; `payload` follows `bytes`. `true`: `bytes` may be overwritten now; else they may
   * when `setOutputBlocked(false)` tells that all has left.
   */
  write(bytes: Buffer, payload?: Buffer): boolean;
  /** The peer sent a ping; it is answered unless the option `autoPong` is off. */
  ping?(payload: Buffer): void;
  /** The peer sent a pong. */
  pong?(payload: Buffer): void;
  /**
   * The peer's close frame: its code, 1005 if it had none, and its reason. Unless the answer is `false`, the
   * engine echoes the frame (§5.5.1) when this returns; after `false` the handler must call `close` itself.
   */
  close?(code: number, reason: Buffer): unknown;
  /** The connection was failed (§7.1.7); the close frame, if one could go out, is written already. */
  failed(error: ProtocolError | LimitError): void;
  /** Nothing more will be written or read: the transport may be closed now. Called once. */
  closable(): void;
}
