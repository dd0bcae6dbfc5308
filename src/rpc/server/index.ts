/**
 * The answering side of hawser's RPC: JSON-RPC 2.0 for a contract.
 * @module hawser/rpc/server
 */

export type { MessageSocket } from '../../transport/message-socket.js';
export { socketTransport } from '../../transport/message-socket.js';
export type { Transport, TransportListener } from '../../transport/transport.js';
export type { Outcome } from '../wire/text.js';
export { type AnswerCallsOptions, answerCalls } from './answer-calls.js';
export type { Authentication, Call, CallConnection, Handler, Handlers, Middleware } from './call.js';
export type { RpcConnection } from './connection.js';
export {
  type Begun,
  type IdempotencyStore,
  MemoryIdempotencyStore,
  type MemoryIdempotencyStoreOptions,
} from './idempotency-store.js';
export { authorize, type CallRecord, logCalls, type RateLimit, rateLimit } from './middleware.js';
export { type RpcServer, rpcServer, type WebSocketDefaults } from './rpc-server.js';
export { SessionCloseCode } from './session.js';
export type { InBandAuthentication, RpcServerOptions } from './settings.js';
