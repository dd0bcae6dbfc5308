import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/client/websocket.js';
import type { WebSocketServer } from '../../src/server/websocket-server.js';
import { exchange, RawClient, upgradeRequest } from './raw-client.js';
import { closeOf, connectPair, modes, serve, start, startHttp } from './test-servers.js';

const closed = (server: WebSocketServer) =>
  new Promise<Error | undefined>((resolve) => server.close(resolve));
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('close', () => {
  it('without connections calls back and emits close once', async () => {
    for (const mode of modes) {
      const { server } = await start({}, mode);
      let emitted = 0;
      server.on('close', () => emitted++);
      expect(await closed(server)).toBeUndefined();
      await turn();
      expect(emitted).toBe(1);
    }
  });

  it.each(modes)('leaves connections open and ends with the last, with %s', async (mode) => {
    const started = await start({}, mode);
    const { server } = started;
    const pairs = [await connectPair(started), await connectPair(started)];
    let emitted = false;
    server.on('close', () => {
      emitted = true;
    });
    const end = [closed(server), closed(server)];
    expect(pairs.map(({ socket }) => socket.readyState)).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
    const echo = once(pairs[0].client, 'message');
    pairs[0].socket.send('still here');
    expect(String((await echo)[0])).toBe('still here');
    for (const { client } of pairs) {
      expect(emitted).toBe(false);
      client.close();
      await closeOf(client);
    }
    expect(await Promise.all(end)).toEqual([undefined, undefined]);
  });

  it('a second time, when all is closed, calls back with an error', async () => {
    const { server } = await start();
    await closed(server);
    expect(await closed(server)).toMatchObject({
      code: 'WS_ERR_SERVER_NOT_RUNNING',
      message: 'The server is not running',
    });
    expect(server.address()).toBeNull();
  });

  it('leaves an HTTP server of somebody else listening', async () => {
    const { http, port } = await startHttp();
    const server = serve(http);
    await closed(server);
    expect(http.listening).toBe(true);
    expect(http.listenerCount('upgrade')).toBe(0);
    expect(server.address()).toBeNull();
    const request = upgradeRequest({ headers: { Connection: 'upgrade, close' } });
    expect(await exchange(port, request)).toMatchObject({ status: 200, body: 'page' });
  });

  it('emits close with clientTracking off at once where the HTTP server is not ours', async () => {
    const started = await start({ clientTracking: false }, 'server');
    const { socket } = await connectPair(started);
    expect(await closed(started.server)).toBeUndefined();
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.terminate();
  });

  it('emits close only when the HTTP server of our own has closed', async () => {
    const started = await start();
    const idle = await RawClient.connect(started.port);
    idle.socket.write('GET / HTTP/1.1\r\n');
    const { client } = await connectPair(started);
    let emitted = false;
    started.server.on('close', () => {
      emitted = true;
    });
    started.server.close();
    client.close();
    await closeOf(client);
    for (let round = 0; round < 5; round++) await turn();
    expect(emitted).toBe(false);
    const end = once(started.server, 'close');
    idle.socket.destroy();
    await end;
  });
});
