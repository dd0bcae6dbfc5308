import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hawserServe, root } from '../cli/hawser-process.js';

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const args = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-gpu',
  '--disable-quic',
];
const screenshots = `${root}test-artifacts`;

let browser: Browser;
let server: Awaited<ReturnType<typeof hawserServe>>;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  browser = await chromium.launch({ executablePath, args, headless: true });
});
afterAll(() => browser.close());

beforeEach(async () => {
  server = await hawserServe();
  await open();
});
afterEach(async () => {
  await page.context().close();
  server.child.kill('SIGKILL');
  await server.exited;
});

/** Opens the page in a window of its own and waits for its connection. */
async function open(options: BrowserContextOptions = {}): Promise<void> {
  await page?.context().close();
  page = await (await browser.newContext(options)).newPage();
  page.setDefaultTimeout(10_000);
  complaints = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(server.url);
  await stateIs('OPEN');
}

const stateIs = (state: string): Promise<void> =>
  page.locator(`[aria-current=step]`, { hasText: new RegExp(`^${state}$`) }).waitFor();
const section = (name: string) => page.getByRole('region', { name });
const status = (name: string) => section(name).getByRole('status');
const button = (name: string) => page.getByRole('button', { name, exact: true });
const waitForStatus = (name: string, text: RegExp): Promise<void> =>
  status(name).filter({ hasText: text }).waitFor();

async function closeWith(code: string, reason: string): Promise<void> {
  await page.getByLabel('Close code').fill(code);
  await page.getByLabel('Reason').fill(reason);
  await button('Close').click();
}

/** The descriptions in a panel by their terms. */
async function facts(name: string): Promise<Record<string, string>> {
  const entries = await section(name)
    .locator('dl > div')
    .evaluateAll((groups) =>
      groups.map((group) => Array.from(group.children, (child) => child.textContent ?? '')),
    );
  return Object.fromEntries(entries);
}

describe('text', () => {
  it('echoes 我是阿宝哥', async () => {
    await page.getByLabel('Send', { exact: true }).fill('我是阿宝哥');
    await button('Send text').click();
    await waitForStatus('Text', /^Received 15 bytes of UTF-8 after/);
    expect(await page.getByLabel('Echo').inputValue()).toBe('我是阿宝哥');
    expect(complaints).toEqual([]);
  });

  it('echoes an empty message, many lines and characters beyond the BMP', async () => {
    for (const text of ['', 'one\ntwo\n', '👩‍👩‍👧‍👦 Grüße \u0000 end']) {
      await page.getByLabel('Send', { exact: true }).fill(text);
      await button('Send text').click();
      await waitForStatus('Text', new RegExp(`^Received ${Buffer.byteLength(text)} bytes?`));
      expect(await page.getByLabel('Echo').inputValue()).toBe(text);
    }
    expect(complaints).toEqual([]);
  });

  it('is sent by the keyboard alone', async () => {
    await page.getByLabel('Send', { exact: true }).focus();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('typed');
    await page.keyboard.press('Control+Enter');
    await waitForStatus('Text', /^Received 5 bytes/);
    expect(await page.getByLabel('Echo').inputValue()).toBe('typed');
  });
});

describe('binary', () => {
  it('echoes a Blob of 5 MiB identically and shows bufferedAmount on the way', async () => {
    const content = Buffer.alloc(5 * 1024 * 1024);
    for (let offset = 0; offset < content.length; offset += 4)
      content.writeUInt32LE((offset * 2654435761) >>> 0, offset);
    const digest = createHash('sha256').update(content).digest('hex');
    await page
      .getByLabel('File to send')
      .setInputFiles({ name: '5.bin', mimeType: 'application/octet-stream', buffer: content });
    expect(await page.getByLabel('a file', { exact: true }).isChecked()).toBe(true);

    const amounts = await page.evaluateHandle(() => {
      const seen: string[] = [];
      const amount = document.querySelector('#buffered')!;
      new MutationObserver(() => seen.push(amount.textContent)).observe(amount, {
        childList: true,
        characterData: true,
        subtree: true,
      });
      return seen;
    });
    await button('Send Blob').click();
    await waitForStatus('Binary', /^Received 5,242,880 bytes after/);
    await page.getByText(`yes, SHA-256 ${digest}`).waitFor();
    expect(await facts('Binary')).toMatchObject({ type: 'Blob', size: '5,242,880 bytes' });
    await page.locator('#buffered', { hasText: /^0 bytes$/ }).waitFor();
    const seen = await amounts.jsonValue();
    expect(seen[0]).toBe('5,242,880 bytes');
    expect(seen.at(-1)).toBe('0 bytes');
    expect(complaints).toEqual([]);
  });

  it('makes random bytes of the size asked for', async () => {
    await page.getByLabel('MiB').fill('1');
    await button('Send Blob').click();
    await waitForStatus('Binary', /^Received 1,048,576 bytes after/);
    await page.getByText(/^yes, SHA-256 [0-9a-f]{64}$/).waitFor();
    expect(complaints).toEqual([]);
  });

  it('asks for the file that is missing', async () => {
    await page.getByLabel('a file', { exact: true }).check();
    await button('Send Blob').click();
    await waitForStatus('Binary', /^Choose a file first/);
  });
});

describe('the connection', () => {
  it('says "not connected yet" for what is sent before OPEN', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    await closeWith('1000', '');
    await stateIs('CLOSED');
    await page.getByLabel('Address').fill(`ws://127.0.0.1:${(silent.address() as AddressInfo).port}/`);
    await button('Connect').click();
    await stateIs('CONNECTING');
    await button('Send text').click();
    await waitForStatus('Text', /not connected yet/);
    await button('Send Blob').click();
    await waitForStatus('Binary', /not connected yet/);
    expect(complaints).toEqual([]);
    silent.close();
  });

  it('shows a close with 4000 and its reason, and connects again', async () => {
    await closeWith('4000', '再见, and thanks');
    await stateIs('CLOSED');
    expect(await facts('Connection')).toEqual({
      code: '4000 (application’s own)',
      wasClean: 'true',
      reason: '再见, and thanks',
    });
    await button('Send text').click();
    await waitForStatus('Text', /the connection is CLOSED/);
    await button('Connect').click();
    await stateIs('OPEN');
    await button('Send text').click();
    await waitForStatus('Text', /^Received/);
    expect(complaints).toEqual([]);
  });

  it('shows a close without a code as 1005', async () => {
    await closeWith('', '');
    await stateIs('CLOSED');
    expect(await facts('Connection')).toMatchObject({ code: '1005 (no code received)', reason: '(none)' });
  });

  it.each([
    ['999', '', /999/],
    ['1001', '', /1001/],
    ['4000', '宝'.repeat(42), /123/],
  ])('shows why the browser refuses to close with %s %s', async (code, reason, message) => {
    await closeWith(code, reason);
    await waitForStatus('Connection', message);
    await stateIs('OPEN');
  });

  it('shows an address that is none', async () => {
    await closeWith('1000', '');
    await stateIs('CLOSED');
    await page.getByLabel('Address').fill('ftp://example.org');
    await button('Connect').click();
    await waitForStatus('Connection', /URL/);
    expect(complaints).toEqual([]);
  });

  it('shows 1006 where nothing answers', async () => {
    await closeWith('1000', '');
    await stateIs('CLOSED');
    await page.getByLabel('Address').fill(`${server.url.replace('http:', 'ws:')}/not-served`);
    await button('Connect').click();
    await waitForStatus('Connection', /^Closed without a closing handshake/);
    expect(await facts('Connection')).toMatchObject({ code: '1006 (abnormal closure)', wasClean: 'false' });
  });

  it('is closed with 1001 when the server is stopped by Ctrl-C', async () => {
    server.child.kill('SIGINT');
    await stateIs('CLOSED');
    expect(await facts('Connection')).toEqual({
      code: '1001 (going away)',
      wasClean: 'true',
      reason: 'The server is shutting down',
    });
    expect(await server.exited).toBe(0);
    expect(complaints).toEqual([]);
  });
});

describe('the looks', () => {
  it.each([
    ['light', { colorScheme: 'light', viewport: { width: 1200, height: 900 } }],
    ['dark', { colorScheme: 'dark', viewport: { width: 1200, height: 900 } }],
    [
      'phone',
      { colorScheme: 'light', viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
    ],
    [
      'phone-dark',
      { colorScheme: 'dark', viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true },
    ],
  ] satisfies [string, BrowserContextOptions & { viewport: object }][])(
    'nothing overflows: %s',
    async (name, options) => {
      await open(options);
      await button('Send text').click();
      await button('Send Blob').click();
      await page.getByText(/^yes, SHA-256/).waitFor();
      await page.screenshot({ path: `${screenshots}/${name}.png`, fullPage: true });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBe(options.viewport.width);
      expect(complaints).toEqual([]);
    },
  );

  it('the keyboard reaches every control in order, with a visible focus', async () => {
    const reached: string[] = [];
    for (let step = 0; step < 11; step++) {
      await page.keyboard.press('Tab');
      const focused = page.locator(':focus');
      reached.push((await focused.getAttribute('id')) ?? '');
      expect(await focused.evaluate((control) => getComputedStyle(control).outlineStyle)).toBe('solid');
    }
    expect(reached.join(' ')).toBe(
      'url close-code close-reason close text-out text-in text-send source-random mebibytes file binary-send',
    );
  });
});
