/** What a proxy does to connections: whom it names, when it cuts them, and how it and the server are replaced. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type ClientOptions,
  HandshakeError,
  type ServerOptions,
  WebSocket,
  WebSocketServer,
} from '../../src/index.js';
import { messages, next } from '../client/connections.js';
import { ca } from '../client/test-servers.js';
import { readDocument } from '../documents/markdown.js';
import { ChromiumPage, servePage } from './chromium.js';
import { launchChromium } from './launch-chromium.js';
import { type Edit, haproxy, nginx, type ProxyProgram, type RunningProxy } from './proxies.js';

const ended: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

interface Backend {
  readonly server: WebSocketServer;
  readonly port: number;
}

/** An echo server, without heartbeat unless the options have it. */
async function backend(options: ServerOptions = {}): Promise<Backend> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, heartbeat: false, ...options });
  server.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  await once(server, 'listening');
  ended.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

async function start(
  program: ProxyProgram,
  port: number,
  edits: readonly Edit[] = [],
): Promise<RunningProxy> {
  const proxy = await program.start(port, edits);
  ended.push(() => proxy.stop());
  return proxy;
}

function connect(url: string, options: ClientOptions = {}): WebSocket {
  const client = new WebSocket(url, options);
  ended.push(() => client.terminate());
  return client;
}

/** An open connection, seen from both ends, and the request as the server got it. */
async function connected({ server }: Backend, url: string, options: ClientOptions = {}) {
  const connection = next(server, 'connection');
  const client = connect(url, options);
  const [[socket, request]] = await Promise.all([connection, next(client, 'open')]);
  return { client, socket: socket as WebSocket, request: request as IncomingMessage };
}

async function echo(client: WebSocket, text: string): Promise<void> {
  const received = messages(client, 1);
  client.send(text);
  expect(await received).toEqual([text]);
}

/** The answer to a handshake that is not 101. */
async function answer(url: string, options: ClientOptions = {}): Promise<{ status: number; body: string }> {
  const client = connect(url, options);
  client.on('error', () => {});
  const [, response] = await next(client, 'unexpected-response');
  let body = '';
  for await (const chunk of response as IncomingMessage) body += chunk;
  return { status: response.statusCode, body };
}

/** Resolves when so many pings have come. */
async function pings(socket: WebSocket, count: number): Promise<void> {
  for (let left = count; left > 0; left--) await once(socket, 'ping');
}

/** A client that talks to a server that has nothing to say: a pong is not answered. */
async function talkToSilence(program: ProxyProgram): Promise<void> {
  const server = await backend();
  const proxy = await start(program, server.port, program.idleTimeout(2_000));
  const { client, socket } = await connected(server, proxy.ws);
  const talk = setInterval(() => client.pong(), 300);
  ended.push(() => clearInterval(talk));
  for (let left = 14; left > 0; left--) await once(socket, 'pong');
}

describe.each([nginx, haproxy].map((program) => [program.name, program] as const))('%s', (_name, program) => {
  it('names the client, and a client cannot name itself', async () => {
    const forged = { localAddress: '127.0.0.2', headers: { 'X-Forwarded-For': '192.0.2.1' } };
    const trusting = await backend({ trustProxy: 1 });
    const proxy = await start(program, trusting.port);
    expect((await connected(trusting, proxy.ws, forged)).socket.remoteAddress).toBe('127.0.0.2');
    expect((await connected(trusting, proxy.ws)).socket.remoteAddress).toBe('127.0.0.1');

    const doubting = await backend();
    const other = await start(program, doubting.port);
    expect((await connected(doubting, other.ws, forged)).socket.remoteAddress).toBe('127.0.0.1');

    const credulous = await backend({ trustProxy: true });
    const last = await start(program, credulous.port);
    expect((await connected(credulous, last.ws, forged)).socket.remoteAddress).toBe('192.0.2.1');
  });

  it('passes Host on, so that the host of a page can be told from others', async () => {
    const server = await backend({ allowedOrigins: 'same-host' });
    const proxy = await start(program, server.port);
    const { client } = await connected(server, proxy.ws, { origin: proxy.http });
    await echo(client, 'same host');
    expect(await answer(proxy.ws, { origin: 'http://elsewhere.example' })).toMatchObject({ status: 403 });
    expect(await answer(proxy.ws, { origin: 'http://127.0.0.1' })).toMatchObject({ status: 403 });
  });

  it('passes on a refusal with its body', async () => {
    const server = await backend({
      authenticate: () => {
        throw new HandshakeError(401, 'Log in first');
      },
    });
    const proxy = await start(program, server.port);
    expect(await answer(proxy.ws)).toEqual({ status: 401, body: expect.stringContaining('Log in first') });
  });

  it('ends TLS', async () => {
    const server = await backend({ allowedOrigins: 'same-host', perMessageDeflate: true });
    const proxy = await start(program, server.port, program.tellVersion);
    const { client, request } = await connected(server, proxy.wss, { ca, family: 4, origin: proxy.https });
    expect(request.headers['x-edge-version']).toBe('HTTP/1.1');
    expect(client.extensions).toBe('permessage-deflate');
    await echo(client, 'secret');
  });

  it('cuts a connection that is silent', async () => {
    const server = await backend();
    const proxy = await start(program, server.port, program.idleTimeout(1_000));
    const { client, socket } = await connected(server, proxy.ws);
    const [[clientCode], [serverCode]] = await Promise.all([next(client, 'close'), next(socket, 'close')]);
    expect([clientCode, serverCode]).toEqual([1006, 1006]);
  });

  it('leaves connections alone that a heartbeat or a client keeps busy', async () => {
    const heartbeat = { interval: 300, timeout: 20_000 };
    const started = performance.now();
    const survive = async (options: ServerOptions, own: ClientOptions): Promise<void> => {
      const server = await backend(options);
      const proxy = await start(program, server.port, program.idleTimeout(2_000));
      const { client, socket } = await connected(server, proxy.ws, own);
      // A ping comes after 300 ms of silence at the earliest: these take more than two timeouts.
      await Promise.race([pings(client, 14), pings(socket, 14)]);
      await echo(client, 'still there');
    };
    await Promise.all([survive({ heartbeat }, {}), survive({}, { heartbeat }), talkToSilence(program)]);
    expect(performance.now() - started).toBeGreaterThan(4_000);
  });

  it('answers for a server that is down, and finds it when it is back', async () => {
    const first = await backend();
    const proxy = await start(program, first.port);
    const closed = once(first.server, 'close');
    first.server.close();
    await closed;
    expect(await answer(proxy.ws)).toMatchObject({ status: program.backendDown });
    const [error] = await next(connect(proxy.ws), 'error');
    expect(error).toMatchObject({ code: 'WS_ERR_UNEXPECTED_RESPONSE', status: program.backendDown });

    if (program.watches) await proxy.printed(program.watches.down);
    const second = await backend({ port: first.port });
    if (program.watches) await proxy.printed(program.watches.up);
    await echo((await connected(second, proxy.ws)).client, 'back');
  });

  it('is reloaded under open connections: they stay with the server that they have, new ones find the new one', async () => {
    const [old, fresh] = [await backend(), await backend()];
    const proxy = await start(program, old.port);
    const before = await connected(old, proxy.ws);
    await proxy.reload(fresh.port);
    const after = await connected(fresh, proxy.ws);
    await echo(before.client, 'old');
    await echo(after.client, 'new');

    // Then the old server can go, at its own pace.
    const closed = next(before.client, 'close');
    expect(await old.server.drain({ reason: 'moved' })).toEqual({ closed: 1, terminated: 0 });
    expect(await closed).toEqual([1001, Buffer.from('moved')]);
    await echo(after.client, 'still new');
  });

  it('cuts the old connections some time after a reload, if it is told to', async () => {
    const server = await backend();
    const edits = program.cutAfterReload(500);
    const proxy = await start(program, server.port, edits);
    const { client, socket } = await connected(server, proxy.ws);
    const closed = Promise.all([next(client, 'close'), next(socket, 'close')]);
    await proxy.reload(server.port, edits);
    const [[clientCode], [serverCode]] = await closed;
    expect([clientCode, serverCode]).toEqual([1006, 1006]);
    await echo((await connected(server, proxy.ws)).client, 'again');
  });
});

/** It is what the guide's table of troubles tells. */
function expectInGuide(seen: { status: number; body: string }, status: number, body: string): void {
  expect({ ...seen, body: seen.body.trim() }).toEqual({ status, body });
  expect(readDocument('docs/guide/reverse-proxies.md').text).toContain(`\n| ${status} \`${body}\` |`);
}

describe('a mistake in the configuration', () => {
  const withoutUpgrade: readonly Edit[] = [
    ['proxy_set_header Upgrade $http_upgrade;', ''],
    ['proxy_set_header Connection $connection_upgrade;', ''],
  ];

  it.each<[string, readonly Edit[], number, string]>([
    ['no HTTP/1.1', [['proxy_http_version 1.1;', '']], 400, 'HTTP/1.1 is required'],
    [
      'neither HTTP/1.1 nor Upgrade',
      [['proxy_http_version 1.1;', ''], ...withoutUpgrade],
      400,
      'HTTP/1.1 is required',
    ],
    ['no Upgrade', withoutUpgrade, 426, 'Upgrade Required'],
    ['no Connection', withoutUpgrade.slice(1), 400, 'Invalid Connection header'],
    ['no Host', [['proxy_set_header Host $http_host;', '']], 403, 'Origin not allowed'],
    ['a Host without its port', [['$http_host', '$host']], 403, 'Origin not allowed'],
  ])('of nginx: %s', async (_name, edits, status, body) => {
    const server = await backend({ allowedOrigins: 'same-host' });
    const proxy = await start(nginx, server.port, edits);
    expectInGuide(await answer(proxy.ws, { origin: proxy.http }), status, body);
  });

  it('of nginx: a path in place of that of the location', async () => {
    const server = await backend({ path: '/chat' });
    const proxy = await start(nginx, server.port, [
      ['location / {', 'location /chat {'],
      ['proxy_pass http://hawser;', 'proxy_pass http://hawser/;'],
    ]);
    expectInGuide(await answer(`${proxy.ws}/chat`), 404, 'No WebSocket endpoint at this path');
  });

  it('of HAProxy: its own form of a health check, by OPTIONS and HTTP/1.0', async () => {
    const server = await backend();
    const check = 'http-check send meth GET uri / ver HTTP/1.1 hdr Host example.org';
    const proxy = await start(haproxy, server.port, [[check, '']]);
    await proxy.printed(/Server hawser\/app is DOWN, .* code: 405/);
    expect(await answer(proxy.ws)).toMatchObject({ status: 503 });
  });
});

describe('a page behind TLS and HTTP/2', () => {
  it.each([
    // nginx does not offer WebSockets over HTTP/2 (RFC 8441), so Chromium opens a connection of HTTP/1.1 for them.
    [nginx.name, nginx, 'HTTP/1.1'],
    // HAProxy does, and makes an HTTP/1.1 handshake of its own out of it.
    [haproxy.name, haproxy, 'HTTP/2.0'],
  ] as const)('%s', async (_name, program, version) => {
    const http = createServer((request, response) => {
      if (request.url === '/page') servePage(request, response);
      else response.writeHead(426).end();
    });
    const server = new WebSocketServer({
      server: http,
      allowedOrigins: 'same-host',
      perMessageDeflate: true,
    });
    server.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
    http.listen(0, '127.0.0.1');
    ended.push(() => http.close());
    await once(http, 'listening');
    const proxy = await start(program, (http.address() as AddressInfo).port, program.tellVersion);
    const browser = await launchChromium();
    ended.push(() => browser.close());
    const page = await ChromiumPage.open(browser, `${proxy.https}/page`);
    expect(await page.httpVersion()).toBe('h2');
    const connection = next(server, 'connection');
    const end = await page.connect(proxy.wss);
    const [, request] = await connection;
    expect((request as IncomingMessage).headers['x-edge-version']).toBe(version);
    expect(end.compresses).toBe(true);
    const large = 'Grüße '.repeat(50_000);
    await end.send(large);
    expect(await end.message()).toBe(large);
    end.close(4000, 'done');
    expect(await end.closed).toEqual({ code: 4000, reason: 'done' });
  });
});
