import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as web from '../../src/web/index.js';
import { isPortBlocked } from '../../src/web/url-record.js';
import { launchChromium } from '../interop/launch-chromium.js';
import { type Difference, differences } from './web-face/differences.js';
import { programs, runProgram } from './web-face/programs.js';
import { type FaceServer, startFaceServer } from './web-face/server.js';

let browser: Browser;
let page: Page;
let server: FaceServer;
let source: string;

beforeAll(async () => {
  const bundled = await build({
    entryPoints: [new URL('web-face/programs.ts', import.meta.url).pathname],
    bundle: true,
    format: 'iife',
    globalName: 'programs',
    write: false,
  });
  source = bundled.outputFiles[0].text;
  server = await startFaceServer();
  browser = await launchChromium('--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1');
  page = await (await browser.newContext()).newPage();
  await page.goto(`http://127.0.0.1:${server.port}/`);
  await page.addScriptTag({ content: source });
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

async function inPage(name: string): Promise<string[]> {
  const run = `page ${name}`;
  const lines = await page.evaluate(
    ([name, origin, run]) => {
      const faces = globalThis as never;
      const { WebSocket, WebSocketStream, WebSocketError, CloseEvent } = faces as typeof web;
      const { runProgram: runIn } = (faces as { programs: { runProgram: typeof runProgram } }).programs;
      return runIn(name, { WebSocket, WebSocketStream, WebSocketError, CloseEvent }, origin, run);
    },
    [name, `ws://127.0.0.1:${server.port}`, encodeURIComponent(run)],
  );
  return [...lines, ...(await server.reports(run))];
}

async function inNode(name: string): Promise<string[]> {
  const run = `node ${name}`;
  const lines = await runProgram(name, web, `ws://127.0.0.1:${server.port}`, encodeURIComponent(run));
  return [...lines, ...(await server.reports(run))];
}

const none: Pick<Difference, 'chromium' | 'hawser'> = { chromium: [], hawser: [] };

/** The address of a run does not count. */
const neutral = (lines: readonly string[]) =>
  lines.map((line) => line.replaceAll(/run=(page|node)/g, 'run='));

describe('the same program in a page of Chromium and on hawser/web', () => {
  it.each(Object.keys(programs))('%s', async (name) => {
    const both = await Promise.all([inPage(name), inNode(name)]);
    const [chromium, hawser] = both.map(neutral);
    const { chromium: inChromium, hawser: inHawser } = differences[name] ?? none;
    expect({
      chromium: chromium.filter((line) => !hawser.includes(line)).sort(),
      hawser: hawser.filter((line) => !chromium.includes(line)).sort(),
    }).toEqual({ chromium: [...inChromium].sort(), hawser: [...inHawser].sort() });
    const common = hawser.filter((line) => !inHawser.includes(line));
    expect(common).toEqual(chromium.filter((line) => !inChromium.includes(line)));
    expect(common.length + inHawser.length).toBeGreaterThan(0);
  });

  it('every difference belongs to a program', () => {
    expect(Object.keys(differences).filter((name) => !(name in programs))).toEqual([]);
  });
});

/** The Fetch standard, section "Port blocking". */
const badPorts = [
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
  526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
  3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/** Younger than Chromium's list. */
const unknownToChromium = [4190, 6679];

describe('ports that fetch blocks', () => {
  it('are those of Chromium', async () => {
    const neighbours = badPorts.flatMap((port) => [port - 1, port, port + 1]);
    const candidates = [...new Set([...neighbours, 8080, 65_535])]
      .filter((port) => port >= 0)
      .sort((a, b) => a - b);
    const unsafe: number[] = [];
    page.on('console', (message) => {
      const [, port] = /127\.0\.0\.1:(\d+)\/bad.*ERR_UNSAFE_PORT/.exec(message.text()) ?? [];
      if (port !== undefined) unsafe.push(Number(port));
    });
    const ends = await page.evaluate(
      (ports) =>
        Promise.all(
          ports.map((port) => {
            const socket = new WebSocket(`ws://127.0.0.1:${port}/bad`);
            return new Promise((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
          }),
        ),
      candidates,
    );
    expect(new Set(ends)).toEqual(new Set([1006]));
    expect(candidates.filter((port) => isPortBlocked(new URL(`ws://127.0.0.1:${port}/`)))).toEqual(badPorts);
    const known = badPorts.filter((port) => !unknownToChromium.includes(port));
    expect(unsafe.sort((a, b) => a - b)).toEqual(known);
  });

  it('fail with error and close on hawser/web', async () => {
    const socket = new web.WebSocket('ws://127.0.0.1:6667/');
    const happened: unknown[] = [socket.readyState];
    socket.onerror = ({ type }) => happened.push(type, socket.readyState);
    await new Promise<void>((resolve) => {
      socket.onclose = ({ code, wasClean }) => {
        happened.push(code, wasClean);
        resolve();
      };
    });
    expect(happened).toEqual([0, 'error', 3, 1006, false]);
  });
});
