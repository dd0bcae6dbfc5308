import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from '../../src/server/websocket-server.js';
import { exchange, RawClient } from './raw-client.js';
import { connect, serve, start, startHttp } from './test-servers.js';

describe('several servers on one HTTP server', () => {
  it('get the requests of their paths, and 404 is the answer only if none serves it', async () => {
    const { http, port } = await startHttp();
    const one = serve(http, { path: '/one' });
    const two = serve(http, { path: '/two' });
    const connections = [once(one, 'connection'), once(two, 'connection')];
    for (const target of ['/one', '/two']) {
      (await RawClient.open(port, { target })).socket.destroy();
    }
    const [[, first], [, second]] = await Promise.all(connections);
    expect([first.url, second.url]).toEqual(['/one', '/two']);
    expect(await exchange(port, { target: '/three' })).toMatchObject({
      status: 404,
      headers: { connection: ['close'] },
    });
    expect(http.listenerCount('upgrade')).toBe(1);
    const refused = [one, two].map((server) => [...server.metrics().handshakes.refused]);
    expect(refused).toEqual([[[404, 1]], []]);
  });

  it.each(['before', 'after'])(
    'a listener of upgrade %s them may hand requests to another',
    async (place) => {
      const { http, port } = await startHttp();
      const other = new WebSocketServer({ noServer: true, path: '/other' });
      const listen = () =>
        http.on('upgrade', (request, socket, head) => {
          if (request.url === '/other')
            other.handleUpgrade(request, socket, head, (client) => client.send('hi'));
        });
      if (place === 'before') listen();
      const server = serve(http, { path: '/one' });
      if (place === 'after') listen();
      if (place === 'before') {
        const client = await RawClient.open(port, { target: '/other' });
        await client.until(() => client.received.length > 0);
        expect(client.received.toString('latin1')).toBe('\x81\x02hi');
        client.socket.destroy();
      } else {
        // The server was asked first; the answer is out, and the process goes on.
        expect(await exchange(port, { target: '/other' })).toMatchObject({ status: 404 });
      }
      (await RawClient.open(port, { target: '/one' })).socket.destroy();
      expect(server.metrics().handshakes.accepted).toBe(1);
    },
  );

  it('a server without a path serves what the others leave', async () => {
    const { http, port } = await startHttp();
    const one = serve(http, { path: '/one' });
    const rest = serve(http);
    (await RawClient.open(port, { target: '/anything' })).socket.destroy();
    (await RawClient.open(port, { target: '/one' })).socket.destroy();
    expect(one.metrics().handshakes.accepted).toBe(1);
    expect(rest.metrics().handshakes.accepted).toBe(1);
  });

  it('answer for what their own shouldHandle throws', async () => {
    const { http, port } = await startHttp();
    const failing = serve(http);
    failing.shouldHandle = () => {
      throw new Error('a mistake of the application');
    };
    expect(await exchange(port, {})).toMatchObject({ status: 500 });
  });

  it('one server alone judges the path once', async () => {
    const { http, port } = await startHttp();
    const server = serve(http);
    let asked = 0;
    server.shouldHandle = () => ++asked > 0;
    (await RawClient.open(port)).socket.destroy();
    expect(asked).toBe(1);
  });

  it('close one by one and leave the HTTP server as it was', async () => {
    const { http, port } = await startHttp();
    const listeners = () => ['upgrade', 'listening', 'error'].map((event) => http.listenerCount(event));
    const before = listeners();
    const one = serve(http, { path: '/one' });
    const two = serve(http, { path: '/two' });
    await new Promise<void>((resolve) => one.close(() => resolve()));
    expect(await exchange(port, { target: '/one' })).toMatchObject({ status: 404 });
    (await RawClient.open(port, { target: '/two' })).socket.destroy();
    await two.drain();
    expect(listeners()).toEqual(before);
    expect(http.listening).toBe(true);
  });

  it('a server that is closing refuses its path with 503, unless its successor is there', async () => {
    const { http, port } = await startHttp();
    const old = serve(http, { path: '/chat' });
    const client = await connect({ url: `ws://127.0.0.1:${port}/chat` });
    old.close();
    expect(await exchange(port, { target: '/chat' })).toMatchObject({
      status: 503,
      headers: { connection: ['close'], 'retry-after': ['5'] },
    });
    const successor = serve(http, { path: '/chat' });
    (await RawClient.open(port, { target: '/chat' })).socket.destroy();
    expect(successor.metrics().handshakes.accepted).toBe(1);
    client.terminate();
  });
});

it('a server of our own refuses with 503 what connected before it closed', async () => {
  const { server, port } = await start();
  const idle = await RawClient.connect(port);
  // Newer Node.js ends connections without a request when the server closes.
  idle.socket.write('GET / HTTP/1.1\r\n');
  const open = await RawClient.open(port);
  server.close();
  idle.socket.write('Host: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n');
  expect((await idle.closed()).toString()).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
  open.socket.destroy();
  await once(server, 'close');
});
