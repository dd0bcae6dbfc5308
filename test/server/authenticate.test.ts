import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { HandshakeError } from '../../src/protocol/errors.js';
import type { ServerOptions } from '../../src/server/server-options.js';
import { WebSocketServer } from '../../src/server/websocket-server.js';
import { exchange, RawClient } from './raw-client.js';
import { start } from './test-servers.js';

const close = { connection: ['close'] };
describe('authenticate', () => {
  it.each([true, false])('gives the context (asynchronous: %s)', async (asynchronous) => {
    const context = { user: 'alice' };
    const { server, port } = await start({
      authenticate: asynchronous ? async () => context : () => context,
    });
    const connection = once(server, 'connection');
    const client = await RawClient.open(port);
    const [socket] = await connection;
    expect(socket.context).toBe(context);
    client.socket.destroy();
  });

  it('gets the request and a signal', async () => {
    const seen: unknown[] = [];
    const { port } = await start({
      authenticate: (request: IncomingMessage, signal: AbortSignal) => {
        seen.push(request.url, signal.aborted);
      },
    });
    (await RawClient.open(port, { target: '/?token=1' })).socket.destroy();
    expect(seen).toEqual(['/?token=1', false]);
  });

  it.each([false, Promise.resolve(false)])('refuses with 401 for %s', async (answer) => {
    const { port } = await start({ authenticate: () => answer });
    expect((await exchange(port)).status).toBe(401);
  });

  it.each([undefined, null, 0, ''])('takes %j for a context', async (context) => {
    const { port } = await start({ authenticate: () => context });
    (await RawClient.open(port)).socket.destroy();
  });

  const refused: readonly [name: string, () => unknown, status: number, body: string, headers: object][] = [
    ['HandshakeError', () => new HandshakeError(401), 401, 'Handshake refused', {}],
    ['a status', () => new HandshakeError(403, 'No'), 403, 'No', {}],
    [
      'headers',
      () => new HandshakeError(401, { headers: { 'WWW-Authenticate': 'Bearer' } }),
      401,
      'Handshake refused',
      { 'www-authenticate': ['Bearer'] },
    ],
    ['another error', () => new Error('password of bob: 1234'), 401, 'Authentication failed', {}],
    [
      'another error with a status',
      () => Object.assign(new Error('s3cret'), { status: 429 }),
      429,
      'Authentication failed',
      {},
    ],
    [
      'a status that is no refusal',
      () => Object.assign(new Error('x'), { status: 200 }),
      401,
      'Authentication failed',
      {},
    ],
    ['something else', () => 'a string', 401, 'Authentication failed', {}],
    ['nothing', () => undefined, 401, 'Authentication failed', {}],
    [
      'headers that cannot be sent',
      () => new HandshakeError(401, { headers: { 'a b': 'c' } }),
      500,
      'Internal Server Error',
      {},
    ],
  ];

  describe.each(refused)('throws %s', (_name, error, status, body, headers) => {
    it.each([true, false])('asynchronously: %s', async (asynchronous) => {
      const fail = () => {
        throw error();
      };
      const { server, port } = await start({ authenticate: asynchronous ? async () => fail() : fail });
      const answer = await exchange(port);
      expect(answer).toMatchObject({ status, body, headers: { ...close, ...headers } });
      expect(server.metrics().handshakes).toMatchObject({ pending: 0, refused: new Map([[status, 1]]) });
    });
  });

  it('is awaited where it returns something that can only be awaited', async () => {
    const rejecting = {
      // biome-ignore lint/suspicious/noThenProperty: query builders are such objects
      then: (_resolve: unknown, reject: (error: Error) => void) => reject(new Error('no')),
    };
    const resolving = {
      // biome-ignore lint/suspicious/noThenProperty: query builders are such objects
      then: (resolve: (context: string) => void) => resolve('alice'),
    };
    const { port } = await start({ authenticate: () => rejecting });
    expect(await exchange(port)).toMatchObject({ status: 401 });
    const second = await start({ authenticate: () => resolving });
    const connection = once(second.server, 'connection');
    (await RawClient.open(second.port)).socket.destroy();
    expect((await connection)[0].context).toBe('alice');
  });

  it('comes after origin and verifyClient', async () => {
    const order: string[] = [];
    const note = (name: string) => () => order.push(name) > 0;
    const { port } = await start({
      authenticate: note('authenticate'),
      verifyClient: note('verifyClient'),
      allowedOrigins: note('allowedOrigins'),
    });
    (await RawClient.open(port)).socket.destroy();
    expect(order).toEqual(['allowedOrigins', 'verifyClient', 'authenticate']);
  });

  it('is not asked about a request that breaks a rule', async () => {
    let asked = false;
    const { port } = await start({
      authenticate: () => {
        asked = true;
      },
      path: '/chat',
    });
    await exchange(port, { headers: { 'Sec-WebSocket-Version': '8' } });
    await exchange(port, { target: '/other' });
    expect(asked).toBe(false);
  });

  it('types the context without the false that refuses, and fits where any server is wanted', () => {
    const server = new WebSocketServer({
      noServer: true,
      authenticate: async ({ url }) => (url === '/' ? false : { user: 'alice' }),
    });
    server.on('connection', (socket) => {
      expectTypeOf(socket.context).toEqualTypeOf<{ user: string }>();
    });
    const any: WebSocketServer = server;
    const options: ServerOptions = { noServer: true, authenticate: async () => ({ user: 'alice' }) };
    const other: WebSocketServer = new WebSocketServer(options);
    expect([any.clients.size, other.clients.size]).toEqual([0, 0]);
  });

  it('types the context', () => {
    const server = new WebSocketServer({ noServer: true, authenticate: async () => ({ user: 'alice' }) });
    server.on('connection', (socket) => {
      expectTypeOf(socket.context).toEqualTypeOf<{ user: string }>();
    });
    const plain = new WebSocketServer({ noServer: true });
    plain.on('connection', (socket) => {
      expectTypeOf(socket.context).toBeUnknown();
    });
    for (const socket of server.clients) expectTypeOf(socket.context.user).toBeString();
    expect(server.clients.size).toBe(0);
  });
});
