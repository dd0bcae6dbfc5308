/** The methods that a server offers, and how their parameters and results pass the contract. */

import { RpcUsageError } from '../../transport/errors.js';
import type { Contract, Method } from '../contract/contract.js';
import { SchemaError, validate } from '../contract/schema.js';
import { rpcError } from '../wire/error-object.js';
import type { Call } from './call.js';
import type { RunningCall } from './running-call.js';

/** A handler, its types put aside: the contract has checked them. */
export type AnyHandler = (params: unknown, call: Call) => unknown;

/** A method with what carries it out. */
export interface OfferedMethod {
  readonly method: Method;
  readonly handler: AnyHandler;
}

/** Methods by name. */
export type MethodTable = ReadonlyMap<string, OfferedMethod>;

/**
 * Puts contract and handlers together.
 * @throws RpcUsageError when a handler is missing, or is for no method
 */
export function methodTable(contract: Contract, handlers: Readonly<Record<string, unknown>>): MethodTable {
  const table = new Map<string, OfferedMethod>();
  for (const [name, method] of Object.entries(contract)) {
    const handler = handlers[name];
    // Every object has a `toString`; that is no handler.
    if (typeof handler !== 'function' || handler === Reflect.get(Object.prototype, name))
      throw new RpcUsageError('RPC_ERR_INVALID_CONTRACT', `${name} has no handler`);
    table.set(name, { method, handler: handler.bind(handlers) as AnyHandler });
  }
  const strange = Object.keys(handlers).find((name) => !table.has(name));
  if (strange !== undefined)
    throw new RpcUsageError('RPC_ERR_INVALID_CONTRACT', `${strange} is not in the contract`);
  return table;
}

/**
 * Carries a method out. It is asynchronous only where the handler or a schema is: a promise for every step would cost a
 * call without either a third of its time.
 * @returns the result as the contract has it; of a stream the iterable that the handler gave; or a promise of it
 * @throws RpcError INVALID_PARAMS, or what the handler throws; or rejects with it
 */
export function carryOut<Context>({ method, handler }: OfferedMethod, call: RunningCall<Context>): unknown {
  const run = (params: unknown): unknown => {
    // It may have been given up while middleware and schemas were busy.
    if (call.abortReason !== undefined) throw call.abortReason;
    return handler(params, call as never);
  };
  const params = inputOf(method, call.params);
  const returned = isPromise(params) ? params.then(run) : run(params);
  return isPromise(returned) ? returned.then((value) => resultOf(method, value)) : resultOf(method, returned);
}

/** Whether a value is to be waited for. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

function resultOf(method: Method, returned: unknown): unknown {
  if (method.kind === 'stream') return returned;
  // A method without a result has none, whatever its handler returns.
  if (method.kind === 'notification' || method.output === undefined) return undefined;
  return validate(method.output, returned);
}

function inputOf({ input, positional }: Method, params: unknown): unknown {
  if (input === undefined) {
    if (isNothing(params)) return undefined;
    throw rpcError('INVALID_PARAMS', 'The method takes no parameters');
  }
  const named = Array.isArray(params) && positional !== undefined ? byName(positional, params) : params;
  try {
    const value = validate(input, named);
    return isPromise(value) ? value.then(undefined, refuse) : value;
  } catch (error) {
    return refuse(error);
  }
}

function refuse(error: unknown): never {
  if (!(error instanceof SchemaError)) throw error;
  throw rpcError('INVALID_PARAMS', `Invalid params: ${error.message}`, { issues: error.issues });
}

function isNothing(params: unknown): boolean {
  return params === undefined || Object.keys(params as object).length === 0;
}

function byName(names: readonly string[], values: readonly unknown[]): object {
  if (values.length > names.length) {
    throw rpcError('INVALID_PARAMS', `At most ${names.length} parameters: ${names.join(', ')}`);
  }
  return Object.fromEntries(values.map((value, index) => [names[index], value]));
}
