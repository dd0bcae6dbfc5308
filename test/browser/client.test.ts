import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Client, type ClientOptions, connect } from '../../src/browser/client.js';
import { call, contract, notification, query, stream } from '../../src/rpc/contract/contract.js';
import { unchecked } from '../../src/rpc/contract/schema.js';
import { rpcServer } from '../../src/rpc/server/rpc-server.js';
import { NotSentError, UnknownOutcomeError } from '../../src/transport/errors.js';
import { settled, testNetwork } from './test-network.js';

const api = contract({
  add: call({ input: unchecked<{ amount: number }>(), output: unchecked<number>() }),
  pay: call({ input: unchecked<{ amount: number }>(), output: unchecked<number>(), idempotent: true }),
  total: query({ output: unchecked<number>() }),
  log: notification({ input: unchecked<string[]>() }),
  numbers: stream({ input: unchecked<{ from: number }>(), item: unchecked<number>() }),
});

const clients: Client<never>[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function start(options: Partial<ClientOptions<typeof api>> = {}) {
  const network = testNetwork();
  const { clock, dial } = network;
  const client = connect('ws://server/', {
    api,
    clock,
    dial,
    random: () => 0.5,
    watchdog: false,
    ...options,
  });
  clients.push(client as never);
  let total = 0;
  let runs = 0;
  const rpc = rpcServer(
    api,
    {
      add: ({ amount }) => {
        total += amount;
        return total;
      },
      pay: ({ amount }) => {
        runs++;
        total += amount;
        return total;
      },
      total: () => total,
      log: () => undefined,
      numbers: async function* ({ from }) {
        for (let n = from; ; n++) yield n;
      },
    },
    { clock },
  );
  return {
    network,
    client,
    clock,
    rpc,
    get runs() {
      return runs;
    },
    /** Lets the next attempt reach the server. */
    serve: async () => {
      await settled();
      if (client.status.state === 'waiting') clock.advance((client.status.retryAt ?? 0) - clock.now());
      await settled();
      rpc.serve(network.last.server);
      network.last.accept();
      await settled();
    },
  };
}

describe('connect', () => {
  it('calls, also before there is a connection', async () => {
    const { client, serve } = start();
    const sum = client.call.add({ amount: 2 });
    await serve();
    expect(await sum).toBe(2);
    expect(await client.call.total()).toBe(2);
    await client.call.log(['hello']);
    expect(client.pending).toBe(0);
  });

  it('calls methods by name', async () => {
    const { client, serve } = start();
    await serve();
    expect(await client.request('add', { amount: 3 })).toBe(3);
    await expect(client.request('unknown')).rejects.toMatchObject({ code: -32601 });
    await client.notify('log', ['x']);
  });

  it('does not know what became of a call that was under way', async () => {
    const { client, network } = start();
    await settled();
    network.last.open();
    const sum = client.call.add({ amount: 1 });
    await settled();
    network.last.cut();
    await expect(sum).rejects.toMatchObject({ code: 'RPC_ERR_UNKNOWN_OUTCOME' });
    const later = client.call.add({ amount: 1 });
    expect(client.queued).toBe(1);
    client.close();
    await expect(later).rejects.toMatchObject({ code: 'RPC_ERR_CLOSED' });
  });

  it('sends queries again, and idempotent calls with their key and age', async () => {
    const { client, network, clock } = start();
    await settled();
    network.last.open();
    const query = client.call.total();
    const pay = client.call.pay({ amount: 1 });
    await settled();
    const first = network.last.received;
    expect(first.map(({ meta }) => meta)).toEqual([
      { timeout: 30_000 },
      { timeout: 30_000, idempotencyKey: expect.any(String) },
    ]);
    network.last.cut();
    await settled();
    clock.advance(250);
    await settled();
    network.last.open();
    await settled();
    const again = network.last.received;
    expect(again.map(({ method }) => method)).toEqual(['total', 'pay']);
    expect(again[1]?.meta).toEqual({ ...first[1]?.meta, timeout: 29_750, age: 250 });
    for (const { id } of again) network.last.send({ jsonrpc: '2.0', result: 1, id });
    expect(await Promise.all([query, pay])).toEqual([1, 1]);
  });

  it('makes keys where crypto has no randomUUID, as in a page that came by plain HTTP', async () => {
    const whole = crypto;
    vi.stubGlobal('crypto', {
      getRandomValues: (octets: Uint8Array<ArrayBuffer>) => whole.getRandomValues(octets),
    });
    const { client, serve } = start();
    await serve();
    expect(await client.call.pay({ amount: 2 })).toBe(2);
    expect(await client.call.pay({ amount: 2 })).toBe(4);
    vi.unstubAllGlobals();
  });

  it('has an idempotent call carried out once', async () => {
    const started = start();
    const { client, network, serve } = started;
    await serve();
    network.last.transport.pause();
    const pay = client.call.pay({ amount: 5 });
    await settled();
    network.last.cut();
    await serve();
    expect(await pay).toBe(5);
    expect(started.runs).toBe(1);
  });

  it('says that the outcome is unknown when an idempotent call runs out of time', async () => {
    const { client, network, clock } = start();
    await settled();
    network.last.open();
    const pay = client.call.pay({ amount: 5 }, { timeout: 1000 });
    await settled();
    network.last.cut();
    await settled();
    clock.advance(1000);
    await expect(pay).rejects.toMatchObject({ code: 'RPC_ERR_TIMEOUT', wasSent: true });
    const never = client.call.pay({ amount: 5 }, { timeout: 10 });
    clock.advance(10);
    await expect(never).rejects.toMatchObject({ code: 'RPC_ERR_TIMEOUT', wasSent: false });
    expect(client.queued).toBe(0);
  });

  it('takes a queued call back when it is aborted', async () => {
    const { client } = start();
    const controller = new AbortController();
    const sum = client.call.add({ amount: 1 }, { signal: controller.signal });
    expect(client.queued).toBe(1);
    controller.abort(new Error('never mind'));
    await expect(sum).rejects.toThrow('never mind');
    expect(client.queued).toBe(0);
  });

  it('fails fast where it is told to', async () => {
    const { client } = start();
    await expect(client.call.add({ amount: 1 }, { whenOffline: 'fail' })).rejects.toMatchObject({
      code: 'RPC_ERR_OFFLINE',
    });
    expect(client.pending).toBe(0);
  });

  it('goes on with a stream after what arrived last', async () => {
    const { client, network, serve } = start();
    await serve();
    const seen: number[] = [];
    const settings = { credit: 4, reconnect: (last: number | undefined) => ({ from: (last ?? 0) + 1 }) };
    for await (const n of client.call.numbers({ from: 1 }, settings)) {
      seen.push(n);
      if (n % 5 === 0 && n < 20) {
        network.last.cut();
        await serve();
      }
      if (n === 20) break;
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(client.pending).toBe(0);
  });

  it('begins a stream again with the same parameters', async () => {
    const { client, network, serve } = start();
    await serve();
    const iterator = client.call.numbers({ from: 1 }, { credit: 2, reconnect: true })[Symbol.asyncIterator]();
    const first = await iterator.next();
    expect(first.value).toBe(1);
    network.last.transport.pause();
    await settled();
    network.last.cut();
    await serve();
    expect([(await iterator.next()).value, (await iterator.next()).value]).toEqual([1, 2]);
    await iterator.return?.();
  });

  it('does not say of a stream that it was not sent when it was, over an earlier connection', async () => {
    const { client, network, clock } = start();
    await settled();
    network.last.open();
    const next = (settings: object) =>
      client.call
        .numbers({ from: 1 }, { reconnect: true, ...settings })
        [Symbol.asyncIterator]()
        .next();
    const late = next({ timeout: 1000 });
    const closed = next({});
    await settled();
    network.last.cut();
    const never = next({});
    for (const stream of [late, closed, never]) stream.catch(() => undefined);
    await settled();
    clock.advance(1000);
    await expect(late).rejects.toMatchObject({ code: 'RPC_ERR_TIMEOUT', wasSent: true });
    client.close();
    await expect(closed).rejects.toMatchObject({ code: 'RPC_ERR_UNKNOWN_OUTCOME' });
    await expect(never).rejects.toMatchObject({ code: 'RPC_ERR_CLOSED' });
  });

  it('does not know what became of a stream that was sent once when the client is closed', async () => {
    const { client, network, serve } = start();
    await serve();
    const iterator = client.call.numbers({ from: 1 }, { credit: 4, reconnect: true })[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toBe(1);
    await settled();
    network.last.cut();
    client.close();
    for (const due of [2, 3, 4]) expect((await iterator.next()).value).toBe(due);
    await expect(iterator.next()).rejects.toBeInstanceOf(UnknownOutcomeError);
    const late = client.call.numbers({ from: 1 }, { reconnect: true })[Symbol.asyncIterator]();
    await expect(late.next()).rejects.toBeInstanceOf(NotSentError);
  });

  it('says of a stream whose time was up whether it was ever sent', async () => {
    const { client, clock, network, serve } = start();
    await serve();
    network.last.transport.pause();
    const settings = { timeout: 100, reconnect: true } as const;
    const sent = client.call.numbers({ from: 1 }, settings)[Symbol.asyncIterator]().next();
    await settled();
    network.last.cut();
    const unsent = client.call.numbers({ from: 1 }, settings)[Symbol.asyncIterator]().next();
    const ends = Promise.allSettled([sent, unsent]);
    clock.advance(100);
    expect(await ends).toMatchObject([{ reason: { wasSent: true } }, { reason: { wasSent: false } }]);
  });

  it('can offer its subprotocol or leave the offer out', async () => {
    const offers: (string[] | undefined)[] = [];
    class Socket extends EventTarget {
      readonly protocol = '';
      readonly bufferedAmount = 0;
      binaryType = '';
      onopen = null;
      onmessage = null;
      onclose = null;
      onerror = null;
      constructor(_url: string, protocols?: string[]) {
        super();
        offers.push(protocols);
      }
      send(): void {}
      close(): void {}
    }
    const native = globalThis.WebSocket;
    globalThis.WebSocket = Socket as never;
    try {
      for (const options of [{}, { protocols: [] }]) {
        const client = connect('ws://server/', options);
        await settled();
        client.close();
      }
    } finally {
      globalThis.WebSocket = native;
    }
    expect(offers).toEqual([['jsonrpc-2.0'], []]);
  });
});
