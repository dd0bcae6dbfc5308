/**
 * The client of hawser's RPC, for browsers, workers and every runtime that has WebSockets: it connects again when the
 * connection was lost. `Connection` is the same without RPC.
 * @module hawser/client
 */

export type { CallSettings, StreamSettings } from '../rpc/client/call-settings.js';
export type { MakeResponder } from '../rpc/endpoint.js';
export type { BackoffOptions } from '../transport/backoff.js';
export type { Dial, DialListener } from '../transport/dial.js';
export type { WhenOffline } from '../transport/link.js';
export { type WebSocketClass, webSocketDial } from '../transports/websocket/client.js';
export { type Client, type ClientOptions, connect } from './client.js';
export { Connection, type ConnectionListener, type ConnectionOptions } from './connection.js';
export type { QueueOptions } from './offline-queue.js';
export type { ClientStatus } from './status.js';
export type { TokenSource } from './token.js';
export type { WatchdogOptions } from './watchdog.js';
