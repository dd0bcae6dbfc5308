import { afterEach, describe, expect, it } from 'vitest';
import { Connection, type ConnectionOptions } from '../../src/browser/connection.js';
import { settled, testNetwork } from './test-network.js';

const connections: Connection[] = [];
afterEach(() => {
  for (const connection of connections.splice(0)) connection.close();
});

function start(options: Partial<ConnectionOptions> = {}, random = () => 0.5) {
  const network = testNetwork();
  const events: string[] = [];
  const messages: unknown[] = [];
  const listener = {
    message: (data: unknown) => messages.push(data),
    opened: () => events.push('opened'),
    lost: () => events.push('lost'),
    closed: () => events.push('closed'),
  };
  const { clock, dial } = network;
  const connection = new Connection('ws://server/', listener, {
    clock,
    dial,
    random,
    watchdog: false,
    ...options,
  });
  connections.push(connection);
  return { network, connection, events, messages, clock };
}

async function open(options: Partial<ConnectionOptions> = {}) {
  const started = start(options);
  await settled();
  started.network.last.open();
  return started;
}

describe('Connection', () => {
  it('connects, and tells what it is doing', async () => {
    const { network, connection, events } = start();
    const states: string[] = [];
    const stop = connection.subscribe(({ state }) => states.push(state));
    expect(connection.status).toMatchObject({ state: 'connecting', attempt: 1 });
    await settled();
    expect(network.last.url).toBe('ws://server/');
    network.last.open();
    expect(connection.status).toMatchObject({ state: 'open', attempt: 0 });
    expect(events).toEqual(['opened']);
    network.last.close(1001, 'bye');
    await settled();
    expect(connection.status).toMatchObject({ state: 'waiting', code: 1001, reason: 'bye' });
    expect(events).toEqual(['opened', 'lost']);
    stop();
    connection.close();
    expect(states).toEqual(['open', 'waiting']);
    expect(connection.status.state).toBe('closed');
  });

  it('waits longer after each attempt, anywhere up to a bound that doubles', async () => {
    const { network, connection, clock } = start({ backoff: { initial: 100, max: 1000 } });
    const delays: number[] = [];
    for (let attempt = 1; attempt <= 6; attempt++) {
      await settled();
      expect(connection.status.attempt).toBe(attempt);
      network.last.close(1006);
      await settled();
      delays.push((connection.status.retryAt ?? 0) - clock.now());
      clock.advance(delays.at(-1) as number);
    }
    expect(delays).toEqual([50, 100, 200, 400, 500, 500]);
    await settled();
    expect(network.attempts).toHaveLength(7);
  });

  it('begins anew only after a connection that lasted', async () => {
    const { network, connection, clock } = await open({ backoff: { initial: 100 } });
    const delayAfter = async (lasts: number): Promise<number> => {
      clock.advance(lasts);
      network.last.cut();
      await settled();
      const delay = (connection.status.retryAt ?? 0) - clock.now();
      clock.advance(delay);
      await settled();
      network.last.open();
      return delay;
    };
    expect(await delayAfter(4999)).toBe(50);
    expect(await delayAfter(0)).toBe(100);
    expect(await delayAfter(0)).toBe(200);
    expect(await delayAfter(5000)).toBe(50);
  });

  it('gives an attempt up that takes too long', async () => {
    const { network, connection, clock } = start({ connectTimeout: 1000 });
    await settled();
    clock.advance(1000);
    expect(connection.status).toMatchObject({ state: 'waiting', code: 4408 });
    network.last.open();
    expect(connection.status.state).toBe('waiting');
  });

  it('takes an address from a function, for each attempt', async () => {
    let count = 0;
    const network = testNetwork();
    const url = async () => {
      count++;
      if (count === 1) throw new Error('no ticket');
      return `ws://server/?ticket=${count}`;
    };
    const { clock, dial } = network;
    const connection = new Connection(url, { message: () => undefined }, { clock, dial, watchdog: false });
    connections.push(connection);
    await settled();
    expect(connection.status).toMatchObject({ state: 'waiting', error: new Error('no ticket') });
    clock.advance(500);
    await settled();
    expect(network.last.url).toBe('ws://server/?ticket=2');
  });

  it.each([1000, 1002, 1003, 1007, 1008, 1010, 3500, 4400, 4403, 4500, 4999])(
    'stops after close code %i',
    async (code) => {
      const { network, connection, events, clock } = await open();
      network.last.close(code, 'why');
      await settled();
      expect(connection.status).toMatchObject({ state: 'closed', code, reason: 'why' });
      expect(events).toEqual(['opened', 'lost', 'closed']);
      clock.advance(1e9);
      expect(network.attempts).toHaveLength(1);
      await expect(connection.send('x')).rejects.toMatchObject({ code: 'RPC_ERR_CLOSED' });
      expect(clock.pending).toBe(0);
    },
  );

  it.each([1001, 1005, 1006, 1009, 1011, 1012, 1013, 1014, 3000, 3499, 4000, 4399, 4401, 4408, 4429])(
    'goes on after close code %i',
    async (code) => {
      const { network, connection } = await open();
      network.last.close(code);
      await settled();
      expect(connection.status.state).toBe('waiting');
    },
  );

  it('stops where the application says so', async () => {
    const { network, connection } = await open({
      isTerminal: (code, reason) => code === 1001 && reason === 'over',
    });
    network.last.close(1001, 'over');
    await settled();
    expect(connection.status.state).toBe('closed');
  });

  it.each([
    [1012, 'retry-after=7', 7000 + 0.5 * 1700],
    [1013, 'retry-after=0', 500],
    [1012, '', 17_500],
    [1013, 'retry-after=', 17_500],
    [1012, 'retry-after=1.5', 17_500],
    [1012, 'retry-after=7 ', 17_500],
    [1012, 'Retry-After=7', 17_500],
    [1012, 'retry-after=9999999', 17_500],
    [1001, 'retry-after=7', 250],
  ])('comes back after %i with the reason "%s" in %i ms', async (code, reason, delay) => {
    const { network, connection, clock } = await open();
    network.last.close(code, reason);
    await settled();
    expect((connection.status.retryAt ?? 0) - clock.now()).toBe(delay);
  });

  it('can be told to connect now, also after its end', async () => {
    const { network, connection } = await open();
    network.last.close(1006);
    await settled();
    connection.reconnect();
    await settled();
    expect(network.attempts).toHaveLength(2);
    connection.reconnect();
    await settled();
    expect(network.attempts).toHaveLength(2);
    network.last.open();
    connection.close();
    connection.reconnect();
    await settled();
    network.last.open();
    expect(connection.status.state).toBe('open');
  });

  it('closes in order, and hears nothing more', async () => {
    const { network, connection, events, messages, clock } = await open();
    const { last } = network;
    connection.close(3000, 'done');
    last.send('late');
    await settled();
    expect(last.ended).toEqual({ code: 3000, reason: 'done' });
    expect(messages).toEqual([]);
    expect(events).toEqual(['opened', 'lost', 'closed']);
    connection.close();
    expect(clock.pending).toBe(0);
  });

  it('has one live transport, whatever happens', async () => {
    const { network, connection, clock } = start({ connectTimeout: 100, backoff: { initial: 1, max: 1 } });
    for (let round = 0; round < 50; round++) {
      await settled();
      const attempt = network.last;
      if (round % 3 === 0) attempt.open();
      if (round % 3 === 1) clock.advance(100);
      if (round % 5 === 0) connection.reconnect();
      if (round % 3 !== 1) attempt.cut();
      await settled();
      clock.advance(1);
      // An attempt that was given up may open late.
      for (const old of network.attempts.slice(0, -1))
        if (!old.isLive && old.ended === undefined) old.accept();
      await settled();
      expect(['connecting', 'waiting', 'open']).toContain(connection.status.state);
    }
    const sent = connection.send('"once"');
    await settled();
    if (connection.status.state === 'waiting') clock.advance(1);
    await settled();
    network.last.open();
    await sent;
    await settled();
    expect(network.attempts.filter(({ received }) => received.length > 0)).toHaveLength(1);
  });
});

describe('messages without a connection', () => {
  it('wait, and leave in order', async () => {
    const { network, connection } = start();
    const all = Promise.all([connection.send('1'), connection.send('2'), connection.send('3')]);
    expect(connection.queued).toBe(3);
    await settled();
    network.last.open();
    await all;
    await settled();
    expect(network.last.received).toEqual([1, 2, 3]);
  });

  it('fail at once if they are to', async () => {
    const { connection } = start();
    await expect(connection.send('1', 'fail')).rejects.toMatchObject({
      name: 'NotSentError',
      code: 'RPC_ERR_OFFLINE',
    });
  });

  it('are bounded in number and bytes', async () => {
    const { network, connection } = start({ queue: { maxMessages: 2, maxBytes: 5 } });
    const kept = [connection.send('1'), connection.send('22')];
    await expect(connection.send('3')).rejects.toMatchObject({ code: 'RPC_ERR_QUEUE_FULL' });
    await settled();
    network.last.open();
    await Promise.all(kept);
    network.last.close(1006);
    await settled();
    connection.send('"1"').catch(() => undefined);
    // Three characters, seven bytes.
    await expect(connection.send('€€')).rejects.toMatchObject({ code: 'RPC_ERR_QUEUE_FULL' });
  });

  it('make room for newer ones if they may', async () => {
    const { network, connection } = start({ queue: { maxMessages: 10, maxBytes: 4 } });
    const first = connection.send('11', 'drop-oldest');
    const second = connection.send('22', 'drop-oldest');
    const third = connection.send('3', 'drop-oldest');
    await expect(first).rejects.toMatchObject({ code: 'RPC_ERR_DROPPED' });
    await expect(connection.send('55555', 'drop-oldest')).rejects.toMatchObject({
      code: 'RPC_ERR_QUEUE_FULL',
    });
    await settled();
    network.last.open();
    await Promise.all([second, third]);
    await settled();
    expect(network.last.received).toEqual([22, 3]);
  });

  it('fail when it ends', async () => {
    const { connection } = start();
    const sent = connection.send('1');
    connection.close();
    await expect(sent).rejects.toMatchObject({ code: 'RPC_ERR_CLOSED' });
  });

  it('that were declared are sent on every connection, before others', async () => {
    const { network, connection } = start();
    let count = 0;
    const stop = connection.declare(() => `"subscribe ${++count}"`);
    const sent = connection.send('"other"');
    await settled();
    network.last.open();
    await sent;
    await settled();
    const first = network.last;
    expect(first.received.at(-1)).toBe('other');
    network.last.close(1006);
    await settled();
    connection.reconnect();
    await settled();
    network.last.open();
    await settled();
    expect(network.last.received).toEqual([expect.stringContaining('subscribe')]);
    stop();
    network.last.close(1006);
    await settled();
    connection.reconnect();
    await settled();
    network.last.open();
    await settled();
    expect(network.last.received).toEqual([]);
  });
});

describe('the token', () => {
  const accept = { expiresIn: null };

  it('is handed over first, and nothing else before it was taken', async () => {
    const { network, connection, events } = start({ token: async () => 'abc' });
    const sent = connection.send('"later"');
    await settled();
    network.last.open();
    await settled();
    expect(network.last.received).toEqual([
      { jsonrpc: '2.0', method: 'rpc.auth', params: { token: 'abc' }, id: 'rpc.auth' },
    ]);
    expect(connection.status.state).toBe('connecting');
    network.last.answer(accept);
    await sent;
    await settled();
    expect(events).toEqual(['opened']);
    expect(network.last.received.at(-1)).toBe('later');
  });

  it('is replaced before it expires', async () => {
    let count = 0;
    const { network, clock } = start({ token: () => `token ${++count}` });
    await settled();
    network.last.open();
    await settled();
    network.last.answer({ expiresIn: 600_000 });
    await settled();
    clock.advance(539_999);
    await settled();
    expect(network.last.received).toHaveLength(1);
    clock.advance(1);
    await settled();
    expect(network.last.received.at(-1)?.params).toEqual({ token: 'token 2' });
    network.last.answer({ expiresIn: 1000 });
    await settled();
    clock.advance(800);
    await settled();
    expect(network.last.received.at(-1)?.params).toEqual({ token: 'token 3' });
  });

  it('is fetched again after 4401, and when it was refused', async () => {
    let count = 0;
    const { network, connection, clock } = start({ token: () => `token ${++count}` });
    await settled();
    network.last.open();
    await settled();
    network.last.send({ jsonrpc: '2.0', error: { code: -32001, message: 'no' }, id: 'rpc.auth' });
    await settled();
    expect(connection.status).toMatchObject({ state: 'waiting', code: 4401, error: { code: -32001 } });
    clock.advance(500);
    await settled();
    network.last.open();
    await settled();
    network.last.answer(accept);
    await settled();
    network.last.close(4401, 'token expired');
    await settled();
    clock.advance(1000);
    await settled();
    network.last.open();
    await settled();
    expect(network.last.received[0]?.params).toEqual({ token: 'token 3' });
  });

  it('that cannot be had is tried again later', async () => {
    const { network, connection } = start({ token: () => Promise.reject(new Error('logged out')) });
    await settled();
    network.last.open();
    await settled();
    expect(connection.status).toMatchObject({ state: 'waiting', error: new Error('logged out') });
  });
});
