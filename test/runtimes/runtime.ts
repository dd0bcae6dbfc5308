/**
 * The runtimes of this folder's package.json, and the built package installed where programs of `programs/` find it.
 * They reach nothing but this machine.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** One of the runtimes. */
export interface Runtime {
  readonly name: 'Node.js' | 'Bun' | 'Deno';
  /** The program, and what stands before the file that it runs. */
  readonly command: readonly [string, ...string[]];
  /** The version that package.json pins. */
  readonly version: string;
  readonly installed: boolean;
}

const { dependencies, optionalDependencies } = JSON.parse(readFileSync(path('package.json'), 'utf8'));

function runtime(name: Runtime['name'], program: string, ...args: string[]): Runtime {
  const file = path(`node_modules/.bin/${program}`);
  const version = dependencies[program] ?? optionalDependencies[program];
  return { name, command: [file, ...args], version, installed: existsSync(file) };
}

/** All of them. */
export const runtimes: readonly Runtime[] = [
  runtime('Node.js', 'node', '--throw-deprecation'),
  runtime('Bun', 'bun', '--no-install'),
  runtime(
    'Deno',
    'deno',
    'run',
    '--quiet',
    '--no-prompt',
    '--no-remote',
    '--cached-only',
    '--no-config',
    '--no-lock',
    '--node-modules-dir=manual',
    '--allow-net=127.0.0.1,localhost',
    '--allow-env',
    '--allow-read',
  ),
];

/** A folder with the programs, and hawser in its node_modules as it is published. */
export function install(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-runtimes-'));
  cpSync(path('programs'), folder, { recursive: true });
  for (const published of ['dist', 'package.json']) {
    cpSync(path(`../../${published}`), join(folder, 'node_modules/hawser', published), { recursive: true });
  }
  return folder;
}

function environment(folder: string): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  return { ...inherited, DO_NOT_TRACK: '1', DENO_NO_UPDATE_CHECK: '1', DENO_DIR: join(folder, '.deno') };
}

/** What a program prints; it must print nothing to stderr, as a warning would be. */
export async function output(
  { command: [file, ...before] }: Runtime,
  folder: string,
  args: readonly string[],
): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(file, [...before, ...args], {
    cwd: folder,
    env: environment(folder),
  });
  if (stderr !== '') throw new Error(`${args[0]} printed to stderr: ${stderr}`);
  return stdout;
}

/** Starts a program whose standard input and output are piped; it ends with the test at the latest. */
export function start(
  { command: [file, ...before] }: Runtime,
  folder: string,
  args: readonly string[],
): ChildProcess {
  const child = spawn(file, [...before, ...args], {
    cwd: folder,
    env: environment(folder),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}
