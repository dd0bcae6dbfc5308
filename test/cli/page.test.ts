import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageListener } from '../../src/cli/page.js';

let outside: string;
let server: Server;

beforeAll(async () => {
  outside = mkdtempSync(join(tmpdir(), 'hawser-page-'));
  const folder = join(outside, 'page');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(outside, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'assets', 'main.js'), 'export {};');
  writeFileSync(join(folder, 'assets', 'ein schöner Name.css'), 'a {}');
  writeFileSync(join(folder, 'data.bin'), 'x');
  server = createServer(pageListener(folder)).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  server.close();
  rmSync(outside, { recursive: true });
});

/** Sends a request target as it is: `fetch` would tidy the path. */
async function get(path: string, method = 'GET'): Promise<IncomingMessage & { body: string }> {
  const { port } = server.address() as AddressInfo;
  const request = httpRequest({ host: '127.0.0.1', port, path, method, agent: false }).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return Object.assign(response, { body: await text(response) });
}

describe('pageListener', () => {
  it.each([
    ['/', 'text/html; charset=utf-8', '<!doctype html>'],
    ['/index.html', 'text/html; charset=utf-8', '<!doctype html>'],
    ['/?query=1', 'text/html; charset=utf-8', '<!doctype html>'],
    ['/assets/main.js', 'text/javascript; charset=utf-8', 'export {};'],
    ['/assets/ein%20sch%C3%B6ner%20Name.css', 'text/css; charset=utf-8', 'a {}'],
    ['http://localhost/assets/main.js', 'text/javascript; charset=utf-8', 'export {};'],
    ['/data.bin', 'application/octet-stream', 'x'],
  ])('serves %s as %s', async (path, type, body) => {
    const response = await get(path);
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe(type);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.headers['x-content-type-options']).toBe('nosniff');
    expect(response.body).toBe(body);
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..%5csecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '//secret.txt',
    '/assets',
    '/index.html%00',
    '/__proto__',
    '/constructor',
  ])('answers %s with 404', async (path) => {
    const response = await get(path);
    expect(response.statusCode).toBe(404);
    expect(response.body).toBe('Not Found\n');
  });

  it('answers a malformed path with 400', async () => {
    expect((await get('/%zz')).statusCode).toBe(400);
    expect((await get('/%ff')).statusCode).toBe(400);
    expect((await get('*')).statusCode).toBe(400);
  });

  it('sends headers alone for HEAD', async () => {
    const response = await get('/', 'HEAD');
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-length']).toBe('15');
    expect(response.body).toBe('');
  });

  it.each(['POST', 'DELETE', 'OPTIONS'])('answers %s with 405', async (method) => {
    const response = await get('/', method);
    expect(response.statusCode).toBe(405);
    expect(response.headers.allow).toBe('GET, HEAD');
  });

  it('throws for a folder without a page', () => {
    expect(() => pageListener(join(outside, 'page', 'assets'))).toThrow('no index.html');
  });
});
