/**
 * Runs commands as named steps, each with a progress line and its time. Knows nothing of what the steps
 * are for.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The repository's root, with a trailing slash. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The path of a program that a dev dependency brings.
 * @param {string} name
 */
export function program(name) {
  return `${root}node_modules/.bin/${name}`;
}

/**
 * Runs a command in the root, its output passed on; resolves with its exit code (1 for a signal).
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env] further variables
 * @returns {Promise<number>}
 */
export function run(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {readonly string[]} [projects] of vitest that it runs
 * @property {() => Promise<number | void> | number | void} action gives an exit code, none meaning 0, or throws
 */

/**
 * Runs every step in order, the later ones also when one failed, and resolves with the names of the
 * failed ones.
 * @param {readonly Step[]} steps
 * @returns {Promise<string[]>}
 */
export async function runSteps(steps) {
  /** @type {string[]} */
  const failed = [];
  for (const [index, { name, action }] of steps.entries()) {
    const started = performance.now();
    console.log(`\n[${index + 1}/${steps.length}] ${name} ...`);
    const succeeded = await succeeds(action);
    if (!succeeded) failed.push(name);
    console.log(
      `[${index + 1}/${steps.length}] ${name}: ${succeeded ? 'ok' : 'FAILED'} (${secondsSince(started)})`,
    );
  }
  return failed;
}

/** @param {Step['action']} action */
async function succeeds(action) {
  try {
    return ((await action()) ?? 0) === 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  }
}

/** @param {number} started */
export function secondsSince(started) {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}

/**
 * Waits for all of them, whatever becomes of one.
 * @param {Promise<number | void>[]} parts
 */
export async function together(...parts) {
  const ends = await Promise.allSettled(parts);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return ends.some((end) => end.status === 'fulfilled' && (end.value ?? 0) !== 0) ? 1 : 0;
}
