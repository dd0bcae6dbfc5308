import { type Channel, channel } from 'node:diagnostics_channel';

/** `hawser:handshake`: a server has answered an opening handshake. */
export interface HandshakeDiagnostics {
  /** HTTP status of the answer: 101 or the refusal's. */
  readonly status: number;
  /** Why it was refused; its `cause` is what a function of the options has thrown. `undefined` with 101. */
  readonly error: Error | undefined;
  /** The `IncomingMessage`. */
  readonly request: unknown;
}

/** `hawser:open`, on both sides. */
export interface OpenDiagnostics {
  /** The `WebSocket`. */
  readonly socket: unknown;
}

/** `hawser:close`, on both sides. */
export interface CloseDiagnostics extends OpenDiagnostics {
  /** Code of the peer's close frame: 1005 if it had none, 1006 if none came. */
  readonly code: number;
  /** Reason of the peer's close frame. */
  readonly reason: string;
}

/** `hawser:error`: a connection was failed by us. Published whether or not somebody listens for `error`. */
export interface ErrorDiagnostics extends OpenDiagnostics {
  readonly error: Error;
}

/** `hawser:slow-consumer`: a message met `maxBufferedAmount`. */
export interface SlowConsumerDiagnostics extends OpenDiagnostics {
  /** Bytes that waited at that moment. */
  readonly bufferedAmount: number;
  /** What was done with the message. */
  readonly action: 'close' | 'drop' | 'send';
}

/** The channels of `node:diagnostics_channel`; without a subscriber they cost one test of a property. */
export const diagnostics = {
  handshake: channel('hawser:handshake') as Channel<unknown, HandshakeDiagnostics>,
  open: channel('hawser:open') as Channel<unknown, OpenDiagnostics>,
  close: channel('hawser:close') as Channel<unknown, CloseDiagnostics>,
  error: channel('hawser:error') as Channel<unknown, ErrorDiagnostics>,
  slowConsumer: channel('hawser:slow-consumer') as Channel<unknown, SlowConsumerDiagnostics>,
};
