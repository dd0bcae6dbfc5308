import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import type { WebSocket } from '../../../src/index.js';
import type { Calls } from '../../../src/rpc/client/calls.js';
import { call, contract, notification, query, stream } from '../../../src/rpc/contract/contract.js';
import { SchemaError, schema, unchecked, validate } from '../../../src/rpc/contract/schema.js';
import { rpcServer } from '../../../src/rpc/server/rpc-server.js';
import { linkedClient } from '../linked-rpc.js';

const libraries = {
  zod: contract({
    greet: call({ input: z.object({ name: z.string(), age: z.number().optional() }), output: z.string() }),
  }),
  valibot: contract({
    greet: call({ input: v.object({ name: v.string(), age: v.optional(v.number()) }), output: v.string() }),
  }),
  arktype: contract({
    greet: call({ input: type({ name: 'string', 'age?': 'number' }), output: type('string') }),
  }),
};

describe.each(Object.entries(libraries))('a contract by %s', (_, methods) => {
  // One of three: their types have been inferred where each was made.
  const api = methods as typeof libraries.zod;
  const rpc = rpcServer(api, { greet: ({ name }) => `hello ${name}` });

  it('takes what the schema takes, and refuses the rest with paths', async () => {
    const { call } = linkedClient(api, rpc as never);
    expect(await call.greet({ name: 'Ada' })).toBe('hello Ada');
    await expect(call.greet({ name: 1 } as never)).rejects.toMatchObject({
      code: -32602,
      data: { issues: [{ path: 'name', message: expect.any(String) }] },
    });
  });
});

const api = contract({
  at: call({ input: z.object({ when: z.coerce.date() }), output: z.coerce.date() }),
  users: query({ output: unchecked<string[]>() }),
  add: call({ input: z.tuple([z.number(), z.number()]), output: z.number() }),
  optional: query({ input: z.object({ limit: z.number() }).optional(), output: z.number() }),
  ticks: stream({ input: unchecked<{ every: number }>(), item: unchecked<{ n: number }>() }),
  log: notification({ input: unchecked<string[]>() }),
  nothing: call(),
});

type InputOfLibrary<L extends keyof typeof libraries> = Parameters<Calls<(typeof libraries)[L]>['greet']>[0];

describe('types', () => {
  it('are those of every library', () => {
    expectTypeOf<InputOfLibrary<'zod'>>().toEqualTypeOf<{ name: string; age?: number | undefined }>();
    expectTypeOf<InputOfLibrary<'valibot'>>().toEqualTypeOf<{ name: string; age?: number | undefined }>();
    expectTypeOf<InputOfLibrary<'arktype'>>().toEqualTypeOf<{ name: string; age?: number }>();
  });

  it('follow from the contract', () => {
    type Call = Calls<typeof api>;
    expectTypeOf<Call['users']>().returns.resolves.toEqualTypeOf<string[]>();
    expectTypeOf<Call['users']>().parameter(0).toEqualTypeOf<undefined>();
    expectTypeOf<Call['add']>().parameter(0).toEqualTypeOf<[number, number]>();
    expectTypeOf<Call['at']>().returns.resolves.toEqualTypeOf<Date>();
    expectTypeOf<Call['ticks']>().returns.toEqualTypeOf<AsyncIterable<{ n: number }>>();
    expectTypeOf<Call['log']>().returns.resolves.toEqualTypeOf<void>();
    expectTypeOf<Call['nothing']>().returns.resolves.toEqualTypeOf<undefined>();
    expectTypeOf<Parameters<Call['optional']>[0]>().toEqualTypeOf<{ limit: number } | undefined>();
  });

  it('let handlers know what they get and give', () => {
    rpcServer(contract({ at: api.at }), {
      at: ({ when }, { signal }) => {
        expectTypeOf(when).toEqualTypeOf<Date>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        return when;
      },
    });
    // @ts-expect-error: a handler is missing
    expect(() => rpcServer(api, {})).toThrow('has no handler');
    // @ts-expect-error: the result is a number
    rpcServer(contract({ add: api.add }), { add: () => 'x' });
  });

  it('know the context of the connection', () => {
    rpcServer(
      contract({ users: api.users }),
      { users: (_, { context }) => [context.name] },
      { session: (socket: { name: string } & MessageSocketLike) => ({ context: { name: socket.name } }) },
    );
  });

  it('let a WebSocketServer hand its connections over, with their context', () => {
    const rpc = rpcServer<Pick<typeof api, 'users'>, { name: string }>(contract({ users: api.users }), {
      users: (_, { context }) => [context.name],
    });
    type Socket<Context> = import('../../../src/index.js').ServerSocket<typeof WebSocket, Context>;
    expectTypeOf<Socket<{ name: string }>>().toExtend<Parameters<typeof rpc.accept>[0]>();
    expectTypeOf<Socket<{ id: string }>>().not.toExtend<Parameters<typeof rpc.accept>[0]>();
  });

  it('refuse parameters that JSON-RPC cannot carry', () => {
    // @ts-expect-error: parameters are an object or an array
    call({ input: z.string() });
  });
});

type MessageSocketLike = import('../../../src/transport/message-socket.js').MessageSocket;

describe('values', () => {
  it('are what the schema makes of them, on both sides', async () => {
    const part = contract({ at: api.at });
    const rpc = rpcServer(part, { at: ({ when }) => new Date(when.getTime() + 1) });
    const { call } = linkedClient(part, rpc as never);
    expect(await call.at({ when: new Date(5) })).toEqual(new Date(6));
  });

  it('may be an array', async () => {
    const part = contract({ add: api.add });
    const { call } = linkedClient(part, rpcServer(part, { add: ([a, b]) => a + b }) as never);
    expect(await call.add([1, 2])).toBe(3);
  });

  it('may be left out where the schema allows it', async () => {
    const part = contract({ optional: api.optional });
    const rpc = rpcServer(part, { optional: (input) => input?.limit ?? 0 });
    const { call } = linkedClient(part, rpc as never);
    expect(await call.optional()).toBe(0);
    expect(await call.optional({ limit: 3 })).toBe(3);
  });

  it('of a method without a result are not there', async () => {
    const part = contract({ nothing: api.nothing });
    const { call } = linkedClient(part, rpcServer(part, { nothing: () => 'ignored' }) as never);
    expect(await call.nothing()).toBe(undefined);
  });

  it('are checked asynchronously where the schema is', async () => {
    const slow = z.object({ n: z.number() }).refine(async ({ n }) => n > 0, 'positive');
    const part = contract({ work: call({ input: slow, output: unchecked<number>() }) });
    const { call: calls } = linkedClient(part, rpcServer(part, { work: ({ n }) => n }) as never);
    expect(await calls.work({ n: 1 })).toBe(1);
    await expect(calls.work({ n: 0 })).rejects.toThrow('positive');
  });
});

describe('contract', () => {
  it('refuses names of the protocol', () => {
    expect(() => contract({ 'rpc.x': call() })).toThrow('reserved');
  });

  it('wants a handler for each method, and no other', () => {
    const part = contract({ nothing: call() });
    expect(() => rpcServer(part, { nothing: () => undefined, other: () => 1 } as never)).toThrow(
      'other is not',
    );
  });
});

describe('schema', () => {
  it('says what is wrong by the error that was thrown', () => {
    const positive = schema((value) => {
      if (!(Number(value) > 0)) throw new Error('not positive');
      return Number(value);
    });
    expect(validate(positive, '2')).toBe(2);
    expect(() => validate(positive, -1)).toThrow(new SchemaError([{ message: 'not positive' }]));
  });

  it('writes paths with dots', () => {
    const error = new SchemaError([{ message: 'wrong', path: ['a', { key: 0 }, 'b'] }]);
    expect(error.message).toBe('a.0.b: wrong');
  });
});
