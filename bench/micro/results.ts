/** The file of what was timed, and the table that compares it with an earlier one. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { spread } from '../statistics.js';
import { align, number } from '../table.js';

/** Nanoseconds per operation, one figure for each round, by the name of the case. */
export type Timings = Record<string, number[]>;

/** What stands in the file. */
export interface MicroResults {
  readonly machine: { readonly cpu: string | undefined; readonly node: string };
  /** By the name of the area. */
  readonly areas: Record<string, Timings>;
}

const PREFIX = 'micro-';
/** Of two rounds the ranges are too small to tell anything. */
const FEWEST_ROUNDS = 3;

/** The newest file of an earlier run; `undefined` if there is none. */
export function newestFile(folder: string): string | undefined {
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(folder).filter((name) => name.startsWith(PREFIX) && name.endsWith('.json'));
  const newest = names.toSorted().at(-1);
  return newest === undefined ? undefined : join(folder, newest);
}

/** @throws Error that says what to do, if it is no file of an earlier run */
export function readFile(path: string): MicroResults {
  const advice = '--compare takes a file that an earlier run has written to bench/results/.';
  let results: Partial<MicroResults>;
  try {
    results = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as Error).message}. ${advice}`);
  }
  if (typeof results.areas !== 'object' || typeof results.machine !== 'object') {
    throw new Error(`${path} is not a result of this bench. ${advice}`);
  }
  return results as MicroResults;
}

/** Returns the path. */
export function writeFile(folder: string, areas: MicroResults['areas']): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${PREFIX}${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.json`);
  const results: MicroResults = { machine: thisMachine(), areas };
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
  return path;
}

export function thisMachine(): MicroResults['machine'] {
  return { cpu: cpus()[0]?.model, node: process.version };
}

/** One area: a row for each case, with its ratio to what it was before. */
export function areaTable(area: string, timings: Timings, before: Timings | undefined): string {
  const header = ['', 'ns', 'min – max', ...(before ? ['before', 'ratio', ''] : [])];
  const rows = Object.entries(timings).map(([name, figures]) => {
    const { min, median, max } = spread(figures);
    const row = [name, figure(median), `${figure(min)} – ${figure(max)}`];
    return before === undefined ? row : [...row, ...compared(figures, before[name])];
  });
  return `${area}\n${align([header, ...rows])}`;
}

/** What it was, how many times faster it is now, and a word where the rounds do not overlap. */
function compared(now: readonly number[], before: readonly number[] | undefined): string[] {
  if (before === undefined) return ['–', '–', 'new'];
  const [is, was] = [spread(now), spread(before)];
  const tells = Math.min(now.length, before.length) >= FEWEST_ROUNDS;
  const slower = tells && is.min > was.max ? 'slower' : '';
  const verdict = tells && is.max < was.min ? 'faster' : slower;
  return [figure(was.median), `${number(was.median / is.median, 2)}×`, verdict];
}

function figure(nanoseconds: number): string {
  return number(nanoseconds, nanoseconds < 100 ? 1 : 0);
}
