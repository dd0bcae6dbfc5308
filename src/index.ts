/**
 * hawser: WebSocket server and client for Node.js, a drop-in for `ws`.
 * @module hawser
 */

import { CloseEvent, ErrorEvent, Event, MessageEvent } from './client/event-target.js';
import { extension, subprotocol } from './client/header-formats.js';
import { PerMessageDeflate } from './client/per-message-deflate.js';
import { Receiver } from './client/receiver.js';
import { Sender } from './client/sender.js';
import { WebSocket } from './client/websocket.js';
import { createWebSocketStream } from './client/websocket-stream.js';
import { PreparedMessage } from './node/prepared-message.js';
import { CloseCode } from './protocol/close-codes.js';
import {
  ConnectionClosedError,
  HandshakeError,
  LimitError,
  ProtocolError,
  UsageError,
  UsageRangeError,
  UsageSyntaxError,
} from './protocol/errors.js';
import { WebSocketServer } from './server/websocket-server.js';

export type { CertMeta, ClientOptions, FinishRequestCallback } from './client/client-options.js';
export type { EventListener, EventListenerOptions, WebSocketEventMap } from './client/event-target.js';
export type { TapOptions } from './client/frame-taps.js';
export type {
  ExtensionParameters,
  ExtensionParametersInput,
  ExtensionValue,
} from './client/header-formats.js';
export type { MessageStream, MessageStreams } from './client/message-streams.js';
export type { BinaryType, BufferLike, Data, RawData } from './client/payload.js';
export type {
  PerMessageDeflateCallback,
  PerMessageDeflateClassOptions,
  PerMessageDeflateHeader,
} from './client/per-message-deflate.js';
export type { ReceiverOptions } from './client/receiver.js';
export type {
  GenerateMask,
  SenderCallback,
  SenderFrameOptions,
  SenderSendOptions,
} from './client/sender.js';
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
export type { SendCallback } from './node/socket-writer.js';
export type { StreamSource } from './node/stream-sender.js';
export type { ErrorCode, HandshakeErrorOptions } from './protocol/errors.js';
export type { FrameListener, TappedFrame } from './protocol/frame-tap.js';
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
export type {
  BroadcastOptions,
  ServerSocket,
  WebSocketServerEvents,
} from './server/websocket-server.js';
/** Where a server listens, as `node:net` tells it. */
export type AddressInfo = import('node:net').AddressInfo;
export {
  CloseCode,
  CloseEvent,
  ConnectionClosedError,
  createWebSocketStream,
  ErrorEvent,
  Event,
  extension,
  HandshakeError,
  LimitError,
  MessageEvent,
  PerMessageDeflate,
  PreparedMessage,
  ProtocolError,
  Receiver,
  Sender,
  subprotocol,
  UsageError,
  UsageRangeError,
  UsageSyntaxError,
  WebSocket,
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
  extension,
  HandshakeError,
  LimitError,
  MessageEvent,
  PerMessageDeflate,
  PreparedMessage,
  ProtocolError,
  Receiver,
  Sender,
  Server: WebSocketServer,
  subprotocol,
  UsageError,
  UsageRangeError,
  UsageSyntaxError,
  WebSocketServer,
};

Object.assign(WebSocket, companions, { WebSocket });

// Behind the class, of which it is another name.
export type { WebSocketServer as Server } from './server/websocket-server.js';

/** The class, where the namespace has a `WebSocket` of its own. */
type Instance = WebSocket;
type Class = typeof WebSocket;

/**
 * The companions as static properties of the class, where `ws` has them, and as types the names that `@types/ws` has
 * in the namespace of its class, and hawser's own. Written out: the compiler does not get over a mapped type whose
 * names are types of the namespace as well.
 */
declare module './client/websocket.js' {
  /** @hidden In the generated reference: all of it stands beside the class there. */
  namespace WebSocket {
    const CloseCode: typeof import('./protocol/close-codes.js').CloseCode;
    const CloseEvent: typeof import('./client/event-target.js').CloseEvent;
    const ConnectionClosedError: typeof import('./protocol/errors.js').ConnectionClosedError;
    const createWebSocketStream: typeof import('./client/websocket-stream.js').createWebSocketStream;
    const ErrorEvent: typeof import('./client/event-target.js').ErrorEvent;
    const Event: typeof import('./client/event-target.js').Event;
    const extension: typeof import('./client/header-formats.js').extension;
    const HandshakeError: typeof import('./protocol/errors.js').HandshakeError;
    const LimitError: typeof import('./protocol/errors.js').LimitError;
    const MessageEvent: typeof import('./client/event-target.js').MessageEvent;
    const PerMessageDeflate: typeof import('./client/per-message-deflate.js').PerMessageDeflate;
    const PreparedMessage: typeof import('./node/prepared-message.js').PreparedMessage;
    const ProtocolError: typeof import('./protocol/errors.js').ProtocolError;
    const Receiver: typeof import('./client/receiver.js').Receiver;
    const Sender: typeof import('./client/sender.js').Sender;
    const subprotocol: typeof import('./client/header-formats.js').subprotocol;
    const UsageError: typeof import('./protocol/errors.js').UsageError;
    const UsageRangeError: typeof import('./protocol/errors.js').UsageRangeError;
    const UsageSyntaxError: typeof import('./protocol/errors.js').UsageSyntaxError;
    const WebSocketServer: typeof import('./server/websocket-server.js').WebSocketServer;
    const Server: typeof import('./server/websocket-server.js').WebSocketServer;
    const WebSocket: Class;

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
    type CertMeta = import('./client/client-options.js').CertMeta;
    type FinishRequestCallback = import('./client/client-options.js').FinishRequestCallback;
    type AddressInfo = import('node:net').AddressInfo;
    type VerifyClientCallbackSync<
      Request extends import('node:http').IncomingMessage = import('node:http').IncomingMessage,
    > = import('./server/server-options.js').VerifyClientCallbackSync<Request>;
    type VerifyClientCallbackAsync<
      Request extends import('node:http').IncomingMessage = import('node:http').IncomingMessage,
    > = import('./server/server-options.js').VerifyClientCallbackAsync<Request>;
    type ServerOptions<
      T extends typeof WebSocket = typeof WebSocket,
      U extends typeof import('node:http').IncomingMessage = typeof import('node:http').IncomingMessage,
      Context = unknown,
    > = import('./server/server-options.js').ServerOptions<T, U, Context>;
    type WebSocketServer<
      T extends typeof WebSocket = typeof WebSocket,
      U extends typeof import('node:http').IncomingMessage = typeof import('node:http').IncomingMessage,
      Context = unknown,
    > = import('./server/websocket-server.js').WebSocketServer<T, U, Context>;
    type Server<
      T extends typeof WebSocket = typeof WebSocket,
      U extends typeof import('node:http').IncomingMessage = typeof import('node:http').IncomingMessage,
      Context = unknown,
    > = import('./server/websocket-server.js').WebSocketServer<T, U, Context>;
    type WebSocket = Instance;

    // What hawser adds, for CommonJS, where everything is in the namespace.
    type EventListener<E> = import('./client/event-target.js').EventListener<E>;
    type MessageStream = import('./client/message-streams.js').MessageStream;
    type MessageStreams = import('./client/message-streams.js').MessageStreams;
    type BinaryType = import('./client/payload.js').BinaryType;
    type BufferLike = import('./client/payload.js').BufferLike;
    type ExtensionParameters = import('./client/header-formats.js').ExtensionParameters;
    type ExtensionParametersInput = import('./client/header-formats.js').ExtensionParametersInput;
    type ExtensionValue = import('./client/header-formats.js').ExtensionValue;
    type PerMessageDeflate = import('./client/per-message-deflate.js').PerMessageDeflate;
    type PerMessageDeflateCallback = import('./client/per-message-deflate.js').PerMessageDeflateCallback;
    type PerMessageDeflateClassOptions =
      import('./client/per-message-deflate.js').PerMessageDeflateClassOptions;
    type PerMessageDeflateHeader = import('./client/per-message-deflate.js').PerMessageDeflateHeader;
    type Receiver = import('./client/receiver.js').Receiver;
    type ReceiverOptions = import('./client/receiver.js').ReceiverOptions;
    type GenerateMask = import('./client/sender.js').GenerateMask;
    type Sender = import('./client/sender.js').Sender;
    type SenderCallback = import('./client/sender.js').SenderCallback;
    type SenderFrameOptions = import('./client/sender.js').SenderFrameOptions;
    type SenderSendOptions = import('./client/sender.js').SenderSendOptions;
    type SendOptions = import('./client/websocket-types.js').SendOptions;
    type SendStreamOptions = import('./client/websocket-types.js').SendStreamOptions;
    type WebSocketEvents = import('./client/websocket-types.js').WebSocketEvents;
    type Clock = import('./node/clock.js').Clock;
    type SlowConsumerAction = import('./node/connection-settings.js').SlowConsumerAction;
    type CloseDiagnostics = import('./node/diagnostics.js').CloseDiagnostics;
    type ErrorDiagnostics = import('./node/diagnostics.js').ErrorDiagnostics;
    type HandshakeDiagnostics = import('./node/diagnostics.js').HandshakeDiagnostics;
    type OpenDiagnostics = import('./node/diagnostics.js').OpenDiagnostics;
    type SlowConsumerDiagnostics = import('./node/diagnostics.js').SlowConsumerDiagnostics;
    type HeartbeatSettings = import('./node/heartbeat.js').HeartbeatSettings;
    type PreparedMessage = import('./node/prepared-message.js').PreparedMessage;
    type SendCallback = import('./node/socket-writer.js').SendCallback;
    type StreamSource = import('./node/stream-sender.js').StreamSource;
    type ConnectionClosedError = import('./protocol/errors.js').ConnectionClosedError;
    type ErrorCode = import('./protocol/errors.js').ErrorCode;
    type HandshakeError = import('./protocol/errors.js').HandshakeError;
    type HandshakeErrorOptions = import('./protocol/errors.js').HandshakeErrorOptions;
    type LimitError = import('./protocol/errors.js').LimitError;
    type ProtocolError = import('./protocol/errors.js').ProtocolError;
    type UsageError = import('./protocol/errors.js').UsageError;
    type UsageRangeError = import('./protocol/errors.js').UsageRangeError;
    type UsageSyntaxError = import('./protocol/errors.js').UsageSyntaxError;
    type DrainOptions = import('./server/drain.js').DrainOptions;
    type DrainResult = import('./server/drain.js').DrainResult;
    type AllowedOrigins = import('./server/origin-policy.js').AllowedOrigins;
    type TrustProxy = import('./server/remote-address.js').TrustProxy;
    type ServerMetrics = import('./server/server-metrics.js').ServerMetrics;
    type Authenticate<
      Request extends import('node:http').IncomingMessage,
      Context,
    > = import('./server/server-options.js').Authenticate<Request, Context>;
    type BroadcastOptions<Socket = WebSocket> =
      import('./server/websocket-server.js').BroadcastOptions<Socket>;
    type ServerSocket<
      T extends typeof WebSocket,
      Context,
    > = import('./server/websocket-server.js').ServerSocket<T, Context>;
    type WebSocketServerEvents<
      T extends typeof WebSocket,
      U extends typeof import('node:http').IncomingMessage,
      Context,
    > = import('./server/websocket-server.js').WebSocketServerEvents<T, U, Context>;
  }
}

export { WebSocket as default, WebSocket as 'module.exports' };
