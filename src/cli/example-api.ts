/** The example API of `hawser serve`: how its methods are carried out. */
import { setTimeout as delay } from 'node:timers/promises';
import { RpcError } from 'hawser/rpc';
import { MemoryIdempotencyStore, rpcServer } from 'hawser/rpc/server';
import { exampleContract, type User } from './example-contract.js';

/** Of the application's own, outside of the range that JSON-RPC keeps for itself. */
const OUT_OF_STOCK = 1001;

const users: readonly User[] = [
  { id: 1, name: 'Ada' },
  { id: 2, name: 'Grace' },
  { id: 3, name: '阿宝哥' },
];

/** A server of the example API; its bounds are small, since anybody may call it. */
export function exampleServer() {
  let payments = 0;
  return rpcServer(
    exampleContract,
    {
      add: ({ a, b }) => a + b,
      echo: ({ value }) => value,
      getUsers: ({ ms }, { signal }) => delay(ms, users, { signal }),
      slow: ({ ms }, { signal }) => delay(ms, `took ${ms} ms`, { signal }),
      fail: () => {
        throw new Error('The password of the database is "hunter2": callers must not see this');
      },
      refuse: () => {
        throw new RpcError(OUT_OF_STOCK, 'Out of stock', { article: 'hawser, 20 m', back: '2 days' });
      },
      pay: async ({ amount, ms }, { signal }) => {
        await delay(ms, undefined, { signal });
        return { payment: ++payments, amount };
      },
      note: () => undefined,
      ticks: async function* ({ every }, { signal }) {
        for (let tick = 1; ; tick++) {
          yield tick;
          await delay(every, undefined, { signal });
        }
      },
      count: async function* ({ to }) {
        for (let number = 1; number <= to; number++) yield number;
      },
    },
    {
      maxConcurrentCalls: 32,
      maxBufferedAmount: 1_048_576,
      idempotencyStore: new MemoryIdempotencyStore({ maxEntries: 1000 }),
    },
  );
}
