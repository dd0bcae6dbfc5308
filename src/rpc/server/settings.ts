/** Options of `rpcServer`, and what is made of them. */

import { type Clock, systemClock } from '../../transport/clock.js';
import type { MessageSocket } from '../../transport/message-socket.js';
import type { Contract } from '../contract/contract.js';
import type { Authentication, Call, Middleware } from './call.js';
import { type IdempotencyStore, MemoryIdempotencyStore } from './idempotency-store.js';
import type { RunningCall } from './running-call.js';

/** How connections authenticate after the handshake. */
export interface InBandAuthentication<Context> {
  /**
   * The method of the contract that authenticates, by `call.authenticate`: the only one that is open to everybody.
   * Default `auth`; with `verify` none.
   */
  readonly method?: string | undefined;
  /** Milliseconds after which a connection that has not authenticated is closed with 4401. Default 10,000. */
  readonly deadline?: number | undefined;
  /**
   * Makes something of a token: switches `rpc.auth` on, which the tokens of `hawser/client` use. Throws an RpcError to
   * refuse; what else it throws refuses as well, and goes to `onError`.
   */
  readonly verify?: VerifyToken<Context> | undefined;
}

/** Makes a session of a token. */
export type VerifyToken<Context> = (
  token: string,
) => Authentication<Context> | Promise<Authentication<Context>>;

/** What is known of a connection: nothing is `undefined`. */
export type MaybeSession<Context> = Authentication<Context> | undefined | null;

/** Options of `rpcServer`. */
export interface RpcServerOptions<
  Context = unknown,
  Peer extends Contract = Contract,
  Socket = MessageSocket,
> {
  /** Methods that the other end offers: `call.client` and `connection.client` call them. Default none. */
  readonly calls?: Peer | undefined;
  /**
   * What the handshake has found out about a connection; `undefined`: nothing, so that it has to authenticate in-band,
   * or is closed with 4401 where it cannot. While a promise is not settled nothing is carried out. By default
   * `socket.context` is the context; with `authentication` nothing is known.
   */
  readonly session?:
    | ((socket: Socket, request?: unknown) => MaybeSession<Context> | Promise<MaybeSession<Context>>)
    | undefined;
  /** Lets connections authenticate in-band; nothing else is carried out before. Default not. */
  readonly authentication?: InBandAuthentication<Context> | undefined;
  /** Whether a session was revoked. Asked when one begins or is refreshed; then the connection is closed with 4403. */
  readonly isRevoked?: ((context: Context) => boolean | Promise<boolean>) | undefined;
  /** Stand around every call, the first outermost. Default none. */
  readonly middleware?: readonly Middleware<Context>[] | undefined;
  /**
   * Told of every error that a caller is not told of: what a handler threw, a result that breaks the contract, what a
   * notification ended in; without a call what `session`, `verify` and `isRevoked` threw. Default nobody is told.
   */
  readonly onError?: ((error: unknown, call: Call<Context, Contract> | undefined) => void) | undefined;
  /** Milliseconds that a call has if its caller does not say. Default 30,000. */
  readonly timeout?: number | undefined;
  /** Milliseconds that a call has at most. Default 300,000. */
  readonly maxTimeout?: number | undefined;
  /** Calls and streams of one connection that are carried out at once; more are refused. Default 256. */
  readonly maxConcurrentCalls?: number | undefined;
  /** Messages in a batch. Default 100. */
  readonly maxBatch?: number | undefined;
  /** Length of a message in characters; a longer one ends the connection with 1009. Default 1,048,576. */
  readonly maxMessageLength?: number | undefined;
  /** How deep JSON may be nested. Default 64. */
  readonly maxDepth?: number | undefined;
  /** Bytes that a connection may leave unread; then it is terminated. Default 16,777,216. */
  readonly maxBufferedAmount?: number | undefined;
  /** Where calls with idempotency keys are remembered. By default in memory. */
  readonly idempotencyStore?: IdempotencyStore | undefined;
  readonly clock?: Clock | undefined;
}

/** Options with their defaults. */
export type RpcSettings<Context> = ReturnType<typeof settingsOf<Context>>;

/** Puts the defaults in. */
export function settingsOf<Context>(options: RpcServerOptions<Context, Contract, never>) {
  const { clock = systemClock } = options;
  return {
    clock,
    calls: options.calls,
    session: options.session,
    authentication: options.authentication && inBand(options.authentication),
    isRevoked: options.isRevoked,
    middleware: options.middleware ?? [],
    report: reporter(options.onError),
    timeout: options.timeout ?? 30_000,
    maxTimeout: options.maxTimeout ?? 300_000,
    maxConcurrentCalls: options.maxConcurrentCalls ?? 256,
    maxMessageLength: options.maxMessageLength ?? 1_048_576,
    maxBufferedAmount: options.maxBufferedAmount ?? 16_777_216,
    limits: { maxBatch: options.maxBatch ?? 100, maxDepth: options.maxDepth ?? 64 },
    idempotencyStore: options.idempotencyStore ?? new MemoryIdempotencyStore({ clock }),
    /** The calls with idempotency keys that this server is carrying out. */
    keyedCalls: new Map<string, RunningCall<Context>>(),
  };
}

function inBand<Context>({ method, deadline, verify }: InBandAuthentication<Context>) {
  return {
    method: method ?? (verify === undefined ? 'auth' : undefined),
    deadline: deadline ?? 10_000,
    verify,
  };
}

/** A hook that fails has nobody to tell, and must not end the process of all connections. */
function reporter<Context>(onError: RpcServerOptions<Context>['onError']) {
  return (error: unknown, call?: Call<Context, Contract>): void => {
    try {
      Promise.resolve(onError?.(error, call) as unknown).catch(() => undefined);
    } catch {
      // As above.
    }
  };
}
