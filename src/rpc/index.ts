/**
 * Contracts of hawser's RPC, and the errors of calls: what both sides import.
 * @module hawser/rpc
 */

export {
  type CallErrorCode,
  CallTimeoutError,
  InvalidAnswerError,
  NotSentError,
  RpcUsageError,
  UnknownOutcomeError,
} from '../transport/errors.js';
export type { WhenOffline } from '../transport/link.js';
export type { CallSettings, StreamSettings } from './client/call-settings.js';
export type { CallOf, Calls } from './client/calls.js';
export {
  type CallMethod,
  type CallOptions,
  type Contract,
  call,
  contract,
  type Method,
  type MethodInput,
  type MethodItem,
  type MethodParams,
  type MethodResult,
  type MethodReturn,
  type MethodYield,
  type NotificationMethod,
  notification,
  query,
  type StreamMethod,
  type StreamOptions,
  stream,
} from './contract/contract.js';
export {
  type InputOf,
  type OutputOf,
  type Schema,
  SchemaError,
  type SchemaIssue,
  type SchemaResult,
  schema,
  unchecked,
} from './contract/schema.js';
export { RpcErrorCode } from './wire/error-codes.js';
export { type ErrorObject, RemoteError, RpcError } from './wire/error-object.js';
