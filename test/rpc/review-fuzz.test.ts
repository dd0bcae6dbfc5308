import fc from 'fast-check';
import { expect, it } from 'vitest';
import { call, contract, notification, query, stream } from '../../src/rpc/contract/contract.js';
import { unchecked } from '../../src/rpc/contract/schema.js';
import { MemoryIdempotencyStore } from '../../src/rpc/server/idempotency-store.js';
import { rpcServer } from '../../src/rpc/server/rpc-server.js';
import { parseMessage } from '../../src/rpc/wire/message.js';
import { ManualClock } from '../../src/testing/index.js';
import { rawPeer, settled } from './linked-rpc.js';

const limits = { maxDepth: 8, maxBatch: 10, plainCalls: true };
const id = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc.constantFrom('a', null, 1.5, {}, [], true, ''),
  fc.string(),
);
const method = fc.constantFrom(
  'add',
  'slow',
  'fail',
  's',
  'inf',
  'note',
  'wait',
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
);
const params = fc.oneof(
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
const meta = fc.oneof(
  fc.record(
    {
      timeout: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.double()),
      credit: fc.integer({ min: 0, max: 5 }),
      age: fc.integer({ min: 0, max: 50 }),
      idempotencyKey: fc.constantFrom('k'.repeat(16), 'short', 'j'.repeat(20)),
    },
    { requiredKeys: [] },
  ),
  fc.jsonValue(),
);
const msg: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      { jsonrpc: fc.constant('2.0'), method, params, id, meta },
      { requiredKeys: ['jsonrpc', 'method'] },
    ),
  },
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
      { method, args: fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()) },
      { requiredKeys: [] },
    ),
  },
  fc.jsonValue(),
);
const text = fc.oneof(
  { weight: 6, arbitrary: msg.map((m) => JSON.stringify(m)) },
  { weight: 2, arbitrary: fc.array(msg, { maxLength: 12 }).map((m) => JSON.stringify(m)) },
  fc.string(),
);

it('parseMessage never throws', () => {
  fc.assert(
    fc.property(text, (t) => {
      const m = parseMessage(t, limits);
      for (const one of Array.isArray(m) ? m : [m])
        expect(['request', 'response', 'invalid', 'plain']).toContain(one.kind);
    }),
    { numRuns: 5000 },
  );
});

it('a server that is fed anything', async () => {
  const bad: unknown[] = [];
  const on = (e: unknown) => bad.push(e);
  process.on('unhandledRejection', on);
  const any = unchecked<any>();
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 9, arbitrary: text }, { weight: 1, arbitrary: fc.constant(17) }), {
          maxLength: 30,
        }),
        fc.boolean(),
        async (texts, resume) => {
          const clock = new ManualClock();
          let live = 0;
          const wait = (c: any) =>
            new Promise((_r, reject) => c.signal.addEventListener('abort', () => reject(c.signal.reason)));
          const rpc = rpcServer(
            contract({
              add: call({ input: any, output: any }),
              slow: query({ input: any, output: any }),
              fail: call({ input: any }),
              s: stream({ input: any, item: any }),
              inf: stream({ input: any, item: any }),
              note: notification({ input: any }),
              wait: call({ input: any }),
            }),
            {
              add: (p: unknown) => p ?? 0,
              slow: async (p: unknown) => {
                await new Promise((r) => setImmediate(r));
                return p;
              },
              fail: () => {
                throw new Error('x');
              },
              s: async function* () {
                live++;
                try {
                  yield 1;
                  yield 2;
                } finally {
                  live--;
                }
              },
              inf: async function* () {
                live++;
                try {
                  for (let n = 0; ; n++) yield n;
                } finally {
                  live--;
                }
              },
              note: () => undefined,
              wait: (_p: unknown, c: any) => wait(c),
            } as never,
            {
              clock,
              maxConcurrentCalls: 8,
              maxBatch: 10,
              maxDepth: 8,
              idempotencyStore: new MemoryIdempotencyStore({ clock }),
              authentication: resume ? undefined : undefined,
            },
          );
          const peer = rawPeer(rpc as never, { highWaterMark: 500 });
          const replies: any[] = [];
          for (const t of texts) {
            if (t === 17) {
              clock.advance(17);
              await settled();
            } else peer.send(t as string);
          }
          await settled();
          for (const r of peer.take() as any[]) replies.push(...(Array.isArray(r) ? r : [r]));
          for (const r of replies)
            if (r.jsonrpc === undefined && r.method === undefined)
              throw new Error(`odd ${JSON.stringify(r)}`);
          peer.cut();
          clock.advance(400_000);
          await settled();
          await settled();
          if (bad.length > 0) throw bad[0];
          const left = {
            pending: peer.connection.pending,
            open: rpc.connections.size,
            live,
            timers: clock.pending,
          };
          if (left.pending || left.open || left.live || left.timers) throw new Error(JSON.stringify(left));
        },
      ),
      { numRuns: 400 },
    );
  } finally {
    process.off('unhandledRejection', on);
  }
}, 120_000);
