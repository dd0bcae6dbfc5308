import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { WebSocket } from '../../src/index.js';
import { call, contract, stream } from '../../src/rpc/contract/contract.js';
import { unchecked } from '../../src/rpc/contract/schema.js';
import { MemoryIdempotencyStore } from '../../src/rpc/server/idempotency-store.js';
import { rpcServer } from '../../src/rpc/server/rpc-server.js';
import { ManualClock } from '../../src/testing/index.js';
import { linkedClient, rawPeer, settled } from './linked-rpc.js';

const any = unchecked<any>();

it('hand-typed: a wrong line is answered behind those before it', async () => {
  let go!: () => void;
  const gate = new Promise<void>((r) => {
    go = r;
  });
  const rpc = rpcServer(contract({ f: call({ output: any }) }), {
    f: async () => {
      await gate;
      return 1;
    },
  });
  const peer = rawPeer(rpc as never);
  peer.send({ method: 'f' });
  peer.send({ method: 5 });
  await settled();
  go();
  await settled();
  expect(peer.take()).toMatchObject([{ method: 'f', result: 1 }, { error: {} }]);
});
it('hand-typed: a handler that ignores its deadline does not keep the next from an answer for ever', async () => {
  const clock = new ManualClock();
  const rpc = rpcServer(
    contract({ f: call({ output: any }), g: call({ output: any }) }),
    { f: () => new Promise(() => {}), g: () => 1 },
    { clock },
  );
  const peer = rawPeer(rpc as never);
  peer.send({ method: 'f' });
  peer.send({ method: 'g' });
  await settled();
  clock.advance(3_600_000);
  await settled();
  clock.advance(3_600_000);
  await settled();
  expect(peer.take()).toHaveLength(2);
});
it('timeout: Infinity of the client lasts longer than 30 s at a hawser server', async () => {
  const clock = new ManualClock();
  const api = contract({ f: call({ output: any }) });
  let go!: () => void;
  const gate = new Promise<void>((r) => {
    go = r;
  });
  const rpc = rpcServer(
    api,
    {
      f: async () => {
        await gate;
        return 1;
      },
    },
    { clock },
  );
  const c = linkedClient(api, rpc as never, { clock });
  let got: unknown;
  c.call.f(undefined, { timeout: Number.POSITIVE_INFINITY }).then(
    (v) => {
      got = v;
    },
    (e) => {
      got = e;
    },
  );
  await settled();
  clock.advance(31_000);
  await settled();
  go();
  await settled();
  expect(got).toBe(1);
});
it('one principal cannot take the room of all others in the store', async () => {
  const clock = new ManualClock();
  const store = new MemoryIdempotencyStore({ clock, maxEntries: 20 });
  const rpc = rpcServer(
    contract({ f: call({ output: any, input: any }) }),
    { f: (p: any) => (p.hang ? new Promise(() => {}) : 1) } as never,
    { clock, idempotencyStore: store, timeout: 1000 },
  );
  for (let n = 0; n < 20; n++) {
    const mallory = rawPeer(rpc as never, { session: { context: 0, principal: 'mallory' } as never });
    await mallory.ask({
      jsonrpc: '2.0',
      method: 'f',
      params: { hang: true },
      id: 1,
      meta: { idempotencyKey: `${n}`.padStart(16, 'x') },
    });
    mallory.cut();
  }
  clock.advance(10_000_000);
  await settled();
  const alice = rawPeer(rpc as never, { session: { context: 0, principal: 'alice' } as never });
  expect(
    await alice.ask({
      jsonrpc: '2.0',
      method: 'f',
      params: {},
      id: 1,
      meta: { idempotencyKey: 'a'.repeat(16) },
    }),
  ).toMatchObject([{ result: 1 }]);
});
it('a stream with endless quick items and much credit lets others live (client half: answerCalls)', () =>
  undefined);

class Pipe extends Duplex {
  constructor(
    readonly delay: () => void | number = () => 0,
    options: object = {},
  ) {
    super(options);
  }
  _read() {}
  _write(_c: Buffer, _e: string, done: () => void) {
    setTimeout(done, Math.random() * 3);
  }
}
function socketOn(options: object = {}) {
  const ws = new WebSocket(null as never, undefined as never, { isServer: true } as never);
  (ws as any)._isServer = true;
  ws.setSocket(new Pipe() as never, Buffer.alloc(0), options as never);
  return ws;
}
it('engine: callbacks keep the order on a Duplex', async () => {
  for (let round = 0; round < 20; round++) {
    const ws = socketOn();
    const order: number[] = [];
    let n = 0;
    let drains = 0;
    let falses = 0;
    ws.on('drain', () => drains++);
    for (let turn = 0; turn < 15; turn++) {
      for (let i = 0; i < 1 + Math.random() * 5; i++) {
        const id = n++;
        const size = [0, 10, 200, 5000, 20_000, 70_000][Math.floor(Math.random() * 6)] as number;
        const what = Math.random();
        if (what < 0.1) ws.ping('x', () => order.push(id));
        else if (!ws.send('x'.repeat(size), () => order.push(id))) falses++;
      }
      await new Promise((r) => (Math.random() < 0.5 ? setImmediate(r) : setTimeout(r, Math.random() * 4)));
    }
    for (let i = 0; i < 400 && order.length < n; i++) await new Promise((r) => setTimeout(r, 5));
    await new Promise((r) => setTimeout(r, 20));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).toHaveLength(n);
    if (falses > 0) expect(drains).toBeGreaterThan(0);
    expect(ws.bufferedAmount).toBe(0);
    ws.terminate();
  }
}, 60_000);
it('engine: a callback of send that throws does not stop drain (Duplex, uncaughtException is handled)', async () => {
  const ws = socketOn({ highWaterMark: 1000 });
  let drains = 0;
  ws.on('drain', () => drains++);
  const seen: unknown[] = [];
  const saved = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (e) => seen.push(e));
  const more = ws.send(Buffer.alloc(100_000), () => {
    throw new Error('callback');
  });
  await new Promise((r) => setTimeout(r, 100));
  process.removeAllListeners('uncaughtException');
  for (const l of saved) process.on('uncaughtException', l);
  expect({ more, seen: seen.length, drains }).toEqual({ more: false, seen: 1, drains: 1 });
});
void stream;
