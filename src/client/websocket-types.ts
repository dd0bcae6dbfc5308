import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ConnectionSettings, DeflateAgreement } from '../node/connection-settings.js';
import type { Heartbeat } from '../node/heartbeat.js';
import type { SendCallback } from '../node/socket-writer.js';
import type { ClientOptions } from './client-options.js';
import type { BufferLike, RawData } from './payload.js';

/** The events of a `WebSocket` and their arguments. */
export interface WebSocketEvents {
  /** The opening handshake is done. */
  open: [];
  /** A message: a Buffer, or as `binaryType` and `textType` say. */
  message: [data: RawData, isBinary: boolean];
  /** The end: the peer's close code (1005: none, 1006: no close frame) and reason. */
  close: [code: number, reason: Buffer];
  /** The connection was failed, or did not come about; `close` follows. */
  error: [error: Error];
  ping: [data: Buffer];
  pong: [data: Buffer];
  /** What was buffered has left, after `send` had returned `false`. */
  drain: [];
  /** The server's 101 response has come. Client only. */
  upgrade: [response: IncomingMessage];
  /** A redirect is about to be followed; headers may still be set. Client only. */
  redirect: [url: string, request: ClientRequest];
  /** The server answered something else than 101. With a listener the response is the listener's. Client only. */
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
}

/** Options of `send`. */
export interface SendOptions {
  /** Send a binary message; by default everything but a string is. */
  binary?: boolean | undefined;
  /** Compress, where permessage-deflate was negotiated. Default `true`. */
  compress?: boolean | undefined;
  /** This is the last fragment of its message. Default `true`. */
  fin?: boolean | undefined;
  /** Taken for compatibility; whether frames are masked is the role's affair (RFC 6455 §5.1). */
  mask?: boolean | undefined;
}

/** Options of `sendStream`. */
export interface SendStreamOptions {
  /** Send a binary message; by default it is one unless the first chunk is a string. */
  binary?: boolean | undefined;
  /** Compress each chunk, where permessage-deflate was negotiated. Default `false`. */
  compress?: boolean | undefined;
}

/** What `ping` and `pong` take: data of at most 125 bytes, a mask that is not used, and a callback. */
export type ControlArguments =
  | [callback?: SendCallback]
  | [data?: BufferLike | null | undefined, callback?: SendCallback]
  | [data?: BufferLike | null | undefined, mask?: boolean | undefined, callback?: SendCallback];

/** @internal What makes an upgraded socket a WebSocket. */
export interface Upgrade {
  readonly socket: Duplex;
  /** Bytes that came behind the opening handshake. */
  readonly head: Buffer;
  readonly settings: ConnectionSettings;
  readonly agreement: DeflateAgreement | null;
  readonly heartbeat: Heartbeat | null;
  readonly subprotocol: string;
}

/** @internal Options that both a server's and a client's sockets read. */
export interface SocketOptions extends ClientOptions {
  isServer?: boolean | undefined;
}
