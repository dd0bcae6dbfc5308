/** From a contract to functions that call its methods, with the types that follow from it. */

import type {
  CallMethod,
  Contract,
  Method,
  MethodInput,
  MethodItem,
  MethodResult,
  NotificationMethod,
  StreamMethod,
} from '../contract/contract.js';
import { schema } from '../contract/schema.js';
import type { CallSettings, StreamSettings } from './call-settings.js';
import type { Caller, MethodFacts } from './caller.js';

/** Arguments of a call: the input may be left out where the method has none. */
type Arguments<Input, Settings> = undefined extends Input
  ? [input?: Input, settings?: Settings]
  : [input: Input, settings?: Settings];

/** The function that calls a method. */
export type CallOf<M> =
  M extends CallMethod<infer _, infer __>
    ? (...args: Arguments<MethodInput<M>, CallSettings>) => Promise<MethodResult<M>>
    : M extends StreamMethod<infer _, infer __>
      ? (
          ...args: Arguments<MethodInput<M>, StreamSettings<MethodInput<M>, MethodItem<M>>>
        ) => AsyncIterable<MethodItem<M>>
      : M extends NotificationMethod<infer _>
        ? (...args: Arguments<MethodInput<M>, Pick<CallSettings, 'whenOffline'>>) => Promise<void>
        : never;

/** A function for each method of a contract. */
export type Calls<C extends Contract> = { readonly [Name in keyof C]: CallOf<C[Name]> };

/** Makes the functions of a contract. */
export function callsOf<C extends Contract>(contract: C, caller: Caller): Calls<C> {
  const calls = Object.entries(contract).map(([name, method]) => [name, callOf(name, method, caller)]);
  return Object.fromEntries(calls) as Calls<C>;
}

function callOf(
  name: string,
  method: Method,
  caller: Caller,
): (input?: unknown, settings?: object) => unknown {
  switch (method.kind) {
    case 'notification':
      return (input, settings) => caller.notify(name, input, settings);
    case 'stream':
      return (input, settings) => caller.stream(name, input, settings, { output: method.item });
    default: {
      const facts = factsOf(method);
      return (input, settings) => caller.call(name, input, settings, facts);
    }
  }
}

/** Of a method without a result the answer is null; nobody is to read anything into it. */
const nothing = schema(() => undefined);

function factsOf({ kind, idempotent, output = nothing }: CallMethod): MethodFacts {
  if (kind === 'query') return { output, retry: 'query' };
  return { output, retry: idempotent ? 'key' : undefined };
}
