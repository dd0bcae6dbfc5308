import { describe, expect, it } from 'vitest';
import { connect } from '../../src/browser/client.js';
import { Connection } from '../../src/browser/connection.js';
import { OfflineQueue } from '../../src/browser/offline-queue.js';
import { Watchdog } from '../../src/browser/watchdog.js';
import { call, contract, query, stream } from '../../src/rpc/contract/contract.js';
import { schema, unchecked } from '../../src/rpc/contract/schema.js';
import { ManualClock } from '../../src/testing/index.js';
import type { Dial, DialListener } from '../../src/transport/dial.js';
import { UnknownOutcomeError } from '../../src/transport/errors.js';
import { settled, testNetwork } from './test-network.js';

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
const any = unchecked<any>();
const api = contract({
  pay: call({ input: any, output: any, idempotent: true }),
  add: call({ input: any, output: any }),
  total: query({ output: any }),
  dates: stream({ item: schema((v) => new Date(v as string)) }),
  s: stream({ item: any }),
});
function start(options: object = {}) {
  const network = testNetwork();
  const client = connect('ws://server/', {
    api,
    clock: network.clock,
    dial: network.dial,
    random: () => 0.5,
    watchdog: false,
    ...options,
  });
  return { network, client, clock: network.clock };
}
async function reopen(network: ReturnType<typeof testNetwork>) {
  network.clock.advance(60_000 > 0 ? 30_000 : 0);
  await settled();
  network.last.open();
  await settled();
}
const out = (p: Promise<unknown>) => {
  const o: { value?: unknown; error?: any } = {};
  p.then(
    (v) => {
      o.value = v;
    },
    (e) => {
      o.error = e;
    },
  );
  return o;
};

describe('connection', () => {
  it('an item whose member id is "rpc.ping" is not swallowed', async () => {
    const { network, client } = start();
    await settled();
    network.last.open();
    await settled();
    const o = out(client.call.add({}));
    await settled();
    network.last.answer({ id: 'rpc.ping', name: 'chosen by another user' });
    await settled();
    expect(o.value).toEqual({ id: 'rpc.ping', name: 'chosen by another user' });
    client.close();
  });
  it('stream item with id rpc.ping', async () => {
    const { network, client } = start();
    await settled();
    network.last.open();
    await settled();
    const got: unknown[] = [];
    let err: unknown;
    (async () => {
      for await (const i of client.call.s()) got.push(i);
    })().catch((e) => {
      err = e;
    });
    await settled();
    const id = network.last.received.at(-1)?.id;
    network.last.answer({ stream: true });
    network.last.send({
      jsonrpc: '2.0',
      method: 'rpc.stream.item',
      params: { id, seq: 1, item: { id: 'rpc.ping' } },
    });
    network.last.send({ jsonrpc: '2.0', method: 'rpc.stream.item', params: { id, seq: 2, item: 2 } });
    await settled();
    expect({ got: got.length, err: String(err) }).toEqual({ got: 2, err: 'undefined' });
    client.close();
  });
  it('a query that the server closes with 1009 for is not sent again and again', async () => {
    const { network, client } = start();
    await settled();
    network.last.open();
    await settled();
    const o = out(
      client.request('total', { x: 'too long' }, { retry: 'query', timeout: Number.POSITIVE_INFINITY }),
    );
    await settled();
    let sent = 0;
    for (let i = 0; i < 20; i++) {
      sent += network.last.received.filter((m) => m.method === 'total').length;
      network.last.close(1009, 'at most 1048576 characters');
      await settled();
      await reopen(network);
    }
    expect({ sent, error: String(o.error) }).toMatchObject({ sent: 1 });
    client.close();
  });
  it('a refusal of a retry does not tell that the call was not carried out', async () => {
    const { network, client } = start();
    await settled();
    network.last.open();
    await settled();
    const o = out(client.call.pay({ amount: 1 }));
    await settled();
    network.last.cut();
    await settled();
    await reopenFast(network);
    const m = network.last.received.at(-1);
    network.last.send({
      jsonrpc: '2.0',
      id: m?.id,
      error: { code: -32005, message: 'At most 256 calls at once' },
    });
    await settled();
    expect(o.error).toBeInstanceOf(UnknownOutcomeError);
    client.close();
  });
  it('a client whose clock was set back retries with an age that the server takes', async () => {
    const { network, client, clock } = start();
    await settled();
    network.last.open();
    await settled();
    out(client.call.pay({ amount: 1 }));
    await settled();
    network.last.cut();
    await settled();
    clock.advance(400);
    clock.sleep(-10_000);
    client.reconnect();
    await settled();
    network.last.open();
    await settled();
    expect(network.last.received.at(-1)?.meta?.age).toBeGreaterThanOrEqual(0);
    client.close();
  });
  it('a subscriber that throws at "waiting" does not keep calls from being told', async () => {
    const { network, client } = start();
    await settled();
    network.last.open();
    await settled();
    client.subscribe(({ state }) => {
      if (state === 'waiting') throw new Error('ui');
    });
    const o = out(client.call.add({}));
    await settled();
    await fatal(async () => {
      try {
        network.last.cut();
      } catch {}
    });
    expect(o.error).toBeInstanceOf(UnknownOutcomeError);
    client.close();
  });
  it('a subscriber that throws at "open" does not keep answers from coming', async () => {
    const { network, client } = start();
    client.subscribe(({ state }) => {
      if (state === 'open') throw new Error('ui');
    });
    await settled();
    const o = out(client.call.add({}));
    await fatal(async () => {
      try {
        network.last.open();
      } catch {}
    });
    await settled();
    const o2 = out(client.call.add({}));
    await settled();
    network.last.answer(7);
    await settled();
    expect({ a: o, b: o2.value }).toMatchObject({ b: 7 });
    client.close();
  });
  it('a subscriber that throws at "connecting"', async () => {
    const { network, client } = start();
    await settled();
    network.last.open();
    await settled();
    client.subscribe(({ state }) => {
      if (state === 'connecting') throw new Error('ui');
    });
    const seen = await fatal(async () => {
      network.last.cut();
      await settled();
      network.clock.advance(30_000);
      await settled();
    });
    expect(new Set(seen)).toEqual(new Set(['uncaughtException: Error: ui']));
    expect(network.attempts.length).toBeGreaterThan(1);
    client.close();
  });
  it('no WebSocket: no unhandled rejection, status says so', async () => {
    const saved = globalThis.WebSocket;
    (globalThis as any).WebSocket = undefined;
    let c: Connection | undefined;
    const seen = await fatal(async () => {
      try {
        c = new Connection('ws://x', { message() {} }, { watchdog: false, clock: new ManualClock() });
      } catch {}
      await settled();
    });
    globalThis.WebSocket = saved;
    expect({ seen, state: c?.status.state }).not.toMatchObject({ state: 'connecting' });
    expect(seen).toEqual([]);
  });
  it('a transport whose terminate closes synchronously: lost once', async () => {
    const { network, client, clock } = start({ watchdog: {} });
    const states: string[] = [];
    await settled();
    network.last.open();
    await settled();
    client.subscribe(({ state, code }) => states.push(`${state} ${code}`));
    clock.advance(25_000);
    await settled();
    network.last.transport;
    network.last.received;
    clock.advance(10_000);
    await settled();
    clock.advance(1000);
    await settled();
    expect(states.slice(0, 2)).toEqual(['waiting 4408', expect.stringContaining('connecting')]);
    client.close();
  });
  it('terminate sync + subscriber that reconnects: the new attempt survives', async () => {
    const { network, client, clock } = start({ watchdog: {} });
    await settled();
    network.last.open();
    await settled();
    let n = 0;
    client.subscribe(({ state }) => {
      if (state === 'waiting' && n++ === 0) client.reconnect();
    });
    clock.advance(25_000);
    await settled();
    clock.advance(10_000);
    await settled();
    expect(client.status.state).toBe('connecting');
    client.close();
  });
  it('a transport that closes within send: messages are not sent twice on the next connection', async () => {
    let sent: string[] = [];
    let mode: 'ok' | 'die' = 'ok';
    let l!: DialListener;
    const dial: Dial = (_u, listener) => {
      l = listener;
      return {
        subprotocol: '',
        bufferedAmount: 0,
        listen() {},
        send: (t) => {
          sent.push(t);
          if (mode === 'die') listener.close(1006, '');
          return true;
        },
        close() {},
        terminate() {},
      };
    };
    const clock = new ManualClock();
    const client = connect('ws://x', { api, dial, clock, watchdog: false, random: () => 0 });
    await settled();
    l.open();
    out(client.call.pay({ n: 1 }));
    out(client.call.pay({ n: 2 }));
    await settled();
    l.close(1006, '');
    await settled();
    clock.advance(1);
    await settled();
    mode = 'die';
    l.open();
    await settled();
    mode = 'ok';
    sent = [];
    clock.advance(1000);
    await settled();
    l.open();
    await settled();
    expect(sent.map((t) => JSON.parse(t).id)).toEqual([1, 2]);
    client.close();
  });
  it('after close within "open" there is no opened', async () => {
    const network = testNetwork();
    const log: string[] = [];
    const c = new Connection(
      'ws://x',
      {
        message() {},
        opened: () => log.push('opened'),
        closed: () => log.push('closed'),
        lost: () => log.push('lost'),
      },
      { dial: network.dial, clock: network.clock, watchdog: false },
    );
    c.subscribe(({ state }) => {
      if (state === 'open') c.close();
    });
    await settled();
    network.last.open();
    await settled();
    expect(log.at(-1)).toBe('closed');
  });
  it('url() that throws, and isTerminal of everything: an error, no unhandled rejection', async () => {
    const seen = await fatal(async () => {
      try {
        connect(
          () => {
            throw new Error('no url');
          },
          { clock: new ManualClock(), isTerminal: () => true, dial: testNetwork().dial, watchdog: false },
        );
      } catch {}
    });
    expect(seen).toEqual([]);
  });
  it('reconnect(last) gets the item as its type says (what the schema made of it)', async () => {
    const { network, client } = start();
    await settled();
    network.last.open();
    await settled();
    let last: unknown;
    (async () => {
      for await (const _ of client.call.dates(undefined, {
        reconnect: (x) => {
          last = x;
          return undefined;
        },
      }));
    })().catch(() => undefined);
    await settled();
    const id = network.last.received.at(-1)?.id;
    network.last.answer({ stream: true });
    network.last.send({
      jsonrpc: '2.0',
      method: 'rpc.stream.item',
      params: { id, seq: 1, item: '2020-01-01' },
    });
    await settled();
    network.last.cut();
    await settled();
    await reopenFast(network);
    expect(last).toBeInstanceOf(Date);
    client.close();
  });
  it('a stream that is called again has a time-out again', async () => {
    const { network, client, clock } = start();
    await settled();
    network.last.open();
    await settled();
    let ended = false;
    (async () => {
      for await (const _ of client.call.s(undefined, { reconnect: true, timeout: 1000 }));
    })().catch(() => {
      ended = true;
    });
    await settled();
    network.last.answer({ stream: true });
    await settled();
    network.last.cut();
    await settled();
    await reopenFast(network);
    expect(network.last.received.at(-1)?.method).toBe('s');
    clock.advance(100_000);
    await settled();
    expect(ended).toBe(true);
    client.close();
  });
  it('a time-out beyond 2^31 ms does not end the call at once', async () => {
    const clock = {
      now: Date.now,
      monotonic: () => performance.now(),
      setTimeout: (f: () => void, d: number) => setTimeout(f, d),
      clearTimeout: (t: unknown) => clearTimeout(t as never),
    };
    const network = testNetwork();
    const client = connect('ws://x', { api, dial: network.dial, clock, watchdog: false });
    await settled();
    network.last.open();
    await settled();
    const o = out(client.call.add({}, { timeout: 30 * 86_400_000 }));
    await new Promise((r) => setTimeout(r, 30));
    expect(o.error).toBeUndefined();
    client.close();
  });
  it('notify() with bad params rejects rather than throws', () => {
    const { client } = start();
    let p: Promise<void> | undefined;
    expect(() => {
      p = client.notify('x', 5);
    }).not.toThrow();
    p?.catch(() => undefined);
    client.close();
  });
});

async function reopenFast(network: ReturnType<typeof testNetwork>) {
  network.clock.advance(1000);
  await settled();
  network.last.open();
  await settled();
}

describe('token', () => {
  it('a source that gives the same token until it expires is not asked in a tight loop', async () => {
    const network = testNetwork();
    const { clock } = network;
    const exp = clock.now() + 300_000;
    let asked = 0;
    const c = new Connection(
      'ws://x',
      { message() {} },
      {
        dial: network.dial,
        clock,
        watchdog: false,
        token: () => {
          asked++;
          return 'same';
        },
      },
    );
    await settled();
    network.last.open();
    await settled();
    network.last.answer({ expiresIn: exp - clock.now() });
    await settled();
    for (let t = 0; t < 300_000 && asked < 500; t += 1) {
      const before = asked;
      clock.advance(1);
      if (asked !== before) {
        await settled();
        network.last.answer({ expiresIn: Math.max(0, exp - clock.now()) });
        await settled();
      }
    }
    let extra = 0;
    for (; extra < 50; extra++) {
      const before = asked;
      clock.advance(0);
      await settled();
      if (asked === before) break;
      network.last.answer({ expiresIn: 0 });
      await settled();
    }
    expect({ asked, extra }).toEqual({ asked: expect.toSatisfy((n: number) => n < 10), extra: 0 });
    c.close();
  });
  it('answers that nobody asked for do not pile up timers', async () => {
    const network = testNetwork();
    const { clock } = network;
    let asked = 0;
    const c = new Connection(
      'ws://x',
      { message() {} },
      {
        dial: network.dial,
        clock,
        watchdog: false,
        token: () => {
          asked++;
          return 't';
        },
      },
    );
    await settled();
    network.last.open();
    await settled();
    for (let i = 0; i < 100; i++)
      network.last.send({ jsonrpc: '2.0', id: 'rpc.auth', result: { expiresIn: 100 } });
    await settled();
    for (let i = 0; i < 100; i++) await new Promise((r) => setImmediate(r));
    const timers = clock.pending;
    c.close();
    const left = clock.pending;
    clock.advance(1000);
    expect({ timers, left, asked }).toEqual({ timers: 1, left: 0, asked: 1 });
  });
  it('a refresh whose source fails once is tried again before the token expires', async () => {
    const network = testNetwork();
    const { clock } = network;
    let asked = 0;
    const c = new Connection(
      'ws://x',
      { message() {} },
      {
        dial: network.dial,
        clock,
        watchdog: false,
        token: () => {
          if (++asked === 2) throw new Error('503');
          return 't';
        },
      },
    );
    await settled();
    network.last.open();
    await settled();
    network.last.answer({ expiresIn: 600_000 });
    await settled();
    for (let i = 0; i < 599; i++) {
      clock.advance(1000);
      await settled();
    }
    expect(asked).toBeGreaterThan(2);
    c.close();
  }, 30_000);
});

describe('watchdog', () => {
  it('finds a dead connection though the clock was set back after the ping', () => {
    let mono = 0;
    let offset = 0;
    const timers = new Map<number, { at: number; f: () => void }>();
    let n = 0;
    const clock = {
      now: () => mono + offset,
      setTimeout: (f: () => void, d: number) => {
        timers.set(++n, { at: mono + d, f });
        return n;
      },
      clearTimeout: (t: unknown) => {
        timers.delete(t as number);
      },
    };
    const run = (until: number) => {
      for (;;) {
        const next = [...timers].filter(([, t]) => t.at <= until).sort((a, b) => a[1].at - b[1].at)[0];
        if (!next) break;
        mono = next[1].at;
        timers.delete(next[0]);
        next[1].f();
      }
      mono = until;
    };
    let dead: number | undefined;
    let pings = 0;
    offset = 1e12;
    const w = new Watchdog({
      clock,
      ping: () => {
        pings++;
      },
      dead: () => {
        dead ??= mono;
        w.stop();
      },
    });
    w.start();
    run(26_000);
    offset -= 3_600_000;
    run(120_000);
    expect({ pings, dead }).toMatchObject({ dead: expect.any(Number) });
  });
});

describe('queue', () => {
  it('the same message twice counts once', () => {
    const q = new OfflineQueue({ maxBytes: 100 });
    const m = { size: () => 60, text: () => '', sent() {}, failed() {} };
    q.add(m, 'wait');
    q.remove(m);
    q.add(m, 'drop-oldest');
    let failed = 0;
    const big = {
      size: () => 60,
      text: () => '',
      sent() {},
      failed: () => {
        failed++;
      },
    };
    q.remove(m);
    q.add(big, 'wait');
    expect(failed).toBe(0);
  });
});
