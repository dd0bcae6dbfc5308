import type { ClientRequest } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/client/address.js';
import type { ClientOptions } from '../../src/client/client-options.js';
import { firstDestination, redirected } from '../../src/client/redirects.js';
import { HandshakeError } from '../../src/protocol/errors.js';
import { fail, failureOf, openAndClose, start } from './start-opening.js';
import { accept, ca, clientIdentity, type Listening, redirectTo, TestServers } from './test-servers.js';

const servers = new TestServers();
afterEach(() => servers.close());

/** Two names of this machine are two hosts. */
const here = ({ port }: Listening, path = '/'): string => `ws://127.0.0.1:${port}${path}`;
const elsewhere = ({ port }: Listening, path = '/'): string => `ws://localhost:${port}${path}`;
const follow: ClientOptions = { followRedirects: true, family: 4 };

describe('redirected', () => {
  const to = (address: string, location: string, options: ClientOptions = {}) =>
    redirected(firstDestination(parseAddress(address), options), location, 302);

  it.each([
    ['ws://a/x/y', 'z?q', 'ws://a/x/z?q'],
    ['ws://a/x/y', '/z', 'ws://a/z'],
    ['wss://a/x/y', '//b/z', 'wss://b/z'],
    ['ws://a/', 'https://a/', 'wss://a/'],
    ['wss://a/', 'http://b/', 'ws://b/'],
    ['ws://a/', 'wss://b:8080/', 'wss://b:8080/'],
    ['ws+unix:/a b.sock:/x/y', 'z?q', 'ws+unix:/a%20b.sock:/x/z?q'],
    ['ws+unix:/a%3Ab.sock:/x/y', '/z', 'ws+unix:/a%3Ab.sock:/z'],
    ['ws+unix:/a.sock', 'ws+unix:/b.sock:/z', 'ws+unix:/b.sock:/z'],
    ['ws+unix:/a.sock:/x', 'ws://b/', 'ws://b/'],
    ['ws+unix:/a.sock:/x', '//b/y', 'ws://b/y'],
  ])('from %s by %s to %s', (address, location, href) => {
    expect(to(address, location).url.href).toBe(href);
  });

  it.each([
    ['http://[', 'Invalid URL: http://['],
    ['mailto:a@b', 'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"'],
    ['/x#y', 'The URL contains a fragment identifier'],
    ['ws+unix:', "The URL's pathname is empty"],
  ])('refuses %s', (location, message) => {
    const invalid = expect.objectContaining({ code: 'WS_ERR_INVALID_REDIRECT', status: 302, message });
    expect(() => to('ws://a/', location)).toThrow(invalid);
    expect(() => to('ws://a/', location)).toThrow(HandshakeError);
  });

  it('leads from the network to no Unix socket', () => {
    expect(() => to('ws://a/', 'ws+unix:/a.sock')).toThrow(
      expect.objectContaining({ code: 'WS_ERR_INVALID_REDIRECT' }),
    );
  });

  it('keeps the proxy', () => {
    expect(to('ws://a/', 'ws://b/', { proxy: 'http://proxy' }).options.proxy).toBe('http://proxy');
  });

  const options: ClientOptions = {
    auth: 'user:pass',
    headers: { authorization: 'x', COOKIE: 'c', Host: 'h', 'X-Kept': 'k', 'Proxy-Authorization': 'p' },
    ...clientIdentity,
    pfx: 'pfx',
    passphrase: 'secret',
    ca,
    servername: 'name',
    socketPath: '/a.sock',
    rejectUnauthorized: false,
  };

  it.each([
    ['ws://a/', '/b'],
    ['ws://a/', 'wss://a/'],
    ['wss://a/', 'https://a:443/'],
    ['ws+unix:/a.sock:/x', 'y'],
    ['ws+unix:/a.sock:/x', 'ws+unix:/a.sock:/y'],
  ])('keeps everything from %s to %s', (address, location) => {
    expect(to(address, location, options).options).toEqual(options);
  });

  it.each([
    ['ws://a/', 'ws://b/'],
    ['ws://a/', '//b/'],
    ['ws://a/', 'ws://sub.a/'],
    ['ws://a/', 'ws://a:8080/'],
    ['wss://a/', 'wss://a:8443/'],
    ['ws+unix:/a.sock', 'ws+unix:/b.sock'],
    ['ws+unix:/a.sock', 'ws://a/'],
    ['wss://a/', 'ws://b/'],
  ])('keeps nothing that is for the host from %s to %s', (address, location) => {
    const kept = { headers: { 'X-Kept': 'k' }, ca, rejectUnauthorized: false };
    expect(to(address, location, options).options).toEqual(kept);
  });

  it('keeps no credentials from wss: to ws:', () => {
    const { options: kept } = to('wss://a:8080/', 'ws://a:8080/', options);
    expect(kept).toEqual({
      headers: { 'X-Kept': 'k', Host: 'h' },
      ca,
      rejectUnauthorized: false,
      servername: 'name',
      socketPath: '/a.sock',
    });
  });

  it('keeps the credentials of the first URL on its host only', () => {
    expect(to('ws://u:p@a/', 'ws://a/b').options.auth).toBe('u:p');
    expect(to('ws://u:p@a/', 'ws://v:q@a/b').options.auth).toBe('u:p');
    expect(to('ws://a/', 'ws://v:q@a/b').options.auth).toBe('v:q');
    const other = to('ws://u:p@a/', 'ws://v:q@b/');
    expect(other.options.auth).toBeUndefined();
    expect(other.url.href).toBe('ws://b/');
    expect(redirected(other, 'ws://a/', 302).options.auth).toBeUndefined();
  });

  it('leaves the caller’s options alone', () => {
    const before = { headers: { ...options.headers } };
    to('ws://a/', 'ws://b/', before);
    expect(before.headers).toEqual(options.headers);
  });
});

describe('a redirect', () => {
  it('is no answer unless the option says so', async () => {
    const server = await servers.answering(redirectTo('/b'));
    expect(await fail(here(server))).toMatchObject({
      code: 'WS_ERR_UNEXPECTED_RESPONSE',
      status: 302,
      message: 'Unexpected server response: 302',
    });
  });

  it.each([300, 301, 302, 303, 307, 308])('%d is followed, with a new key', async (status) => {
    const target = await servers.http();
    const first = await servers.answering(redirectTo(here(target, '/b'), status));
    const started = start(here(first, '/a'), follow);
    const result = await started.outcome;
    expect(started.handshake.url).toBe(here(target, '/b'));
    expect(started.calls).toEqual(['redirect', 'upgrade', 'opened']);
    const [key, other] = [first, target].map(({ heads }) => heads[0].fields.get('sec-websocket-key'));
    expect(key).not.toBe(other);
    if (!(result instanceof Error)) result.socket.destroy();
    await first.closed();
  });

  it('without Location is an answer', async () => {
    const server = await servers.answering((_request, response) => response.writeHead(304).end());
    expect(await fail(here(server), follow)).toMatchObject({
      code: 'WS_ERR_UNEXPECTED_RESPONSE',
      status: 304,
    });
  });

  it.each([201, 401, 404])('is not what %d with Location means', async (status) => {
    const server = await servers.answering(redirectTo('/b', status));
    expect(await fail(here(server), follow)).toMatchObject({ code: 'WS_ERR_UNEXPECTED_RESPONSE', status });
  });

  it('to nowhere fails the handshake', async () => {
    const server = await servers.answering(redirectTo('http://['));
    const started = start(here(server), follow);
    expect(await failureOf(started)).toMatchObject({
      code: 'WS_ERR_INVALID_REDIRECT',
      message: 'Invalid URL: http://[',
      status: 302,
    });
    expect(started.calls).toEqual(['failed']);
    await server.closed();
  });

  it('to a server that is not there fails the handshake', async () => {
    const gone = await servers.silent();
    await servers.close();
    const server = await servers.answering(redirectTo(here(gone)));
    expect(await fail(here(server), follow)).toMatchObject({ code: 'ECONNREFUSED' });
    await server.closed();
  });

  it.each([
    [undefined, 11],
    [0, 1],
    [3, 4],
  ])('is followed at most maxRedirects times: %s', async (maxRedirects, requests) => {
    const server = await servers.answering(redirectTo('/again'));
    const error = await fail(here(server), {
      ...follow,
      ...(maxRedirects !== undefined && { maxRedirects }),
    });
    expect(error).toBeInstanceOf(HandshakeError);
    expect(error).toMatchObject({ code: 'WS_ERR_TOO_MANY_REDIRECTS', message: 'Maximum redirects exceeded' });
    expect(server.heads).toHaveLength(requests);
    await server.closed(requests);
  });

  it('may be the hundredth', async () => {
    const target = await servers.http();
    let count = 0;
    const next = (): string => {
      count += 1;
      return count < 100 ? `/${count}` : here(target, '/end');
    };
    const server = await servers.answering(redirectTo(next));
    await openAndClose(here(server), { ...follow, maxRedirects: 100 });
    expect(server.heads).toHaveLength(100);
    expect(target.heads[0].startLine).toBe('GET /end HTTP/1.1');
    await server.closed(100);
  });

  it('may lead from http: to TLS', async () => {
    const target = await servers.https();
    const server = await servers.answering(redirectTo(`https://127.0.0.1:${target.port}/`));
    const started = start(here(server), { ...follow, ca });
    const result = await started.outcome;
    expect(result).not.toBeInstanceOf(Error);
    expect(started.handshake.url).toBe(`wss://127.0.0.1:${target.port}/`);
  });
});

describe('credentials', () => {
  const secrets = ['authorization', 'cookie', 'proxy-authorization'];
  const options: ClientOptions = {
    ...follow,
    headers: { Cookie: 'secret', 'Proxy-Authorization': 'secret', Host: 'example.test', 'X-Kept': 'k' },
  };
  const withUser = (address: string): string => address.replace('//', '//user:pass@');
  const basic = `Basic ${Buffer.from('user:pass').toString('base64')}`;

  it('do not leave the host', async () => {
    const target = await servers.http();
    const server = await servers.answering(redirectTo(elsewhere(target)));
    await openAndClose(withUser(here(server)), options);
    const [sent, leaked] = [server.heads[0].fields, target.heads[0].fields];
    expect(secrets.map((name) => sent.get(name))).toEqual([basic, 'secret', 'secret']);
    expect(sent.get('host')).toBe('example.test');
    expect(secrets.map((name) => leaked.get(name))).toEqual([undefined, undefined, undefined]);
    expect(leaked.get('host')).toBe(`localhost:${target.port}`);
    expect(leaked.get('x-kept')).toBe('k');
  });

  it('do not come back over another host', async () => {
    const target = await servers.http();
    const detour = await servers.answering(redirectTo(here(target)));
    const server = await servers.answering(redirectTo(elsewhere(detour)));
    await openAndClose(withUser(here(server)), options);
    expect(secrets.filter((name) => target.heads[0].fields.has(name))).toEqual([]);
  });

  it('do not go from TLS to plain text', async () => {
    const target = await servers.http();
    const server = await servers.answeringTls(redirectTo(here(target)));
    await openAndClose(withUser(`wss://127.0.0.1:${server.port}`), { ...options, ca });
    expect(server.heads[0].fields.get('authorization')).toBe(basic);
    expect(secrets.filter((name) => target.heads[0].fields.has(name))).toEqual([]);
  });

  it('stay on the same host', async () => {
    const server = await servers.answering((request, response) => {
      if (request.url === '/a') redirectTo('/b')(request, response);
      else response.writeHead(403).end();
    });
    expect(await fail(withUser(here(server, '/a')), options)).toMatchObject({ status: 403 });
    expect(server.heads.map(({ fields }) => fields.get('authorization'))).toEqual([basic, basic]);
    expect(server.heads.map(({ fields }) => fields.get('cookie'))).toEqual(['secret', 'secret']);
  });

  it('do not leak to a listener’s host either, unless it says so', async () => {
    const target = await servers.http();
    const server = await servers.answering(redirectTo(elsewhere(target)));
    const seen: unknown[] = [];
    await openAndClose(withUser(here(server)), options, {
      redirect: (url, request) => {
        seen.push(url, request.getHeader('authorization'));
        request.setHeader('Cookie', 'for you');
      },
    });
    expect(seen).toEqual([elsewhere(target), undefined]);
    expect(target.heads[0].fields.get('cookie')).toBe('for you');
  });

  it('of a certificate do not leave the host', async () => {
    const subjects: unknown[] = [];
    const target = await servers.https(
      (request, socket) => {
        subjects.push((request.socket as TLSSocket).getPeerCertificate().subject?.CN);
        accept(request, socket);
      },
      { requestCert: true, rejectUnauthorized: false, ca },
    );
    const server = await servers.answering(redirectTo(`wss://localhost:${target.port}`));
    await openAndClose(here(server), { ...options, ...clientIdentity, ca });
    await openAndClose(`wss://localhost:${target.port}`, { ...options, ...clientIdentity, ca });
    expect(subjects).toEqual([undefined, 'alice']);
  });
});

describe('a listener of the redirect', () => {
  const redirecting = async () => {
    const target = await servers.http();
    return { target, server: await servers.answering(redirectTo(here(target))) };
  };

  it.each<[string, (request: ClientRequest) => void, object]>([
    ['destroy()', (request) => request.destroy(), { code: 'ECONNRESET' }],
    ['destroy(error)', (request) => request.destroy(new Error('not there')), { message: 'not there' }],
    ['abort()', (request) => request.abort(), { code: 'WS_ERR_CLOSED_BEFORE_OPEN' }],
  ])('may end it by %s', async (_, end, error) => {
    const { target, server } = await redirecting();
    const finished: ClientRequest[] = [];
    const started = start(here(server), follow, {
      redirect: (_url, request) => end(request),
      finishRequest: (request) => finished.push(request.end()),
    });
    expect(await failureOf(started)).toMatchObject(error);
    expect(started.calls).toEqual(['redirect', 'failed']);
    expect(finished).toHaveLength(1);
    expect(target.heads).toEqual([]);
  });

  it('may abort the handshake', async () => {
    const { target, server } = await redirecting();
    const started = start(here(server), follow, { redirect: () => started.handshake.abort() });
    expect(await failureOf(started)).toMatchObject({ code: 'WS_ERR_CLOSED_BEFORE_OPEN' });
    expect(started.calls).toEqual(['redirect', 'failed']);
    expect(target.heads).toEqual([]);
  });

  it('comes before finishRequest', async () => {
    const { target, server } = await redirecting();
    const order: string[] = [];
    await openAndClose(here(server), follow, {
      redirect: () => order.push('redirect'),
      finishRequest: (request) => {
        order.push('finish');
        request.setHeader('X-Count', order.length);
        request.end();
      },
    });
    expect(order).toEqual(['finish', 'redirect', 'finish']);
    expect(target.heads[0].fields.get('x-count')).toBe('3');
  });
});
