import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import type axe from 'axe-core';
import { expect, it } from 'vitest';
import { root } from '../cli/hawser-process.js';
import { compareConsole } from './compare-console.js';
import { appearances, artefacts, type OpenPage, playground, viewNames } from './playground.js';
import { rpcConsole } from './rpc-console.js';

const site = playground();
const axePath = createRequire(import.meta.url).resolve('axe-core');

const screens = [
  { screen: 'desktop', options: { viewport: { width: 1280, height: 900 } } },
  { screen: 'phone', options: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true } },
];

/** Four looks, among which is every pair of a language, a colour scheme and a screen. */
const looks = appearances.map((appearance, index) => ({
  appearance,
  ...(screens[(index ^ (index >> 1)) & 1] as (typeof screens)[number]),
}));

/** Something to see in every view. */
async function fill(opened: OpenPage): Promise<void> {
  const { texts } = opened;
  await opened.echo(texts.text.sample);
  await opened.show('binary');
  await opened.page.getByLabel('MiB').fill('1');
  await opened.button(texts.binary.button).click();
  await opened.page.getByText(new RegExp(`^${texts.binary.yes}, SHA-256`)).waitFor();
  await opened.show('frames');
  await opened.askFor(texts.frames.fragments);
  await opened.closeWith('4000', 'bye');
  await opened.stateIs('CLOSED');
  await opened.button(texts.connection.connect).click();
  await opened.stateIs('OPEN');
  await opened.show('life');
  await opened.page.getByRole('img', { name: texts.life.latency }).waitFor();
  await opened.show('text');
  await opened.echo(texts.text.sample);
  await opened.show('frames');
  await opened.askFor(texts.frames.fragments);
  await opened.chooseFrame('received', 'text');
}

/** Calls of every kind, one of them running and one with an unknown outcome. */
async function fillCalls(opened: OpenPage): Promise<void> {
  const console = await rpcConsole(opened);
  await console.ends(await console.call('add'), 'answered');
  const slow = await console.call('slow', { params: '{"ms":60000}' });
  const pay = await console.call('pay', { params: '{"amount":12.5,"ms":500}' });
  await console.cut();
  await console.ends(slow, 'unknown');
  await console.reconnect();
  await console.ends(pay, 'answered');
  await console.ends(await console.call('refuse'), 'failed');
  await console.ends(await console.call('count'), 'answered');
  const ticks = await console.call('ticks', { params: '{"every":60000}' });
  await ticks.getByText(opened.texts.rpc.items('1')).waitFor();
  await opened.page.mouse.move(0, 0);
}

/** A comparison that is under way, with something in each chart. */
async function fillComparison(opened: OpenPage): Promise<void> {
  const console = await compareConsole(opened);
  await console.start({ rate: '20', interval: '1000' });
  await console.received(60);
}

/** What axe-core finds serious or worse. */
async function findings(opened: OpenPage): Promise<string[]> {
  const { violations, passes } = await opened.page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run(document),
  );
  expect(passes.length).toBeGreaterThan(10);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}

it.each(looks)(
  'no view overflows, and axe finds nothing serious: $appearance.name, $screen',
  async ({ appearance, screen, options }) => {
    const opened = await site.open(appearance, options);
    await opened.page
      .addScriptTag({ path: axePath })
      .catch(() => opened.page.evaluate(readFileSync(axePath, 'utf8')));
    await fill(opened);
    for (const view of viewNames) {
      await opened.show(view);
      if (view === 'rpc') await fillCalls(opened);
      if (view === 'compare') await fillComparison(opened);
      if (view === 'frames' || view === 'rpc') await opened.chooseFrame('received', 'text');
      const { tag } = appearance.texts;
      const path = `${artefacts}/${view}-${tag}-${appearance.colorScheme}-${screen}.png`;
      await opened.page.screenshot({ path, fullPage: true });
      const width = await opened.page.evaluate(() => document.documentElement.scrollWidth);
      expect(width, view).toBe(options.viewport.width);
      expect(await findings(opened), view).toEqual([]);
    }
  },
);

it('the keyboard reaches every control in order, with a visible focus', async () => {
  const opened = await site.open(appearances[0]);
  const reached: string[] = [];
  for (let step = 0; step < 17; step++) {
    await opened.page.keyboard.press('Tab');
    const focused = opened.page.locator(':focus');
    reached.push(await focused.evaluate((control) => control.textContent || control.id || control.tagName));
    expect(await focused.evaluate((control) => getComputedStyle(control).outlineStyle)).toBe('solid');
  }
  expect(reached.join(' ')).toBe(
    'English 中文 INPUT INPUT INPUT INPUT Close Text Binary Frames Handshake Life RPC Compare text-out text-in Send text',
  );
});

it('the page weighs less than 150 KiB, gzipped', () => {
  const folder = `${root}dist/playground/`;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const sizes = files.map(({ parentPath, name }) => gzipSync(readFileSync(`${parentPath}/${name}`)).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  expect(total).toBeGreaterThan(10_000);
  expect(total).toBeLessThan(150 * 1024);
});

it('the page loads nothing from elsewhere, and its language, title and viewport are told', async () => {
  const opened = await site.open(appearances[0]);
  const loaded = await opened.page.evaluate(() =>
    performance.getEntriesByType('resource').map(({ name }) => name),
  );
  expect(loaded.length).toBeGreaterThan(1);
  expect(loaded.filter((url) => !url.startsWith(site.url))).toEqual([]);
  const html = readFileSync(`${root}dist/playground/index.html`, 'utf8');
  for (const part of ['<html lang=', '<title>', 'name="viewport"', 'name="description"'])
    expect(html).toContain(part);
});
