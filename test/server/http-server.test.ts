import http from 'node:http';
import { describe, expect, it } from 'vitest';
import { exchange, RawClient, upgradeRequest } from './raw-client.js';
import { serve, start } from './test-servers.js';

const plain = { Upgrade: null, Connection: null, 'Sec-WebSocket-Key': null, 'Sec-WebSocket-Version': null };

describe('a request that is no handshake, on a server of our own', () => {
  it('is answered with 426 and told what to upgrade to', async () => {
    const { port } = await start();
    const answer = await exchange(port, { headers: plain });
    expect(answer).toMatchObject({ status: 426, reason: 'Upgrade Required', body: 'Upgrade Required\n' });
    expect(answer.headers).toMatchObject({
      upgrade: ['websocket'],
      connection: ['Upgrade, close'],
      'content-type': ['text/plain; charset=utf-8'],
      'content-length': ['17'],
    });
  });

  it.each([
    ['POST', { method: 'POST', headers: { ...plain, 'Content-Length': '0' } }, 405, { allow: ['GET'] }],
    ['HTTP/1.0', { version: '1.0', headers: plain }, 400, {}],
    ['an Upgrade header without Connection', { headers: { Connection: null } }, 400, {}],
    ['Connection: Upgrade without Upgrade', { headers: { Upgrade: null } }, 426, { upgrade: ['websocket'] }],
  ])('%s', async (_name, request, status, headers) => {
    const { port } = await start();
    const answer = await exchange(port, request);
    expect(answer.status).toBe(status);
    expect(answer.headers.connection.join()).toContain('close');
    expect(answer.headers).toMatchObject(headers);
  });

  it('without Host is refused with 400', async () => {
    const { port } = await start();
    expect(await exchange(port, { headers: { ...plain, Host: null } })).toMatchObject({ status: 400 });
  });

  it('that is no HTTP at all is refused with 400', async () => {
    const { port } = await start();
    const answer = await exchange(port, '\x16\x03\x01 nonsense\r\n\r\n');
    expect(answer).toMatchObject({ status: 400, headers: { connection: ['close'] } });
  });

  it('does not keep a client of node:http waiting', async () => {
    const { port } = await start();
    const agent = new http.Agent({ keepAlive: true });
    const response = await new Promise<http.IncomingMessage>((resolve) =>
      http.get({ port, host: '127.0.0.1', agent }, resolve),
    );
    expect(response.statusCode).toBe(426);
    await new Promise((resolve) => response.on('end', resolve).resume());
    agent.destroy();
  });
});

describe('headers', () => {
  const many = (count: number) => Array.from({ length: count - 5 }, (_, index) => `a${index}: b`);

  it.each([1001, 1300])('%i of them are accepted by a server of our own', async (count) => {
    const { port, server } = await start();
    const client = await RawClient.open(port, { lines: many(count) });
    expect(server.clients.size).toBe(1);
    client.socket.destroy();
  });

  it('2,001 of them are accepted while they keep the bound on bytes', async () => {
    const { port, server } = await start();
    const lines = Array.from({ length: 1996 }, () => 'a:b');
    const request = upgradeRequest({ lines });
    expect(request.length).toBeLessThan(16_384);
    const client = await RawClient.open(port, { lines });
    expect(server.clients.size).toBe(1);
    client.socket.destroy();
  });

  it('beyond 16 KiB are refused with 431', async () => {
    const { port } = await start();
    const answer = await exchange(port, { lines: [`a: ${'b'.repeat(17_000)}`] });
    expect(answer).toMatchObject({ status: 431, headers: { connection: ['close'] } });
  });
});

describe('a request that does not come to an end', () => {
  it.each([
    ['nothing', ''],
    ['half a request line', 'GET / HT'],
    ['half of the headers', 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n'],
  ])('is ended within handshakeTimeout: %s', async (_name, bytes) => {
    const { port } = await start({ handshakeTimeout: 50 });
    const client = await RawClient.connect(port);
    client.socket.write(bytes);
    const answer = (await client.closed()).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\nConnection: close/);
  });

  it('is left to its owner on a shared server', async () => {
    const server = http.createServer({ headersTimeout: 1234 });
    serve(server, { handshakeTimeout: 50 });
    expect(server.headersTimeout).toBe(1234);
  });
});
