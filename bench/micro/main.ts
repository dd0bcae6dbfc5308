/** `npm run bench:micro`: times the parts of hawser by themselves and compares them with an earlier run. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { count, runCommand } from '../command.js';
import { type Case, time } from './case.js';
import { decoding } from './decoding.js';
import { encoding } from './encoding.js';
import { handshake } from './handshake.js';
import { json } from './json.js';
import { masking } from './masking.js';
import { areaTable, type MicroResults, newestFile, readFile, thisMachine, writeFile } from './results.js';

const areas: Readonly<Record<string, () => Case[]>> = { masking, decoding, encoding, handshake, json };

const usage = `Usage: npm run bench:micro -- [options]

  --only NAMES    only these, separated by commas: ${Object.keys(areas).join(', ')}
  --rounds N      how often everything is timed, in turn (default 5)
  --quick         two short rounds
  --compare FILE  the earlier result to compare with (default: the newest micro-*.json in bench/results/)
  --help          this text

Figures are nanoseconds per operation: the median of the rounds, their least and their greatest. Each round has a
process for each area and takes the least of ten samples, since whatever else the machine does only adds to them.
Ratios are those of medians: before divided by now, so more is better. Where at least three rounds of both runs do
not overlap, the row says so. Results go to bench/results/.`;

const folder = fileURLToPath(new URL('../results', import.meta.url));

interface Settings {
  readonly names: readonly string[];
  readonly rounds: number;
  /** Measured time of each case in each round. */
  readonly milliseconds: number;
  /** Path of the earlier result and what it says. */
  readonly before: { readonly path: string; readonly results: MicroResults } | undefined;
}

const [first, area = '', milliseconds] = process.argv.slice(2);
if (first === 'area' && process.send !== undefined) process.send(await timeArea(area, Number(milliseconds)));
else process.exitCode = await runCommand(usage, settingsOf, runAll);

function settingsOf(args: string[]): Settings | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args,
    options: { only: text, rounds: text, compare: text, quick: flag, help: flag },
  });
  if (values.help) return undefined;
  const names = values.only?.split(',') ?? Object.keys(areas);
  const unknown = names.find((name) => !Object.hasOwn(areas, name));
  if (unknown !== undefined) {
    throw new Error(`There is no area "${unknown}"; --only takes some of: ${Object.keys(areas).join(', ')}.`);
  }
  const rounds = count(values.rounds, values.quick ? 2 : 5, '--rounds');
  const path = values.compare ?? newestFile(folder);
  const before = path === undefined ? undefined : { path, results: readFile(path) };
  return { names, rounds, milliseconds: values.quick ? 10 : 50, before };
}

async function runAll({ names, rounds, milliseconds, before }: Settings): Promise<number> {
  const timed: MicroResults['areas'] = {};
  for (let round = 1; round <= rounds; round++) {
    for (const name of names) {
      process.stderr.write(`\r\x1b[K${name} ${round}/${rounds}`);
      timed[name] ??= {};
      for (const [timedCase, figure] of Object.entries(await inProcess(name, milliseconds))) {
        timed[name][timedCase] = [...(timed[name][timedCase] ?? []), figure];
      }
    }
  }
  process.stderr.write('\r\x1b[K');
  for (const name of names) {
    console.log(`${areaTable(name, timed[name] ?? {}, before?.results.areas[name])}\n`);
  }
  if (before !== undefined) console.log(`before: ${before.path}${otherMachine(before.results)}`);
  console.log(`results: ${writeFile(folder, timed)}`);
  return 0;
}

/** A process for each area and round: what is compiled for one does not change the figures of another. */
async function inProcess(name: string, milliseconds: number): Promise<Record<string, number>> {
  const child = fork(process.argv[1] as string, ['area', name, String(milliseconds)]);
  const failed = once(child, 'exit').then(() => {
    throw new Error(`${name}: its process ended without a result`);
  });
  const [figures] = await Promise.race([once(child, 'message'), failed]);
  child.kill();
  failed.catch(() => undefined);
  return figures;
}

async function timeArea(name: string, milliseconds: number): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  for (const timedCase of areas[name]?.() ?? [])
    figures[timedCase.name] = await time(timedCase, milliseconds);
  return figures;
}

function otherMachine({ machine }: MicroResults): string {
  const now = thisMachine();
  if (machine.cpu === now.cpu && machine.node === now.node) return '';
  return ` (on another machine or Node.js: ${machine.cpu}, ${machine.node})`;
}
