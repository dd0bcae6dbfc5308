/** The example API of `hawser serve`, at `/rpc`: what it takes and gives. The page imports it as well. */
import { call, contract, notification, query, schema, stream, unchecked } from 'hawser/rpc';

type Members = Readonly<Record<string, unknown>>;

/** Longest wait that anybody may ask for, in milliseconds. */
const maxDelay = 60_000;

/** A schema of an object: `read` makes the parameters of its members. */
function object<T extends object>(read: (members: Members) => T) {
  return schema((value): T => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new TypeError('The parameters are an object');
    }
    return read(value as Members);
  });
}

function numberOf(members: Members, name: string, fallback?: number): number {
  const { [name]: value = fallback } = members;
  if (typeof value !== 'number') throw new TypeError(`"${name}" is a number`);
  return value;
}

/** The nearest number from `least` to `most`. */
function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

/** How long a method is to take: nothing by default, so that a person can cut the connection meanwhile. */
function delayOf(members: Members): number {
  return clamp(numberOf(members, 'ms', 0), 0, maxDelay);
}

/** Somebody in `getUsers`. */
export interface User {
  readonly id: number;
  readonly name: string;
}

/** What `pay` answers. */
export interface Receipt {
  /** Counts the payments that this server has carried out. */
  readonly payment: number;
  readonly amount: number;
}

/** Every method. */
export const exampleContract = contract({
  add: query({
    input: object((members) => ({ a: numberOf(members, 'a'), b: numberOf(members, 'b') })),
    output: unchecked<number>(),
    positional: ['a', 'b'],
  }),
  echo: call({
    input: object(({ value }) => ({ value })),
    output: unchecked<unknown>(),
    positional: ['value'],
  }),
  getUsers: query({
    input: object((members) => ({ ms: delayOf(members) })),
    output: unchecked<readonly User[]>(),
    positional: ['ms'],
  }),
  slow: call({
    input: object((members) => ({ ms: delayOf(members) })),
    output: unchecked<string>(),
    positional: ['ms'],
  }),
  fail: call(),
  refuse: call(),
  pay: call({
    input: object((members) => {
      const amount = numberOf(members, 'amount');
      if (!(amount > 0 && amount <= 1000)) throw new RangeError('"amount" is more than 0 and at most 1000');
      return { amount, ms: delayOf(members) };
    }),
    output: unchecked<Receipt>(),
    idempotent: true,
  }),
  note: notification({ input: object(({ text }) => ({ text })), positional: ['text'] }),
  ticks: stream({
    input: object((members) => ({ every: clamp(numberOf(members, 'every'), 50, maxDelay) })),
    item: unchecked<number>(),
  }),
  count: stream({
    input: object((members) => ({ to: clamp(numberOf(members, 'to'), 1, 5000) })),
    item: unchecked<number>(),
  }),
});

/** Name of a method. */
export type ExampleMethod = keyof typeof exampleContract;

/** Parameters to begin with, in the order in which the methods are offered. */
export const samples: Readonly<Record<ExampleMethod, object | undefined>> = {
  add: { a: 1, b: 2 },
  echo: { value: { ahoy: '我是阿宝哥 ⚓' } },
  getUsers: { ms: 0 },
  slow: { ms: 3000 },
  fail: undefined,
  refuse: undefined,
  pay: { amount: 12.5, ms: 2000 },
  note: { text: 'Nobody answers this.' },
  ticks: { every: 500 },
  count: { to: 200 },
};
