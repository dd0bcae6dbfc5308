import type { Server as HttpServer, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { WebSocket } from '../client/websocket.js';
import type { Clock } from '../node/clock.js';
import type { ConnectionSettings } from '../node/connection-settings.js';
import type { HeartbeatSettings } from '../node/heartbeat.js';
import type { PerMessageDeflateOptions } from '../node/per-message-deflate-options.js';
import type { AllowedOrigins } from './origin-policy.js';
import type { TrustProxy } from './remote-address.js';

/** What `verifyClient` gets. */
export interface ClientInfo<Request extends IncomingMessage = IncomingMessage> {
  /** The header `Origin`. */
  origin: string;
  /** Whether the request came over TLS. */
  secure: boolean;
  req: Request;
}

/** `verifyClient` with one parameter: its answer decides. */
export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = (
  info: ClientInfo<Request>,
) => boolean;

/** `verifyClient` with two parameters: it calls back. */
export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = (
  info: ClientInfo<Request>,
  callback: (result: boolean, code?: number, message?: string, headers?: OutgoingHttpHeaders) => void,
) => void;

/**
 * The option `authenticate`: resolves to the connection's context, or throws a `HandshakeError`. `false` refuses
 * with 401; whatever else it gives, also nothing, lets the client in.
 */
export type Authenticate<Request extends IncomingMessage, Context> = (
  request: Request,
  signal: AbortSignal,
) => Context | Promise<Context>;

/** Options of a `WebSocketServer`. Exactly one of `port`, `server` and `noServer` is required. */
export interface ServerOptions<
  T extends typeof WebSocket = typeof WebSocket,
  U extends typeof IncomingMessage = typeof IncomingMessage,
  Context = unknown,
> {
  /** Host name or address to listen on, with `port`. Default: all addresses. */
  host?: string | undefined;
  /** Port of an HTTP server of our own; 0 lets the system choose. */
  port?: number | undefined;
  /** Longest queue of pending TCP connections, with `port`. Default 511, as Node. */
  backlog?: number | undefined;
  /** An HTTP or HTTPS server to share; the time before `upgrade` is governed by its own timeouts. */
  server?: HttpServer<U> | HttpsServer<U> | undefined;
  /** No server at all: requests are handed in by `handleUpgrade`. Default `false`. */
  noServer?: boolean | undefined;
  /** Serve only this path, without query. Default: every path. */
  path?: string | undefined;
  /** Accepts or refuses a request; refused ones get 401. `authenticate` is the better choice. */
  verifyClient?:
    | VerifyClientCallbackAsync<InstanceType<U>>
    | VerifyClientCallbackSync<InstanceType<U>>
    | undefined;
  /** Chooses a subprotocol among the client's; `false` for none. Default: the client's first. */
  handleProtocols?: ((protocols: Set<string>, request: InstanceType<U>) => string | false) | undefined;
  /** Keep the set `clients`. Default `true`. */
  clientTracking?: boolean | undefined;
  /** Accept permessage-deflate, or how. Default `false`. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Largest message in bytes, after inflation; 0 for no limit. Default 100 MiB. */
  maxPayload?: number | undefined;
  /** Most fragments of one message; 0 for no limit. Default 131,072. */
  maxFragments?: number | undefined;
  /** Taken for compatibility: received pieces are joined, so that they cost their bytes and not an object. */
  maxBufferedChunks?: number | undefined;
  /** Taken for compatibility: at most one pong waits for a peer that does not read. */
  maxPendingAutoPongs?: number | undefined;
  /** Longest message in bytes that `messageStreams` hands out; 0 for no limit. Default 0. */
  maxMessageSize?: number | undefined;
  /** Do not check that text is UTF-8. Default `false`. */
  skipUTF8Validation?: boolean | undefined;
  /** Emit several messages of one read in one turn of the event loop. Default `true`. */
  allowSynchronousEvents?: boolean | undefined;
  /** Answer pings. Default `true`. */
  autoPong?: boolean | undefined;
  /** Milliseconds after which a closing handshake is cut off. Default 30,000. */
  closeTimeout?: number | undefined;
  /** The class of the sockets. Default `WebSocket`. */
  WebSocket?: T | undefined;

  /** Who connects: its result is `socket.context`. Throw `new HandshakeError(401)` to refuse. */
  authenticate?: Authenticate<InstanceType<U>, Context> | undefined;
  /** Origins that may connect. Default: any. */
  allowedOrigins?: AllowedOrigins | undefined;
  /** Finds dead peers; times in milliseconds. Default `{ interval: 25_000, timeout: 10_000 }`. */
  heartbeat?: HeartbeatSettings | false | undefined;
  /** Milliseconds for an opening handshake, asynchronous checks included; 0 for no limit. Default 10,000. */
  handshakeTimeout?: number | undefined;
  /** Most opening handshakes at a time; more are answered with 503. Default 10,000. */
  maxPendingHandshakes?: number | undefined;
  /** Whether and how far `X-Forwarded-For` is believed for `socket.remoteAddress`. Default `false`. */
  trustProxy?: TrustProxy | undefined;
  /** Bytes of `bufferedAmount` from which on `send` returns `false`. Default 65,536. */
  highWaterMark?: number | undefined;
  /** Bytes of `bufferedAmount` that a message may not pass; see `slowConsumer`. Default: no limit. */
  maxBufferedAmount?: number | undefined;
  /** What happens at `maxBufferedAmount`. Default `close`: the connection is destroyed. */
  slowConsumer?: ConnectionSettings['slowConsumer'] | undefined;
  /** Hand out text as Buffers, as `ws` does, or as strings. Default `buffer`. */
  textType?: 'buffer' | 'string' | undefined;
  /** Time, for tests. Default: the machine's. */
  clock?: Clock | undefined;
}
