/** Socket.IO: Engine.IO's server on a `WebSocketServer`, its client on `WebSocket`. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type ServerOptions } from 'socket.io';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { requireNatively } from './endpoints.js';

/** A server with the events of the tests; every WebSocket that it has is among `sockets`. */
async function serve(options: Partial<ServerOptions> = {}) {
  const httpServer = createServer();
  const server = new Server(httpServer, options);
  onTestFinished(() => server.close());
  server.on('connection', (socket) => {
    socket.join('room');
    socket.on('echo', (data, answer) => answer(data));
    socket.on('tell', (data) => server.to('room').emit('told', data));
    socket.on('leave', () => socket.disconnect(true));
  });
  httpServer.listen(0, '127.0.0.1');
  await once(httpServer, 'listening');
  const { port } = httpServer.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}` };
}

type ClientOptions = Partial<ManagerOptions & SocketOptions>;

const connect = async (url: string, options: ClientOptions = { transports: ['websocket'] }) => {
  const socket = io(url, { forceNew: true, reconnectionDelay: 1, reconnectionDelayMax: 1, ...options });
  onTestFinished(() => void socket.close());
  await next(socket, 'connect');
  return socket;
};

/** The first argument of the next event. */
const next = (socket: Socket, event: string) =>
  new Promise<unknown>((resolve) => void socket.once(event, resolve));

/** The WebSocket of a client, or of its connection on the server, as Engine.IO keeps it. */
const webSocketOf = (transport: unknown) =>
  (transport as { ws?: unknown; socket?: unknown }).ws ?? (transport as { socket: unknown }).socket;

describe('Socket.IO', () => {
  it('connects with a WebSocket alone and echoes text and bytes', async () => {
    const { url } = await serve();
    const socket = await connect(url);
    expect(webSocketOf(socket.io.engine.transport)).toBeInstanceOf(requireNatively('ws'));
    for (const data of ['text', 'x'.repeat(200_000), { nested: [1, { äöü: '€' }], none: null }]) {
      expect(await socket.emitWithAck('echo', data)).toEqual(data);
    }
    const answer = await socket.emitWithAck('echo', { bytes: Buffer.from([1, 2, 3]) });
    expect(Buffer.from(answer.bytes)).toEqual(Buffer.from([1, 2, 3]));
  });

  it('upgrades from polling', async () => {
    const { url } = await serve();
    const socket = io(url, { forceNew: true });
    onTestFinished(() => void socket.close());
    const { engine } = await new Promise<Socket['io']>((resolve) => {
      socket.once('connect', () => resolve(socket.io));
    });
    if (engine.transport.name !== 'websocket')
      await new Promise((resolve) => engine.once('upgrade', resolve));
    expect(engine.transport.name).toBe('websocket');
    expect(await socket.emitWithAck('echo', 'upgraded')).toBe('upgraded');
  });

  it('writes the frames that it made once for all members of a room', async () => {
    const { url } = await serve();
    const sockets = await Promise.all([connect(url), connect(url), connect(url)]);
    for (const data of ['short', 'm'.repeat(1_000), 'l'.repeat(70_000), { bytes: Buffer.from('bytes') }]) {
      const told = Promise.all(sockets.map((socket) => next(socket, 'told')));
      sockets[0]?.emit('tell', data);
      expect(await told).toEqual([data, data, data]);
    }
  });

  it.each<[string, Partial<ServerOptions>]>([
    ['compresses', { perMessageDeflate: { threshold: 100 } }],
    ['takes the class as its engine', { wsEngine: WebSocketServer }],
  ])('%s', async (name, options) => {
    const { url } = await serve(options);
    const socket = await connect(url);
    expect(await socket.emitWithAck('echo', 'y'.repeat(5_000))).toBe('y'.repeat(5_000));
    const told = next(socket, 'told');
    socket.emit('tell', 'z'.repeat(5_000));
    expect(await told).toBe('z'.repeat(5_000));
    const { extensions } = webSocketOf(socket.io.engine.transport) as { extensions: string };
    expect(extensions).toBe(name === 'compresses' ? 'permessage-deflate' : '');
  });

  it('is disconnected by the server', async () => {
    const { url } = await serve();
    const socket = await connect(url);
    const reason = next(socket, 'disconnect');
    socket.emit('leave');
    expect(await reason).toBe('io server disconnect');
    expect(socket.connected).toBe(false);
  });

  it('connects again when its WebSocket is terminated', async () => {
    const { server, url } = await serve();
    const socket = await connect(url);
    const [connection] = await server.fetchSockets();
    const again = next(socket, 'connect');
    const { transport } = server.sockets.sockets.get(connection!.id)!.conn;
    (webSocketOf(transport) as { terminate(): void }).terminate();
    await again;
    expect(await socket.emitWithAck('echo', 'again')).toBe('again');
  });

  it('loses the connection over a message that is too large', async () => {
    const { url } = await serve({ maxHttpBufferSize: 1_000 });
    const socket = await connect(url, { transports: ['websocket'], reconnection: false });
    const end = new Promise<unknown[]>(
      (resolve) => void socket.once('disconnect', (...args) => resolve(args)),
    );
    socket.emit('tell', 'x'.repeat(2_000));
    expect(await end).toMatchObject(['transport close', { context: { code: 1009 } }]);
  });

  it('pings', async () => {
    const { url } = await serve({ pingInterval: 10, pingTimeout: 15_000 });
    const socket = await connect(url);
    for (let pings = 0; pings < 3; pings++) {
      await new Promise((resolve) => void socket.io.once('ping', () => resolve(undefined)));
    }
    expect(socket.connected).toBe(true);
  });
});
