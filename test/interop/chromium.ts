/** Chromium as a client: a page of one browser has the connections of all scenarios. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server as HttpServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { type Ability, type Client, type ClientOptions, type End, Refused } from './end.js';
import { launchChromium } from './launch-chromium.js';
import { type Opened, RemoteEnd, type RemoteEvent } from './remote-end.js';

const script = readFileSync(new URL('page.js', import.meta.url), 'utf8');

/** Answers every request with the page. */
export const servePage: RequestListener = (_request, response) => {
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(`<!doctype html><title>An end</title><script>${script}</script>`);
};

/** What the page defines. */
interface PageGlobals {
  operate(operation: string, fields: object): Promise<unknown>;
}

/** A page that makes ends. */
export class ChromiumPage {
  readonly #page: Page;
  readonly #ends = new Map<number, { happened(event: RemoteEvent): void }>();
  #count = 0;
  /** Settled once the page is there again after it was left. */
  #loaded: Promise<unknown> = Promise.resolve();

  private constructor(page: Page) {
    this.#page = page;
  }

  /** Opens the page at an address where `servePage` answers. */
  static async open(browser: Browser, url: string): Promise<ChromiumPage> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const opened = new ChromiumPage(await context.newPage());
    await opened.#page.exposeFunction('tell', (event: RemoteEvent) =>
      opened.#ends.get(event.connection)?.happened(event),
    );
    await opened.#page.goto(url);
    return opened;
  }

  async connect(url: string, protocols: readonly string[] = [], stream = false): Promise<End> {
    this.#count += 1;
    const connection = this.#count;
    // Its events may come before the answer that it is open.
    const events: RemoteEvent[] = [];
    this.#ends.set(connection, { happened: (event) => events.push(event) });
    const opened = await this.#ask('connect', { connection, url, protocols, stream }).catch((cause) => {
      throw new Refused(undefined, { cause });
    });
    const end = new RemoteEnd(opened as Opened, (operation, fields) => this.#ask(operation, fields));
    for (const event of events) end.happened(event);
    this.#ends.set(connection, end);
    return end;
  }

  /** The HTTP version that the page came with, such as `h2`. */
  async httpVersion(): Promise<string> {
    return this.#page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol");
  }

  async #ask(operation: string, fields: object): Promise<unknown> {
    // What is asked of a page that goes away is lost with it.
    await this.#loaded;
    if (operation === 'leave') return this.#leave();
    return this.#page.evaluate(
      ([name, values]) => (globalThis as unknown as PageGlobals).operate(name, values),
      [operation, fields] as const,
    );
  }

  #leave(): Promise<unknown> {
    this.#loaded = this.#page.reload();
    return this.#loaded;
  }
}

class ChromiumClient implements Client {
  name: string;
  readonly abilities: ReadonlySet<Ability>;
  readonly #stream: boolean;
  #browser: Browser | undefined;
  #pages: HttpServer | undefined;
  #page: ChromiumPage | undefined;

  constructor(name: string, stream: boolean) {
    this.name = name;
    this.#stream = stream;
    this.abilities = new Set<Ability>([
      'no code',
      'compresses',
      'origin',
      'leave',
      'byte order mark',
      ...(stream ? (['pause'] as const) : []),
    ]);
  }

  async start(): Promise<void> {
    this.#pages = createServer(servePage).listen(0, '127.0.0.1');
    await once(this.#pages, 'listening');
    this.#browser = await launchChromium();
    this.name = this.name.replace('Chromium', `Chromium ${this.#browser.version()}`);
    const { port } = this.#pages.address() as AddressInfo;
    this.#page = await ChromiumPage.open(this.#browser, `http://127.0.0.1:${port}/`);
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    this.#pages?.close();
  }

  connect(url: string, { protocols = [] }: ClientOptions): Promise<End> {
    return (this.#page as ChromiumPage).connect(url, protocols, this.#stream);
  }
}

export const chromiumClient = (): Client => new ChromiumClient('Chromium', false);
export const chromiumStreamClient = (): Client => new ChromiumClient('Chromium WebSocketStream', true);
