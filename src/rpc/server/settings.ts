/** Options of `rpcServer`, and what is made of them. */

import { type Clock, systemClock } from '../../transport/clock.js';
import type { MessageSocket } from '../../transport/message-socket.js';
import type { Contract } from '../contract/contract.js';
import type { Authentication, Call, Middleware } from './call.js';
import { type IdempotencyStore, MemoryIdempotencyStore } from './idempotency-store.js';

/** How connections authenticate after the handshake. */
export interface InBandAuthentication<Context> {
  /** The method of the contract that authenticates, by `call.authenticate`. Default `auth`. */
  readonly method?: string | undefined;
  /** Milliseconds after which a connection that has not authenticated is closed with 4401. Default 10,000. */
  readonly deadline?: number | undefined;
  /** Makes something of a token: switches `rpc.auth` on, which the tokens of `hawser/client` use. Throws to refuse. */
  readonly verify?:
    | ((token: string) => Authentication<Context> | Promise<Authentication<Context>>)
    | undefined;
}

/** Options of `rpcServer`. */
export interface RpcServerOptions<
  Context = unknown,
  Peer extends Contract = Contract,
  Socket = MessageSocket,
> {
  /** Methods that the other end offers: `call.client` and `connection.client` call them. Default none. */
  readonly calls?: Peer | undefined;
  /**
   * What the handshake has found out about a connection; `undefined`: nothing, it has to authenticate in-band. By
   * default `socket.context` is the context; with `authentication` nothing.
   */
  readonly session?: ((socket: Socket, request?: unknown) => Authentication<Context> | undefined) | undefined;
  /** Lets connections authenticate in-band; nothing else is carried out before. Default not. */
  readonly authentication?: InBandAuthentication<Context> | undefined;
  /** Whether a session was revoked. Asked when one begins or is refreshed; then the connection is closed with 4403. */
  readonly isRevoked?: ((context: Context) => boolean | Promise<boolean>) | undefined;
  /** Stand around every call, the first outermost. Default none. */
  readonly middleware?: readonly Middleware<Context>[] | undefined;
  /** Told of every error that a caller is not told of: what a handler threw, a result that breaks the contract. */
  readonly onError?: ((error: unknown, call: Call<Context, Contract>) => void) | undefined;
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
  const { authentication, clock = systemClock } = options;
  return {
    clock,
    calls: options.calls,
    session: options.session,
    authentication: authentication && { method: 'auth', deadline: 10_000, ...authentication },
    isRevoked: options.isRevoked,
    middleware: options.middleware ?? [],
    onError: options.onError ?? (() => undefined),
    timeout: options.timeout ?? 30_000,
    maxTimeout: options.maxTimeout ?? 300_000,
    maxConcurrentCalls: options.maxConcurrentCalls ?? 256,
    maxMessageLength: options.maxMessageLength ?? 1_048_576,
    maxBufferedAmount: options.maxBufferedAmount ?? 16_777_216,
    limits: { maxBatch: options.maxBatch ?? 100, maxDepth: options.maxDepth ?? 64 },
    idempotencyStore: options.idempotencyStore ?? new MemoryIdempotencyStore({ clock }),
  };
}
