/**
 * hawser: WebSocket server and client for Node.js, a drop-in for `ws`.
 * @module hawser
 */

import { WebSocket as WebSocketClass } from './client/websocket.js';
import { createWebSocketStream } from './client/websocket-stream.js';
import { WebSocketServer } from './server/websocket-server.js';

export type { ClientOptions } from './client/client-options.js';
export { CloseEvent, ErrorEvent, Event, MessageEvent } from './client/event-target.js';
export type { MessageStream, MessageStreams } from './client/message-streams.js';
export type { BinaryType, BufferLike, Data, RawData } from './client/payload.js';
export type { SendOptions, SendStreamOptions, WebSocketEvents } from './client/websocket-types.js';
export type { Clock } from './node/clock.js';
export type { SlowConsumerAction } from './node/connection-settings.js';
export type {
  CloseDiagnostics,
  ErrorDiagnostics,
  HandshakeDiagnostics,
  OpenDiagnostics,
  SlowConsumerDiagnostics,
} from './node/diagnostics.js';
export type { HeartbeatSettings } from './node/heartbeat.js';
export type { PerMessageDeflateOptions } from './node/per-message-deflate-options.js';
export { PreparedMessage } from './node/prepared-message.js';
export type { StreamSource } from './node/stream-sender.js';
export { CloseCode } from './protocol/close-codes.js';
export {
  ConnectionClosedError,
  type ErrorCode,
  HandshakeError,
  type HandshakeErrorOptions,
  LimitError,
  ProtocolError,
  UsageError,
  UsageSyntaxError,
} from './protocol/errors.js';
export type { DrainOptions, DrainResult } from './server/drain.js';
export type { AllowedOrigins } from './server/origin-policy.js';
export type { TrustProxy } from './server/remote-address.js';
export type { ServerMetrics } from './server/server-metrics.js';
export type {
  Authenticate,
  ServerOptions,
  VerifyClientCallbackAsync,
  VerifyClientCallbackSync,
} from './server/server-options.js';
export type { BroadcastOptions, ServerSocket, WebSocketServerEvents } from './server/websocket-server.js';
export { createWebSocketStream, WebSocketServer };

/** The class with its companions as static properties, where `ws` has them. */
interface WebSocketConstructor {
  readonly WebSocket: typeof WebSocketClass & WebSocketConstructor;
  readonly WebSocketServer: typeof WebSocketServer;
  readonly Server: typeof WebSocketServer;
  readonly createWebSocketStream: typeof createWebSocketStream;
}

/** A WebSocket connection at either end. */
export const WebSocket: typeof WebSocketClass & WebSocketConstructor = Object.assign(WebSocketClass, {
  WebSocket: WebSocketClass as typeof WebSocketClass & WebSocketConstructor,
  WebSocketServer,
  Server: WebSocketServer,
  createWebSocketStream,
});

export interface WebSocket extends WebSocketClass {}

/** The names that `@types/ws` has in the namespace of its class. */
export declare namespace WebSocket {
  type RawData = import('./client/payload.js').RawData;
  type Data = import('./client/payload.js').Data;
  type Event = import('./client/event-target.js').Event;
  type ErrorEvent = import('./client/event-target.js').ErrorEvent;
  type CloseEvent = import('./client/event-target.js').CloseEvent;
  type MessageEvent = import('./client/event-target.js').MessageEvent;
  type WebSocketEventMap = import('./client/event-target.js').WebSocketEventMap;
  type EventListenerOptions = import('./client/event-target.js').EventListenerOptions;
  type ClientOptions = import('./client/client-options.js').ClientOptions;
  type PerMessageDeflateOptions = import('./node/per-message-deflate-options.js').PerMessageDeflateOptions;
  type CertMeta = string | string[] | Buffer | Buffer[];
  type FinishRequestCallback = NonNullable<
    import('./client/client-options.js').ClientOptions['finishRequest']
  >;
  type AddressInfo = import('node:net').AddressInfo;
  type VerifyClientCallbackSync<
    Request extends import('node:http').IncomingMessage = import('node:http').IncomingMessage,
  > = import('./server/server-options.js').VerifyClientCallbackSync<Request>;
  type VerifyClientCallbackAsync<
    Request extends import('node:http').IncomingMessage = import('node:http').IncomingMessage,
  > = import('./server/server-options.js').VerifyClientCallbackAsync<Request>;
  type ServerOptions<
    T extends typeof WebSocketClass = typeof WebSocketClass,
    U extends typeof import('node:http').IncomingMessage = typeof import('node:http').IncomingMessage,
    Context = undefined,
  > = import('./server/server-options.js').ServerOptions<T, U, Context>;
  type WebSocketServer<
    T extends typeof WebSocketClass = typeof WebSocketClass,
    U extends typeof import('node:http').IncomingMessage = typeof import('node:http').IncomingMessage,
    Context = undefined,
  > = import('./server/websocket-server.js').WebSocketServer<T, U, Context>;
  type Server<
    T extends typeof WebSocketClass = typeof WebSocketClass,
    U extends typeof import('node:http').IncomingMessage = typeof import('node:http').IncomingMessage,
    Context = undefined,
  > = import('./server/websocket-server.js').WebSocketServer<T, U, Context>;
  type WebSocket = WebSocketClass;
}

export { WebSocket as default, WebSocket as 'module.exports' };
