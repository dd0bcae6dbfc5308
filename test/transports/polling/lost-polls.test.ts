import { describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock } from '../../../src/testing/index.js';
import { pollingDial } from '../../../src/transports/polling/client.js';
import { startFallback } from '../fallback-server/http-requests.js';

/** A session by long polling, whose polls get lost as long as `isBroken`. */
async function start() {
  const { port, sockets } = await startFallback();
  const clock = new ManualClock();
  const network = { isBroken: false, lost: 0, polls: 0 };
  const events: string[] = [];
  const lossy = async (...[url, init]: Parameters<typeof fetch>): Promise<Response> => {
    if (init?.method !== 'POST') network.polls++;
    const response = await fetch(url, init);
    if (!network.isBroken || init?.method === 'POST') return response;
    network.lost++;
    throw new TypeError('lost');
  };
  const transport = pollingDial({ fetch: lossy, clock })(`ws://127.0.0.1:${port}/`, {
    open: () => events.push('open'),
    message: (data) => events.push(`${data}`),
    drain: () => undefined,
    close: (code) => events.push(`close ${code}`),
  });
  onTestFinished(() => transport.terminate());
  await until(() => events.includes('open') && sockets[0]?.transport === 'polling');
  return { clock, network, events, socket: sockets[0] };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('pollingDial', () => {
  it('forgets failures as soon as a poll is answered: they are not in a row', async () => {
    const { clock, network, events, socket } = await start();
    for (const text of ['a', 'b', 'c']) {
      network.isBroken = true;
      network.lost = 0;
      socket?.send(text);
      await until(() => network.lost === 1);
      network.isBroken = false;
      const { polls } = network;
      await until(() => clock.pending > 0);
      // The first repetition has 100 milliseconds at most, however many there were before.
      clock.advance(100);
      await until(() => network.polls > polls);
      await until(() => events.includes(text));
      await until(() => socket?.transport === 'polling');
      clock.advance(30_000);
    }
    expect(events).toEqual(['open', 'a', 'b', 'c']);
  });

  it('gives up when no poll has been answered for 20 seconds', async () => {
    const { clock, network, events, socket } = await start();
    network.isBroken = true;
    socket?.send('a');
    while (!events.includes('close 1006')) {
      await until(() => clock.pending > 0 || events.length > 1);
      clock.advance(2000);
    }
    expect(network.lost).toBeGreaterThan(9);
    expect(events).toEqual(['open', 'close 1006']);
  });
});
