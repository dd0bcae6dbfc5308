import { describe, expect, it } from 'vitest';
import { call, contract, notification, query, stream } from '../../src/rpc/contract/contract.js';
import { unchecked } from '../../src/rpc/contract/schema.js';
import { answerCalls } from '../../src/rpc/server/answer-calls.js';
import { MemoryIdempotencyStore } from '../../src/rpc/server/idempotency-store.js';
import { logCalls } from '../../src/rpc/server/middleware.js';
import { rpcServer } from '../../src/rpc/server/rpc-server.js';
import { RpcError } from '../../src/rpc/wire/error-object.js';
import { ManualClock } from '../../src/testing/index.js';
import { socketTransport } from '../../src/transport/message-socket.js';
import { linkedClient, rawPeer, settled } from './linked-rpc.js';

/** Runs with our own listeners for what would end a process. */
async function fatal(run: () => Promise<void>): Promise<unknown[]> {
  const seen: unknown[] = [];
  const saved = (['unhandledRejection', 'uncaughtException'] as const).map((name) => {
    const list = process.listeners(name as never);
    process.removeAllListeners(name);
    process.on(name, (e: unknown) => seen.push(`${name}: ${e}`));
    return [name, list] as const;
  });
  try {
    await run();
    await settled();
    await settled();
  } finally {
    for (const [name, list] of saved) {
      process.removeAllListeners(name);
      for (const l of list) process.on(name as never, l as never);
    }
  }
  return seen;
}
const req = (method: string, id: unknown = 1, more: object = {}) => ({ jsonrpc: '2.0', method, id, ...more });
const any = unchecked<any>();
const tick = () => new Promise<void>((r) => setImmediate(r));

describe('auth', () => {
  it('authentication: {deadline: undefined} keeps authentication on', async () => {
    const rpc = rpcServer(
      contract({ secret: query({ output: any }) }),
      { secret: () => 's3cret' },
      {
        authentication: { deadline: undefined, verify: () => ({ context: {} }) },
      },
    );
    expect(await rawPeer(rpc as never).ask(req('secret'))).toMatchObject([{ error: { code: -32001 } }]);
  });
  it('session() that gives undefined does not let calls through without `authentication`', async () => {
    const rpc = rpcServer(
      contract({ secret: query({ output: any }) }),
      { secret: () => 's3cret' },
      { session: () => undefined },
    );
    const events: Record<string, any> = {};
    const sent: string[] = [];
    const socket = {
      protocol: '',
      bufferedAmount: 0,
      on: (e: string, f: any) => {
        events[e] = f;
      },
      send: (t: string) => {
        sent.push(t);
        return true;
      },
      close() {},
      terminate() {},
    };
    rpc.accept(socket as never);
    events.message(JSON.stringify(req('secret')), false);
    await settled();
    expect(sent.join()).not.toContain('s3cret');
  });
  it('async session() is not taken for a session', async () => {
    const rpc = rpcServer(
      contract({ secret: query({ output: any }) }),
      { secret: () => 's3cret' },
      { session: (async () => undefined) as never, authentication: {} },
    );
    const events: Record<string, any> = {};
    const sent: string[] = [];
    const socket = {
      protocol: '',
      bufferedAmount: 0,
      on: (e: string, f: any) => {
        events[e] = f;
      },
      send: (t: string) => {
        sent.push(t);
        return true;
      },
      close() {},
      terminate() {},
    };
    try {
      rpc.accept(socket as never);
      events.message(JSON.stringify(req('secret')), false);
    } catch {}
    await settled();
    expect(sent.join()).not.toContain('s3cret');
  });
  it('a session that has expired carries out nothing, though the peer does not answer the close', async () => {
    const clock = new ManualClock();
    const rpc = rpcServer(
      contract({ secret: query({ output: any }) }),
      { secret: () => 's3cret' },
      { clock },
    );
    const peer = rawPeer(rpc as never, { session: { context: {}, expires: clock.now() + 1000 } as never });
    peer.transport.pause();
    clock.advance(5000);
    peer.send(req('secret'));
    const ran = '';
    await settled();
    peer.transport.resume();
    await settled();
    expect(JSON.stringify(peer.take())).not.toContain('s3cret');
    void ran;
  });
  it('expired: handler not run', async () => {
    const clock = new ManualClock();
    let runs = 0;
    const rpc = rpcServer(contract({ secret: call({ output: any }) }), { secret: () => ++runs }, { clock });
    const peer = rawPeer(rpc as never, { session: { context: {}, expires: clock.now() + 1000 } as never });
    peer.transport.pause();
    clock.advance(60_000);
    peer.send(req('secret'));
    await settled();
    expect(runs).toBe(0);
  });
  it('revoked: handler not run', async () => {
    let runs = 0;
    let revoked = false;
    const rpc = rpcServer(
      contract({ secret: call({ output: any }) }),
      { secret: () => ++runs },
      {
        authentication: { verify: () => ({ context: {} }) },
        isRevoked: () => revoked,
      },
    );
    const peer = rawPeer(rpc as never);
    await peer.ask(req('rpc.auth', 1, { params: { token: 'x' } }));
    revoked = true;
    peer.transport.pause();
    peer.send(req('rpc.auth', 2, { params: { token: 'x' } }));
    await settled();
    peer.send(req('secret', 3));
    await settled();
    expect(runs).toBe(0);
  });
  it('isRevoked is asked for a session of the handshake', async () => {
    const rpc = rpcServer(
      contract({ secret: query({ output: any }) }),
      { secret: () => 's3cret' },
      { isRevoked: () => true },
    );
    const peer = rawPeer(rpc as never, { session: { context: {} } as never });
    await settled();
    await peer.ask(req('secret'));
    expect(peer.closes).toMatchObject([{ code: 4403 }]);
  });
  it('verify failing by an internal error is told to onError', async () => {
    const errors: unknown[] = [];
    const rpc = rpcServer(
      contract({}),
      {},
      {
        authentication: {
          verify: () => {
            throw new TypeError('jwks is down');
          },
        },
        onError: (e) => void errors.push(e),
      },
    );
    await rawPeer(rpc as never).ask(req('rpc.auth', 1, { params: { token: 'x' } }));
    expect(errors).toHaveLength(1);
  });
});

describe('process', () => {
  it('RpcError with data that is no JSON (bigint)', async () => {
    const rpc = rpcServer(contract({ f: call({ output: any }) }), {
      f: () => {
        throw new RpcError(1, 'x', { n: 1n });
      },
    });
    const peer = rawPeer(rpc as never);
    let got: unknown[] = [];
    expect(
      await fatal(async () => {
        got = await peer.ask(req('f'));
      }),
    ).toEqual([]);
    expect(got).toHaveLength(1);
  });
  it('RpcError with bigint by hand: later calls are still answered', async () => {
    const rpc = rpcServer(contract({ f: call({ output: any }), g: call({ output: any }) }), {
      f: () => {
        throw new RpcError(1, 'x', { n: 1n });
      },
      g: () => 1,
    });
    const peer = rawPeer(rpc as never);
    let got: unknown[] = [];
    const seen = await fatal(async () => {
      await peer.ask({ method: 'f' });
      got = await peer.ask({ method: 'g' });
    });
    expect({ seen, got }).toMatchObject({ seen: [], got: [{ method: 'g', result: 1 }] });
  });
  it('RpcError with bigint in a batch: the batch is answered', async () => {
    const rpc = rpcServer(contract({ f: call({ output: any }), g: call({ output: any }) }), {
      f: () => {
        throw new RpcError(1, 'x', { n: 1n });
      },
      g: () => 1,
    });
    const peer = rawPeer(rpc as never);
    let got: unknown[] = [];
    const seen = await fatal(async () => {
      got = await peer.ask([req('f', 1), req('g', 2)]);
    });
    expect({ n: got.length, seen }).toEqual({ n: 1, seen: [] });
  });
  it('Symbol.asyncIterator throws', async () => {
    const rpc = rpcServer(contract({ s: stream({ item: any }) }), {
      s: () =>
        ({
          [Symbol.asyncIterator]() {
            throw new Error('boom');
          },
        }) as never,
    });
    const peer = rawPeer(rpc as never);
    let got: unknown[] = [];
    const seen = await fatal(async () => {
      got = await peer.ask(req('s', 1, { meta: { credit: 1 } }));
    });
    expect({ seen, got }).toMatchObject({ seen: [], got: [{ error: { code: -32603 } }] });
  });
  const iterators = {
    'return() gives no promise': {
      next: () => new Promise<never>(() => {}),
      return: () => ({ done: true, value: undefined }),
    },
    'return() throws': {
      next: () => new Promise<never>(() => {}),
      return: () => {
        throw new Error('boom');
      },
    },
  };
  for (const [name, iterator] of Object.entries(iterators)) {
    it(`cut while streaming, ${name}`, async () => {
      const rpc = rpcServer(contract({ s: stream({ item: any }) }), {
        s: () => ({ [Symbol.asyncIterator]: () => iterator }) as never,
      });
      const peer = rawPeer(rpc as never);
      let thrown: unknown;
      const seen = await fatal(async () => {
        await peer.ask([].length ? '' : req('s', 1, { meta: { credit: 1 } }));
        try {
          peer.cut();
        } catch (e) {
          thrown = e;
        }
        await settled();
      });
      expect({ seen, thrown, open: rpc.connections.size }).toEqual({ seen: [], thrown: undefined, open: 0 });
    });
    it(`cancel while streaming, ${name}`, async () => {
      const rpc = rpcServer(contract({ s: stream({ item: any }) }), {
        s: () => ({ [Symbol.asyncIterator]: () => iterator }) as never,
      });
      const peer = rawPeer(rpc as never);
      let got: unknown[] = [];
      const seen = await fatal(async () => {
        await peer.ask(req('s', 1, { meta: { credit: 1 } }));
        got = await peer.ask(req('rpc.cancel', 2, { params: { id: 1 } }));
      });
      expect({ seen, n: got.length }).toEqual({ seen: [], n: 2 });
    });
  }
  it('source fails, and return() throws', async () => {
    const rpc = rpcServer(contract({ s: stream({ item: any }) }), {
      s: () =>
        ({
          [Symbol.asyncIterator]: () => ({
            next: async () => {
              throw new Error('x');
            },
            return: () => {
              throw new Error('boom');
            },
          }),
        }) as never,
    });
    const peer = rawPeer(rpc as never);
    expect(
      await fatal(async () => {
        await peer.ask(req('s', 1, { meta: { credit: 1 } }));
      }),
    ).toEqual([]);
  });
  it('stream error with bigint data', async () => {
    const rpc = rpcServer(contract({ s: stream({ item: any }) }), {
      s: async function* () {
        yield 1;
        throw new RpcError(1, 'x', 1n);
      },
    });
    const peer = rawPeer(rpc as never);
    let got: any[] = [];
    const seen = await fatal(async () => {
      got = await peer.ask(req('s', 1, { meta: { credit: 5 } }));
    });
    expect({ seen, last: got.at(-1)?.method }).toEqual({ seen: [], last: 'rpc.stream.error' });
  });
  it('an async onError that rejects', async () => {
    const rpc = rpcServer(
      contract({ f: call() }),
      {
        f: () => {
          throw new Error('x');
        },
      },
      {
        onError: async () => {
          throw new Error('log is down');
        },
      },
    );
    expect(
      await fatal(async () => {
        await rawPeer(rpc as never).ask(req('f'));
      }),
    ).toEqual([]);
  });
  it('session() that throws', async () => {
    const rpc = rpcServer(
      contract({}),
      {},
      {
        session: () => {
          throw new Error('bad cookie');
        },
      },
    );
    const socket = { protocol: '', bufferedAmount: 0, on() {}, send() {}, close() {}, terminate() {} };
    expect(() => rpc.accept(socket as never)).not.toThrow();
  });
  it('logCalls whose log throws does not make a call that succeeded fail', async () => {
    const rpc = rpcServer(
      contract({ f: call({ output: any }) }),
      { f: () => 1 },
      {
        middleware: [
          logCalls(() => {
            throw new Error('disk full');
          }),
        ],
      },
    );
    expect(await rawPeer(rpc as never).ask(req('f'))).toMatchObject([{ result: 1 }]);
  });
});

describe('streams and keys', () => {
  it('a stream has no idempotency key', async () => {
    const rpc = rpcServer(contract({ s: stream({ item: any }) }), {
      s: async function* () {
        yield 1;
      },
    });
    const peer = rawPeer(rpc as never);
    expect(
      await peer.ask(req('s', 1, { meta: { credit: 9, idempotencyKey: 'k'.repeat(16) } })),
    ).toMatchObject([{ error: { code: -32600 } }]);
  });
  it('a call with a key keeps its deadline when the connection is lost', async () => {
    const clock = new ManualClock();
    const store = new MemoryIdempotencyStore({ clock });
    let aborted = false;
    const rpc = rpcServer(
      contract({ f: call({ output: any }) }),
      {
        f: (_p, c) =>
          new Promise((_, reject) =>
            c.signal.addEventListener('abort', () => {
              aborted = true;
              reject(new Error('aborted'));
            }),
          ),
      },
      { clock, idempotencyStore: store, timeout: 1000 },
    );
    const peer = rawPeer(rpc as never);
    await peer.ask(req('f', 1, { meta: { idempotencyKey: 'k'.repeat(16), timeout: 500 } }));
    peer.cut();
    await settled();
    clock.advance(3_600_000);
    await settled();
    expect({ aborted, pending: peer.connection.pending }).toEqual({ aborted: true, pending: 0 });
  });
  it('cancel of a retry that joined reaches the handler', async () => {
    let aborted = false;
    const rpc = rpcServer(contract({ f: call({ output: any }) }), {
      f: (_p, c) =>
        new Promise((_, reject) =>
          c.signal.addEventListener('abort', () => {
            aborted = true;
            reject(c.signal.reason);
          }),
        ),
    });
    const first = rawPeer(rpc as never);
    await first.ask(req('f', 1, { meta: { idempotencyKey: 'k'.repeat(16) } }));
    first.cut();
    const second = rawPeer(rpc as never);
    await second.ask(req('f', 1, { meta: { idempotencyKey: 'k'.repeat(16), age: 1 } }));
    await second.ask(req('rpc.cancel', undefined, { params: { id: 1 } }));
    expect(aborted).toBe(true);
  });
  it('store.finish rejecting: the caller still gets the outcome', async () => {
    const rpc = rpcServer(
      contract({ f: call({ output: any }) }),
      { f: () => 42 },
      {
        idempotencyStore: {
          begin: () => ({ state: 'new' }),
          finish: async () => {
            throw new Error('redis');
          },
        },
      },
    );
    expect(
      await rawPeer(rpc as never).ask(req('f', 1, { meta: { idempotencyKey: 'k'.repeat(16) } })),
    ).toMatchObject([{ result: 42 }]);
  });
  it('a stream that is cancelled while it opens has its iterable released', async () => {
    let released = false;
    let open!: () => void;
    const rpc = rpcServer(contract({ s: stream({ item: any }) }), {
      s: (async () => {
        await new Promise<void>((r) => {
          open = r;
        });
        return {
          [Symbol.asyncIterator]: () => ({
            next: async () => ({ done: false, value: 1 }),
            return: async () => {
              released = true;
              return { done: true, value: undefined };
            },
          }),
        };
      }) as never,
    });
    const peer = rawPeer(rpc as never);
    await peer.ask(req('s', 1, { meta: { credit: 1 } }));
    await peer.ask(req('rpc.cancel', undefined, { params: { id: 1 } }));
    open();
    await settled();
    expect(released).toBe(true);
  });
});

describe('races', () => {
  const slow = (gate: Promise<void>) => ({
    '~standard': {
      version: 1 as const,
      vendor: 'x',
      validate: async (value: unknown) => {
        await gate;
        return { value };
      },
    },
  });
  it('a call cancelled while its parameters are checked is not carried out', async () => {
    let go!: () => void;
    let runs = 0;
    const gate = new Promise<void>((r) => {
      go = r;
    });
    const rpc = rpcServer(contract({ f: call({ input: slow(gate) as never, output: any }) }), {
      f: () => ++runs,
    } as never);
    const peer = rawPeer(rpc as never);
    await peer.ask(req('f', 1, { params: {} }));
    expect(await peer.ask(req('rpc.cancel', undefined, { params: { id: 1 } }))).toMatchObject([
      { error: { code: -32003 } },
      {},
    ]);
    go();
    await settled();
    expect(runs).toBe(0);
  });
  it('a call past its deadline / lost while its parameters are checked is not carried out', async () => {
    let go!: () => void;
    let runs = 0;
    const gate = new Promise<void>((r) => {
      go = r;
    });
    const clock = new ManualClock();
    const rpc = rpcServer(
      contract({ f: call({ input: slow(gate) as never, output: any }) }),
      { f: () => ++runs } as never,
      { clock },
    );
    const peer = rawPeer(rpc as never);
    await peer.ask(req('f', 1, { params: {}, meta: { timeout: 10 } }));
    clock.advance(10);
    peer.cut();
    go();
    await settled();
    expect(runs).toBe(0);
  });
  it('calls typed by hand that wait are not carried out once the connection is lost', async () => {
    let go!: () => void;
    const ran: number[] = [];
    const gate = new Promise<void>((r) => {
      go = r;
    });
    let aborted = 0;
    const rpc = rpcServer(contract({ f: call({ input: any, output: any, positional: ['n'] }) }), {
      f: async ({ n }: any, c: any) => {
        ran.push(n);
        c.signal.addEventListener('abort', () => aborted++);
        if (n === 0) await gate;
      },
    } as never);
    const peer = rawPeer(rpc as never);
    for (let n = 0; n < 5; n++) peer.send({ method: 'f', args: [n] });
    await settled();
    peer.cut();
    go();
    await settled();
    expect(ran).toEqual([0]);
  });
  it('hand-typed queue: bytes held are bounded', async () => {
    const rpc = rpcServer(contract({ f: call({ input: any, positional: ['n'] }) }), {
      f: () => new Promise(() => {}),
    } as never);
    const peer = rawPeer(rpc as never);
    const big = JSON.stringify({ method: 'f', args: ['x'.repeat(1_000_000)] });
    for (let n = 0; n < 300; n++) peer.send(big);
    await settled();
    for (let i = 0; i < 400; i++) await tick();
    expect(peer.connection.pending).toBeLessThan(64); // 256 MB held
  });
  it('close + terminate inside send: pending is 0 afterwards', async () => {
    const rpc = rpcServer(
      contract({ s: stream({ item: any }) }),
      {
        s: async function* () {
          for (;;) yield 'x'.repeat(50);
        },
      },
      { maxBufferedAmount: 100 },
    );
    const peer = rawPeer(rpc as never, { highWaterMark: 10 });
    peer.transport.pause();
    peer.send(req('s', 1, { meta: { credit: 10 } }));
    await settled();
    for (let i = 0; i < 20; i++) peer.send(req('rpc.ping', `p${i}`));
    await settled();
    expect({ open: peer.connection.isOpen, pending: peer.connection.pending }).toEqual({
      open: false,
      pending: 0,
    });
  });
  it('accept of a socket that is closed already does not stay', async () => {
    const rpc = rpcServer(contract({}), {});
    const socket = {
      protocol: '',
      readyState: 3,
      bufferedAmount: 0,
      on() {},
      send() {},
      close() {},
      terminate() {},
    };
    rpc.accept(socket as never);
    expect(rpc.connections.size).toBe(0);
  });
  it('a transport that closes within listen', () => {
    const rpc = rpcServer(contract({}), {});
    rpc.serve({
      subprotocol: '',
      bufferedAmount: 0,
      listen: (l) => l.close(1006, ''),
      send: () => false,
      close() {},
      terminate() {},
    });
    expect(rpc.connections.size).toBe(0);
  });
});

describe('ws-like', () => {
  it('a socket whose send returns undefined: the peer that reads nothing is terminated, and a stream waits', async () => {
    const rpc = rpcServer(
      contract({ s: stream({ item: any }) }),
      {
        s: async function* () {
          for (let n = 0; n < 5000; n++) yield 'x'.repeat(10_000);
        },
      },
      { maxBufferedAmount: 1_000_000 },
    );
    const events: Record<string, any> = {};
    let buffered = 0;
    let terminated = false;
    const socket = {
      protocol: '',
      get bufferedAmount() {
        return buffered;
      },
      on: (e: string, f: any) => {
        events[e] = f;
      },
      send: (t: string) => {
        if (!terminated) buffered += t.length;
      },
      close() {},
      terminate() {
        terminated = true;
        events.close(1006, '');
      },
    };
    rpc.accept(socket as never);
    events.message(JSON.stringify(req('s', 1, { meta: { credit: Number.MAX_SAFE_INTEGER } })), false);
    let ticks = 0;
    const t = setInterval(() => ticks++, 0);
    await settled();
    clearInterval(t);
    expect(buffered).toBeLessThan(2_000_000);
  });
  it('a binary message of a socket with binaryType blob is 1003, no exception', () => {
    const got: unknown[] = [];
    const events: Record<string, any> = {};
    const transport = socketTransport({
      protocol: '',
      bufferedAmount: 0,
      on: (e: string, f: any) => {
        events[e] = f;
      },
      send() {},
      close() {},
      terminate() {},
    } as never);
    transport.listen({ message: (d) => got.push(d), drain() {}, close() {} });
    expect(() => events.message(new Blob(['abc']), true)).not.toThrow();
  });
});

describe('protocol', () => {
  it('params that the server refuses by depth fail the call at once', async () => {
    const api = contract({ f: call({ input: any, output: any }) });
    const rpc = rpcServer(api, { f: () => 1 } as never);
    const c = linkedClient(api, rpc as never);
    let deep: any = {};
    for (let i = 0; i < 70; i++) deep = { deep };
    let error: any;
    (c.call as any).f(deep).catch((e: unknown) => {
      error = e;
    });
    await settled();
    expect(error).toBeDefined();
  });
  it('a result that the client refuses by depth fails the call at once', async () => {
    const api = contract({ f: call({ output: any }) });
    let deep: any = {};
    for (let i = 0; i < 70; i++) deep = { deep };
    const rpc = rpcServer(api, { f: () => deep });
    const c = linkedClient(api, rpc as never);
    let error: any;
    c.call.f().catch((e: unknown) => {
      error = e;
    });
    await settled();
    expect(error).toBeDefined();
  });
  it('an answer that is malformed fails the call at once', async () => {
    const { Caller } = await import('../../src/rpc/client/caller.js');
    const { Endpoint } = await import('../../src/rpc/endpoint.js');
    const { directLink } = await import('../../src/rpc/server/direct-link.js');
    const sent: string[] = [];
    const caller = new Caller(directLink({ isOpen: () => true, send: (t) => sent.push(t) }));
    const endpoint = new Endpoint({
      caller,
      limits: { maxDepth: 64, maxBatch: 100, plainCalls: false },
      send: (t) => void sent.push(t),
    });
    const errors: unknown[] = [];
    for (const answer of [{ error: { code: 'E', message: 'x' } }, { result: 1, error: null }, {}]) {
      const n = errors.length;
      void n;
      caller.call('f', undefined, { timeout: Number.POSITIVE_INFINITY }).catch((e) => errors.push(e));
      const id = JSON.parse(sent.at(-1) as string).id;
      endpoint.receive(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
      await settled();
    }
    expect({ rejected: errors.length, pending: caller.pending }).toEqual({ rejected: 3, pending: 0 });
  });
  it('client.stream of a method that is no stream ends', async () => {
    const api = contract({ f: call({ output: any }) });
    const rpc = rpcServer(api, { f: () => 5 });
    const c = linkedClient(api, rpc as never);
    let ended: unknown;
    (async () => {
      for await (const _ of c.caller.stream('f', undefined));
    })().then(
      () => {
        ended = 'end';
      },
      (e) => {
        ended = e;
      },
    );
    await settled();
    c.clock.advance(3_600_000);
    await settled();
    expect(ended).toBeDefined();
  });
  it('credit for a stream that still opens counts', async () => {
    let open!: () => void;
    const rpc = rpcServer(contract({ s: stream({ item: any }) }), {
      s: (async () => {
        await new Promise<void>((r) => {
          open = r;
        });
        return (async function* () {
          yield 1;
          yield 2;
          yield 3;
        })();
      }) as never,
    });
    const peer = rawPeer(rpc as never);
    await peer.ask(req('s', 1, { meta: { credit: 1 } }));
    await peer.ask({ jsonrpc: '2.0', method: 'rpc.stream.credit', params: { id: 1, items: 5 } });
    open();
    await settled();
    expect(peer.take()).toHaveLength(5);
  });
  it('a big integer id is echoed or refused', async () => {
    const rpc = rpcServer(contract({ f: call({ output: any }) }), { f: () => 5 });
    const peer = rawPeer(rpc as never);
    const texts: string[] = [];
    peer.transport.listen({ message: (d) => texts.push(d as string), drain() {}, close() {} });
    peer.send('{"jsonrpc":"2.0","method":"f","id":9007199254740993}');
    await settled();
    expect(texts[0]).not.toContain('"id":9007199254740992');
  });
  it('a thenable (not Promise) of a schema is awaited', async () => {
    const thenable = {
      '~standard': {
        version: 1 as const,
        vendor: 'x',
        validate: (_v: unknown) => ({
          then: (ok: (r: unknown) => void) => ok({ issues: [{ message: 'no' }] }),
        }),
      },
    };
    const rpc = rpcServer(contract({ f: call({ input: thenable as never, output: any }) }), {
      f: () => 'ran',
    } as never);
    expect(await rawPeer(rpc as never).ask(req('f', 1, { params: {} }))).toMatchObject([
      { error: { code: -32602 } },
    ]);
  });
  it('timeouts beyond 2^31 ms do not end at once', async () => {
    const rpc = rpcServer(
      contract({ f: call({ output: any }) }),
      {
        f: async () => {
          await new Promise((r) => setTimeout(r, 30));
          return 1;
        },
      },
      { maxTimeout: Number.POSITIVE_INFINITY },
    );
    const peer = rawPeer(rpc as never);
    peer.send(req('f', 1, { meta: { timeout: 2 ** 32 } }));
    await new Promise((r) => setTimeout(r, 80));
    expect(peer.take()).toMatchObject([{ result: 1 }]);
  });
  it('a stream of a client by answerCalls waits for a slow connection', async () => {
    // send of the client gives undefined whatever the transport says
    let made = 0;
    const api = contract({ s: stream({ item: any }) });
    const make = answerCalls(api, {
      s: async function* () {
        while (made < 100_000) {
          made++;
          yield 'x';
        }
      },
    });
    const responder = make(() => undefined);
    responder.request(
      { kind: 'request', id: 1, method: 's', params: undefined, meta: { credit: 2 ** 40 } },
      () => undefined,
      false,
    );
    await tick();
    expect(made).toBeLessThan(100_000);
  });
});
void notification;
