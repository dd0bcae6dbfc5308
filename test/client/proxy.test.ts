import http from 'node:http';
import net, { type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ClientOptions } from '../../src/client/client-options.js';
import { parseProxy } from '../../src/client/proxy.js';
import { HandshakeError, UsageError } from '../../src/protocol/errors.js';
import { ManualClock } from './manual-clock.js';
import { fail, failureOf, open, openAndClose, start, withResolvers } from './start-opening.js';
import {
  ca,
  clientIdentity,
  type Listening,
  type OnHead,
  redirectTo,
  switchingProtocols,
  TestServers,
} from './test-servers.js';

const servers = new TestServers();
afterEach(() => servers.close());

/** Joins what CONNECT asks for to the server that `port` is of, whatever the name. */
const tunnel: OnHead = (socket, { startLine }) => {
  const port = Number(startLine.split(' ')[1].split(':').at(-1));
  const target = net.connect(port, '127.0.0.1', () => {
    socket.removeAllListeners('data');
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.pipe(target).pipe(socket);
  });
  target.on('error', () => socket.destroy()).on('close', () => socket.destroy());
  socket.on('close', () => target.destroy());
};

const answering =
  (answer: string): OnHead =>
  (socket) =>
    socket.write(answer);

const by = ({ port }: Listening, userInfo = ''): ClientOptions => ({
  proxy: `http://${userInfo}127.0.0.1:${port}`,
});
const plain = ({ port }: Listening, host = '127.0.0.1'): string => `ws://${host}:${port}/chat`;
const secure = ({ port }: Listening, host = 'localhost'): string => `wss://${host}:${port}/chat`;

describe('through a proxy', () => {
  it('goes ws:', async () => {
    const server = await servers.http();
    const proxy = await servers.raw(tunnel);
    const { subprotocol } = await openAndClose(plain(server, 'example.invalid'), by(proxy));
    expect(subprotocol).toBe('');
    expect(proxy.heads[0].text).toBe(
      `CONNECT example.invalid:${server.port} HTTP/1.1\r\nHost: example.invalid:${server.port}\r\nConnection: close\r\n`,
    );
    expect(server.heads[0].fields.get('host')).toBe(`example.invalid:${server.port}`);
    await Promise.all([proxy.closed(), server.closed()]);
  });

  it('goes wss:, with TLS inside', async () => {
    const server = await servers.https(undefined, { requestCert: true, ca });
    const proxy = await servers.raw(tunnel);
    const options = { ...by(proxy), ca, ...clientIdentity };
    const { socket } = await openAndClose(secure(server), options);
    expect(socket).toMatchObject({ encrypted: true, authorized: true, servername: 'localhost' });
    expect(server.heads[0].startLine).toBe('GET /chat HTTP/1.1');
    await Promise.all([proxy.closed(), server.closed()]);
  });

  it.each([
    ['ws:', 80],
    ['wss:', 443],
  ])('goes %s to port %d by default', async (scheme, port) => {
    const proxy = await servers.raw(answering('HTTP/1.1 403 No\r\n\r\n'));
    await fail(`${scheme}//[::1]/`, by(proxy));
    expect(proxy.heads[0].startLine).toBe(`CONNECT [::1]:${port} HTTP/1.1`);
  });

  it('that speaks TLS itself goes either', async () => {
    const proxy = await servers.rawTls(tunnel);
    const options = { proxy: new URL(`https://localhost:${proxy.port}`), ca, family: 4 };
    const [server, tlsServer] = [await servers.http(), await servers.https()];
    await openAndClose(plain(server), options);
    const { socket } = await openAndClose(secure(tlsServer), options);
    expect(socket).toMatchObject({ encrypted: true, authorized: true });
    await Promise.all([proxy.closed(2), server.closed(), tlsServer.closed()]);
  });

  it('comes what the server sent behind its response', async () => {
    const server = await servers.raw((socket, head) => {
      socket.write(`${switchingProtocols(head.fields.get('sec-websocket-key') as string)}early`);
    });
    const proxy = await servers.raw(tunnel);
    expect((await openAndClose(plain(server), by(proxy))).head.toString()).toBe('early');
  });

  it.each(['ws:', 'wss:'])('comes what %s was sent right behind the proxy’s own answer', async (scheme) => {
    const answer = 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n';
    const proxy = await servers.raw((socket) => socket.write(answer));
    const error = await fail(`${scheme}//example.invalid/`, by(proxy));
    expect(error.code).toMatch(scheme === 'ws:' ? /^WS_ERR_UNEXPECTED_RESPONSE$/ : /^ERR_SSL_WRONG_VERSION/);
    await proxy.closed();
  });

  it('goes each redirect', async () => {
    const target = await servers.https();
    const server = await servers.answering(redirectTo(secure(target)));
    const proxy = await servers.raw(tunnel);
    const started = start(plain(server), { ...by(proxy), followRedirects: true, ca });
    expect(await started.outcome).not.toBeInstanceOf(Error);
    expect(started.calls).toEqual(['redirect', 'upgrade', 'opened']);
    expect(proxy.heads.map(({ startLine }) => startLine)).toEqual([
      `CONNECT 127.0.0.1:${server.port} HTTP/1.1`,
      `CONNECT localhost:${target.port} HTTP/1.1`,
    ]);
  });
});

describe('credentials', () => {
  it('go where they belong', async () => {
    const server = await servers.http();
    const proxy = await servers.raw(tunnel);
    const options = {
      ...by(proxy, 'p%40:q%3A@'),
      headers: { Cookie: 'c', 'X-Token': 't' },
      auth: 'user:pass',
    };
    await openAndClose(plain(server), options);
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
    expect(Object.fromEntries(proxy.heads[0].fields)).toEqual({
      host: `127.0.0.1:${server.port}`,
      connection: 'close',
      'proxy-authorization': basic('p@:q:'),
    });
    expect(server.heads[0].fields.get('authorization')).toBe(basic('user:pass'));
    expect(server.heads[0].fields.get('cookie')).toBe('c');
    expect(server.heads[0].fields.has('proxy-authorization')).toBe(false);
  });

  it('of a certificate are not shown to the proxy', async () => {
    const subjects: unknown[] = [];
    const proxy = await servers.https(undefined, { requestCert: true, rejectUnauthorized: false, ca });
    const listening = await servers.rawTls((socket, head) => {
      subjects.push((socket as Socket & { authorized: boolean }).authorized);
      tunnel(socket, head);
    });
    const options = { proxy: `https://localhost:${listening.port}`, ca, family: 4, ...clientIdentity };
    const { socket } = await openAndClose(secure(proxy), options);
    expect(socket).toMatchObject({ authorized: true });
    expect(subjects).toEqual([false]);
  });
});

describe('a proxy that does not let us through', () => {
  it.each([407, 403, 502, 301])('answers %d', async (status) => {
    const proxy = await servers.raw(answering(`HTTP/1.1 ${status} No\r\nContent-Length: 3\r\n\r\nno!`));
    const started = start('ws://example.invalid', by(proxy));
    const error = await failureOf(started);
    expect(error).toBeInstanceOf(HandshakeError);
    expect(error).toMatchObject({
      code: 'WS_ERR_PROXY_REFUSED',
      status,
      message: `The proxy refused CONNECT: ${status}`,
    });
    expect(started.calls).toEqual(['failed']);
    await proxy.closed();
  });

  it('is not there', async () => {
    const proxy = await servers.silent();
    await servers.close();
    expect(await fail('ws://example.invalid', by(proxy))).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('hangs up', async () => {
    const proxy = await servers.raw((socket) => socket.end());
    expect(await fail('ws://example.invalid', by(proxy))).toMatchObject({ message: 'socket hang up' });
  });

  it('speaks no HTTP', async () => {
    const proxy = await servers.raw(answering('SSH-2.0-x\r\n'));
    expect((await fail('ws://example.invalid', by(proxy))).code).toMatch(/^HPE_/);
    await proxy.closed();
  });

  it('has a certificate that nobody vouches for, whatever is said of the target', async () => {
    const proxy = await servers.rawTls(tunnel);
    const options = { proxy: `https://user:pass@127.0.0.1:${proxy.port}`, rejectUnauthorized: false };
    expect(await fail('ws://example.invalid', options)).toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
    expect(proxy.heads).toEqual([]);
  });

  it('breaks the tunnel', async () => {
    const proxy = await servers.raw((socket, head) => {
      if (head.startLine.startsWith('CONNECT')) socket.write('HTTP/1.1 200 OK\r\n\r\n');
      else socket.resetAndDestroy();
    });
    expect(await fail('ws://example.invalid', by(proxy))).toMatchObject({ code: 'ECONNRESET' });
  });

  it('leads to a server whose certificate is not its own', async () => {
    const server = await servers.https();
    const proxy = await servers.raw(tunnel);
    expect(await fail(secure(server, 'example.test'), { ...by(proxy), ca })).toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    await Promise.all([proxy.closed(), server.closed()]);
  });
});

describe('time', () => {
  const timeLimit = { code: 'WS_ERR_HANDSHAKE_TIMEOUT' };

  it.each([
    ['the proxy is silent', '', 1],
    ['the answer is half', 'HTTP/1.1 200 Conn', 1],
    ['the tunnel is silent', 'HTTP/1.1 200 OK\r\n\r\n', 2],
  ])('is limited when %s', async (_, answer, requests) => {
    const clock = new ManualClock();
    const arrived = withResolvers();
    const proxy = await servers.raw((socket) => {
      if (proxy.heads.length === 1) socket.write(answer);
      if (proxy.heads.length === requests) arrived.resolve();
    });
    const started = start('ws://example.invalid', { ...by(proxy), handshakeTimeout: 1000, clock });
    await arrived.promise;
    clock.advance(1000);
    expect(await failureOf(started)).toMatchObject(timeLimit);
    await proxy.closed();
  });

  it('without traffic is limited as well', async () => {
    const proxy = await servers.raw(() => {});
    expect(await fail('ws://example.invalid', { ...by(proxy), timeout: 20 })).toMatchObject(timeLimit);
    await proxy.closed();
  });

  it('is not limited on any socket once the connection is open', async () => {
    const sockets = new Set<Socket>();
    const setTimeout = net.Socket.prototype.setTimeout;
    net.Socket.prototype.setTimeout = function (this: Socket, ...args: [number]) {
      sockets.add(this);
      return setTimeout.apply(this, args);
    };
    try {
      const server = await servers.https();
      const proxy = await servers.raw(tunnel);
      const { socket } = await open(secure(server), { ...by(proxy), ca, timeout: 12_345 });
      expect(sockets.size).toBeGreaterThan(1);
      expect([...sockets].filter(({ timeout }) => timeout === 12_345)).toEqual([]);
      socket.destroy();
    } finally {
      net.Socket.prototype.setTimeout = setTimeout;
    }
  });

  it('may be cut short by abort', async () => {
    const arrived = withResolvers();
    const proxy = await servers.raw(() => arrived.resolve());
    const started = start('wss://example.invalid', by(proxy));
    await arrived.promise;
    started.handshake.abort();
    expect(await failureOf(started)).toMatchObject({ code: 'WS_ERR_CLOSED_BEFORE_OPEN' });
    await proxy.closed();
  });
});

describe('the option', () => {
  it.each(['socks5://127.0.0.1:1080', '127.0.0.1:8080', '', 'ws://127.0.0.1'])('is not %j', (proxy) => {
    expect(() => parseProxy(proxy)).toThrow(UsageError);
    expect(() => start('ws://example.invalid', { proxy })).toThrow(
      expect.objectContaining({
        code: 'WS_ERR_INVALID_OPTIONS',
        message: 'The proxy must be an http: or https: URL',
      }),
    );
  });

  it.each<[string, string, ClientOptions]>([
    ['agent', 'ws://a', { agent: new http.Agent() }],
    ['createConnection', 'ws://a', { createConnection: net.createConnection }],
    ['socketPath', 'ws://a', { socketPath: '/a.sock' }],
    ['a ws+unix: URL', 'ws+unix:/a.sock', {}],
  ])('excludes %s', (_, address, options) => {
    expect(() => start(address, { proxy: 'http://127.0.0.1:1', ...options })).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'WS_ERR_INVALID_OPTIONS' }),
    );
  });

  it('goes with agent: false', async () => {
    const server = await servers.http();
    const proxy = await servers.raw(tunnel);
    await openAndClose(plain(server), { ...by(proxy), agent: false });
    expect(proxy.heads).toHaveLength(1);
  });
});
