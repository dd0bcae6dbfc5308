/** What handlers, middleware and hooks see of a call. */

import type { Calls } from '../client/calls.js';
import type {
  CallMethod,
  Contract,
  MethodParams,
  MethodReturn,
  MethodYield,
  NotificationMethod,
  StreamMethod,
} from '../contract/contract.js';

/** Who a connection belongs to from now on. */
export interface Authentication<Context> {
  /** What handlers get as `context`. */
  readonly context: Context;
  /** The name by which a user is the same over all connections, such as a user id. By default nobody in particular. */
  readonly principal?: string | undefined;
  /** Time of day at which it ends, in milliseconds since the Unix epoch. By default never. */
  readonly expires?: number | undefined;
}

/** The connection that a call came over. */
export interface CallConnection<Context = unknown, Peer extends Contract = Contract> {
  /** What is known of whoever is at the other end. */
  readonly context: Context;
  /** Who it is, the same over all connections; `undefined` for nobody in particular. */
  readonly principal: string | undefined;
  /** Functions that call what the other end offers, by the option `calls`. */
  readonly client: Calls<Peer>;
  /** Whether messages still go both ways. */
  readonly isOpen: boolean;
  /** The connection belongs to somebody from now on. Rejects with an RpcError if it cannot. */
  authenticate(authentication: Authentication<Context>): Promise<void>;
  /** Ends the connection. Default 1000 without a reason. */
  close(code?: number, reason?: string): void;
}

/** A call that is being handled. */
export interface Call<Context = unknown, Peer extends Contract = Contract> {
  /** Name of the method. */
  readonly method: string;
  readonly kind: 'call' | 'query' | 'notification' | 'stream';
  /** The parameters as they came: the contract has not been applied to them. */
  readonly params: unknown;
  /** What is known of whoever is at the other end. */
  readonly context: Context;
  /** The connection that it came over. */
  readonly connection: CallConnection<Context, Peer>;
  /** Calls what the other end offers. */
  readonly client: Calls<Peer>;
  /** Aborted when nobody waits any more: the caller took it back, its time is over, or the connection was lost. */
  readonly signal: AbortSignal;
  /** Time of day at which the caller gives up, in milliseconds since the Unix epoch. */
  readonly deadline: number;
  /** The connection belongs to somebody from now on, or goes on to. Rejects if that was revoked. */
  authenticate(authentication: Authentication<Context>): Promise<void>;
}

/** A method without a result may return whatever it likes: nobody gets it. */
type Returned<T> = [T] extends [undefined] ? unknown : T | Promise<T>;

/** The function that carries out a method. */
export type Handler<M, Context, Peer extends Contract> =
  M extends CallMethod<infer _, infer __>
    ? (params: MethodParams<M>, call: Call<Context, Peer>) => Returned<MethodReturn<M>>
    : M extends StreamMethod<infer _, infer __>
      ? (params: MethodParams<M>, call: Call<Context, Peer>) => AsyncIterable<MethodYield<M>>
      : M extends NotificationMethod<infer _>
        ? (params: MethodParams<M>, call: Call<Context, Peer>) => unknown
        : never;

/** A handler for each method of a contract. */
export type Handlers<C extends Contract, Context, Peer extends Contract> = {
  readonly [Name in keyof C]: Handler<C[Name], Context, Peer>;
};

/**
 * Stands around every call: does something before or after `next`, which carries the call out, or throws instead of
 * it. The result of `next` is what the handler returned; of a stream the iterable that it gave.
 */
export type Middleware<Context = unknown> = (
  call: Call<Context, Contract>,
  next: () => Promise<unknown>,
) => unknown;
