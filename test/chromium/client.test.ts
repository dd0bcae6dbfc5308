/**
 * `hawser/client` in a page of Chromium and on Node.js: the same programs over every transport
 * against the same server.
 */
import { build } from 'esbuild';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/client-node.js';
import { WebSocket } from '../../src/web/index.js';
import { launchChromium } from '../interop/launch-chromium.js';
import { type Transport, transports } from '../transports/dialing.js';
import type * as bundled from './client/bundle.js';
import { expectedOf } from './client/expected.js';
import { type Addresses, otherPrograms, programs, runProgram } from './client/programs.js';
import { type ClientTestServer, startClientTestServer } from './client/server.js';

let browser: Browser;
let context: BrowserContext;
let page: Page;
let server: ClientTestServer;

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [new URL('client/bundle.ts', import.meta.url).pathname],
    bundle: true,
    format: 'iife',
    globalName: 'bundled',
    write: false,
  });
  server = await startClientTestServer();
  server.page = `<!doctype html><title>client</title><script>${outputFiles[0]?.text}</script>`;
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

/** Opens the page anew, over a network that is good again. */
async function openPage(): Promise<void> {
  await tell('reset');
  await context?.close();
  context = await browser.newContext();
  page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.proxyPort}/`);
}

/** What the page has. */
interface PageScope {
  readonly bundled: typeof bundled;
  client: ReturnType<typeof bundled.connect>;
  states: string[];
}

declare const self: PageScope;

const addresses = (): Addresses => ({
  control: `127.0.0.1:${server.port}`,
  clients: `127.0.0.1:${server.proxyPort}`,
});

function runEverywhere(name: string, transport: Transport | 'whichever'): void {
  it('in a page', async () => {
    await openPage();
    const run = ([name, transport, addresses]: readonly [string, Transport | 'whichever', Addresses]) => {
      const { runProgram, connect } = self.bundled;
      return runProgram(name, transport, { connect, WebSocket: globalThis.WebSocket }, addresses);
    };
    const answer = await page.evaluate(run, [name, transport, addresses()] as const);
    expect(answer).toEqual(expectedOf(name, transport));
  });

  it('on Node.js', async () => {
    const answer = await runProgram(name, transport, { connect, WebSocket }, addresses());
    expect(answer).toEqual(expectedOf(name, transport));
  });
}

describe.each(transports)('by %s', (transport) => {
  describe.each(Object.keys(programs))('%s', (name) => runEverywhere(name, transport));
});

describe.each(Object.keys(otherPrograms))('%s', (name) => runEverywhere(name, 'whichever'));

it('runs in a worker', async () => {
  await openPage();
  const sum = await page.evaluate(async (url) => {
    const source = document.querySelector('script')?.textContent ?? '';
    const program = `${source}; const { connect, api } = bundled;
      connect(${JSON.stringify(url)}, { api }).call.add({ a: 1, b: 2 }).then(postMessage, ({ message }) => postMessage(message));`;
    const worker = new Worker(URL.createObjectURL(new Blob([program])));
    const answer = await new Promise((resolve) =>
      worker.addEventListener('message', ({ data }) => resolve(data)),
    );
    worker.terminate();
    return answer;
  }, `ws://127.0.0.1:${server.proxyPort}/rpc`);
  expect(sum).toBe(3);
});

it('is served to a bare EventSource, which resumes where it was', async () => {
  await openPage();
  const seen = await page.evaluate(async (reset) => {
    const source = new EventSource('/rpc');
    const texts: string[] = [];
    let told = (): void => undefined;
    source.addEventListener('message', ({ data }) => {
      texts.push(data);
      told();
    });
    const session = await new Promise<string>((resolve) => {
      source.addEventListener('session', ({ data }) => resolve(data));
    });
    const { session: id, key } = JSON.parse(session);
    const ask = async (first: number): Promise<void> => {
      const answer = new Promise<void>((resolve) => {
        told = resolve;
      });
      const body = JSON.stringify([`{"method":"add","args":[${first},1]}`]);
      const init = { method: 'POST', headers: { 'Hawser-Key': key }, body };
      await fetch(`/rpc?session=${id}&first=${first}`, init);
      await answer;
    };
    await ask(1);
    await ask(2);
    await fetch(reset, { method: 'POST' });
    await ask(3);
    source.close();
    return texts;
  }, `http://127.0.0.1:${server.port}/do/resetConnections`);
  expect(seen).toEqual([2, 3, 4].map((result) => `{"method":"add","result":${result}}`));
  expect(await tell('opened')).toBe(1);
});

/** Connects in the page and leaves the client in `self.client`. */
async function connectInPage(options: object): Promise<void> {
  await page.evaluate(
    async ([url, options]) => {
      const { connect, api } = self.bundled;
      self.client = connect(url as string, { api, ...(options as object) });
      await self.client.request('count');
    },
    [`ws://127.0.0.1:${server.proxyPort}/rpc`, options] as const,
  );
}

const tell = (order: string, argument = '') =>
  fetch(`http://127.0.0.1:${server.port}/do/${order}/${argument}`, { method: 'POST' }).then((answer) =>
    answer.json(),
  );
const stateInPage = () => page.evaluate(() => self.client.status.state);
const untilState = (state: string, timeout = 10_000) =>
  page.waitForFunction((state) => self.client.status.state === state, state, { timeout, polling: 20 });

describe('a page', () => {
  beforeEach(openPage);

  it('connects at once when its network comes back', async () => {
    await connectInPage({ backoff: { initial: 600_000, max: 600_000 } });
    await tell('refuse', 'yes');
    await tell('cut');
    await untilState('waiting');
    await tell('refuse', 'no');
    await context.setOffline(true);
    await context.setOffline(false);
    await untilState('open');
    expect(await page.evaluate(() => self.client.request('count'))).toBe(0);
  });

  it('does not disobey the server when its network comes back', async () => {
    await connectInPage({});
    await tell('close', encodeURIComponent('1013,retry-after=3600'));
    await untilState('waiting');
    await context.setOffline(true);
    await context.setOffline(false);
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));
    expect(await stateInPage()).toBe('waiting');
  });

  it('that was frozen finds out that its connection is dead, and keeps one that lives', async () => {
    const devtools: CDPSession = await context.newCDPSession(page);
    const watchdog = { interval: 500, timeout: 500 };
    const freeze = async (): Promise<void> => {
      await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
      // Longer than both times: nothing of the page runs meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 2500));
    };
    const thaw = () => devtools.send('Page.setWebLifecycleState', { state: 'active' });
    await connectInPage({ watchdog });
    await freeze();
    await thaw();
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1500)));
    expect(await stateInPage()).toBe('open');
    expect(await tell('opened')).toBe(1);
    await freeze();
    await tell('halfOpen');
    await page.evaluate(() => {
      self.states = [];
      self.client.subscribe(({ state, code }) => {
        self.states.push(`${state} ${code ?? ''}`);
      });
    });
    await thaw();
    await page.waitForFunction(() => self.states.length >= 3, undefined, {
      timeout: 10_000,
      polling: 20,
    });
    expect(await page.evaluate(() => self.states[0])).toBe('waiting 4408');
    expect(await stateInPage()).toBe('open');
  });

  it('whose timers are slowed down keeps its time by a worker', async () => {
    // As in a tab that has been hidden for minutes: one tick a minute.
    await page.evaluate(() => {
      const scope = globalThis as never as { setTimeout: typeof setTimeout };
      const native = scope.setTimeout;
      scope.setTimeout = ((callback: () => void, delay = 0) => native(callback, delay + 60_000)) as never;
    });
    await connectInPage({ watchdog: { interval: 500, timeout: 500, worker: true } });
    await tell('halfOpen');
    // Asked from here: what Playwright waits for in the page would be slowed down as well.
    const before = Date.now();
    while ((await stateInPage()) !== 'waiting') expect(Date.now() - before).toBeLessThan(10_000);
    expect(Date.now() - before).toBeLessThan(5000);
    // Its next attempt is due, and the timer is late: whoever comes back to the page does not wait for it.
    while ((await stateInPage()) !== 'open') {
      expect(Date.now() - before).toBeLessThan(10_000);
      await page.evaluate(() => dispatchEvent(new Event('pageshow')));
    }
  });
});
