/** Middleware for what most servers want: a log, permissions, and a limit of calls in a time. */

import { type Clock, systemClock } from '../../transport/clock.js';
import { RpcErrorCode } from '../wire/error-codes.js';
import { RemoteError, RpcError, rpcError } from '../wire/error-object.js';
import type { Call, Middleware } from './call.js';

/** What `logCalls` tells of a call. */
export interface CallRecord {
  readonly method: string;
  readonly principal: string | undefined;
  /** Milliseconds until the handler was done; of a stream until it had begun. */
  readonly duration: number;
  /** The code of the error that it was answered with, -32603 for one that the caller is not told; or `undefined`. */
  readonly errorCode: number | undefined;
}

/**
 * Tells of every call when it is done.
 * @param log gets a record for each
 * @param clock tells the time
 */
export function logCalls<Context>(
  log: (record: CallRecord) => void,
  clock: Clock = systemClock,
): Middleware<Context> {
  return async (call, next) => {
    const started = clock.now();
    const record = (errorCode: number | undefined): void => {
      const { method, connection } = call;
      try {
        log({ method, principal: connection.principal, duration: clock.now() - started, errorCode });
      } catch {
        // What becomes of a call does not depend on its log.
      }
    };
    try {
      const result = await next();
      record(undefined);
      return result;
    } catch (error) {
      const isForCaller = error instanceof RpcError && !(error instanceof RemoteError);
      record(isForCaller ? error.code : RpcErrorCode.INTERNAL_ERROR);
      throw error;
    }
  };
}

/**
 * Lets a call through if `isAllowed` says so, else answers "Permission denied".
 * @param isAllowed may be asynchronous
 */
export function authorize<Context>(
  isAllowed: (call: Call<Context>) => boolean | Promise<boolean>,
): Middleware<Context> {
  return async (call, next) => {
    if (!(await isAllowed(call as Call<Context>))) throw rpcError('PERMISSION_DENIED');
    return next();
  };
}

/** How many calls `rateLimit` lets through. */
export interface RateLimit {
  /** Calls of one connection. */
  readonly calls: number;
  /** In so many milliseconds. Default 1,000. */
  readonly per?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** Lets each connection make so many calls in a time; more are answered "Resource exhausted", when to try is in `data`. */
export function rateLimit<Context>({
  calls,
  per = 1000,
  clock = systemClock,
}: RateLimit): Middleware<Context> {
  /** Tokens that are left, and when that was. */
  const buckets = new WeakMap<object, { tokens: number; at: number }>();
  return ({ connection }, next) => {
    const now = clock.now();
    const bucket = buckets.get(connection) ?? { tokens: calls, at: now };
    bucket.tokens = Math.min(calls, bucket.tokens + (Math.max(0, now - bucket.at) * calls) / per);
    bucket.at = now;
    buckets.set(connection, bucket);
    if (bucket.tokens < 1) {
      const retryAfter = Math.ceil(((1 - bucket.tokens) * per) / calls);
      throw rpcError('RESOURCE_EXHAUSTED', 'Too many calls', { retryAfter });
    }
    bucket.tokens -= 1;
    return next();
  };
}
