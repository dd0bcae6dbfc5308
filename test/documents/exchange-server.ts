import { call, contract, notification, query, RpcError, schema, stream, unchecked } from 'hawser/rpc';
import { type RpcServerOptions, rpcServer } from 'hawser/rpc/server';

const pair = schema((value) => {
  const { a, b } = value as { a: unknown; b: unknown };
  if (typeof a === 'number' && typeof b === 'number') return { a, b };
  throw new Error('a and b are numbers');
});

const api = contract({
  add: query({ input: pair, output: unchecked<number>(), positional: ['a', 'b'] }),
  log: notification({ input: unchecked<{ line: string }>() }),
  pay: call({
    input: unchecked<{ amount: number }>(),
    output: unchecked<{ balance: number }>(),
    idempotent: true,
  }),
  count: stream({ input: unchecked<{ to: number }>(), item: unchecked<number>() }),
  wait: call(),
  fail: call(),
  askMe: call({ output: unchecked<string>() }),
});

/** What the client offers to the server. */
const clientApi = contract({
  ask: call({ input: unchecked<{ question: string }>(), output: unchecked<string>() }),
});

/** The server of the examples. */
export function exchangeServer(options: RpcServerOptions<unknown, typeof clientApi>) {
  let balance = 100;
  return rpcServer(
    api,
    {
      add: ({ a, b }) => a + b,
      log: () => undefined,
      pay: ({ amount }) => {
        if (amount > balance) throw new RpcError(1, 'Not enough money', { balance });
        balance -= amount;
        return { balance };
      },
      count: async function* ({ to }) {
        for (let number = 1; number <= to; number++) {
          if (number === 1000) throw new RpcError(2, 'That is too much');
          yield number;
        }
      },
      wait: () => new Promise(() => undefined),
      fail: () => {
        throw new Error('the password of the database is wrong');
      },
      askMe: (_input, { client }) => client.ask({ question: 'Your name?' }),
    },
    { calls: clientApi, ...options },
  );
}
