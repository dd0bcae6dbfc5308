/**
 * `npm run fuzz`: throws damaged input at everything that reads a peer's bytes. The invariant: an input is
 * accepted or refused with a documented error, nothing else, and the same however it was cut.
 */
import { parseArgs } from 'node:util';
import { decoder } from './decoder-target.js';
import { extensions } from './extensions-target.js';
import { type Budget, type FuzzResult, fuzz } from './fuzzer.js';
import { handshake } from './handshake-target.js';
import { inflate } from './inflate-target.js';
import type { FuzzTarget } from './target.js';

const targets: readonly FuzzTarget[] = [decoder, inflate, handshake, extensions];

const usage = `Usage: npm run fuzz -- [options]

  --seconds N      how long to run, shared by the targets (default 60)
  --executions N   run each target this often instead
  --fixed          run the number of executions that is part of npm test
  --target NAME    only this target: ${targets.map(({ name }) => name).join(', ')}
  --seed N         another seed gives other inputs (default 6455)
  --help           this text

Ctrl-C stops with the summary. An input that breaks an invariant is written to fuzz/corpus/<target>/crash-…,
and the exit code is 1.`;

interface Settings {
  chosen: readonly FuzzTarget[];
  seed: number;
  seconds: number;
  /** Per target; `undefined` for as many as there is time for. */
  executions: number | undefined;
  fixed: boolean;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  let settings: Settings | null;
  try {
    settings = settingsOf(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (settings === null) {
    console.log(usage);
    return 0;
  }
  const results = await fuzzAll(settings);
  return results.some(({ crash }) => crash !== undefined) ? 1 : 0;
}

function settingsOf(args: string[]): Settings | null {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string' },
      executions: { type: 'string' },
      fixed: { type: 'boolean', default: false },
      target: { type: 'string' },
      seed: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const chosen = targets.filter(({ name }) => values.target === undefined || values.target === name);
  if (chosen.length === 0) throw new Error(`There is no target ${values.target}.`);
  const executions = numberOf('executions', values.executions);
  const bounded = values.fixed || executions !== undefined;
  const seconds = numberOf('seconds', values.seconds) ?? (bounded ? Number.POSITIVE_INFINITY : 60);
  return { chosen, executions, seconds, fixed: values.fixed, seed: numberOf('seed', values.seed) ?? 6455 };
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) throw new Error(`--${name} needs a number, not "${text}".`);
  return number;
}

async function fuzzAll({ chosen, seed, seconds, executions, fixed }: Settings): Promise<FuzzResult[]> {
  const time = (seconds * 1000) / chosen.length;
  const budget: Budget = { executions: Number.POSITIVE_INFINITY, time, stopped: false };
  const stop = () => {
    budget.stopped = true;
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const results: FuzzResult[] = [];
  for (const target of chosen) {
    if (budget.stopped) break;
    budget.executions = executions ?? (fixed ? target.fixedExecutions : Number.POSITIVE_INFINITY);
    const result = await fuzz(target, seed, budget, (message) => console.error(message));
    results.push(result);
    console.log(summaryOf(result));
  }
  process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop);
  console.log(totalOf(results, seed));
  return results;
}

function summaryOf({ target, executions, time, behaviours, crash }: FuzzResult): string {
  const rate = Math.round(executions / (time / 1000));
  const line = `${target.padEnd(12)}${String(executions).padStart(10)} executions in ${seconds(time)}, ${rate}/s, ${behaviours} behaviours`;
  return crash === undefined ? line : `${line}\n${' '.repeat(12)}CRASH: ${crash}`;
}

function totalOf(results: readonly FuzzResult[], seed: number): string {
  const executions = results.reduce((sum, result) => sum + result.executions, 0);
  const time = results.reduce((sum, result) => sum + result.time, 0);
  const crashes = results.filter(({ crash }) => crash !== undefined).length;
  return `${'total'.padEnd(12)}${String(executions).padStart(10)} executions in ${seconds(time)}, seed ${seed}, ${crashes} crashes`;
}

function seconds(time: number): string {
  return `${(time / 1000).toFixed(1)} s`;
}
