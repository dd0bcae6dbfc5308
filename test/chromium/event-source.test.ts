/** The `EventSource` of a page at a fallback server, over a network that cuts its streams. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { FaultProxy } from '../../src/testing/index.js';
import { FallbackServer, type FallbackSocket } from '../../src/transports/fallback-server/index.js';
import { launchChromium } from '../interop/launch-chromium.js';

/** What the page keeps. */
interface PageScope {
  source: EventSource;
  events: string[];
  ids: string[];
  opened: number;
}
declare const self: PageScope;

let browser: Browser;
let server: Server;
let proxy: FaultProxy;
let sockets: FallbackSocket[];

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

beforeEach(async () => {
  sockets = [];
  const fallback = new FallbackServer({ retry: 50 });
  fallback.on('connection', (socket) => sockets.push(socket));
  server = createServer((request, response) => {
    if (request.url === '/events') fallback.handle(request, response);
    else response.setHeader('content-type', 'text/html').end('<!doctype html><title>events</title>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = new FaultProxy({ port: (server.address() as AddressInfo).port });
  await proxy.listen();
});
afterEach(async () => {
  await proxy.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A page that listens at the server. */
async function listeningPage() {
  const page = await browser.newPage();
  await page.goto(proxy.url('http'));
  await page.evaluate(() => {
    self.events = [];
    self.ids = [];
    self.opened = 0;
    self.source = new EventSource('/events');
    self.source.onopen = () => self.opened++;
    self.source.onmessage = ({ data, lastEventId }) => {
      self.events.push(data);
      self.ids.push(lastEventId);
    };
    self.source.addEventListener('json', ({ data }) => self.events.push(JSON.parse(data)));
    self.source.addEventListener('close', ({ data }) => {
      self.source.close();
      self.events.push(`close ${data}`);
    });
  });
  await page.waitForFunction(() => self.opened === 1);
  return page;
}

it('gets each message once, also those that were sent while its stream was cut', async () => {
  const page = await listeningPage();
  const wanted: string[] = [];
  const send = (text: string): void => {
    wanted.push(text);
    sockets[0]?.send(text);
  };
  for (let round = 1; round <= 5; round++) {
    send(`message ${round}`);
    send(`two\nlines ${round}`);
    if (round % 2 === 0) await page.waitForFunction((count) => self.events.length === count, wanted.length);
    proxy.cut();
    send(`while it was away ${round}`);
    await page.waitForFunction((count) => self.opened > count, round);
  }
  send('a carriage\rreturn');
  sockets[0]?.close(4000, 'done');
  wanted.push('close [4000,"done"]');
  await page.waitForFunction(() => self.source.readyState === 2);
  expect(await page.evaluate(() => self.events)).toEqual(wanted);
  expect(sockets).toHaveLength(1);
  const ids = await page.evaluate(() => self.ids);
  expect(ids.map((id) => id.split('.')[2])).toEqual(Array.from({ length: 15 }, (_, index) => `${index + 1}`));
  expect(new Set(ids.map((id) => id.split('.')[0]))).toEqual(new Set([sockets[0]?.id]));
  await page.close();
});

it('is told, and does not come back, when its session cannot be resumed', async () => {
  const page = await listeningPage();
  sockets[0]?.send('one');
  await page.waitForFunction(() => self.events.length === 1);
  sockets[0]?.terminate();
  await page.waitForFunction(() => self.source.readyState === 2);
  expect(await page.evaluate(() => self.events)).toEqual(['one']);
  expect(sockets).toHaveLength(1);
  await page.close();
});
