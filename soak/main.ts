/**
 * `npm run soak`: clients call a server over a network that cuts, resets and loses their connections; afterwards the
 * logs of both sides prove that RPC kept its word.
 */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Verdict } from './checker.js';
import { type SoakOptions, soak } from './soak.js';
import { type TransportChoice, transports } from './transports.js';

const usage = `Usage: npm run soak -- [options]

  --seconds N   how long clients make calls (default 60)
  --transport T websocket, sse, polling, or all: from one to the next (default websocket)
  --clients N   how many there are (default 200)
  --seed N      another seed makes other choices (default 6455)
  --log FOLDER  where the logs go (default node_modules/.cache/soak)
  --help        this text

Ctrl-C stops it before its time, with the summary. If a promise was broken, it says which, and the exit code is 1.`;

/** Violations that are printed. */
const MOST_SHOWN = 20;

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
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  mkdirSync(settings.folder, { recursive: true });
  const started = performance.now();
  const progress = (line: string): void => console.error(`${secondsSince(started)}: ${line}`);
  const verdict = await soak({ ...settings, signal: controller.signal, progress });
  process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop);
  console.log(summaryOf(verdict, settings, secondsSince(started)));
  return verdict.violations.length === 0 ? 0 : 1;
}

type Settings = Pick<SoakOptions, 'seconds' | 'transport' | 'clients' | 'seed' | 'folder'>;

function settingsOf(args: string[]): Settings | null {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '60' },
      transport: { type: 'string', default: 'websocket' },
      clients: { type: 'string', default: '200' },
      seed: { type: 'string', default: '6455' },
      log: {
        type: 'string',
        default: fileURLToPath(new URL('../node_modules/.cache/soak', import.meta.url)),
      },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    seconds: numberOf('seconds', values.seconds, 1),
    transport: transportOf(values.transport),
    clients: numberOf('clients', values.clients, 1),
    seed: numberOf('seed', values.seed, 0),
    folder: values.log,
  };
}

function transportOf(text: string): TransportChoice {
  const choice = transports.find((name) => name === text);
  if (choice === undefined) throw new Error(`--transport is one of ${transports.join(', ')}, not "${text}".`);
  return choice;
}

function numberOf(name: string, text: string, least: number): number {
  const number = Number(text);
  if (text === '' || !Number.isSafeInteger(number) || number < least) {
    throw new Error(`--${name} needs a number from ${least} up, not "${text}".`);
  }
  return number;
}

function summaryOf({ violations, ...counts }: Verdict, { seed, folder }: Settings, time: string): string {
  const lines = [
    lineOf('calls', counts.calls),
    lineOf('outcomes', counts.outcomes),
    lineOf('faults', counts.faults),
    `${'items'.padEnd(10)}${counts.items} of streams`,
    lineOf('transport', counts.transports),
    ...violations.slice(0, MOST_SHOWN).map((violation) => `VIOLATION: ${violation}`),
    `${violations.length} violations, seed ${seed}, ${time}`,
  ];
  if (violations.length > 0) lines.push(`The logs are in ${folder}.`);
  return lines.join('\n');
}

function lineOf(name: string, counts: Readonly<Record<string, number>>): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const parts = Object.entries(counts).sort(([, first], [, second]) => second - first);
  return `${name.padEnd(10)}${total}: ${parts.map(([part, count]) => `${part} ${count}`).join(', ')}`;
}

function secondsSince(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
