/**
 * Messages arrive in the order of their sending, whatever way each of them takes: plain, compressed at once or on
 * the thread pool, read from a Blob, streamed, in fragments, prepared.
 */

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { WebSocket } from '../../src/client/websocket.js';
import { takeover } from './compressible.js';
import { Connections, messages, next, type Pair } from './connections.js';

const connections = new Connections();
afterAll(() => connections.close());

/** A way to send text, and what it does. */
const ways: Record<string, (socket: WebSocket, text: string, pair: Pair) => unknown> = {
  plain: (socket, text) => socket.send(text, { compress: false }),
  bytes: (socket, text) => socket.send(Buffer.from(text), { binary: false }),
  'compressed at once': (socket, text) => socket.send(text.padEnd(2000)),
  'compressed on the thread pool': (socket, text) => socket.send(text.padEnd(20_000)),
  blob: (socket, text) => socket.send(new Blob([text]), { binary: false }),
  'large blob': (socket, text) => socket.send(new Blob([text.padEnd(30_000)]), { binary: false }),
  stream: (socket, text) => socket.sendStream([...text], { binary: false }),
  'compressed stream': (socket, text) =>
    socket.sendStream([text.padEnd(1500), 'x'.repeat(10_000)], { binary: false, compress: true }),
  fragments: (socket, text) => {
    socket.send(text.padEnd(9000), { fin: false });
    socket.send('', { fin: false });
    socket.send('end');
  },
  prepared: (socket, text, { server }) => socket.send(server.prepareMessage(text)),
  'large prepared': (socket, text, { server }) => socket.send(server.prepareMessage(text.padEnd(25_000))),
  'prepared, plain': (socket, text, { server }) =>
    socket.send(server.prepareMessage(text), { compress: false }),
  ping: (socket) => socket.ping(),
  'next turn': () => new Promise((resolve) => setImmediate(resolve)),
};

const silent = new Set(['ping', 'next turn']);
const steps = fc.array(fc.constantFrom(...Object.keys(ways)), { minLength: 1, maxLength: 30 });

/** Sends a numbered message for every step and expects the numbers in order. */
async function play(pair: Pair, [from, to]: readonly [WebSocket, WebSocket], names: string[]): Promise<void> {
  const expected = names.map((_, index) => `${index}.`).filter((_, index) => !silent.has(names[index]));
  const received = messages(to, expected.length + 1);
  const streams: unknown[] = [];
  for (const [index, name] of names.entries()) {
    const result = ways[name](from, `${index}.`, pair);
    if (name === 'next turn') await result;
    else streams.push(result);
  }
  from.send('last');
  const arrived = (await received).map((text) => /^\d+\.|^last/.exec(String(text))?.[0]);
  expect(arrived).toEqual([...expected, 'last']);
  await Promise.all(streams);
}

describe.each([
  ['without permessage-deflate', false],
  ['without context takeover', true],
  ['with context takeover', takeover],
] as const)('%s', (_, perMessageDeflate) => {
  it('messages keep their order', async () => {
    const pair = await connections.pair({ perMessageDeflate });
    const { client, socket } = pair;
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (names, fromServer) => {
        await play(pair, fromServer ? [socket, client] : [client, socket], names);
      }),
      { seed: 6455, numRuns: 60 },
    );
  });

  it('close comes last', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (names) => {
        const { client, socket, server } = await connections.pair({ perMessageDeflate });
        let count = 0;
        client.on('message', () => count++);
        const close = next(client, 'close');
        const results = names.map((name, index) =>
          ways[name](socket, `${index}.`, { client, socket, server }),
        );
        socket.close(4000, 'done');
        expect((await close)[0]).toBe(4000);
        expect(count).toBe(names.filter((name) => !silent.has(name)).length);
        await Promise.all(results);
      }),
      { seed: 6455, numRuns: 15 },
    );
  });
});
