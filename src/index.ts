/**
 * hawser: WebSocket server and client for Node.js, a drop-in for `ws`.
 * @module hawser
 */

import { CloseEvent, ErrorEvent, Event, MessageEvent } from './client/event-target.js';
import { WebSocket as WebSocketClass } from './client/websocket.js';
import { createWebSocketStream } from './client/websocket-stream.js';
import { PreparedMessage } from './node/prepared-message.js';
import { CloseCode } from './protocol/close-codes.js';
import {
  ConnectionClosedError,
  HandshakeError,
  LimitError,
  ProtocolError,
  UsageError,
  UsageSyntaxError,
} from './protocol/errors.js';
import { WebSocketServer } from './server/websocket-server.js';

export type { ClientOptions } from './client/client-options.js';
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
export type { StreamSource } from './node/stream-sender.js';
export type { ErrorCode, HandshakeErrorOptions } from './protocol/errors.js';
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
export {
  CloseCode,
  CloseEvent,
  ConnectionClosedError,
  createWebSocketStream,
  ErrorEvent,
  Event,
  HandshakeError,
  LimitError,
  MessageEvent,
  PreparedMessage,
  ProtocolError,
  UsageError,
  UsageSyntaxError,
  WebSocketServer,
};

/** Everything that stands beside the class; `require('hawser')` gives the class, so it carries them all. */
const companions = {
  CloseCode,
  CloseEvent,
  ConnectionClosedError,
  createWebSocketStream,
  ErrorEvent,
  Event,
  HandshakeError,
  LimitError,
  MessageEvent,
  PreparedMessage,
  ProtocolError,
  Server: WebSocketServer,
  UsageError,
  UsageSyntaxError,
  WebSocketServer,
};

/** The class with its companions as static properties, where `ws` has them. */
interface WebSocketConstructor extends Readonly<typeof companions> {
  readonly WebSocket: typeof WebSocketClass & WebSocketConstructor;
}

/** A WebSocket connection at either end. */
export const WebSocket: typeof WebSocketClass & WebSocketConstructor = Object.assign(
  WebSocketClass,
  companions,
  {
    WebSocket: WebSocketClass as typeof WebSocketClass & WebSocketConstructor,
  },
);

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
