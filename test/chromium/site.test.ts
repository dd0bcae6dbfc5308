/** The documents' site in a real browser. Needs `npm run docs` to have been run. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { PreviewServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportsOf } from '../documents/declarations.js';
import { root } from '../documents/markdown.js';
import { launchChromium } from '../interop/launch-chromium.js';

const site = `${root}docs/.vitepress/dist`;
const phone = { viewport: { width: 360, height: 740 } };

let browser: Browser;
let server: PreviewServer;
let complaints: string[];

beforeAll(async () => {
  if (!existsSync(`${site}/index.html`)) throw new Error(`${site} is missing: run npm run docs first`);
  const { serveDocs } = await import(`${root}scripts/docs.js`);
  server = await serveDocs('/', 0);
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
  await server.close();
});

const address = (): string => {
  const bound = server.httpServer.address();
  if (bound === null || typeof bound === 'string') throw new Error('the site is not served');
  return `http://localhost:${bound.port}/`;
};

/** Opens a page of the site, and notes what it complains of or loads from elsewhere. */
async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  complaints = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(address()) && !url.startsWith('data:')) complaints.push(`loads ${url}`);
  });
  await page.goto(address() + path, { waitUntil: 'networkidle' });
  return page;
}

const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

describe('the site', () => {
  it.each([
    '',
    'zh-CN/',
    'guide/getting-started.html',
    'guide/protocol.html',
    'guide/architecture.html',
    'guide/migration-from-ws.html',
    'guide/reconnection.html',
    'reference/rpc-protocol.html',
    'reference/server-options.html',
    'reference/api/hawser/classes/WebSocket.html',
    'source/src/protocol/handshake/permessage-deflate.ts.html',
  ])('shows /%s on a phone, and loads nothing from elsewhere', async (path) => {
    const page = await open(path, phone);
    expect(await overflow(page)).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('draws the diagrams, with the colours of the theme', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open('guide/protocol.html', { colorScheme });
      const state = page.locator('.diagram text', { hasText: /^acknowledged$/ });
      await state.scrollIntoViewIfNeeded();
      const color = await state.evaluate((text) => getComputedStyle(text).fill);
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const [ink = 0, paper = 0] = [color, background].map((rgb) => Number(/\d+/.exec(rgb)?.[0]));
      expect(Math.abs(ink - paper)).toBeGreaterThan(120);
      await page.context().close();
    }
  });

  it('is searched without a server', async () => {
    const page = await open('');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('searchbox').fill('slowConsumer');
    await page.locator('#localsearch-list').getByText('Backpressure').first().click();
    await page.waitForURL(/guide\/backpressure/);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is in two languages, which lead to each other', async () => {
    const page = await open('');
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    await page.getByRole('link', { name: '简体中文' }).first().click();
    await page.getByRole('heading', { name: '文档' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    await page.locator('main').getByRole('link', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Documents' }).waitFor();
    await page.context().close();
  });

  it.each([
    ['src/index.ts', 'hawser'],
    ['src/protocol/index.ts', 'hawser/protocol'],
    ['src/web/index.ts', 'hawser/web'],
    ['src/rpc/index.ts', 'hawser/rpc'],
    ['src/rpc/server/index.ts', 'hawser/rpc/server'],
    ['src/rpc/jwt/index.ts', 'hawser/rpc/jwt'],
    ['src/browser/index.ts', 'hawser/client'],
    ['src/testing/index.ts', 'hawser/testing'],
  ])('tells of every export of %s, of each once', (file, module) => {
    const folder = `${site}/reference/api/${module}`;
    const kinds = ['classes', 'functions', 'interfaces', 'type-aliases', 'variables'];
    const pages = kinds
      .filter((kind) => existsSync(`${folder}/${kind}`))
      .flatMap((kind) => readdirSync(`${folder}/${kind}`));
    const index = readFileSync(`${folder}/index.html`, 'utf8');
    const names = new Set(exportsOf(file).map(({ name }) => name));
    // What stands in another module, or has another name, is a heading that leads there.
    const missing = [...names].filter(
      (name) => !pages.includes(`${name}.html`) && !index.includes(`id="${name.toLowerCase()}"`),
    );
    expect(missing).toEqual([]);
    expect(pages.filter((page) => !names.has(basename(page, '.html')))).toEqual([]);
  });

  it('has classes as classes in the reference, and says there what hawser says and not what Node does', () => {
    expect(existsSync(`${site}/reference/api/hawser/classes/WebSocketServer.html`)).toBe(true);
    const options = readFileSync(`${site}/reference/api/hawser/interfaces/ClientOptions.html`, 'utf8');
    expect(options).toContain('Makes the socket in place of');
    expect(options).not.toContain('A factory function');
  });

  it('answers 404 to what is not there', async () => {
    expect((await fetch(`${address()}missing.html`)).status).toBe(404);
  });
});
