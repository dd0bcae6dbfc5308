/**
 * A contract: which methods one side offers, with what they take and give. Both sides import it; types follow from it,
 * checks at run time as well, and nothing is generated.
 */

import { RpcUsageError } from '../../transport/errors.js';
import type { InputOf, OutputOf, Schema } from './schema.js';

/** What every kind of method has. */
interface Parameters<Input> {
  /** Schema of the parameters: an object or an array (JSON-RPC 2.0 §4.2). Without it there are none. */
  readonly input?: Input | undefined;
  /** Names of the members of `input` for callers that give arguments by position. By default they cannot. */
  readonly positional?: readonly string[] | undefined;
}

/** What `call` and `query` take. */
export interface CallOptions<Input, Output> extends Parameters<Input> {
  /** Schema of the result; it is applied to what the handler returns and to what arrives. By default no result. */
  readonly output?: Output | undefined;
  /**
   * May be sent again when the connection was lost: it carries an idempotency key, by which the server carries it out
   * once at most. Default `false`. A query needs none.
   */
  readonly idempotent?: boolean | undefined;
}

/** What `stream` takes. */
export interface StreamOptions<Input, Item> extends Parameters<Input> {
  /** Schema of the items; it is applied to what the handler yields and to what arrives. */
  readonly item: Item;
}

/** A method with one answer. */
export interface CallMethod<Input = Schema | undefined, Output = Schema | undefined>
  extends CallOptions<Input, Output> {
  readonly kind: 'call' | 'query';
}

/** A method without an answer. */
export interface NotificationMethod<Input = Schema | undefined> extends Parameters<Input> {
  readonly kind: 'notification';
}

/** A method with any number of answers. */
export interface StreamMethod<Input = Schema | undefined, Item = Schema> extends StreamOptions<Input, Item> {
  readonly kind: 'stream';
}

/** A method of a contract. */
export type Method = CallMethod | NotificationMethod | StreamMethod;

/** Methods by name. */
export type Contract = Readonly<Record<string, Method>>;

/** As `Contract`, but so that it does not have a say in what `call` and the others infer. */
type AnyMethods = Readonly<Record<string, { readonly kind: Method['kind'] }>>;

/** A schema whose values can be parameters; else a type that says why it is none. */
type Structured<Input> =
  InputOf<Input> extends object | undefined ? Input : 'parameters are an object or an array (JSON-RPC 2.0)';

/** A method that changes something: carried out once at most, unless it is `idempotent`. */
export function call<
  Input extends Schema | undefined = undefined,
  Output extends Schema | undefined = undefined,
>(options: CallOptions<Input & Structured<Input>, Output> = {}): CallMethod<Input, Output> {
  return { ...options, kind: 'call' };
}

/** A method that only reads: a client may send it again whenever the connection was lost. */
export function query<
  Input extends Schema | undefined = undefined,
  Output extends Schema | undefined = undefined,
>(
  options: Omit<CallOptions<Input & Structured<Input>, Output>, 'idempotent'> = {},
): CallMethod<Input, Output> {
  return { ...options, kind: 'query' };
}

/** A method without an answer: nobody is told whether it arrived. */
export function notification<Input extends Schema | undefined = undefined>(
  options: Parameters<Input & Structured<Input>> = {},
): NotificationMethod<Input> {
  return { ...options, kind: 'notification' };
}

/** A method whose handler is an async generator; the caller iterates over what it yields. */
export function stream<Item extends Schema, Input extends Schema | undefined = undefined>(
  options: StreamOptions<Input & Structured<Input>, Item>,
): StreamMethod<Input, Item> {
  return { ...options, kind: 'stream' };
}

/**
 * Puts methods together.
 * @param methods by name; names that begin with `rpc.` belong to the protocol (JSON-RPC 2.0 §4.3)
 * @throws RpcUsageError for a name that is not free
 */
export function contract<const Methods extends AnyMethods>(methods: Methods): Methods {
  for (const name of Object.keys(methods)) {
    // An object with a method `then` would be taken for a promise.
    if (name.startsWith('rpc.') || name === 'then')
      throw new RpcUsageError('RPC_ERR_INVALID_CONTRACT', `the name ${name} is reserved`);
  }
  return Object.freeze({ ...methods });
}

/** The schema of the parameters; `undefined` if there is none. */
type InputSchema<M> = M extends { readonly input?: infer S }
  ? [Exclude<S, undefined>] extends [never]
    ? undefined
    : Exclude<S, undefined>
  : undefined;

/** What a caller passes to a method. */
export type MethodInput<M> = InputOf<InputSchema<M>>;

/** What a handler gets: the input as its schema made it. */
export type MethodParams<M> = OutputOf<InputSchema<M>>;

/** What a handler returns. */
export type MethodReturn<M> = M extends CallMethod<infer _, infer S> ? InputOf<S> : undefined;

/** What a caller gets. */
export type MethodResult<M> = M extends CallMethod<infer _, infer S> ? OutputOf<S> : undefined;

/** What a handler yields. */
export type MethodYield<M> = M extends StreamMethod<infer _, infer S> ? InputOf<S> : never;

/** What a caller iterates over. */
export type MethodItem<M> = M extends StreamMethod<infer _, infer S> ? OutputOf<S> : never;
