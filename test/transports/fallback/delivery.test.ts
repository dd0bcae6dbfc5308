import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mulberry32 } from '../../../src/testing/index.js';
import { type Clock, systemClock } from '../../../src/transport/clock.js';
import { FallbackServer } from '../../../src/transports/fallback-server/index.js';
import { pollingDial } from '../../../src/transports/polling/client.js';
import { sseDial } from '../../../src/transports/sse/client.js';
import { foreignAnswers } from './recorded-fetch.js';

/** Messages of each direction. */
const COUNT = 120;

/** Delays between repetitions are a hundredth of what they are. */
const hasty: Clock = { ...systemClock, setTimeout: (callback, delay) => setTimeout(callback, delay / 100) };

/** Message number `number`: of any length, and with everything that could end a line. */
const textOf = (number: number) => `${number}\r\n\r${'é\n'.repeat((number * 37) % 400)}`;

type Send = (address: URL, init: RequestInit) => Promise<Response>;

/** A `fetch` by which every second request meets a fault, but for the one that begins the session. */
function faultyFetch(seed: number): Send {
  const random = mulberry32(seed);
  const below = (bound: number) => Math.floor(random() * bound);
  const foreign = Object.values(foreignAnswers);
  const late: (() => void)[] = [];
  const forget = async (response: Promise<Response>) => {
    await (await response).body?.cancel();
  };
  const again = ({ signal: _, ...init }: RequestInit, address: URL) => {
    late.push(() => void forget(fetch(address, init)).catch(() => undefined));
  };
  const faults: Send[] = [
    () => Promise.reject(new TypeError('never sent')),
    async (address, init) => {
      await forget(fetch(address, init));
      throw new TypeError('its answer was lost');
    },
    async () => (foreign[below(foreign.length)] as () => Response)(),
    async (address, init) => {
      await forget(fetch(address, init));
      return (foreign[below(foreign.length)] as () => Response)();
    },
    (address, init) => {
      again(init, address);
      return fetch(address, init);
    },
    async (address, init) => truncated(await fetch(address, init), below(3000)),
  ];
  return (address, init) => {
    if (late.length > 0 && below(3) === 0) late.shift()?.();
    const isFirst = !('hawser-key' in (init.headers as object));
    return (isFirst || below(2) === 0 ? fetch : (faults[below(faults.length)] as Send))(address, init);
  };
}

/** A response that breaks off behind so many bytes. */
function truncated({ body, status, headers }: Response, bytes: number): Response {
  let left = bytes;
  const cut = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      controller.enqueue(chunk.subarray(0, left));
      left -= chunk.length;
      if (left < 0) controller.error(new TypeError('terminated'));
    },
  });
  return new Response(body?.pipeThrough(cut) ?? null, { status, headers });
}

async function startServer() {
  const fallback = new FallbackServer();
  const server = createServer(fallback.handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { fallback, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Sends all messages, some at a time. */
async function sendAll(send: (text: string) => void, random: () => number): Promise<void> {
  for (let number = 1; number <= COUNT; number++) {
    send(textOf(number));
    while (random() < 0.4) await turn();
  }
}

describe.each([
  ['sse', sseDial],
  ['polling', pollingDial],
])('a session by %s', (_, dialOf) => {
  it.each([1, 2, 3, 4, 5, 6])(
    'loses, doubles and reorders nothing, whatever befalls its requests (%i)',
    async (seed) => {
      const { fallback, url } = await startServer();
      const [up, down]: [string[], string[]] = [[], []];
      const random = mulberry32(seed * 1000);
      fallback.on('connection', (socket) => {
        socket.on('message', (text) => up.push(text));
        void sendAll((text) => socket.send(text), random);
      });
      const dial = dialOf({ fetch: faultyFetch(seed) as typeof fetch, clock: hasty });
      const ended = new Promise<unknown>((resolve) => {
        const transport = dial(url, {
          open: () => void sendAll((text) => transport.send(text), random),
          message: (data) => {
            down.push(data as string);
          },
          drain: () => undefined,
          close: (code, reason) => resolve([code, reason]),
        });
        const look = async () => {
          while (up.length < COUNT || down.length < COUNT) await turn();
          transport.terminate();
        };
        void look();
      });
      expect(await ended).toEqual([1006, '']);
      const all = Array.from({ length: COUNT }, (_, index) => textOf(index + 1));
      expect(up).toEqual(all);
      expect(down).toEqual(all);
    },
  );
});
