/** How a call ends: from its handler, through middleware and contract, to what the caller is told. */

import { errorText, RemoteError, RpcError, rpcError } from '../wire/error-object.js';
import type { Outcome } from '../wire/text.js';
import { fingerprint } from './fingerprint.js';
import { carryOut, isPromise, type OfferedMethod } from './method-table.js';
import type { RunningCall } from './running-call.js';
import type { RpcSettings } from './settings.js';

/** How a call that may be sent again is known. */
export interface OnceKey {
  readonly idempotencyKey: string;
  /** Milliseconds since it was sent first, at most; `undefined` if it comes for the first time. */
  readonly age: number | undefined;
}

/** Milliseconds that a handler has to end after it was given up; then nobody knows how it ends. */
const GRACE = 1000;

/** Carries a call out. Asynchronous only where the method is. */
export function carryOutCall<Context>(
  offered: OfferedMethod,
  call: RunningCall<Context>,
  settings: RpcSettings<Context>,
): Outcome | PromiseLike<Outcome> {
  const failed = (error: unknown): Outcome => ({ error: errorTextOf(error, call, settings) });
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
  { idempotencyKey, age }: OnceKey,
): Promise<Outcome> {
  const { idempotencyStore: store, keyedCalls } = settings;
  // An array, so that no part can reach into the next.
  const key = JSON.stringify([call.connection.principal ?? null, call.method, idempotencyKey]);
  try {
    const begun = await store.begin(key, fingerprint(call.params), age);
    if (begun.state === 'known') {
      call.joined = keyedCalls.get(key);
      return await begun.outcome;
    }
    if (begun.state !== 'new') return { error: JSON.stringify(refusals[begun.state]) };
  } catch (error) {
    return { error: errorTextOf(error, call, settings) };
  }
  keyedCalls.set(key, call);
  const outcome = await Promise.race([
    carryOutCall(offered, call, settings),
    abandoned(call, settings),
  ]).catch((error) => ({ error: errorTextOf(error, call, settings) }));
  keyedCalls.delete(key);
  try {
    await store.finish(key, outcome);
  } catch (error) {
    settings.report(error, call as never);
  }
  return outcome;
}

const refusals = {
  conflict: rpcError('IDEMPOTENCY_CONFLICT', 'The idempotency key was used with other parameters'),
  forgotten: rpcError('UNKNOWN_OUTCOME', 'It was sent before what this server remembers'),
  full: rpcError('RESOURCE_EXHAUSTED', 'Too many calls with idempotency keys at once'),
} as const;

/** A handler that does not end when it was given up must not be remembered as running for ever. */
function abandoned<Context>(call: RunningCall<Context>, { clock }: RpcSettings<Context>): Promise<Outcome> {
  return new Promise((resolve) => {
    const error = JSON.stringify(rpcError('UNKNOWN_OUTCOME', 'It was given up, and did not end'));
    call.aborted = () => clock.setTimeout(() => resolve({ error }), GRACE);
    if (call.abortReason !== undefined) call.aborted();
  });
}

/** Gets the items of a stream, or the error that it begins and ends with. */
export async function openStream<Context>(
  offered: OfferedMethod,
  call: RunningCall<Context>,
  settings: RpcSettings<Context>,
): Promise<{ readonly items: AsyncIterable<unknown> } | { readonly error: string }> {
  try {
    const items = await withMiddleware(offered, call, settings);
    if (isAsyncIterable(items)) return { items };
    throw new TypeError(`${call.method}: the handler of a stream returns an async iterable`);
  } catch (error) {
    return { error: errorTextOf(error, call, settings) };
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** What the caller is told of an error, as JSON; the server's hook is told of what the caller is not. */
export function errorTextOf<Context>(
  error: unknown,
  call: RunningCall<Context>,
  settings: RpcSettings<Context>,
): string {
  const reason = call.abortReason;
  if (reason !== undefined && (error === reason || isAbortError(error))) return JSON.stringify(reason);
  const isForCaller = error instanceof RpcError && !(error instanceof RemoteError);
  if (!isForCaller || call.isNotification) settings.report(error, call as never);
  return isForCaller ? errorText(error) : JSON.stringify(rpcError('INTERNAL_ERROR'));
}

/** What an aborted signal makes of the platform's functions. Others' errors may be anything. */
function isAbortError(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'name') === 'AbortError';
}

function withMiddleware<Context>(
  offered: OfferedMethod,
  call: RunningCall<Context>,
  { middleware }: RpcSettings<Context>,
): unknown {
  if (middleware.length === 0) return carryOut(offered, call);
  let reached = -1;
  const from = async (index: number): Promise<unknown> => {
    // Twice would be a second run.
    if (index <= reached) throw new Error('A middleware called next() twice');
    reached = index;
    const around = middleware[index];
    return around === undefined ? carryOut(offered, call) : around(call, () => from(index + 1));
  };
  return from(0);
}
