/** The built page in a real Chromium: starts both, and finds things on the page as a person would, in either language. */
import { mkdirSync } from 'node:fs';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { chinese } from '../../playground/src/language/chinese.js';
import { english, type Texts } from '../../playground/src/language/english.js';
import { type HawserProcess, hawserServe, root } from '../cli/hawser-process.js';
import { launchChromium } from '../interop/launch-chromium.js';

/** Where the pictures of the views are kept. */
export const artefacts = `${root}test-artifacts`;

/** Every way in which the views are driven. */
export const appearances = [english, chinese].flatMap((texts) =>
  (['light', 'dark'] as const).map((colorScheme) => ({
    texts,
    colorScheme,
    name: `${texts.tag} ${colorScheme}`,
  })),
);

/** What a person may choose before opening the page. */
export interface Appearance {
  readonly texts: Texts;
  readonly colorScheme: 'light' | 'dark';
}

export type ViewName = 'text' | 'binary' | 'frames' | 'handshake' | 'life' | 'rpc' | 'compare';
export const viewNames: readonly ViewName[] = [
  'text',
  'binary',
  'frames',
  'handshake',
  'life',
  'rpc',
  'compare',
];

/** Chromium and `hawser serve` for the tests of a file. Every page that is opened must stay without complaints. */
export function playground() {
  let browser: Browser;
  let server: HawserProcess & { readonly url: string };
  const open: OpenPage[] = [];
  beforeAll(async () => {
    mkdirSync(artefacts, { recursive: true });
    browser = await launchChromium();
    server = await hawserServe();
  });
  afterEach(async () => {
    for (const { page } of open.splice(0)) await page.context().close();
  });
  afterAll(async () => {
    await browser.close();
    server.child.kill('SIGKILL');
    await server.exited;
  });
  return {
    get url() {
      return server.url;
    },
    /** Opens the page in a window of its own and waits for its connection. */
    async open(
      appearance: Appearance,
      options: BrowserContextOptions = {},
      url = server.url,
    ): Promise<OpenPage> {
      const { texts, colorScheme } = appearance;
      const context = await browser.newContext({ locale: texts.tag, colorScheme, ...options });
      const opened = new OpenPage(await context.newPage(), texts);
      open.push(opened);
      await opened.page.goto(url);
      await opened.stateIs('OPEN');
      return opened;
    },
  };
}

/** A page that is open, and its parts by their names in its language. */
export class OpenPage {
  readonly page: Page;
  readonly texts: Texts;
  /** What the console and the page complained of. */
  readonly complaints: string[] = [];

  constructor(page: Page, texts: Texts) {
    this.page = page;
    this.texts = texts;
    page.setDefaultTimeout(10_000);
    page.on('console', (message) => this.complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  async stateIs(state: string): Promise<void> {
    await this.page.locator('[aria-current=step]', { hasText: new RegExp(`^${state}$`) }).waitFor();
  }

  /** Shows a view by its link. */
  async show(view: ViewName): Promise<void> {
    await this.page
      .getByRole('navigation')
      .getByRole('link', { name: this.texts[view].name, exact: true })
      .click();
    await this.view.getByRole('heading', { name: this.texts[view].name, exact: true }).waitFor();
  }

  /** The view that is shown. */
  get view(): Locator {
    return this.page.locator('section.view');
  }

  /** The card of the connection. */
  get connection(): Locator {
    return this.page.getByRole('region', { name: this.texts.connection.heading, exact: true });
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  async statusSays(place: Locator, text: string): Promise<void> {
    await place.getByRole('status').filter({ hasText: text }).waitFor();
  }

  /** Sends a text in the view of texts, and waits for its echo. */
  async echo(text: string): Promise<void> {
    const { send, button, echo } = this.texts.text;
    await this.page.getByLabel(send, { exact: true }).fill(text);
    await this.button(button).click();
    await this.view.locator('[role=status][data-tone=good]').waitFor();
    const echoed = await this.page.getByLabel(echo, { exact: true }).inputValue();
    if (echoed !== text) throw new Error(`"${text}" came back as "${echoed}"`);
  }

  async closeWith(code: string, reason: string): Promise<void> {
    const { connection } = this.texts;
    await this.connection.getByLabel(connection.code, { exact: true }).fill(code);
    await this.connection.getByLabel(connection.reason, { exact: true }).fill(reason);
    await this.connection.getByRole('button', { name: connection.close, exact: true }).click();
  }

  async connectTo(address: string): Promise<void> {
    const { connection } = this.texts;
    await this.connection.getByLabel(connection.address, { exact: true }).fill(address);
    await this.connection.getByRole('button', { name: connection.connect, exact: true }).click();
  }

  /** Terms and descriptions in a part of the page. */
  async facts(place: Locator): Promise<Record<string, string>> {
    const entries = await place
      .locator('dl > div')
      .evaluateAll((groups) =>
        groups.map((group) => Array.from(group.children, (child) => child.textContent?.trim() ?? '')),
      );
    return Object.fromEntries(entries);
  }

  /** The lines of the list of frames, each as the direction, the opcode's name and the flags. */
  async frames(): Promise<string[]> {
    return this.page
      .locator('[role=option]')
      .evaluateAll((lines) =>
        lines.map((line) =>
          [
            line.getAttribute('data-direction'),
            line.querySelector('b')?.textContent,
            line.querySelector('.flags')?.textContent,
          ].join(' '),
        ),
      );
  }

  /** Has the server send something; on a phone the buttons for that are folded away. */
  async askFor(name: string): Promise<void> {
    if (!(await this.button(name).isVisible())) await this.page.getByText(this.texts.frames.provoke).click();
    await this.button(name).click();
  }

  /** Waits for a frame with this opcode's name in the list, and chooses it. */
  async chooseFrame(direction: 'received' | 'sent', opcode: string): Promise<Locator> {
    const line = this.page.locator(`[role=option][data-direction=${direction}]`, {
      has: this.page.locator(`b[data-opcode=${opcode}]`),
    });
    await line.last().click();
    return this.page.locator('.frame-detail');
  }
}
