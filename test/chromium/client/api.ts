/** The contract of the programs, for the server and for whoever runs them. */

import { call, contract, notification, query, schema, stream, unchecked } from '../../../src/rpc/index.js';

const sum = schema((value) => {
  const { a, b } = (value ?? {}) as { a: number; b: number };
  if (typeof a !== 'number' || typeof b !== 'number') throw new Error('a and b are numbers');
  return { a, b };
});

/** What the server offers. */
export const api = contract({
  add: call({ input: sum, output: unchecked<number>(), positional: ['a', 'b'] }),
  fail: call(),
  /** Answers when the server is told to go on. */
  wait: call({ output: unchecked<string>() }),
  count: query({ output: unchecked<number>() }),
  /** Adds to what `count` tells, once. */
  raise: call({ output: unchecked<number>(), idempotent: true }),
  note: notification({ input: unchecked<string[]>() }),
  notes: query({ output: unchecked<string[]>() }),
  numbers: stream({ input: unchecked<{ from: number }>(), item: unchecked<number>() }),
  made: query({ output: unchecked<number>() }),
  whoAmI: query({ output: unchecked<string>() }),
  askBack: call({ input: unchecked<{ question: string }>(), output: unchecked<string>() }),
});

/** What the client offers. */
export const clientApi = contract({
  answer: call({ input: unchecked<{ question: string }>(), output: unchecked<string>() }),
});
