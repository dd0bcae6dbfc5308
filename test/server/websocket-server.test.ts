import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { describe, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from '../../src/client/websocket.js';
import { UsageError } from '../../src/protocol/errors.js';
import { WebSocketServer } from '../../src/server/websocket-server.js';
import { exchange, parseAnswer, RawClient, upgradeRequest } from './raw-client.js';
import {
  closeOf,
  connect,
  connectPair,
  endWithTest,
  modes,
  serve,
  start,
  startHttp,
} from './test-servers.js';

const certificate = (name: string) =>
  readFileSync(new URL(`../client/certificates/${name}.pem`, import.meta.url));

const closed = (server: WebSocketServer) =>
  new Promise<Error | undefined>((resolve) => server.close(resolve));
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('options', () => {
  const server = createServer();

  it.each([
    [{}],
    [{ port: 0, server }],
    [{ port: 0, noServer: true }],
    [{ server, noServer: true }],
    [{ port: 0, server, noServer: true }],
    [{ noServer: false }],
    [{ port: null }],
  ])('%# are contradictory or miss what is required', (options) => {
    expect(() => new WebSocketServer(options as object)).toThrow(
      expect.objectContaining({
        code: 'WS_ERR_INVALID_OPTIONS',
        message: 'One and only one of the "port", "server", or "noServer" options must be specified',
      }),
    );
    expect(() => new WebSocketServer(options as object)).toThrow(UsageError);
    expect(server.listenerCount('upgrade')).toBe(0);
  });

  it.each([
    [{ perMessageDeflate: { serverMaxWindowBits: 7 } }],
    [{ perMessageDeflate: { clientMaxWindowBits: 16 } }],
    [{ heartbeat: { interval: 0, timeout: 10 } }],
    [{ heartbeat: { interval: Number.NaN, timeout: 10 } }],
  ])('%j has an invalid value', (options) => {
    expect(() => new WebSocketServer({ noServer: true, ...(options as object) })).toThrow(
      expect.objectContaining({ code: 'WS_ERR_INVALID_OPTIONS' }),
    );
  });

  it('that are null or undefined are as good as none', async () => {
    const names = [
      'server',
      'noServer',
      'path',
      'verifyClient',
      'handleProtocols',
      'maxPayload',
      'WebSocket',
    ];
    const more = ['perMessageDeflate', 'clientTracking', 'backlog', 'authenticate', 'allowedOrigins'];
    for (const nothing of [null, undefined]) {
      const options = Object.fromEntries([...names, ...more].map((name) => [name, nothing]));
      const started = await start(options);
      const { socket } = await connectPair(started);
      expect(started.server.clients).toEqual(new Set([socket]));
      expect(started.server.options).toMatchObject({ clientTracking: true, perMessageDeflate: false });
    }
  });

  it('reach net.Server.listen', async () => {
    const listen = vi.spyOn(net.Server.prototype, 'listen');
    onTestFinished(() => listen.mockRestore());
    await start({ backlog: 7 });
    expect(listen).toHaveBeenCalledWith({ port: 0, host: '127.0.0.1', backlog: 7 }, undefined);
  });
});

describe('with port', () => {
  it('emits listening, calls back and tells its address', async () => {
    const events: string[] = [];
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => events.push('callback'));
    endWithTest(server);
    server.on('listening', () => events.push('listening'));
    expect(server.address()).toBeNull();
    await once(server, 'listening');
    expect(events).toEqual(['callback', 'listening']);
    expect(server.address()).toEqual({ address: '127.0.0.1', family: 'IPv4', port: expect.any(Number) });
  });

  it('listens on every address by default', async () => {
    const server = new WebSocketServer({ port: 0 });
    endWithTest(server);
    await once(server, 'listening');
    await connect({ url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` });
  });

  it('emits error for a port that is taken', async () => {
    const { port } = await start();
    const server = new WebSocketServer({ port, host: '127.0.0.1' });
    const [error] = await once(server, 'error');
    expect(error).toMatchObject({ code: 'EADDRINUSE' });
    expect(await closed(server)).toBeUndefined();
  });
});

describe('with server', () => {
  it('passes on listening and error, and tells the address', async () => {
    const http = createServer();
    const server = serve(http);
    const events: unknown[] = [];
    server.on('listening', () => events.push('listening')).on('error', (error) => events.push(error));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    expect(server.address()).toEqual(http.address());
    const error = new Error('broken');
    http.emit('error', error);
    expect(events).toEqual(['listening', error]);
    http.close();
  });

  it('leaves other requests to it', async () => {
    const { http, port } = await startHttp();
    serve(http);
    const answer = await exchange(port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(answer).toMatchObject({ status: 200, body: 'page' });
  });

  it('serves wss with a certificate', async () => {
    const server = https.createServer({ cert: certificate('server'), key: certificate('server-key') });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const secure: boolean[] = [];
    const webSocketServer = serve(server, {
      verifyClient: (info: { secure: boolean }) => secure.push(info.secure) > 0,
    });
    webSocketServer.on('connection', (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    const url = `wss://localhost:${(server.address() as AddressInfo).port}`;
    const connection = once(webSocketServer, 'connection');
    const client = await connect({ url }, { ca: certificate('ca') });
    const [socket] = await connection;
    expect((socket._socket as TLSSocket).encrypted).toBe(true);
    expect(secure).toEqual([true]);
    const payload = Buffer.alloc(300_000, 'payload');
    for (const message of ['我是阿宝哥', payload]) {
      const echo = once(client, 'message');
      client.send(message);
      expect(Buffer.from(message).equals((await echo)[0])).toBe(true);
    }
    const closing = Promise.all([closeOf(client), closeOf(socket)]);
    client.close(4000, 'done');
    expect(await closing).toEqual([
      { code: 4000, reason: 'done' },
      { code: 4000, reason: 'done' },
    ]);
  });

  it('serves a Unix socket', async () => {
    const path = join(tmpdir(), `hawser-${process.pid}.sock`);
    const http = createServer();
    const server = serve(http);
    http.listen(path);
    await once(http, 'listening');
    onTestFinished(() => void http.close());
    expect(server.address()).toBe(path);
    const connection = once(server, 'connection');
    await connect({ url: `ws+unix:${path}:/` });
    expect((await connection)[0].remoteAddress).toBeUndefined();
  });
});

describe('with noServer', () => {
  it('has no address', () => {
    const server = new WebSocketServer({ noServer: true });
    expect(() => server.address()).toThrow('The server is operating in "noServer" mode');
  });

  it('hands the socket to the callback and emits nothing', async () => {
    const { http, port } = await startHttp();
    const server = new WebSocketServer({ noServer: true });
    endWithTest(server);
    server.on('connection', () => expect.unreachable());
    const accepted = new Promise((resolve) => {
      http.on('upgrade', (request, socket, head) => {
        server.handleUpgrade(request, socket, head, (client, same) => {
          resolve([client instanceof WebSocket, client.readyState, same === request]);
        });
      });
    });
    await connect({ url: `ws://127.0.0.1:${port}` });
    expect(await accepted).toEqual([true, WebSocket.OPEN, true]);
  });

  it('refuses the same socket a second time', async () => {
    const { http, port } = await startHttp();
    const server = new WebSocketServer({ noServer: true });
    endWithTest(server);
    const thrown = new Promise((resolve) => {
      http.on('upgrade', (request, socket, head) => {
        server.handleUpgrade(request, socket, head, () => undefined);
        try {
          server.handleUpgrade(request, socket, head, () => undefined);
        } catch (error) {
          resolve(error);
        }
      });
    });
    const client = await connect({ url: `ws://127.0.0.1:${port}` });
    expect(await thrown).toMatchObject({
      code: 'WS_ERR_INVALID_ARGUMENT',
      message: expect.stringContaining('was called more than once with the same socket'),
    });
    expect(client.readyState).toBe(WebSocket.OPEN);
  });

  it('takes any Duplex', async () => {
    const http = createServer();
    const server = new WebSocketServer({ noServer: true });
    let written = '';
    const socket = new Duplex({
      read: () => undefined,
      write: (chunk, _encoding, callback) => {
        written += chunk.toString('latin1');
        callback();
      },
    });
    const request = new Promise<Parameters<WebSocketServer['handleUpgrade']>[0]>((resolve) =>
      http.on('upgrade', resolve),
    );
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const client = await RawClient.connect((http.address() as AddressInfo).port);
    client.socket.write(upgradeRequest());
    const accepted = await new Promise<WebSocket>((resolve) => {
      request.then((upgrade) => server.handleUpgrade(upgrade, socket, Buffer.alloc(0), resolve));
    });
    accepted.send('hi');
    await turn();
    expect(written.startsWith('HTTP/1.1 101 Switching Protocols\r\n')).toBe(true);
    expect(written.endsWith('\r\n\r\n\x81\x02hi')).toBe(true);
    expect(accepted.remoteAddress).toBe('127.0.0.1');
    client.socket.destroy();
    socket.destroy();
    http.close();
  });
});

describe('events', () => {
  it('headers may be changed before they are written', async () => {
    const { server, port } = await start({ authenticate: async () => undefined });
    server.on('headers', (lines, request) => {
      expect(lines[0]).toBe('HTTP/1.1 101 Switching Protocols');
      lines.push(`X-Path: ${request.url}`, 'Set-Cookie: a=1', 'Set-Cookie: b=2');
    });
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest({ target: '/a' }));
    expect((await client.answer()).headers).toMatchObject({
      'x-path': ['/a'],
      'set-cookie': ['a=1', 'b=2'],
    });
    client.socket.destroy();
  });

  it('headers are written as UTF-8: no letter becomes the end of a line', async () => {
    const { server, port } = await start();
    // The low octets of these letters are CR and LF.
    server.on('headers', (lines) => lines.push('X-Name: \u010d\u010aX-Smuggled: yes'));
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest());
    const { headers } = await client.answer();
    expect(headers).not.toHaveProperty('x-smuggled');
    expect(Buffer.from(String(headers['x-name']), 'latin1').toString()).toBe('\u010d\u010aX-Smuggled: yes');
    client.socket.destroy();
  });

  it('a listener of headers that throws refuses with 500', async () => {
    const { server, port } = await start();
    server.on('headers', () => {
      throw new Error('a secret');
    });
    expect(await exchange(port)).toMatchObject({ status: 500, body: 'Internal Server Error' });
  });

  it.each(modes)('wsClientError takes the answer over with %s', async (mode) => {
    const { server, port } = await start({ path: '/chat' }, mode);
    const seen: unknown[] = [];
    server.on('wsClientError', (error, socket, request) => {
      seen.push([error.message, request.url]);
      socket.end('HTTP/1.1 418 I am a teapot\r\nConnection: close\r\n\r\n');
    });
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest({ headers: { 'Sec-WebSocket-Version': '8' }, target: '/x' }));
    expect(parseAnswer(await client.closed())).toMatchObject({ status: 418 });
    expect(seen).toEqual([['Missing or invalid Sec-WebSocket-Version header', '/x']]);
    expect(server.metrics().handshakes).toMatchObject({ pending: 0, refused: new Map() });
    expect(await exchange(port, { target: '/x' })).toMatchObject({ status: 404 });
    expect(seen).toHaveLength(1);
  });
});

describe('clients', () => {
  it('are those that are open, and a closed one is gone before its listeners hear of it', async () => {
    const started = await start();
    const { server } = started;
    const one = await connectPair(started);
    const two = await connectPair(started);
    expect([...server.clients]).toEqual([one.socket, two.socket]);
    const seen = new Promise((resolve) => {
      one.socket.on('close', () => resolve([...server.clients]));
    });
    one.client.terminate();
    expect(await seen).toEqual([two.socket]);
  });

  it('are not kept with clientTracking off', async () => {
    const started = await start({ clientTracking: false });
    const { client, socket } = await connectPair(started);
    expect(started.server.clients).toBeUndefined();
    expect(started.server.broadcast('hi')).toBe(1);
    expect(String((await once(client, 'message'))[0])).toBe('hi');
    socket.terminate();
  });

  it('are of the class WebSocket, or of a subclass of it', async () => {
    class Session extends WebSocket {
      name = 'session';
    }
    const plain = await connectPair(await start());
    expect(plain.socket).toBeInstanceOf(WebSocket);
    const started = await start({ WebSocket: Session });
    const { socket } = await connectPair(started);
    expect(socket).toBeInstanceOf(Session);
    expect(socket).toMatchObject({ name: 'session', readyState: WebSocket.OPEN });
    const typed = new WebSocketServer({ noServer: true, WebSocket: Session });
    typed.on('connection', (session) => expectTypeOf(session.name).toBeString());
  });

  it.each([
    ['keep-alive of TCP', false, [['setKeepAlive', true]]],
    ['none where a heartbeat looks', undefined, []],
  ])('have TCP_NODELAY, no timeout of the HTTP server, and %s', async (_name, heartbeat, expected) => {
    const { http, port } = await startHttp();
    http.timeout = 5000;
    const server = serve(http, { heartbeat: heartbeat as false | undefined });
    const calls: unknown[][] = [];
    http.on('connection', (socket: Socket) => {
      for (const name of ['setNoDelay', 'setKeepAlive'] as const) {
        vi.spyOn(socket, name).mockImplementation(function (this: Socket, ...args: unknown[]) {
          calls.push([name, args[0]]);
          return this;
        });
      }
    });
    const connection = once(server, 'connection');
    await connect({ url: `ws://127.0.0.1:${port}` });
    const [socket] = await connection;
    expect(calls).toContainEqual(['setNoDelay', true]);
    expect(calls.filter(([name]) => name === 'setKeepAlive')).toEqual(expected);
    expect((socket._socket as Socket).timeout).toBe(0);
  });
});
