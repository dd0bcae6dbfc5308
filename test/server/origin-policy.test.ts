import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { HandshakeError } from '../../src/protocol/errors.js';
import { type AllowedOrigins, isOriginAllowed } from '../../src/server/origin-policy.js';
import { exchange, RawClient } from './raw-client.js';
import { start } from './test-servers.js';

const request = (host?: string) => ({ headers: { host } }) as IncomingMessage;
const allowed = (policy: AllowedOrigins, origin?: string) => isOriginAllowed(policy, origin, request());

describe('same-host', () => {
  it('takes the authority of HTTP/2 for the host', () => {
    const asked = (authority: string) =>
      ({ headers: { ':authority': authority } }) as unknown as IncomingMessage;
    expect(isOriginAllowed('same-host', 'https://example.com', asked('example.com'))).toBe(true);
    expect(isOriginAllowed('same-host', 'https://example.com', asked('example.org'))).toBe(false);
  });

  it.each<[origin: string | undefined, host: string | undefined, expected: boolean]>([
    ['http://example.com', 'example.com', true],
    ['https://example.com', 'example.com', true],
    ['http://EXAMPLE.com', 'example.COM', true],
    ['http://example.com:80', 'example.com', true],
    ['http://example.com', 'example.com:80', true],
    ['https://example.com:443', 'example.com', true],
    ['https://example.com', 'example.com:443', true],
    ['http://example.com:8080', 'example.com:8080', true],
    ['https://example.com:8080', 'example.com:8080', true],
    ['http://127.0.0.1:8888', '127.0.0.1:8888', true],
    ['http://[::1]:8888', '[::1]:8888', true],
    ['http://[::1]', '[::1]', true],
    ['http://[::1]', '[::1]:80', true],
    ['http://[0:0:0:0:0:0:0:1]', '[::1]', true],
    ['http://bücher.example', 'xn--bcher-kva.example', true],
    [undefined, 'example.com', true],

    ['http://example.com:8080', 'example.com', false],
    ['http://example.com', 'example.com:8080', false],
    ['http://example.com:8080', 'example.com:8081', false],
    ['https://example.com', 'example.com:80', false],
    ['http://example.com', 'example.com:443', false],
    ['http://example.com', 'example.org', false],
    ['http://sub.example.com', 'example.com', false],
    ['http://example.com.evil.org', 'example.com', false],
    ['http://evil.org/example.com', 'example.com', false],
    ['http://example.com@evil.org', 'example.com', false],
    ['http://[::1]:8888', '[::1]:8889', false],
    ['http://[::1]:8888', '[::2]:8888', false],
    ['http://[::1]', '[::1]:8888', false],
    ['null', 'example.com', false],
    ['null', 'null', false],
    ['', 'example.com', false],
    ['example.com', 'example.com', false],
    ['file://', 'example.com', false],
    ['file://example.com', 'example.com', false],
    ['chrome-extension://example.com', 'example.com', false],
    ['http://example.com, http://evil.org', 'example.com', false],
    ['http://example.com', '', false],
    ['http://example.com', undefined, false],
    ['http://example.com', 'a b', false],
  ])('%s at the host %s: %s', (origin, host, expected) => {
    expect(isOriginAllowed('same-host', origin, request(host))).toBe(expected);
  });
});

describe('a list', () => {
  it('of strings takes them as they are', () => {
    const policy = ['https://example.com', 'null'];
    expect(allowed(policy, 'https://example.com')).toBe(true);
    expect(allowed(policy, 'null')).toBe(true);
    for (const origin of ['https://example.com:443', 'http://example.com', 'https://sub.example.com', '']) {
      expect(allowed(policy, origin)).toBe(false);
    }
    expect(allowed(policy, undefined)).toBe(true);
  });

  it.each(['', 'g', 'y', 'gy', 'i'])('of patterns gives the same answer every time, flags "%s"', (flags) => {
    const policy = [new RegExp('^https://[a-z]+\\.example\\.com$', flags)];
    for (let round = 0; round < 4; round++) expect(allowed(policy, 'https://sub.example.com')).toBe(true);
    for (let round = 0; round < 4; round++) expect(allowed(policy, 'https://evil.org')).toBe(false);
  });

  it('that is empty refuses every origin', () => {
    expect(allowed([], 'https://example.com')).toBe(false);
    expect(allowed([], undefined)).toBe(true);
  });
});

it('a function gets origin and request, also where there is no origin', () => {
  const seen: unknown[] = [];
  const policy = (...args: unknown[]) => {
    seen.push(args);
    return false;
  };
  const upgrade = request('example.com');
  expect(isOriginAllowed(policy, 'https://example.com', upgrade)).toBe(false);
  expect(isOriginAllowed(policy, undefined, upgrade)).toBe(false);
  expect(seen).toEqual([
    ['https://example.com', upgrade],
    [undefined, upgrade],
  ]);
});

describe('at a server', () => {
  const origin = { Origin: 'https://example.com' };
  const refused = { status: 403, body: 'Origin not allowed', headers: { connection: ['close'] } };

  it('any origin passes by default', async () => {
    const { port } = await start();
    (await RawClient.open(port, { headers: { Origin: 'null' } })).socket.destroy();
  });

  it.each<[string, AllowedOrigins]>([
    ['same-host', 'same-host'],
    ['a list', ['https://example.org']],
    ['a function', () => false],
    ['an asynchronous function', async () => false],
  ])('%s refuses with 403', async (_name, allowedOrigins) => {
    const { port } = await start({ allowedOrigins });
    expect(await exchange(port, { headers: origin })).toMatchObject(refused);
  });

  it('two Origin fields are no origin', async () => {
    const { port } = await start({ allowedOrigins: ['https://example.com'] });
    const headers = { Origin: ['https://example.com', 'https://example.com'] };
    expect(await exchange(port, { headers })).toMatchObject(refused);
  });

  it.each<[string, AllowedOrigins]>([
    ['same-host', 'same-host'],
    ['a list', ['https://example.com']],
    ['a function', (value) => value === 'https://example.com'],
    ['an asynchronous function', async (value) => value === 'https://example.com'],
  ])('%s accepts', async (_name, allowedOrigins) => {
    const { port } = await start({ allowedOrigins });
    const headers = { ...origin, Host: 'example.com' };
    (await RawClient.open(port, { headers })).socket.destroy();
  });

  it('same-host lets clients in that are no browsers', async () => {
    const { port } = await start({ allowedOrigins: 'same-host' });
    (await RawClient.open(port)).socket.destroy();
  });

  it.each([true, false])(
    'a function that throws refuses with 500 (asynchronous: %s)',
    async (asynchronous) => {
      const fail = () => {
        throw new Error('a secret');
      };
      const { port } = await start({ allowedOrigins: asynchronous ? async () => fail() : fail });
      const answer = await exchange(port, { headers: origin });
      expect(answer).toMatchObject({ status: 500, body: 'Internal Server Error' });
    },
  );

  it('what a function returns is awaited, whatever can be', async () => {
    const answers = [
      // biome-ignore lint/suspicious/noThenProperty: query builders are such objects
      { then: (resolve: (value: boolean) => void) => setImmediate(resolve, false) },
      // biome-ignore lint/suspicious/noThenProperty: query builders are such objects
      { then: (_: unknown, reject: (error: Error) => void) => setImmediate(reject, new HandshakeError(403)) },
    ];
    for (const answer of answers) {
      const { port } = await start({ allowedOrigins: () => answer as unknown as Promise<boolean> });
      expect(await exchange(port)).toMatchObject({ status: 403 });
    }
  });

  it('a function may throw the answer', async () => {
    const { port } = await start({
      allowedOrigins: () => {
        throw new HandshakeError(451, 'Not in your country');
      },
    });
    expect(await exchange(port)).toMatchObject({ status: 451, body: 'Not in your country' });
  });
});
