import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClientOptions, WebSocket, WebSocketServer } from '../../src/index.js';
import { messages, next } from '../client/connections.js';
import { ca, clientIdentity, serverIdentity } from '../client/test-servers.js';

const ended: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

/** An echo server with a certificate for localhost. */
async function secureServer(options = {}): Promise<{ https: Server; server: WebSocketServer; url: string }> {
  const https = createServer({ ...serverIdentity, ...options });
  const server = new WebSocketServer({ server: https, perMessageDeflate: true });
  server.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  https.listen(0, '127.0.0.1');
  await once(https, 'listening');
  ended.push(() => {
    for (const socket of server.clients) socket.terminate();
    https.close();
  });
  return { https, server, url: `wss://localhost:${(https.address() as AddressInfo).port}` };
}

const connect = (url: string, options: ClientOptions): WebSocket =>
  new WebSocket(url, { family: 4, ...options });

describe('wss', () => {
  it('echoes text, bytes and a large message', async () => {
    const { url } = await secureServer();
    const client = connect(url, { ca });
    await next(client, 'open');
    const large = Buffer.alloc(2 * 1024 * 1024, 'words ');
    const received = messages(client, 3);
    client.send('我是阿宝哥');
    client.send(Buffer.from([1, 2, 3]));
    client.send(large);
    const [text, bytes, echo] = await received;
    expect([text, bytes, large.equals(echo as Buffer)]).toEqual(['我是阿宝哥', Buffer.from([1, 2, 3]), true]);
    const close = next(client, 'close');
    client.close(1000, 'done');
    expect(await close).toEqual([1000, Buffer.from('done')]);
  });

  it('refuses a certificate that nobody vouches for', async () => {
    const { url, server } = await secureServer();
    server.on('connection', () => expect.unreachable());
    const client = connect(url, {});
    const error = next(client, 'error');
    expect((await next(client, 'close'))[0]).toBe(1006);
    expect((await error)[0]).toMatchObject({ code: expect.stringMatching(/CERT|VERIFY/) });
  });

  it('shows the client’s certificate', async () => {
    const { url, server } = await secureServer({ ca, requestCert: true });
    const connection = next(server, 'connection');
    const client = connect(url, { ca, ...clientIdentity });
    const [[, request]] = await Promise.all([connection, next(client, 'open')]);
    expect((request.socket as TLSSocket).getPeerCertificate().subject.CN).toBe('alice');
    client.terminate();
  });

  it('has backpressure', async () => {
    const { url, server } = await secureServer();
    const connection = next(server, 'connection');
    const client = connect(url, { ca });
    const [[socket]] = await Promise.all([connection, next(client, 'open')]);
    client.pause();
    const size = 32 * 1024 * 1024;
    expect(socket.send(Buffer.alloc(size), { compress: false })).toBe(false);
    const drain = next(socket, 'drain');
    const received = messages(client, 1);
    expect(socket.bufferedAmount).toBeGreaterThan(0);
    client.resume();
    expect((await received)[0]).toHaveLength(size);
    await drain;
    expect(socket.bufferedAmount).toBe(0);
    client.terminate();
  });
});
