/**
 * The WHATWG faces of hawser: `WebSocket` and `WebSocketStream` exactly as the standard words them.
 * @module hawser/web
 */

export type { WebSocketCloseInfo } from './close-arguments.js';
export type { EventHandler } from './event-handlers.js';
export {
  type AddEventListenerOptions,
  CloseEvent,
  type CloseEventConstructor,
  type CloseEventInit,
  type EventListenerOf,
  type EventTargetOf,
  MessageEvent,
  type MessageEventConstructor,
  type MessageEventInit,
} from './events.js';
export type { BufferSource } from './web-idl.js';
export { type BinaryType, type MessageData, WebSocket, type WebSocketEventMap } from './websocket.js';
export { WebSocketError } from './websocket-error.js';
export { type WebSocketOpenInfo, WebSocketStream, type WebSocketStreamOptions } from './websocket-stream.js';
