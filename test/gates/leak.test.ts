/**
 * The leak gate: rounds of connect–use–disconnect must not let the heap grow. What grows is either kept by the
 * library or by Node's own pools, which are full after ten rounds.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from '../../src/index.js';

const ROUNDS = 20;
const CONNECTIONS = 500;
const LARGEST_GROWTH = 0.02;

let server: WebSocketServer;
let url: string;

beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: true });
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await once(server, 'listening');
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => server.drain());

/** One client: a short and a compressed message there and back, a ping, and an orderly or abrupt end. */
async function use(index: number): Promise<void> {
  const client = new WebSocket(url);
  await once(client, 'open');
  client.send('hello');
  await once(client, 'message');
  client.send(Buffer.alloc(2000, index));
  client.ping();
  await once(client, 'message');
  const closed = once(client, 'close');
  if (index % 3 === 0) client.terminate();
  else client.close(1000, 'done');
  await closed;
}

async function round(): Promise<void> {
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => use(index)));
  while (server.clients.size > 0) await once([...server.clients][0] as WebSocket, 'close');
}

/**
 * The heap once nothing that can be freed is left: finalizers run between two collections. The least of several
 * looks, since the test runner's own garbage comes and goes while a leak stays.
 */
async function settledHeap(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 6; look++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
    least = Math.min(least, process.memoryUsage().heapUsed);
  }
  return least;
}

describe('rounds of connect, use and disconnect', () => {
  it(`keep the heap within 2 % from round 10 to round ${ROUNDS}`, { timeout: 240_000 }, async () => {
    expect(globalThis.gc, 'this gate needs --expose-gc').toBeTypeOf('function');
    const heap: number[] = [];
    for (let index = 0; index < ROUNDS; index++) {
      await round();
      heap.push(await settledHeap());
    }
    const [before, after] = [heap[9] as number, heap[ROUNDS - 1] as number];
    console.log(`heap after GC, MiB: ${heap.map((bytes) => (bytes / 2 ** 20).toFixed(2)).join(' ')}`);
    expect(after / before - 1).toBeLessThan(LARGEST_GROWTH);
    expect(server.metrics().handshakes.accepted).toBe(ROUNDS * CONNECTIONS);
  });
});
