/** Arbitrary messages, of a shape that gets far into a server, and a server whose methods do all that methods may. */

import fc from 'fast-check';
import { call, contract, notification, query, stream } from '../../src/rpc/contract/contract.js';
import { unchecked } from '../../src/rpc/contract/schema.js';
import type { Call } from '../../src/rpc/server/call.js';
import { rpcServer } from '../../src/rpc/server/rpc-server.js';
import { ManualClock } from '../../src/testing/index.js';
import { gate, rawPeer, settled, untilAborted } from './linked-rpc.js';

const params = unchecked<object | undefined>();
const whatever = unchecked<unknown>();

const api = contract({
  add: call({ input: params, output: whatever }),
  slow: query({ input: params, output: whatever }),
  fail: call({ input: params }),
  hang: call({ input: params }),
  wait: call({ input: params }),
  two: stream({ input: params, item: whatever }),
  endless: stream({ input: params, item: whatever }),
  note: notification({ input: params }),
});

const methods = [
  ...Object.keys(api),
  'rpc.cancel',
  'rpc.ping',
  'rpc.stream.credit',
  'rpc.stream.item',
  'rpc.stream.end',
  'rpc.stream.error',
  'rpc.auth',
  'rpc.x',
  '',
  '__proto__',
  'toString',
  5,
];

const id = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc.constantFrom('a', null, 1.5, {}, [], true, ''),
  fc.string(),
);

const parameters = fc.oneof(
  fc.record(
    {
      id,
      items: fc.oneof(fc.integer({ min: -1, max: 5 }), fc.double()),
      seq: fc.integer({ min: 0, max: 3 }),
      token: fc.string(),
      item: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ),
  fc.array(fc.jsonValue(), { maxLength: 3 }),
  fc.jsonValue(),
);

/** Of the keys most are valid, and few differ, so that calls meet their like. */
const meta = fc.record(
  {
    timeout: fc.integer({ min: 0, max: 50 }),
    credit: fc.integer({ min: 1, max: 5 }),
    age: fc.integer({ min: 0, max: 50 }),
    idempotencyKey: fc.constantFrom('k'.repeat(16), 'k'.repeat(16), 'j'.repeat(20), 'short'),
  },
  { requiredKeys: [] },
);

const wrongMeta = fc.oneof(
  fc.record({ timeout: fc.double(), credit: fc.double(), age: fc.double() }, { requiredKeys: [] }),
  fc.jsonValue(),
);

/** A request that a server may take. */
export const request = fc.record(
  { jsonrpc: fc.constant('2.0'), method: fc.constantFrom(...methods), params: parameters, id, meta },
  { requiredKeys: ['jsonrpc', 'method'] },
);

const message = fc.oneof(
  { weight: 8, arbitrary: request },
  { weight: 1, arbitrary: fc.tuple(request, wrongMeta).map(([valid, meta]) => ({ ...valid, meta })) },
  {
    weight: 2,
    arbitrary: fc.record(
      { jsonrpc: fc.constantFrom('2.0', '1.0', 2), result: fc.jsonValue(), error: fc.jsonValue(), id },
      { requiredKeys: [] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      {
        method: fc.constantFrom(...methods),
        args: fc.oneof(fc.array(fc.jsonValue(), { maxLength: 3 }), fc.jsonValue()),
      },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: fc.jsonValue() },
);

/** A text of a peer: a message, a batch, or anything. */
export const text = fc.oneof(
  { weight: 6, arbitrary: message.map((value) => JSON.stringify(value)) },
  {
    weight: 2,
    arbitrary: fc.array(message, { maxLength: 12 }).map((value) => JSON.stringify(value)),
  },
  { weight: 1, arbitrary: fc.string() },
);

/** A text, or milliseconds that go by. */
export type Step = string | number;

/** A server, and what of it would have to be gone at the end. */
function server() {
  const clock = new ManualClock();
  const end = gate();
  let live = 0;
  const whileLive = async function* (items: () => Iterable<number>) {
    live++;
    try {
      yield* items();
    } finally {
      live--;
    }
  };
  const handlers = {
    add: (value: unknown) => value ?? 0,
    slow: async (value: unknown) => {
      await new Promise((resolve) => setImmediate(resolve));
      return value;
    },
    fail: () => {
      throw new Error('a secret');
    },
    // Whatever its caller, its deadline or its connection say.
    hang: () => end.opened,
    wait: (_: unknown, { signal }: Call) => untilAborted(signal),
    two: () => whileLive(() => [1, 2]),
    endless: () =>
      whileLive(function* () {
        for (let number = 0; ; number++) yield number;
      }),
    note: () => undefined,
  };
  const options = { clock, maxConcurrentCalls: 8, maxBatch: 10, maxDepth: 8 };
  const rpc = rpcServer(api, handlers as never, options);
  return { rpc, clock, live: () => live, endAll: end.open };
}

/**
 * Feeds a server, then loses the connection and lets all times run out.
 * @returns the messages that the server sent, and what it still holds: all of it should be 0
 */
export async function feed(steps: readonly Step[]) {
  const { rpc, clock, live, endAll } = server();
  const peer = rawPeer(rpc as never, { highWaterMark: 500 });
  for (const step of steps) {
    if (typeof step === 'string') peer.send(step);
    else {
      clock.advance(step);
      await settled();
    }
  }
  await settled();
  const replies = peer.take().flat() as Record<string, unknown>[];
  peer.cut();
  for (let round = 0; round < 2; round++) {
    clock.advance(400_000);
    await settled();
    endAll();
    await settled();
  }
  const left = {
    pending: peer.connection.pending,
    timers: clock.pending,
    connections: rpc.connections.size,
    streams: live(),
  };
  return { replies, left };
}
