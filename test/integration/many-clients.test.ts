import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from '../../src/index.js';
import { next } from '../client/connections.js';

const CLIENTS = 1000;
const MESSAGES = 20;

let server: WebSocketServer;
afterEach(() => server.drain({ deadline: 0 }));

/** Opens a client, has its messages echoed one after the other, and closes. */
async function converse(url: string, name: number): Promise<number> {
  const client = new WebSocket(url, { textType: 'string' });
  await next(client, 'open');
  let count = 0;
  client.send(`${name}/${count}`);
  for await (const message of client) {
    expect(message).toBe(`${name}/${count}`);
    count++;
    if (count === MESSAGES) client.close(1000);
    else client.send(`${name}/${count}`);
  }
  return count;
}

describe('a thousand clients at once', () => {
  it.each([false, true])('permessage-deflate %s: each gets its echoes', async (perMessageDeflate) => {
    server = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      backlog: CLIENTS,
      perMessageDeflate: perMessageDeflate && { threshold: 0 },
    });
    await once(server, 'listening');
    let most = 0;
    server.on('connection', (socket) => {
      most = Math.max(most, server.clients.size);
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const counts = await Promise.all(Array.from({ length: CLIENTS }, (_, name) => converse(url, name)));
    expect(counts.every((count) => count === MESSAGES)).toBe(true);
    expect(most).toBeGreaterThan(1);
  });
});
