/** The chat of the getting started guide, as its reader builds it: two terminals and a real browser. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HawserProcess, observe } from '../cli/hawser-process.js';
import { anyPort } from '../documents/any-port.js';
import { readDocument, root } from '../documents/markdown.js';
import { launchChromium } from '../interop/launch-chromium.js';

const { blocks, tables } = readDocument('docs/guide/getting-started.md');
const children: HawserProcess[] = [];
let folder: string;
let browser: Browser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-chat-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'hawser'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'any-port.js'), anyPort);
  for (const { name, language, code } of blocks.filter(({ name }) => name !== '')) {
    // test/documents checks the types.
    const text = language === 'ts' ? transformSync(code, { loader: 'ts' }).code : code;
    writeFileSync(join(folder, name.replace(/\.ts$/, '.js')), text);
  }
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
  for (const { child } of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function run(...args: string[]): HawserProcess {
  const started = observe(spawn(process.execPath, args, { cwd: folder, stdio: 'pipe' }));
  children.push(started);
  return started;
}

const type = ({ child }: HawserProcess, line: string): boolean => child.stdin!.write(`${line}\n`);
const lines = ({ output }: HawserProcess): string[] => output.stdout.trimEnd().split('\n');

describe('the chat of the getting started guide', () => {
  let server: HawserProcess;
  let address: string;
  let page: Page;
  let grace: HawserProcess;
  let edsger: HawserProcess;

  const shows = (text: string): Promise<void> => page.getByText(text, { exact: true }).waitFor();
  const client = (name: string): HawserProcess => run('client.js', name, `ws://${address}/chat`);

  async function say(text: string): Promise<void> {
    await page.getByLabel('Message').fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
  }

  beforeAll(async () => {
    server = run('--import', './any-port.js', 'server.js');
    address = `127.0.0.1:${(await server.prints(/PORT (\d+)/))[1]}`;
    page = await browser.newPage();
    await page.goto(`http://${address}/?name=Ada`);
    await shows('Ada is here');
    grace = client('Grace');
    await grace.prints(/Grace is here/);
    edsger = client('Edsger');
    await edsger.prints(/Edsger is here/);
  });

  it('tells where it is to be found', async () => {
    const [address = ''] = blocks.filter(({ language }) => language === 'text').map(({ code }) => code);
    expect((await server.prints(/http:.*\n/))[0]).toBe(address);
  });

  it('passes on what anybody writes', async () => {
    await say('hello from the browser');
    await grace.prints(/Ada: hello/);
    type(grace, 'hello from a terminal');
    await edsger.prints(/Grace: hello/);
    type(edsger, 'and from another one');
    await grace.prints(/Edsger: and/);
    await shows('Edsger: and from another one');
    const [, shown = ''] = blocks.filter(({ language }) => language === 'text').map(({ code }) => code);
    expect(lines(grace)).toEqual(shown.trimEnd().split('\n'));
  });

  it('does what its last table says', async () => {
    const refused = client('no name');
    await refused.exited;
    expect([refused.output.stderr.trim(), ...lines(refused)]).toEqual([
      'failed: Unexpected server response: 403',
      'closed: 1006',
    ]);
    await say('x'.repeat(1_025));
    await shows('closed: 1009');
    await grace.prints(/Ada has left/);
    edsger.child.stdin!.end();
    await edsger.exited;
    expect(lines(edsger).at(-1)).toBe('closed: 1000');
    await grace.prints(/Edsger has left/);
    server.child.kill('SIGINT');
    await grace.prints(/closed: 1001/);
    expect(await server.exited).toBe(0);
    expect(lines(server).at(-1)).toBe('connections closed: 1');
    expect(tables.flatMap(({ rows }) => rows.flat()).join(' ')).toMatch(/403.*1006.*1009.*1000.*1001/);
  });
});
