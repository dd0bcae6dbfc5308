import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { Connection } from '../../src/browser/connection.js';
import { fallbackDial } from '../../src/browser/fallback-dial.js';
import { ManualClock } from '../../src/testing/index.js';
import type { Dial } from '../../src/transport/dial.js';
import { FallbackServer } from '../../src/transports/fallback-server/index.js';
import { pollingDial } from '../../src/transports/polling/client.js';
import { sseDial } from '../../src/transports/sse/client.js';
import { type Attempt, settled, testNetwork } from './test-network.js';

/** Ways to connect, whose attempts a test decides about, and what their listener is told. */
function start(count = 3) {
  const clock = new ManualClock();
  const networks = Array.from({ length: count }, () => testNetwork());
  const dial = fallbackDial(
    networks.map(({ dial }) => dial),
    clock,
  );
  const events: string[] = [];
  const connect = () =>
    dial(
      'ws://server/',
      {
        open: () => events.push('open'),
        message: (data) => events.push(`message ${data}`),
        drain: () => events.push('drain'),
        close: (code, reason) => events.push(`close ${code} ${reason}`),
      },
      ['a'],
    );
  /** How many attempts each way has had. */
  const counts = () => networks.map(({ attempts }) => attempts.length);
  const last = (index: number) => networks[index]?.last as Attempt;
  /** Connects by the way with this index; those before it fail. */
  const open = async (index: number, isHeard = true) => {
    const transport = connect();
    for (let way = 0; way < index; way++) {
      if (networks[way]?.live === 0 && last(way)?.ended === undefined) last(way)?.cut();
      await settled();
    }
    last(index).open();
    if (isHeard) last(index).send('hello');
    await settled();
    return transport;
  };
  return { clock, networks, dial, events, connect, counts, last, open };
}

describe('fallbackDial', () => {
  it('uses the first way that gets through, and hands everything on', async () => {
    const { connect, counts, last, events } = start();
    const transport = connect();
    expect(counts()).toEqual([1, 0, 0]);
    last(0).cut();
    await settled();
    last(1).cut();
    await settled();
    expect(counts()).toEqual([1, 1, 1]);
    expect(events).toEqual([]);
    last(2).open();
    last(2).send('hello');
    await settled();
    expect(transport.send('"up"')).toBe(true);
    await settled();
    expect(last(2).received).toEqual(['up']);
    last(2).close(1001, 'bye');
    await settled();
    expect(events).toEqual(['open', 'message hello', 'close 1001 bye']);
  });

  it('gives one way four seconds, and what comes of it later is nothing', async () => {
    const { clock, connect, counts, last, events } = start();
    connect();
    clock.advance(3999);
    expect(counts()).toEqual([1, 0, 0]);
    clock.advance(1);
    expect(counts()).toEqual([1, 1, 0]);
    await settled();
    last(1).open();
    await settled();
    expect(events).toEqual(['open']);
    expect(clock.pending).toBe(0);
  });

  it('gives the last way all the time that there is', () => {
    const { clock, connect, counts } = start(2);
    connect();
    clock.advance(4000);
    expect(counts()).toEqual([1, 1]);
    clock.advance(60_000);
    expect(counts()).toEqual([1, 1]);
  });

  it('takes the word of a server that has answered', async () => {
    const { connect, counts, last, events } = start();
    connect();
    last(0).cut();
    await settled();
    last(1).close(4403, 'no');
    await settled();
    expect(counts()).toEqual([1, 1, 0]);
    expect(events).toEqual(['close 4403 no']);
  });

  it('says that it failed when the last way has failed', async () => {
    const { connect, last, events } = start(2);
    connect();
    last(0).cut();
    await settled();
    last(1).cut();
    await settled();
    expect(events).toEqual(['close 1006 ']);
  });

  it('keeps to a way that has worked, alone for one attempt', async () => {
    const { connect, counts, last, open } = start();
    await open(1);
    last(1).cut();
    await settled();
    connect();
    expect(counts()).toEqual([1, 2, 0]);
    last(1).cut();
    await settled();
    expect(counts()).toEqual([1, 2, 0]);
    connect();
    last(1).cut();
    await settled();
    expect(counts()).toEqual([2, 3, 0]);
  });

  it('tries the first way again when it has been left for a minute', async () => {
    const { clock, connect, counts, last, open } = start();
    await open(1);
    clock.advance(60_000);
    last(1).cut();
    await settled();
    connect();
    expect(counts()).toEqual([2, 1, 0]);
    last(0).cut();
    await settled();
    expect(counts()).toEqual([2, 2, 0]);
  });

  it('leaves a way that opens and is deaf', async () => {
    const { connect, counts, open } = start();
    const transport = await open(0, false);
    transport.terminate();
    connect();
    expect(counts()).toEqual([1, 1, 0]);
  });

  it('leaves a way that opens and is lost at once', async () => {
    const { connect, counts, last, open } = start();
    await open(0, false);
    last(0).cut();
    await settled();
    connect();
    expect(counts()).toEqual([1, 1, 0]);
  });

  it('does not leave a way on which messages came, or that the server closed, or that lasted', async () => {
    const heard = start();
    await heard.open(0);
    heard.last(0).cut();
    const closed = start();
    await closed.open(0, false);
    closed.last(0).close(1001);
    const lasted = start();
    await lasted.open(0, false);
    lasted.clock.advance(60_001);
    lasted.last(0).cut();
    await settled();
    for (const { connect, counts } of [heard, closed, lasted]) {
      connect();
      expect(counts()).toEqual([2, 0, 0]);
    }
  });

  it('tries no other way once it is to close', async () => {
    const { clock, connect, counts, last, events } = start();
    const transport = connect();
    transport.close();
    clock.advance(4000);
    last(0).cut();
    await settled();
    expect(counts()).toEqual([1, 0, 0]);
    expect(events).toEqual(['close 1006 ']);
    expect(clock.pending).toBe(0);
  });

  it('closes in the middle of a switch the way that it tries, and no other', async () => {
    const { connect, counts, last, events } = start();
    const transport = connect();
    last(0).cut();
    await settled();
    transport.close(1000, 'bye');
    last(1).cut();
    await settled();
    expect(counts()).toEqual([1, 1, 0]);
    expect(events).toEqual(['close 1006 ']);
  });

  it('tells its end at once when it is terminated, and nothing behind that', async () => {
    const { clock, connect, counts, last, events } = start();
    const transport = connect();
    last(0).cut();
    await settled();
    transport.terminate();
    expect(events).toEqual(['close 1006 ']);
    transport.terminate();
    transport.close();
    last(1).open();
    last(1).send('late');
    await settled();
    clock.advance(10_000);
    expect(counts()).toEqual([1, 1, 0]);
    expect(events).toEqual(['close 1006 ']);
    expect(clock.pending).toBe(0);
  });

  it('has ended one way before it begins the next', () => {
    const clock = new ManualClock();
    const log: string[] = [];
    const way =
      (name: string): Dial =>
      (_, listener) => {
        log.push(`dial ${name}`);
        return {
          subprotocol: '',
          bufferedAmount: 0,
          listen: () => undefined,
          send: () => true,
          close: () => undefined,
          terminate: () => {
            log.push(`terminate ${name}`);
            listener.open();
            listener.close(1006, '');
          },
        };
      };
    const listener = { open: () => log.push('open'), message: () => 0, drain: () => 0, close: () => 0 };
    fallbackDial([way('a'), way('b'), way('c')], clock)('ws://server/', listener as never);
    clock.advance(4000);
    clock.advance(4000);
    expect(log).toEqual(['dial a', 'terminate a', 'dial b', 'terminate b', 'dial c']);
  });

  it('tries the way that has worked right behind the first, when that is due again', async () => {
    const { clock, connect, counts, last, open } = start();
    await open(2);
    clock.advance(60_000);
    last(2).cut();
    await settled();
    connect();
    expect(counts()).toEqual([2, 1, 1]);
    clock.advance(4000);
    expect(counts()).toEqual([2, 1, 2]);
  });

  it('begins behind the ways that took too long, which the next attempt may have no time for', async () => {
    const { clock, connect, counts, last, events } = start();
    connect();
    clock.advance(4000);
    clock.advance(4000);
    expect(counts()).toEqual([1, 1, 1]);
    clock.advance(2000);
    last(2).cut();
    await settled();
    connect();
    expect(counts()).toEqual([1, 1, 2]);
    clock.advance(2500);
    last(2).open();
    last(2).send('hello');
    await settled();
    expect(events).toEqual(['close 1006 ', 'open', 'message hello']);
    clock.advance(60_000);
    last(2).cut();
    await settled();
    connect();
    expect(counts()).toEqual([2, 1, 2]);
  });

  it('tries a way in its turn again once it has opened, or was too late a minute ago, or all were', async () => {
    const opened = start(2);
    opened.connect();
    opened.clock.advance(4000);
    opened.last(1).cut();
    opened.connect();
    opened.last(1).cut();
    await settled();
    opened.last(0).open();
    opened.last(0).send('hello');
    await settled();
    opened.last(0).close(1001);
    opened.connect();
    opened.last(0).cut();
    await settled();
    const expired = start(2);
    expired.connect();
    expired.clock.advance(4000);
    expired.last(1).cut();
    expired.clock.advance(60_000);
    const all = start(2);
    all.connect();
    all.clock.advance(4000);
    all.last(1).cut();
    all.connect();
    all.clock.advance(4000);
    all.last(0).cut();
    await settled();
    for (const { connect, networks } of [opened, expired, all]) {
      const count = networks[0]?.attempts.length ?? 0;
      connect();
      expect(networks[0]?.attempts).toHaveLength(count + 1);
    }
  });

  it('tells why a way has failed', async () => {
    const error = new TypeError('no token');
    const errors: unknown[] = [];
    const nothing = () => undefined;
    const failing: Dial = (_, listener) => {
      queueMicrotask(() => listener.close(1006, '', error));
      return testNetwork().dial('', listener);
    };
    const close = (...told: unknown[]) => errors.push(told);
    const listener = { open: nothing, message: nothing, drain: nothing, close };
    fallbackDial([failing, failing], new ManualClock())('ws://server/', listener as never);
    await settled();
    expect(errors).toEqual([[1006, '', error]]);
  });

  it('comes back to the first way also where another one is lost again and again', async () => {
    const { clock, connect, counts, last, open } = start(2);
    await open(1);
    for (let round = 0; round < 3; round++) {
      clock.advance(20_000);
      last(1).cut();
      await settled();
      connect();
      if (round === 2) break;
      last(1).open();
      last(1).send('hello');
      await settled();
    }
    expect(counts()).toEqual([2, 3]);
  });

  it('learns nothing of a connection that its user has closed', async () => {
    const { connect, counts, last, open } = start();
    const transport = await open(0, false);
    transport.close();
    last(0).cut();
    await settled();
    connect();
    expect(counts()).toEqual([2, 0, 0]);
  });

  it('goes on where a way cannot even be tried, and throws what the last one throws', () => {
    const clock = new ManualClock();
    const impossible: Dial = () => {
      throw new SyntaxError('no such address');
    };
    const network = testNetwork();
    const listener = { open: () => 0, message: () => 0, drain: () => 0, close: () => 0 };
    fallbackDial([impossible, network.dial], clock)('ws://server/', listener as never);
    expect(network.attempts).toHaveLength(1);
    expect(() => fallbackDial([impossible, impossible], clock)('ws://server/', listener as never)).toThrow(
      'no such address',
    );
    expect(clock.pending).toBe(0);
  });
});

describe('Connection with fallbacks', () => {
  const connections: Connection[] = [];
  afterEach(() => {
    for (const connection of connections.splice(0)) connection.close();
  });

  it('falls back within one attempt, offers its subprotocols, and says by what it is connected', async () => {
    const first = testNetwork();
    const second = testNetwork();
    const offered: unknown[] = [];
    const fallback: Dial = (url, listener, protocols) => {
      offered.push(protocols);
      return Object.assign(second.dial(url, listener), { name: 'sse' });
    };
    const { clock, dial } = first;
    const options = { clock, dial, fallbacks: [fallback], watchdog: false, protocols: ['a', 'b'] } as const;
    const connection = new Connection('ws://server/', { message: () => undefined }, options);
    connections.push(connection);
    await settled();
    first.last.cut();
    await settled();
    second.last.open();
    expect(connection.status).toMatchObject({ state: 'open', attempt: 0, transport: 'sse' });
    expect(offered).toEqual([['a', 'b']]);
  });

  it('leaves streams that are cut again and again before a message for polling', async () => {
    const fallback = new FallbackServer();
    let streams = 0;
    const server = createServer((request, response) => {
      fallback.handle(request, response);
      if (request.headers.accept !== 'text/event-stream' || request.method !== 'GET') return;
      streams++;
      response.once('close', () => streams--);
      setTimeout(() => response.destroy(), 5);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const clock = new ManualClock();
    const options = {
      clock,
      dial: sseDial({ clock }),
      fallbacks: [pollingDial({ clock })],
      watchdog: false,
      backoff: { initial: 1, max: 1 },
    } as const;
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const connection = new Connection(url, { message: () => undefined }, options);
    connections.push(connection);
    const until = async (condition: () => boolean) => {
      while (!condition()) {
        await settled();
        // No time goes by for a stream, which would be one that has lasted.
        const isCut = connection.status.transport === 'sse' && streams === 0;
        if (isCut || connection.status.state === 'waiting') clock.advance(10);
      }
    };
    await until(() => connection.status.transport === 'sse');
    await until(() => connection.status.transport === 'polling');
    expect(connection.status.state).toBe('open');
  });

  it('leaves nothing alive when it is closed while it connects', async () => {
    const [first, second] = [testNetwork(), testNetwork()];
    const { clock, dial } = first;
    const options = { clock, dial, fallbacks: [second.dial], watchdog: false } as const;
    const connection = new Connection('ws://server/', { message: () => undefined }, options);
    await settled();
    connection.close();
    first.last.cut();
    await settled();
    clock.advance(10_000);
    expect(second.attempts).toHaveLength(0);
    expect(clock.pending).toBe(0);
  });
});
