/**
 * Starts the built command line as a process of its own and tells what it prints and how it ends. Needs
 * `npm run build` to have been run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const program = `${root}dist/cli/main.js`;

/** A started command. */
export interface HawserProcess {
  readonly child: ChildProcess;
  /** All it has printed so far, by stream. */
  readonly output: { stdout: string; stderr: string };
  /** Its exit code; `null` if a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Resolves with the match once stdout has it; rejects if the process ends before. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  /** The same for stderr. */
  printsError(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Runs `hawser` with these arguments, as from a shell: not under npm, unless `env` says so. */
export function hawser(args: readonly string[], env: NodeJS.ProcessEnv = {}): HawserProcess {
  if (!existsSync(program)) throw new Error(`${program} is missing: run npm run build first`);
  const { npm_lifecycle_event: _, PORT: __, ...inherited } = process.env;
  return observe(
    spawn(process.execPath, [program, ...args], { stdio: 'pipe', env: { ...inherited, ...env } }),
  );
}

/** Runs `hawser serve` on a free port of 127.0.0.1; resolves once it serves, with its address. */
export async function hawserServe(
  env: NodeJS.ProcessEnv = {},
): Promise<HawserProcess & { readonly url: string }> {
  const server = hawser(['serve', '--port', '0', '--host', '127.0.0.1'], env);
  const [url] = await server.prints(/http:\/\/[^\s]+/);
  return { ...server, url };
}

/** Follows a child whose output is piped. */
export function observe(child: ChildProcess): HawserProcess {
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const waitFor = async (name: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(output[name]);
      if (match !== null) return match;
      const ended = await Promise.race([
        exited.then(() => true),
        once(child[name]!, 'data').then(() => false),
      ]);
      if (ended) throw new Error(`ended without printing ${pattern}: ${output.stdout}${output.stderr}`);
    }
  };
  const prints = (pattern: RegExp) => waitFor('stdout', pattern);
  const printsError = (pattern: RegExp) => waitFor('stderr', pattern);
  return { child, output, exited, prints, printsError };
}
