/** How a call ends: from its handler, through middleware and contract, to what the caller is told. */

import type { ErrorObject } from '../wire/error-object.js';
import { RemoteError, RpcError, rpcError } from '../wire/error-object.js';
import type { Outcome } from '../wire/text.js';
import type { Call } from './call.js';
import { fingerprint } from './fingerprint.js';
import { carryOut, isPromise, type OfferedMethod } from './method-table.js';
import type { RunningCall } from './running-call.js';
import type { RpcSettings } from './settings.js';

/** How a call that may be sent again is known. */
export interface OnceKey {
  readonly idempotencyKey: string;
  /** Earliest time of day at which it can have been sent first; `undefined` if it comes for the first time. */
  readonly firstSent: number | undefined;
}

/** Carries a call out. Asynchronous only where the method is. */
export function carryOutCall<Context>(
  offered: OfferedMethod,
  call: RunningCall<Context>,
  settings: RpcSettings<Context>,
): Outcome | PromiseLike<Outcome> {
  const failed = (error: unknown): Outcome => ({ error: errorObjectOf(error, call, settings) });
  try {
    const result = withMiddleware(offered, call, settings);
    // What cannot be JSON fails in `outcomeOf`.
    return isPromise(result) ? result.then(outcomeOf).then(undefined, failed) : outcomeOf(result);
  } catch (error) {
    return failed(error);
  }
}

function outcomeOf(result: unknown): Outcome {
  return { result: JSON.stringify(result) ?? 'null', error: undefined };
}

/** Carries a call out unless that was done before, and then gives the same answer. */
export async function carryOutOnce<Context>(
  offered: OfferedMethod,
  call: RunningCall<Context>,
  settings: RpcSettings<Context>,
  { idempotencyKey, firstSent }: OnceKey,
): Promise<Outcome> {
  const { idempotencyStore: store } = settings;
  // An array, so that no part can reach into the next.
  const key = JSON.stringify([call.connection.principal ?? null, call.method, idempotencyKey]);
  try {
    const begun = await store.begin(key, fingerprint(call.params), firstSent);
    if (begun.state === 'known') return await begun.outcome;
    if (begun.state !== 'new') return { error: refusals[begun.state] };
    const outcome = await carryOutCall(offered, call, settings);
    await store.finish(key, outcome);
    return outcome;
  } catch (error) {
    return { error: errorObjectOf(error, call, settings) };
  }
}

const refusals = {
  conflict: rpcError('IDEMPOTENCY_CONFLICT', 'The idempotency key was used with other parameters'),
  forgotten: rpcError('UNKNOWN_OUTCOME', 'It was sent before what this server remembers'),
  full: rpcError('RESOURCE_EXHAUSTED', 'Too many calls with idempotency keys at once'),
} as const;

/** Gets the items of a stream, or the error that it begins and ends with. */
export async function openStream<Context>(
  offered: OfferedMethod,
  call: RunningCall<Context>,
  settings: RpcSettings<Context>,
): Promise<{ readonly items: AsyncIterable<unknown> } | { readonly error: ErrorObject }> {
  try {
    const items = await withMiddleware(offered, call, settings);
    if (isAsyncIterable(items)) return { items };
    throw new TypeError(`${call.method}: the handler of a stream returns an async iterable`);
  } catch (error) {
    return { error: errorObjectOf(error, call, settings) };
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** What the caller is told of an error; the server's hook is told of what the caller is not. */
export function errorObjectOf<Context>(
  error: unknown,
  call: RunningCall<Context>,
  settings: RpcSettings<Context>,
): ErrorObject {
  if (error instanceof RpcError && !(error instanceof RemoteError)) return error.toJSON();
  const reason = call.abortReason;
  if (reason !== undefined && (error as Error | undefined)?.name === 'AbortError') return reason.toJSON();
  report(error, call, settings);
  return rpcError('INTERNAL_ERROR').toJSON();
}

function report<Context>(error: unknown, call: Call<Context>, { onError }: RpcSettings<Context>): void {
  try {
    onError(error, call as never);
  } catch {
    // A hook that fails has nobody to tell, and must not end the process of all connections.
  }
}

function withMiddleware<Context>(
  offered: OfferedMethod,
  call: RunningCall<Context>,
  { middleware }: RpcSettings<Context>,
): unknown {
  if (middleware.length === 0) return carryOut(offered, call as never);
  const from = async (index: number): Promise<unknown> => {
    const around = middleware[index];
    return around === undefined ? carryOut(offered, call as never) : around(call, () => from(index + 1));
  };
  return from(0);
}
