/** reconnecting-websocket on both faces. */
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { closed, faces, listen, nextConnection, requireNatively } from './endpoints.js';

/** CommonJS with its class as `module.exports`, which its types take for a default export. */
const ReconnectingWebSocket = requireNatively(
  'reconnecting-websocket',
) as typeof import('reconnecting-websocket').default;

/** A server that echoes. */
async function serve() {
  const { server, url } = await listen();
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  return { server, url };
}

describe.each(faces)('reconnecting-websocket with %s', (_, face) => {
  /** A socket that reconnects at once, and its events as those of an emitter. */
  const connect = (url: string, protocols: string[] = []) => {
    const socket = new ReconnectingWebSocket(url, protocols, {
      WebSocket: face,
      minReconnectionDelay: 1,
      maxReconnectionDelay: 1,
      connectionTimeout: 15_000,
    });
    onTestFinished(() => socket.close());
    const events = new EventEmitter();
    for (const type of ['open', 'message', 'close'] as const) {
      socket.addEventListener(type, (event: { type: string }) => void events.emit(event.type, event));
    }
    return { socket, events };
  };

  it('connects and sends what waited for it', async () => {
    const { url } = await serve();
    const { socket, events } = connect(url);
    expect(socket.readyState).toBe(ReconnectingWebSocket.CONNECTING);
    socket.send('early');
    const [{ type, data, target }] = await once(events, 'message');
    expect([type, data, target.url]).toEqual(['message', 'early', url]);
    expect(target).toBeInstanceOf(face);
    expect([socket.readyState, socket.url, socket.protocol, socket.bufferedAmount]).toEqual([1, url, '', 0]);
  });

  it('gets binary messages as blobs, then as it wishes', async () => {
    const { url } = await serve();
    const { socket, events } = connect(url);
    await once(events, 'open');
    socket.send(Uint8Array.of(1, 2, 3));
    const [{ data: blob }] = await once(events, 'message');
    expect(blob).toBeInstanceOf(Blob);
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(Uint8Array.of(1, 2, 3));
    socket.binaryType = 'arraybuffer';
    socket.send(new Blob(['four']));
    const [{ data: buffer }] = await once(events, 'message');
    expect(buffer).toBeInstanceOf(ArrayBuffer);
    expect(Buffer.from(buffer).toString()).toBe('four');
  });

  it('asks for subprotocols', async () => {
    const { server, url } = await serve();
    server.options.handleProtocols = (offered) => [...offered].at(-1) ?? false;
    const { socket, events } = connect(url, ['one', 'two']);
    await once(events, 'open');
    expect(socket.protocol).toBe('two');
  });

  it('comes back whenever the server terminates it', async () => {
    const { server, url } = await serve();
    const { socket, events } = connect(url);
    for (let time = 0; time < 3; time++) {
      const [connection] = await Promise.all([nextConnection(server), once(events, 'open')]);
      socket.send(`message ${time}`);
      const [{ data }] = await once(events, 'message');
      expect(data).toBe(`message ${time}`);
      const end = once(events, 'close');
      connection.terminate();
      await end;
      expect(socket.readyState).not.toBe(ReconnectingWebSocket.OPEN);
      socket.send(`queued ${time}`);
      expect((await once(events, 'message'))[0].data).toBe(`queued ${time}`);
      for (const each of server.clients) each.terminate();
    }
  });

  it('tells the code and the reason with which the server closed', async () => {
    const { server, url } = await serve();
    const { socket, events } = connect(url);
    const [connection] = await Promise.all([nextConnection(server), once(events, 'open')]);
    const [[event]] = await Promise.all([once(events, 'close'), connection.close(1012, 'Restart')]);
    expect([event.type, event.code, event.reason, event.wasClean]).toEqual(['close', 1012, 'Restart', true]);
    await once(events, 'open');
    expect(socket.retryCount).toBeLessThanOrEqual(1);
  });

  it('keeps trying while the server refuses', async () => {
    const server = createServer();
    const webSockets = new WebSocketServer({ noServer: true });
    let refused = 0;
    server.on('upgrade', (request, stream, head) => {
      if (++refused <= 3) stream.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
      else webSockets.handleUpgrade(request, stream, head, (socket) => socket.send('served'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      for (const socket of webSockets.clients) socket.terminate();
      server.close();
    });
    const { events } = connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    expect((await once(events, 'message'))[0].data).toBe('served');
    expect(refused).toBe(4);
  });

  it('stays closed when it is closed', async () => {
    const { server, url } = await serve();
    const connections: WebSocket[] = [];
    server.on('connection', (connection) => connections.push(connection));
    const { socket, events } = connect(url);
    await once(events, 'open');
    const [[event]] = await Promise.all([once(events, 'close'), socket.close(4000, 'Done')]);
    expect([event.code, event.reason, socket.readyState]).toEqual([4000, 'Done', 3]);
    // Another client comes and goes: time in which a reconnecting one would have been here.
    const other = connect(url);
    await once(other.events, 'open');
    const end = closed(connections[1]!);
    other.socket.close();
    expect(await end).toEqual([1000, '']);
    expect([connections.length, socket.readyState]).toEqual([2, 3]);
  });

  it('connects again when told to', async () => {
    const { server, url } = await serve();
    const { socket, events } = connect(url);
    const [connection] = await Promise.all([nextConnection(server), once(events, 'open')]);
    const end = Promise.all([closed(connection), once(events, 'open')]);
    socket.reconnect(4002, 'Again');
    expect((await end)[0]).toEqual([4002, 'Again']);
    socket.send('again');
    expect((await once(events, 'message'))[0].data).toBe('again');
  });
});
