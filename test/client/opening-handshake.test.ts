import type { ClientRequest, IncomingMessage } from 'node:http';
import http from 'node:http';
import net, { type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/client/address.js';
import type { ClientOptions } from '../../src/client/client-options.js';
import { type OpeningHandler, OpeningHandshake } from '../../src/client/opening-handshake.js';
import { HandshakeError } from '../../src/protocol/errors.js';
import { acceptKey } from '../../src/protocol/handshake/accept-key.js';
import { ManualClock } from './manual-clock.js';
import { fail, failureOf, open, openAndClose, start, withResolvers } from './start-opening.js';
import { type Listening, type OnHead, redirectTo, switchingProtocols, TestServers } from './test-servers.js';

const servers = new TestServers();
afterEach(() => servers.close());

const at = ({ port }: Listening, path = '/'): string => `ws://127.0.0.1:${port}${path}`;
const keyOf = (head: Parameters<OnHead>[1]): string => head.fields.get('sec-websocket-key') as string;

/** A server that answers a 101 with these fields in place of the right ones. */
const answering101 = (fields: Record<string, string | null>): Promise<Listening> =>
  servers.raw((socket, head) => socket.write(switchingProtocols(keyOf(head), fields)));

describe('a good response', () => {
  it('opens the connection', async () => {
    const server = await servers.http();
    const started = start(at(server, '/chat?room=1'));
    expect(started.handshake.url).toBe(at(server, '/chat?room=1'));
    expect(started.handshake.request).toBeInstanceOf(http.ClientRequest);
    const result = await started.outcome;
    expect(result).toMatchObject({ subprotocol: '', deflate: null, head: Buffer.alloc(0) });
    expect(started.calls).toEqual(['upgrade', 'opened']);
    expect(started.handshake.request).toBeNull();
    expect(server.heads[0].startLine).toBe('GET /chat?room=1 HTTP/1.1');
    if (!(result instanceof Error)) result.socket.destroy();
    await server.closed();
  });

  it('may carry data behind it', async () => {
    const server = await servers.raw((socket, head) => {
      socket.write(
        Buffer.concat([Buffer.from(switchingProtocols(keyOf(head))), Buffer.from([0x81, 1, 0x41])]),
      );
    });
    const { head } = await openAndClose(at(server));
    expect(head).toEqual(Buffer.from([0x81, 1, 0x41]));
  });

  it('may come byte by byte', async () => {
    const server = await servers.raw(async (socket, head) => {
      socket.setNoDelay(true);
      for (const byte of switchingProtocols(keyOf(head))) {
        await new Promise((resolve) => socket.write(byte, resolve));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    expect(await openAndClose(at(server))).toMatchObject({ subprotocol: '', deflate: null });
  });

  it('may come behind informational ones', async () => {
    const server = await servers.raw((socket, head) => {
      socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n`);
      socket.write(switchingProtocols(keyOf(head)));
    });
    const started = start(at(server));
    expect(await started.outcome).toMatchObject({ subprotocol: '' });
    expect(started.calls).toEqual(['upgrade', 'opened']);
  });

  it('is told with its headers before it is checked', async () => {
    const server = await answering101({ 'Sec-WebSocket-Accept': 'wrong', 'X-Trace': 'abc' });
    let response: IncomingMessage | null = null;
    const started = start(
      at(server),
      {},
      {
        upgrade: (given) => {
          response = given;
        },
      },
    );
    await failureOf(started);
    expect(response).toMatchObject({ statusCode: 101, headers: { 'x-trace': 'abc' } });
    expect(started.calls).toEqual(['upgrade', 'failed']);
  });

  it('leaves no time limit on the socket', async () => {
    const clock = new ManualClock();
    const server = await servers.http();
    const { socket } = await open(at(server), { handshakeTimeout: 1000, timeout: 60_000, clock });
    expect(clock.pending).toBe(0);
    expect((socket as Socket).timeout ?? 0).toBe(0);
    socket.destroy();
  });

  it('may have 3,000 fields', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [`a${index.toString(36)}`, '']),
    );
    const server = await answering101({ ...many, 'Sec-WebSocket-Protocol': 'a' });
    const result = await openAndClose(at(server), { maxHeaderSize: 65_536 } as ClientOptions, {
      subprotocols: ['a'],
    });
    expect(result.subprotocol).toBe('a');
  });
});

describe('subprotocols', () => {
  it('are offered in order, and the choice is told', async () => {
    const server = await answering101({ 'Sec-WebSocket-Protocol': 'b' });
    expect((await openAndClose(at(server), {}, { subprotocols: ['a', 'b'] })).subprotocol).toBe('b');
    expect(server.heads[0].fields.get('sec-websocket-protocol')).toBe('a,b');
  });

  it.each([
    [[], 'a', 'Server sent a subprotocol but none was requested'],
    [['a'], 'c', 'Server sent an invalid subprotocol'],
    [['a', 'b'], 'a, b', 'Server sent an invalid subprotocol'],
    [['a'], null, 'Server sent no subprotocol'],
  ])('%j answered by %j', async (subprotocols, answer, message) => {
    const server = await answering101({ 'Sec-WebSocket-Protocol': answer });
    const error = await fail(at(server), {}, { subprotocols });
    expect(error).toBeInstanceOf(HandshakeError);
    expect(error).toMatchObject({ code: 'WS_ERR_UNEXPECTED_SUBPROTOCOL', message });
    await server.closed();
  });
});

describe('permessage-deflate', () => {
  it.each<[ClientOptions['perMessageDeflate'], string | undefined]>([
    [undefined, 'permessage-deflate; client_max_window_bits'],
    [true, 'permessage-deflate; client_max_window_bits'],
    [false, undefined],
    [
      { serverNoContextTakeover: true, clientMaxWindowBits: 10, threshold: 5 },
      'permessage-deflate; server_no_context_takeover; client_max_window_bits=10',
    ],
  ])('%j offers %s', async (perMessageDeflate, offer) => {
    const server = await servers.http();
    await openAndClose(at(server), { perMessageDeflate });
    expect(server.heads[0].fields.get('sec-websocket-extensions')).toBe(offer);
  });

  it('is agreed', async () => {
    const server = await answering101({
      'Sec-WebSocket-Extensions': 'permessage-deflate; server_no_context_takeover; client_max_window_bits=9',
    });
    expect((await openAndClose(at(server))).deflate).toEqual({
      serverNoContextTakeover: true,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 9,
    });
  });

  it.each([
    [
      true,
      'x-unknown',
      'WS_ERR_UNEXPECTED_EXTENSION',
      'Server indicated an extension that was not requested',
    ],
    [
      false,
      'permessage-deflate',
      'WS_ERR_UNEXPECTED_EXTENSION',
      'Server sent a Sec-WebSocket-Extensions header but no extension was requested',
    ],
    [
      true,
      'permessage-deflate; server_max_window_bits=16',
      'WS_ERR_INVALID_EXTENSIONS_HEADER',
      'Invalid Sec-WebSocket-Extensions header',
    ],
    [
      true,
      'permessage-deflate; client_max_window_bits=7',
      'WS_ERR_INVALID_EXTENSIONS_HEADER',
      'Invalid Sec-WebSocket-Extensions header',
    ],
    [
      true,
      'permessage-deflate; foo',
      'WS_ERR_INVALID_EXTENSIONS_HEADER',
      'Invalid Sec-WebSocket-Extensions header',
    ],
    [true, ';', 'WS_ERR_INVALID_EXTENSIONS_HEADER', 'Invalid Sec-WebSocket-Extensions header'],
  ])('offered: %s, answered by %j', async (perMessageDeflate, answer, code, message) => {
    const server = await answering101({ 'Sec-WebSocket-Extensions': answer });
    expect(await fail(at(server), { perMessageDeflate })).toMatchObject({ code, message, status: 101 });
    await server.closed();
  });
});

describe('a 101 response that is wrong', () => {
  it.each([
    ['accept of another key', { 'Sec-WebSocket-Accept': acceptKey('x') }, 'WS_ERR_INVALID_ACCEPT_HEADER'],
    ['no accept', { 'Sec-WebSocket-Accept': null }, 'WS_ERR_INVALID_ACCEPT_HEADER'],
    ['another Upgrade', { Upgrade: 'h2c' }, 'WS_ERR_INVALID_UPGRADE_HEADER'],
    ['no Upgrade', { Upgrade: null }, 'WS_ERR_INVALID_UPGRADE_HEADER'],
    ['no Connection', { Connection: null }, 'WS_ERR_INVALID_CONNECTION_HEADER'],
    ['another Connection', { Connection: 'close' }, 'WS_ERR_INVALID_CONNECTION_HEADER'],
  ])('has %s', async (_, fields, code) => {
    const server = await answering101(fields);
    const error = await fail(at(server));
    expect(error).toBeInstanceOf(HandshakeError);
    expect(error).toMatchObject({ code, status: 101 });
    await server.closed();
  });

  it.each([
    ['Invalid Upgrade header', { Upgrade: 'foo' }],
    ['Unexpected server response: 101', { Upgrade: null }],
    ['Unexpected server response: 101', { Connection: null }],
    ['Invalid Sec-WebSocket-Accept header', { 'Sec-WebSocket-Accept': 'CxYS6+NgJSBG74mdgLvGscRvpns=' }],
  ])('is told as %j', async (message, fields) => {
    const server = await answering101(fields);
    expect((await fail(at(server))).message).toBe(message);
  });
});

describe('an unexpected response', () => {
  const notFound = () =>
    servers.answering((_request, response) => response.writeHead(404).end('nothing here'));

  it('fails the handshake with its status', async () => {
    const server = await notFound();
    const error = await fail(at(server));
    expect(error).toBeInstanceOf(HandshakeError);
    expect(error).toMatchObject({
      code: 'WS_ERR_UNEXPECTED_RESPONSE',
      status: 404,
      message: 'Unexpected server response: 404',
    });
    await server.closed();
  });

  it('belongs to a handler that takes it', async () => {
    const server = await notFound();
    const clock = new ManualClock();
    let body: Promise<string[]> | null = null;
    let request: ClientRequest | null = null;
    const started = start(
      at(server),
      { handshakeTimeout: 1000, clock },
      {
        unexpectedResponse: (given, response) => {
          request = given;
          body = response.setEncoding('utf8').toArray();
          return true;
        },
      },
    );
    await server.closed();
    expect((await (body as unknown as Promise<string[]>)).join('')).toBe('nothing here');
    expect(started.handshake.request).toBe(request);
    expect(started.calls).toEqual(['unexpectedResponse']);
    expect(clock.pending).toBe(0);
    started.handshake.abort();
    expect(await failureOf(started)).toMatchObject({ code: 'WS_ERR_CLOSED_BEFORE_OPEN' });
  });

  it('with status 101 may be taken as well', async () => {
    const server = await answering101({ Upgrade: null });
    const started = start(
      at(server),
      {},
      { unexpectedResponse: (_request, { statusCode }) => statusCode === 101 },
    );
    await new Promise<void>((resolve) => started.handshake.request?.once('response', () => resolve()));
    expect(started.calls).toEqual(['unexpectedResponse']);
  });

  it('stays under the time limit until it has ended', async () => {
    const server = await servers.raw((socket) =>
      socket.write('HTTP/1.1 401 No\r\nContent-Length: 9\r\n\r\nhalf'),
    );
    const clock = new ManualClock();
    const options = { handshakeTimeout: 1000, clock };
    const started = start(at(server), options, {
      unexpectedResponse: (_request, response) => {
        response.once('data', () => clock.advance(1000)).on('error', () => {});
        return true;
      },
    });
    expect(await failureOf(started)).toMatchObject({ code: 'WS_ERR_HANDSHAKE_TIMEOUT' });
    await server.closed();
  });

  it('may be aborted by its handler', async () => {
    const server = await notFound();
    const started = start(
      at(server),
      {},
      {
        unexpectedResponse: () => {
          started.handshake.abort();
          return false;
        },
      },
    );
    expect(await failureOf(started)).toMatchObject({ code: 'WS_ERR_CLOSED_BEFORE_OPEN' });
    expect(started.calls).toEqual(['unexpectedResponse', 'failed']);
    await server.closed();
  });
});

describe('a connection that breaks', () => {
  it('is refused', async () => {
    const server = await servers.silent();
    await servers.close();
    expect(await fail(at(server))).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect' });
  });

  it('has a host that is not found', async () => {
    const notFound = Object.assign(new Error('getaddrinfo ENOTFOUND host.invalid'), { code: 'ENOTFOUND' });
    const error = await fail('ws://host.invalid', {
      lookup: (_name, _options, callback) => callback(notFound, '', 0),
    });
    expect(error).toBe(notFound);
  });

  it('is reset before the response', async () => {
    const server = await servers.raw((socket) => socket.resetAndDestroy());
    expect(await fail(at(server))).toMatchObject({ code: 'ECONNRESET' });
  });

  it('is reset within the response', async () => {
    const server = await servers.raw((socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: web', () => socket.resetAndDestroy());
    });
    expect(await fail(at(server))).toMatchObject({ code: 'ECONNRESET' });
  });

  it('ends before the response', async () => {
    const server = await servers.raw((socket) => socket.end());
    expect(await fail(at(server))).toMatchObject({ code: 'ECONNRESET', message: 'socket hang up' });
    await server.closed();
  });

  it('speaks no HTTP', async () => {
    const server = await servers.raw((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'));
    const started = start(at(server));
    expect((await failureOf(started)).code).toMatch(/^HPE_/);
    expect(started.calls).toEqual(['failed']);
    await server.closed();
  });

  it('sends a head without end', async () => {
    const server = await servers.raw((socket) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nX: ${'x'.repeat(100_000)}`);
    });
    expect(await fail(at(server))).toMatchObject({ code: 'HPE_HEADER_OVERFLOW' });
    await server.closed();
  });
});

describe('handshakeTimeout', () => {
  const timeLimit = {
    code: 'WS_ERR_HANDSHAKE_TIMEOUT',
    message: 'Opening handshake has timed out',
    status: 0,
  };

  it.each<[string, OnHead]>([
    ['nothing comes', () => {}],
    [
      'half a response comes',
      (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websoc'),
    ],
    ['only informational responses come', (socket) => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n')],
  ])('ends a handshake when %s', async (_, onHead) => {
    const clock = new ManualClock();
    const arrived = withResolvers();
    const server = await servers.raw((socket, head) => {
      onHead(socket, head);
      arrived.resolve();
    });
    const started = start(at(server), { handshakeTimeout: 1000, clock });
    await arrived.promise;
    clock.advance(999);
    expect(started.handshake.request).not.toBeNull();
    clock.advance(1);
    const error = await failureOf(started);
    expect(error).toBeInstanceOf(HandshakeError);
    expect(error).toMatchObject(timeLimit);
    expect(started.calls).toEqual(['failed']);
    expect(clock.pending).toBe(0);
    await server.closed();
  });

  it('covers all redirects together', async () => {
    const clock = new ManualClock();
    let requests = 0;
    const server = await servers.answering((request, response) => {
      clock.advance(400);
      requests += 1;
      redirectTo('/again')(request, response);
    });
    const options = { handshakeTimeout: 1000, followRedirects: true, clock };
    expect(await fail(at(server), options)).toMatchObject(timeLimit);
    expect(requests).toBe(3);
    await server.closed(3);
  });

  it('is unlimited when it is 0', async () => {
    const clock = new ManualClock();
    const server = await servers.http();
    const { socket } = await open(at(server), { handshakeTimeout: 0, clock });
    expect(clock.pending).toBe(0);
    socket.destroy();
  });

  it('is no longer counted once the handshake has failed', async () => {
    const clock = new ManualClock();
    const server = await servers.raw((socket) => socket.end());
    await fail(at(server), { handshakeTimeout: 1000, clock });
    expect(clock.pending).toBe(0);
  });

  it('“timeout” limits the time without traffic', async () => {
    const server = await servers.raw(() => {});
    expect(await fail(at(server), { timeout: 20 })).toMatchObject(timeLimit);
    await server.closed();
  });
});

describe('abort', () => {
  const aborted = {
    code: 'WS_ERR_CLOSED_BEFORE_OPEN',
    message: 'WebSocket was closed before the connection was established',
  };

  it('ends a handshake at once, and says so later', async () => {
    const server = await servers.silent();
    const clock = new ManualClock();
    const started = start(at(server), { handshakeTimeout: 1000, clock });
    started.handshake.abort();
    started.handshake.abort();
    expect(started.calls).toEqual([]);
    expect(started.handshake.request).toBeNull();
    expect(clock.pending).toBe(0);
    const error = await failureOf(started);
    expect(error).toBeInstanceOf(HandshakeError);
    expect(error).toMatchObject(aborted);
    await new Promise((resolve) => setImmediate(resolve));
    expect(started.calls).toEqual(['failed']);
  });

  it('closes a connection that waits for its response', async () => {
    const arrived = withResolvers();
    const server = await servers.raw(() => arrived.resolve());
    const started = start(at(server));
    await arrived.promise;
    started.handshake.abort();
    expect(await failureOf(started)).toMatchObject(aborted);
    await server.closed();
  });

  it('closes a connection whose response has been read', async () => {
    const server = await servers.raw((socket) => {
      socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno');
    });
    const unexpectedResponse: OpeningHandler['unexpectedResponse'] = (_request, response) => {
      response.resume().on('end', () => started.handshake.abort());
      return true;
    };
    const started = start(at(server), {}, { unexpectedResponse });
    expect(await failureOf(started)).toMatchObject(aborted);
    await server.closed();
  });

  it('works within upgrade', async () => {
    const server = await servers.http();
    const started = start(at(server), {}, { upgrade: () => started.handshake.abort() });
    expect(await failureOf(started)).toMatchObject(aborted);
    expect(started.calls).toEqual(['upgrade', 'failed']);
    await server.closed();
  });

  it('does nothing once the connection is open', async () => {
    const server = await servers.http();
    const started = start(at(server));
    const result = await started.outcome;
    started.handshake.abort();
    await new Promise((resolve) => setImmediate(resolve));
    expect(started.calls).toEqual(['upgrade', 'opened']);
    expect(result).toMatchObject({ socket: { destroyed: false } });
  });

  it.each<[string, (request: ClientRequest) => void, object]>([
    ['destroy()', (request) => request.destroy(), { code: 'ECONNRESET', message: 'socket hang up' }],
    ['destroy(error)', (request) => request.destroy(new Error('mine')), { message: 'mine' }],
    ['abort()', (request) => request.abort(), aborted],
  ])('also comes of request.%s', async (_, end, error) => {
    const server = await servers.silent();
    const started = start(at(server));
    end(started.handshake.request as ClientRequest);
    expect(await failureOf(started)).toMatchObject(error);
    expect(started.calls).toEqual(['failed']);
  });

  it('comes of the option signal', async () => {
    const server = await servers.silent();
    const controller = new AbortController();
    const started = start(at(server), { signal: controller.signal } as ClientOptions);
    controller.abort();
    expect(await failureOf(started)).toMatchObject({ name: 'AbortError' });
  });
});

describe('options', () => {
  const construct = (url: string, options: ClientOptions) => () =>
    new OpeningHandshake(parseAddress(url), [], options, {
      upgrade: () => {},
      redirect: () => {},
      unexpectedResponse: () => false,
      opened: () => {},
      failed: () => {},
    });

  it.each([
    [8, 'Unsupported protocol version: 8 (supported versions: 13)'],
    [1000, 'Unsupported protocol version: 1000 (supported versions: 13)'],
  ])('protocolVersion %d is refused', (protocolVersion, message) => {
    expect(construct('ws://127.0.0.1:1', { protocolVersion })).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'WS_ERR_INVALID_OPTIONS', message }),
    );
  });

  it('perMessageDeflate is checked', () => {
    const perMessageDeflate = { serverMaxWindowBits: 7 };
    expect(construct('ws://127.0.0.1:1', { perMessageDeflate })).toThrow(
      expect.objectContaining({ code: 'WS_ERR_INVALID_OPTIONS' }),
    );
  });

  it('finishRequest may throw, and then no socket and no timer is left', async () => {
    const clock = new ManualClock();
    const server = await servers.silent();
    const socket = net.connect(server.port, '127.0.0.1');
    const options = { handshakeTimeout: 5, clock, createConnection: () => socket };
    const finishRequest = (): never => {
      throw new Error('mine');
    };
    expect(() => start(at(server), options, { finishRequest })).toThrow('mine');
    expect(clock.pending).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(socket.destroyed).toBe(true);
  });

  it('headers with line breaks are refused', () => {
    const clock = new ManualClock();
    const headers = { 'X-Name': 'a\r\nX-Other: b' };
    expect(construct('ws://127.0.0.1:1', { headers, handshakeTimeout: 5, clock })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_CHAR' }),
    );
    expect(clock.pending).toBe(0);
  });
});
