import { describe, expect, it } from 'vitest';
import { call, contract } from '../../../src/rpc/contract/contract.js';
import { unchecked } from '../../../src/rpc/contract/schema.js';
import { MemoryIdempotencyStore } from '../../../src/rpc/server/idempotency-store.js';
import { rpcServer } from '../../../src/rpc/server/rpc-server.js';
import { RpcError } from '../../../src/rpc/wire/error-object.js';
import { ManualClock } from '../../../src/testing/index.js';
import { gate, rawPeer, request, settled, untilAborted } from '../linked-rpc.js';

const api = contract({
  pay: call({ input: unchecked<{ amount: number }>(), output: unchecked<number>() }),
  refund: call({ input: unchecked<{ amount: number }>(), output: unchecked<number>() }),
});

function server(options: object = {}) {
  const clock = new ManualClock();
  const store = new MemoryIdempotencyStore({ clock, ...options });
  const runs: number[] = [];
  let release: (() => void) | undefined;
  const pay = async ({ amount }: { amount: number }) => {
    runs.push(amount);
    if (amount === 0) throw new RpcError(5, 'nothing to pay');
    if (amount < 0)
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    return runs.length;
  };
  const rpc = rpcServer(api, { pay, refund: pay }, { clock, idempotencyStore: store });
  return { rpc, clock, runs, store, release: () => release?.() };
}

const key = 'k'.repeat(16);
const pay = (amount: number, meta: object = {}, method = 'pay') => ({
  jsonrpc: '2.0',
  method,
  params: { amount },
  id: 1,
  meta: { idempotencyKey: key, ...meta },
});
const result = (value: number) => ({ jsonrpc: '2.0', result: value, id: 1 });
const failure = (code: number) => ({ jsonrpc: '2.0', id: 1, error: expect.objectContaining({ code }) });

describe('a call with an idempotency key', () => {
  it('is carried out once, and answered again as before', async () => {
    const { rpc, runs } = server();
    expect(await rawPeer(rpc as never).ask(pay(7))).toEqual([result(1)]);
    expect(await rawPeer(rpc as never).ask(pay(7, { age: 1 }))).toEqual([result(1)]);
    expect(runs).toEqual([7]);
  });

  it('that failed is not carried out again either', async () => {
    const { rpc, runs } = server();
    expect(await rawPeer(rpc as never).ask(pay(0))).toEqual([failure(5)]);
    expect(await rawPeer(rpc as never).ask(pay(0, { age: 1 }))).toEqual([failure(5)]);
    expect(runs).toHaveLength(1);
  });

  it('goes on when the connection is lost, and is joined by the one that comes again', async () => {
    const { rpc, runs, release } = server();
    const first = rawPeer(rpc as never);
    await first.ask(pay(-1));
    first.cut();
    await settled();
    const second = rawPeer(rpc as never);
    expect(await second.ask(pay(-1, { age: 5 }))).toEqual([]);
    release();
    await settled();
    expect(second.take()).toEqual([result(1)]);
    expect(runs).toEqual([-1]);
    expect(first.connection.pending + second.connection.pending).toBe(0);
  });

  it('is told from another with the same key by its parameters, in whatever order they are', async () => {
    const { rpc } = server();
    const peer = rawPeer(rpc as never);
    await peer.ask({ ...pay(7), params: { amount: 7, to: 'a' } });
    expect(await peer.ask({ ...pay(7), params: { to: 'a', amount: 7 } })).toEqual([result(1)]);
    expect(await peer.ask(pay(8))).toEqual([failure(-32006)]);
  });

  it('belongs to its principal and its method', async () => {
    const { rpc, runs } = server();
    const session = (principal: string) => ({ session: { context: undefined as never, principal } });
    await rawPeer(rpc as never, session('ada')).ask(pay(1));
    await rawPeer(rpc as never, session('bob')).ask(pay(1));
    await rawPeer(rpc as never, session('bob')).ask(pay(1, {}, 'refund'));
    await rawPeer(rpc as never).ask(pay(1));
    expect(runs).toHaveLength(4);
    await rawPeer(rpc as never, session('ada')).ask(pay(1));
    expect(runs).toHaveLength(4);
  });

  it('that was first sent before the server began is not carried out', async () => {
    const { rpc, clock, runs } = server();
    clock.advance(1000);
    const peer = rawPeer(rpc as never);
    expect(await peer.ask(pay(7, { age: 1000 }))).toEqual([failure(-32007)]);
    expect(await peer.ask(pay(7, { age: 999 }))).toEqual([result(1)]);
    expect(runs).toHaveLength(1);
  });

  it('that comes late is judged by when its connection opened: it was under way no longer', async () => {
    const { rpc, clock } = server();
    clock.advance(1000);
    const peer = rawPeer(rpc as never);
    // Its age was true when it left, at the earliest when the connection opened.
    clock.advance(500);
    expect(await peer.ask(pay(7, { age: 1000 }))).toEqual([failure(-32007)]);
  });

  it('is remembered for ten minutes', async () => {
    const { rpc, clock, runs, store } = server();
    await rawPeer(rpc as never).ask(pay(7));
    clock.advance(599_999);
    expect(await rawPeer(rpc as never).ask(pay(7, { age: 599_999 }))).toEqual([result(1)]);
    clock.advance(1);
    expect(await rawPeer(rpc as never).ask(pay(7, { age: 600_000 }))).toEqual([failure(-32007)]);
    expect(runs).toHaveLength(1);
    expect(store.size).toBe(0);
  });
});

describe('a handler that waits for its signal', () => {
  const waiting = contract({ wait: call({ output: unchecked<number>() }) });
  const wait = (meta: object) => request('wait', { meta: { idempotencyKey: key, ...meta } });

  function waitingServer(options: object = {}) {
    const clock = new ManualClock();
    const signals: AbortSignal[] = [];
    const handlers = {
      wait: (_: undefined, { signal }: { signal: AbortSignal }) => {
        signals.push(signal);
        return untilAborted(signal);
      },
    };
    return { clock, signals, rpc: rpcServer(waiting, handlers, { clock, ...options }) };
  }

  it('keeps its deadline when the connection is lost', async () => {
    const { rpc, clock, signals } = waitingServer();
    const peer = rawPeer(rpc as never);
    await peer.ask(wait({ timeout: 500 }));
    peer.cut();
    await settled();
    clock.advance(499);
    expect(signals[0]?.aborted).toBe(false);
    clock.advance(1);
    await settled();
    expect(signals[0]?.aborted).toBe(true);
    clock.advance(3_600_000);
    expect([peer.connection.pending, clock.pending]).toEqual([0, 0]);
  });

  it('is told when a call is cancelled that came again and joined it', async () => {
    const { rpc, signals } = waitingServer();
    const first = rawPeer(rpc as never);
    await first.ask(wait({}));
    first.cut();
    const second = rawPeer(rpc as never);
    await second.ask(wait({ age: 1 }));
    expect(signals).toHaveLength(1);
    await second.ask({ jsonrpc: '2.0', method: 'rpc.cancel', params: { id: 1 } });
    expect(signals[0]?.aborted).toBe(true);
  });
});

describe('a middleware that never ends', () => {
  const givenUp = {
    jsonrpc: '2.0',
    id: 1,
    error: expect.objectContaining({ message: expect.stringContaining('given up') }),
  };
  const endless = () => new Promise<never>(() => undefined);

  it('does not lock the key of a call whose time was up before the store had answered', async () => {
    const clock = new ManualClock();
    const memory = new MemoryIdempotencyStore({ clock });
    const { opened, open } = gate();
    const idempotencyStore = {
      begin: async (...call: Parameters<typeof memory.begin>) => {
        await opened;
        return memory.begin(...call);
      },
      finish: (...end: Parameters<typeof memory.finish>) => memory.finish(...end),
    };
    const options = { clock, idempotencyStore, middleware: [endless] };
    const peer = rawPeer(rpcServer(api, { pay: () => 1, refund: () => 1 }, options) as never);
    await peer.ask(pay(1, { timeout: 1000 }));
    clock.advance(1001);
    await settled();
    expect(peer.take()).toEqual([failure(-32004)]);
    open();
    await settled();
    clock.advance(10_000);
    await settled();
    expect(await peer.ask(pay(1, { timeout: 5000 }))).toEqual([givenUp]);
  });

  it('does not keep a call that is cancelled within its batch', async () => {
    const clock = new ManualClock();
    const middleware = [endless];
    const rpc = rpcServer(api, { pay: () => 1, refund: () => 1 }, { clock, middleware });
    const peer = rawPeer(rpc as never);
    const cancel = request('rpc.cancel', { id: 2, params: { id: 1 } });
    expect(await peer.ask([pay(1), cancel])).toEqual([
      [failure(-32003), { jsonrpc: '2.0', result: null, id: 2 }],
    ]);
    clock.advance(10_000);
    await settled();
    expect(peer.connection.pending).toBe(0);
  });
});

describe('a connection that has not authenticated', () => {
  const guarded = contract({
    pay: call({ input: unchecked<object>(), output: unchecked<number>() }),
    auth: call({ input: unchecked<object>(), output: unchecked<number>() }),
  });

  function guardedServer() {
    const clock = new ManualClock();
    const idempotencyStore = new MemoryIdempotencyStore({ clock });
    const runs = { pay: 0, auth: 0 };
    const handlers = { pay: () => ++runs.pay, auth: () => ++runs.auth };
    const rpc = rpcServer(guarded, handlers, { clock, idempotencyStore, authentication: {} });
    return { clock, rpc, runs, store: idempotencyStore };
  }

  it('has nothing remembered', async () => {
    const { rpc, runs, store } = guardedServer();
    const peer = rawPeer(rpc as never);
    const auth = { ...pay(1), method: 'auth' };
    expect(await peer.ask(auth)).toEqual([result(1)]);
    expect(await peer.ask(auth)).toEqual([result(2)]);
    expect([runs.auth, store.size]).toEqual([2, 0]);
  });

  it('cannot have the calls of others forgotten', async () => {
    const { clock, rpc, runs } = guardedServer();
    const ann = { session: { context: undefined as never, principal: 'ann' } };
    clock.advance(1000);
    await rawPeer(rpc as never, ann).ask(pay(1));
    const stranger = rawPeer(rpc as never);
    for (let round = 0; round < 101; round++) {
      const batch = Array.from({ length: 100 }, (_, id) => {
        const idempotencyKey = `stranger ${round}.${id}`.padEnd(16, 'x');
        return { ...pay(1, { idempotencyKey }, 'auth'), id };
      });
      expect(await stranger.ask(batch)).toHaveLength(1);
    }
    clock.advance(100);
    expect(await rawPeer(rpc as never, ann).ask(pay(1, { age: 110 }))).toEqual([result(1)]);
    expect(runs).toEqual({ pay: 1, auth: 10_100 });
  });
});

describe('a store', () => {
  it('that cannot note how a call ended leaves the caller its result, and the hook is told', async () => {
    const errors: unknown[] = [];
    const broken = new Error('the store is gone');
    const idempotencyStore = {
      begin: () => ({ state: 'new' as const }),
      finish: () => Promise.reject(broken),
    };
    const onError = (error: unknown) => errors.push(error);
    const rpc = rpcServer(api, { pay: () => 42, refund: () => 0 }, { idempotencyStore, onError });
    expect(await rawPeer(rpc as never).ask(pay(7))).toEqual([result(42)]);
    expect(errors).toEqual([broken]);
  });

  it('gets its room back from handlers that never end, once they were given up', async () => {
    const clock = new ManualClock();
    const idempotencyStore = new MemoryIdempotencyStore({ clock, maxEntries: 20 });
    const endless = () => new Promise<never>(() => undefined);
    const rpc = rpcServer(api, { pay: endless, refund: () => 1 }, { clock, idempotencyStore, timeout: 1000 });
    const session = (principal: string) => ({ session: { context: undefined as never, principal } });
    for (let index = 0; index < 20; index++) {
      const peer = rawPeer(rpc as never, session('mallory'));
      await peer.ask(pay(1, { idempotencyKey: `${index}`.padStart(16, 'x') }));
      peer.cut();
    }
    const alice = rawPeer(rpc as never, session('alice'));
    expect(await alice.ask(pay(1, {}, 'refund'))).toEqual([failure(-32005)]);
    clock.advance(10_000_000);
    await settled();
    expect(await alice.ask(pay(1, {}, 'refund'))).toEqual([result(1)]);
  });
});

describe('MemoryIdempotencyStore', () => {
  it('forgets the oldest beyond its bounds, and says so', () => {
    const clock = new ManualClock();
    const store = new MemoryIdempotencyStore({ clock, maxEntries: 2 });
    for (const name of ['a', 'b', 'c']) {
      clock.advance(10);
      expect(store.begin(name, '', undefined)).toEqual({ state: 'new' });
      store.finish(name, { result: '1' });
    }
    expect(store.size).toBe(2);
    expect(store.begin('a', '', 20)).toEqual({ state: 'forgotten' });
    expect(store.begin('z', '', 19)).toEqual({ state: 'new' });
  });

  it('bounds what results take', () => {
    const store = new MemoryIdempotencyStore({ maxCharacters: 10, clock: new ManualClock() });
    for (const name of ['a', 'b', 'c']) {
      store.begin(name, '', undefined);
      store.finish(name, { result: '12345' });
    }
    expect(store.size).toBe(2);
  });

  it('never forgets what is running: it refuses more', () => {
    const store = new MemoryIdempotencyStore({ maxEntries: 1, clock: new ManualClock() });
    store.begin('a', '', undefined);
    expect(store.begin('b', '', undefined)).toEqual({ state: 'full' });
    store.finish('a', { result: '1' });
    expect(store.begin('b', '', undefined)).toEqual({ state: 'new' });
    store.finish('unknown', { result: '1' });
  });
});
