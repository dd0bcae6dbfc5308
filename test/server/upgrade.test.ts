import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { VerifyClientCallbackAsync } from '../../src/server/server-options.js';
import { WebSocketServer } from '../../src/server/websocket-server.js';
import { ACCEPT, exchange, RawClient, type RequestChanges, upgradeRequest } from './raw-client.js';
import { type Mode, modes, serve, start, startHttp } from './test-servers.js';

const close = { connection: ['close'] };
const version = { ...close, 'sec-websocket-version': ['13'] };
const KEY2 = 'AQIDBAUGBwgJCgsMDQ4PEA==';

/** Requests that Node hands over as upgrades, so that the answers are the same in all modes. */
const refusals: readonly [name: string, RequestChanges, status: number, headers: object][] = [
  ['Upgrade: h2c', { headers: { Upgrade: 'h2c' } }, 400, close],
  ['Upgrade: websockets', { headers: { Upgrade: 'websockets' } }, 400, close],
  ['no key', { headers: { 'Sec-WebSocket-Key': null } }, 400, close],
  ['an empty key', { headers: { 'Sec-WebSocket-Key': '' } }, 400, close],
  ['a key of 15 bytes', { headers: { 'Sec-WebSocket-Key': 'AQIDBAUGBwgJCgsMDQ4P' } }, 400, close],
  ['a key that is no base64', { headers: { 'Sec-WebSocket-Key': '!QIDBAUGBwgJCgsMDQ4PEA==' } }, 400, close],
  ['two keys', { headers: { 'Sec-WebSocket-Key': [KEY2, KEY2] } }, 400, close],
  ['a folded key', { headers: { 'Sec-WebSocket-Key': `${KEY2}, ${KEY2}` } }, 400, close],
  ['two versions', { headers: { 'Sec-WebSocket-Version': ['13', '13'] } }, 400, close],
  ['two hosts', { headers: { Host: ['127.0.0.1', '127.0.0.1'] } }, 400, close],
  ['no host', { headers: { Host: null } }, 400, close],
  ['HTTP/1.0', { version: '1.0' }, 400, close],
  ['no version', { headers: { 'Sec-WebSocket-Version': null } }, 426, version],
  ['version 8', { headers: { 'Sec-WebSocket-Version': '8' } }, 426, version],
  ['version 14', { headers: { 'Sec-WebSocket-Version': '14' } }, 426, version],
  ['version 013', { headers: { 'Sec-WebSocket-Version': '013' } }, 426, version],
  ['a list of versions', { headers: { 'Sec-WebSocket-Version': '13, 8' } }, 426, version],
  ['POST', { method: 'POST', headers: { 'Content-Length': '0' } }, 405, { ...close, allow: ['GET'] }],
  ['HEAD', { method: 'HEAD' }, 405, { ...close, allow: ['GET'] }],
  ['OPTIONS', { method: 'OPTIONS' }, 405, { ...close, allow: ['GET'] }],
  ['an invalid subprotocol', { headers: { 'Sec-WebSocket-Protocol': 'a b' } }, 400, close],
  ['a repeated subprotocol', { headers: { 'Sec-WebSocket-Protocol': 'a, a' } }, 400, close],
  ['a repeated subprotocol in two fields', { headers: { 'Sec-WebSocket-Protocol': ['a', 'a'] } }, 400, close],
  ['an invalid extension', { headers: { 'Sec-WebSocket-Extensions': 'a;=' } }, 400, close],
];

describe.each(modes)('with %s', (mode: Mode) => {
  it.each(refusals)('%s is refused', async (_name, changes, status, headers) => {
    const { server, port } = await start({}, mode);
    const answer = await exchange(port, changes);
    expect(answer).toMatchObject({ status, headers });
    expect(answer.headers['content-length']).toEqual([String(Buffer.byteLength(answer.body))]);
    expect(answer.headers['content-type']).toEqual(['text/plain; charset=utf-8']);
    expect(server.metrics().handshakes).toMatchObject({ pending: 0, accepted: 0 });
    expect([...server.metrics().handshakes.refused]).toEqual([[status, 1]]);
    expect(server.clients.size).toBe(0);
  });

  it('a good request is answered with 101 and nothing more than is due', async () => {
    const { server, port } = await start({}, mode);
    const client = await RawClient.connect(port);
    const connection = once(server, 'connection');
    client.socket.write(upgradeRequest());
    expect(await client.answer()).toEqual({
      status: 101,
      reason: 'Switching Protocols',
      headers: { upgrade: ['websocket'], connection: ['Upgrade'], 'sec-websocket-accept': [ACCEPT] },
      body: '',
    });
    const [, request] = await connection;
    expect((request as IncomingMessage).url).toBe('/');
    client.socket.destroy();
  });

  it.each([
    ['case', { Upgrade: 'WebSocket', Connection: 'keep-alive, UPGRADE' }],
    ['several Connection fields', { Connection: ['keep-alive', 'upgrade'] }],
    ['several protocols to upgrade to', { Upgrade: 'h2c, websocket' }],
    ['a host with a port', { Host: 'example.com:8080' }],
    ['an IPv6 host', { Host: '[::1]:8080' }],
  ])('a good request may differ in %s', async (_name, headers) => {
    const { port } = await start({}, mode);
    const client = await RawClient.open(port, { headers });
    client.socket.destroy();
  });

  it('a path that is not served is refused with 404', async () => {
    const { server, port } = await start({ path: '/chat' }, mode);
    for (const target of ['/', '/cha', '/chat/', '/chatter', '/CHAT', '/x?/chat']) {
      expect(await exchange(port, { target })).toMatchObject({
        status: 404,
        headers: close,
        body: 'No WebSocket endpoint at this path',
      });
    }
    for (const target of ['/chat', '/chat?room=1']) {
      const client = await RawClient.open(port, { target });
      client.socket.destroy();
    }
    expect(server.metrics().handshakes.refused).toEqual(new Map([[404, 6]]));
  });

  it('shouldHandle may be overridden, and may be asynchronous', async () => {
    const { server, port } = await start({ path: '/unused' }, mode);
    server.shouldHandle = (request) => request.url === '/now';
    expect(await exchange(port, { target: '/unused' })).toMatchObject({ status: 404 });
    (await RawClient.open(port, { target: '/now' })).socket.destroy();
    server.shouldHandle = async (request) => request.url === '/later';
    expect(await exchange(port, { target: '/now' })).toMatchObject({ status: 404 });
    (await RawClient.open(port, { target: '/later' })).socket.destroy();
  });
});

describe('maxHeadersCount of a shared server', () => {
  const lines = (count: number) => Array.from({ length: count - 5 }, () => 'a:b');

  it('by default 1000 headers are refused with 431', async () => {
    const { port } = await start({}, 'server');
    const answer = await exchange(port, { lines: lines(1000) });
    expect(answer).toMatchObject({ status: 431, headers: close, body: 'Too many request headers' });
  });

  it.each([1001, 2001])('by default %i headers are refused with 431, by us or by Node.js', async (count) => {
    const { port } = await start({}, 'server');
    const answer = await exchange(port, { lines: lines(count) });
    expect(answer).toMatchObject({ status: 431, headers: close });
  });

  it('by default 999 headers are accepted', async () => {
    const { port } = await start({}, 'server');
    (await RawClient.open(port, { lines: lines(999) })).socket.destroy();
  });

  it.each([1001, 2001])('0 accepts %i headers', async (count) => {
    const { http, port } = await startHttp();
    http.maxHeadersCount = 0;
    serve(http);
    (await RawClient.open(port, { lines: lines(count) })).socket.destroy();
  });

  it('is respected whatever it is', async () => {
    const { http, port } = await startHttp();
    http.maxHeadersCount = 10;
    serve(http);
    (await RawClient.open(port, { lines: lines(9) })).socket.destroy();
    expect(await exchange(port, { lines: lines(11) })).toMatchObject({ status: 431 });
  });
});

describe('verifyClient', () => {
  it('with one parameter decides', async () => {
    const seen: unknown[] = [];
    const { port } = await start({
      verifyClient: ({ origin, secure, req }: { origin: string; secure: boolean; req: IncomingMessage }) => {
        seen.push([origin, secure]);
        return req.url === '/yes';
      },
    });
    const headers = { Origin: 'https://example.com' };
    expect(await exchange(port, { headers, target: '/no' })).toMatchObject({
      status: 401,
      reason: 'Unauthorized',
      headers: close,
      body: 'Unauthorized',
    });
    (await RawClient.open(port, { target: '/yes' })).socket.destroy();
    expect(seen).toEqual([
      ['https://example.com', false],
      [undefined, false],
    ]);
  });

  it('with one parameter may be asynchronous', async () => {
    const { port } = await start({ verifyClient: async () => false });
    expect(await exchange(port)).toMatchObject({ status: 401 });
  });

  type Answer = Parameters<VerifyClientCallbackAsync>[1];

  it.each<[Parameters<Answer>, number, string, object]>([
    [[false], 401, 'Unauthorized', {}],
    [[false, 403], 403, 'Forbidden', {}],
    [[false, 404, 'Go away'], 404, 'Go away', {}],
    [[false, 302, '', { Location: '/login' }], 302, 'Found', { location: ['/login'] }],
    [[false, 401, 'x', { 'WWW-Authenticate': 'Basic' }], 401, 'x', { 'www-authenticate': ['Basic'] }],
  ])('with two parameters calls back: %j', async (result, status, body, headers) => {
    for (const later of [false, true]) {
      const { port } = await start({
        verifyClient: (_info: unknown, callback: Answer) => {
          if (later) setImmediate(() => callback(...result));
          else callback(...result);
        },
      });
      expect(await exchange(port)).toMatchObject({ status, body, headers: { ...close, ...headers } });
    }
  });

  it('with two parameters accepts', async () => {
    const { port } = await start({
      verifyClient: (_info: unknown, callback: (result: boolean) => void) => callback(true),
    });
    (await RawClient.open(port)).socket.destroy();
  });

  it('refuses with 500 where it throws, and the server goes on', async () => {
    const { port } = await start({
      verifyClient: (_info: unknown, _callback: unknown) => {
        throw new Error('a secret');
      },
    });
    for (let round = 0; round < 2; round++) {
      expect(await exchange(port)).toMatchObject({ status: 500, body: 'Internal Server Error' });
    }
  });

  it('refuses with 500 where its headers cannot be sent', async () => {
    const { port } = await start({
      verifyClient: (_info: unknown, callback: Answer) =>
        callback(false, 401, 'x', { 'X-Name': 'a\r\nSet-Cookie: b' }),
    });
    const answer = await exchange(port);
    expect(answer).toMatchObject({ status: 500, headers: close });
    expect(answer.headers).not.toHaveProperty('set-cookie');
  });

  it('cannot keep the connection open with its headers', async () => {
    const { port } = await start({
      verifyClient: (_info: unknown, callback: Answer) =>
        callback(false, 401, 'x', { connection: 'keep-alive', 'X-Name': 'a' }),
    });
    const answer = await exchange(port);
    expect(answer.headers).toMatchObject({ ...close, 'x-name': ['a'] });
  });

  it('is called as a method of the options, as handleProtocols is', async () => {
    const seen: unknown[] = [];
    const { server, port } = await start({
      verifyClient(this: unknown) {
        return seen.push(this) > 0;
      },
      handleProtocols(this: unknown) {
        return seen.push(this) > 0 && 'chat';
      },
    });
    const client = await RawClient.open(port, { headers: { 'Sec-WebSocket-Protocol': 'chat' } });
    client.socket.destroy();
    server.options.verifyClient = function (this: unknown, _info: unknown, callback: Answer) {
      callback(seen.push(this) > 0);
    };
    (await RawClient.open(port)).socket.destroy();
    expect(seen).toEqual([server.options, server.options, server.options]);
  });
});

describe('handleProtocols', () => {
  const headers = { 'Sec-WebSocket-Protocol': 'one, two' };
  const protocolOf = async (port: number, changes: RequestChanges = { headers }) => {
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest(changes));
    const answer = await client.answer();
    client.socket.destroy();
    return answer.headers['sec-websocket-protocol'];
  };

  it('by default the first is chosen', async () => {
    const { server, port } = await start();
    const connection = once(server, 'connection');
    expect(await protocolOf(port)).toEqual(['one']);
    expect((await connection)[0].protocol).toBe('one');
  });

  it('several fields are one list', async () => {
    const { server, port } = await start();
    server.options.handleProtocols = (protocols) => [...protocols].join('+');
    expect(await protocolOf(port, { headers: { 'Sec-WebSocket-Protocol': ['a, b', 'c'] } })).toEqual([
      'a+b+c',
    ]);
  });

  it('chooses, and gets the request', async () => {
    const seen: unknown[] = [];
    const { port } = await start({
      handleProtocols: (protocols: Set<string>, request: IncomingMessage) => {
        seen.push([...protocols], request.url);
        return 'two';
      },
    });
    expect(await protocolOf(port)).toEqual(['two']);
    expect(seen).toEqual([['one', 'two'], '/']);
  });

  it('may be assigned later', async () => {
    const { server, port } = await start();
    server.options.handleProtocols = () => 'two';
    expect(await protocolOf(port)).toEqual(['two']);
  });

  it('false chooses none', async () => {
    const { port } = await start({ handleProtocols: () => false });
    expect(await protocolOf(port)).toBeUndefined();
  });

  it('is not asked without an offer', async () => {
    const { port } = await start({ handleProtocols: () => 'uninvited' });
    expect(await protocolOf(port, {})).toBeUndefined();
  });

  it('is answered with 500 where it throws or chooses what cannot be sent', async () => {
    const { server, port } = await start({ handleProtocols: () => 'a\r\nb: c' });
    expect(await exchange(port, { headers })).toMatchObject({ status: 500 });
    server.options.handleProtocols = () => {
      throw new Error('a secret');
    };
    expect(await exchange(port, { headers })).toMatchObject({ status: 500, body: 'Internal Server Error' });
  });
});

describe('perMessageDeflate', () => {
  const offer = 'permessage-deflate; client_max_window_bits';
  const extensionsOf = async (options: object, offered: string | readonly string[] = offer) => {
    const { port } = await start(options);
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest({ headers: { 'Sec-WebSocket-Extensions': offered } }));
    const answer = await client.answer();
    client.socket.destroy();
    return answer.headers['sec-websocket-extensions']?.join();
  };

  it('is off by default', async () => {
    expect(await extensionsOf({})).toBeUndefined();
    expect(await extensionsOf({ perMessageDeflate: null })).toBeUndefined();
  });

  it('true has no context takeover in either direction', async () => {
    expect(await extensionsOf({ perMessageDeflate: true })).toBe(
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    );
  });

  it('is as the options say', async () => {
    const perMessageDeflate = {
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 10,
      clientMaxWindowBits: 11,
    };
    expect(await extensionsOf({ perMessageDeflate })).toBe(
      'permessage-deflate; server_max_window_bits=10; client_max_window_bits=11',
    );
  });

  it('falls back to a later offer', async () => {
    const offered = ['permessage-deflate; unknown', 'x-other', offer];
    expect(await extensionsOf({ perMessageDeflate: true }, offered)).toMatch(/^permessage-deflate;/);
    expect(await extensionsOf({ perMessageDeflate: true }, 'permessage-deflate; unknown')).toBeUndefined();
  });
});

it('a server whose sockets have no http server behind them is judged by the default of Node', async () => {
  const { http, port } = await startHttp();
  const server = new WebSocketServer({ noServer: true });
  http.on('upgrade', (request, socket, head) => {
    Object.defineProperty(socket, 'server', { value: undefined });
    server.handleUpgrade(request, socket, head, (client) => client.terminate());
  });
  const lines = Array.from({ length: 1000 }, () => 'a:b');
  expect(await exchange(port, { lines })).toMatchObject({ status: 431 });
});
