import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Runs `npm run soak` with arguments; `interrupt` presses Ctrl-C when the first line of progress comes. */
async function run(args: readonly string[], { interrupt = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-soak-'));
  const program = ['scripts/run-typescript.js', 'soak/main.ts', '--log', folder, ...args];
  const child = spawn(process.execPath, program, { cwd: root });
  if (interrupt) child.stderr.once('data', () => child.kill('SIGINT'));
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  rmSync(folder, { recursive: true });
  return { code, stdout, stderr };
}

/** A number of the summary. */
const counted = (summary: string, pattern: RegExp): number => Number(pattern.exec(summary)?.[1]);

describe.concurrent('npm run soak', () => {
  it('breaks no promise by websocket', async () => {
    const { code, stdout } = await run(['--seconds', '5', '--clients', '70']);
    expect(stdout).toContain('\n0 violations');
    expect(code).toBe(0);
    expect(counted(stdout, /^calls +(\d+)/)).toBeGreaterThan(300);
    expect(counted(stdout, /^items +(\d+)/m)).toBeGreaterThan(500);
    for (const fault of ['cut', 'reset', 'halfOpen']) {
      expect(counted(stdout, new RegExp(`^faults.* ${fault} (\\d+)`, 'm')), fault).toBeGreaterThan(0);
    }
    expect(counted(stdout, /^outcomes.* unknown (\d+)/m)).toBeGreaterThan(0);
  });

  it.each([
    ['sse', ['sse', 'resumed']],
    ['polling', ['polling', 'resumed']],
    ['all', ['websocket', 'sse', 'switched']],
  ])('breaks no promise by %s', async (transport, changes) => {
    const { code, stdout } = await run(['--seconds', '4', '--clients', '30', '--transport', transport]);
    expect(stdout).toContain('\n0 violations');
    expect(code).toBe(0);
    expect(counted(stdout, /^calls +(\d+)/)).toBeGreaterThan(100);
    expect(counted(stdout, /^items +(\d+)/m)).toBeGreaterThan(100);
    expect(counted(stdout, /^faults +(\d+)/m)).toBeGreaterThan(0);
    for (const change of changes) {
      expect(counted(stdout, new RegExp(`^transport.* ${change} (\\d+)`, 'm')), change).toBeGreaterThan(0);
    }
  });

  it('ends with the summary when it is interrupted', async () => {
    const { code, stdout } = await run(['--seconds', '3600', '--clients', '5'], { interrupt: true });
    expect(stdout).toMatch(/^calls {5}\d+: /);
    expect(stdout).toContain('\n0 violations');
    expect(code).toBe(0);
  });

  it('explains itself', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('--seconds N') });
    const { code, stderr } = await run(['--clients', 'many']);
    expect(code).toBe(2);
    expect(stderr).toContain('--clients needs a number from 1 up, not "many".');
    const other = await run(['--transport', 'pigeon']);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('--transport is one of websocket, sse, polling, all, not "pigeon".');
  });
});
