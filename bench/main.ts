/** `npm run bench`: compares hawser with its peers, interleaved, and prints ratios. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { drawChart } from './chart.js';
import { count, runCommand } from './command.js';
import { measureCpu } from './cpu.js';
import { mainMetric, measure, type Times } from './measure.js';
import { isInstalled, type Peer, peers } from './peers.js';
import { stopAll } from './processes.js';
import { goalTable, scenarioTable } from './report.js';
import { type ScenarioResult, thisMachine, writeResults } from './results.js';
import { scenarios } from './scenarios.js';
import { drawTransportChart } from './transports/chart.js';
import { measureTransports, type TransportResult } from './transports/measure.js';
import { transportTable } from './transports/report.js';
import { verify } from './verify.js';

const usage = `Usage: npm run bench -- [options]

  --scenario NAMES  only these, separated by commas: ${Object.keys(scenarios).join(', ')}
                    transports, only when it is named: what server events cost by short polling, long polling,
                    Server-Sent Events and WebSocket; about 4 minutes
  --peers NAMES     only these: ${peers.map(({ name }) => name).join(', ')}
  --rounds N        how often each peer runs, in turn (default 5, three times that in S1; 1 of transports)
  --seconds N       measured seconds of each run (default 3); of transports at least 3 events
  --quick           one short round, three of S1, of the scenarios that are quick
  --chart           write bench/chart.svg, which the README shows; of transports bench/transports.svg
  --help            this text

The figure is the CPU time of the server process per message, in microseconds, by the operating system's account.
A ratio is that of ws to the peer, so more is better (rpc-websockets where there are calls): the median of the rounds'
ratios, since all take turns in a round, of a quarter of a second where CPU time is measured. The ratio of the medians
stands beside it.
Results go to bench/results/.`;

const folder = fileURLToPath(new URL('../../../', import.meta.url));
/** Opt-in: it compares transports instead of peers, and has no goals. */
const transportComparison = 'transports';
const quickScenarios = ['S1', 'S2', 'S3', 'S4', 'S5b', 'S6', 'S8', 'S9-64B', 'S9-64K'];
const quickPeers = ['ws', 'rpc-websockets', 'socket.io', 'hawser'];

interface Settings {
  readonly names: readonly string[];
  readonly chosen: readonly Peer[];
  /** Of the scenarios and of the comparison of transports. */
  readonly rounds: number;
  readonly transportRounds: number;
  /** Whether transports are compared. */
  readonly transports: boolean;
  readonly times: Times;
  readonly chart: boolean;
}

process.once('SIGINT', () => {
  stopAll();
  process.exit(130);
});
process.exitCode = await runCommand(usage, settingsOf, runAll);

function settingsOf(args: string[]): Settings | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args,
    options: {
      scenario: text,
      peers: text,
      rounds: text,
      seconds: text,
      quick: flag,
      chart: flag,
      help: flag,
    },
  });
  if (values.help) return undefined;
  const names = values.scenario?.split(',') ?? (values.quick ? quickScenarios : Object.keys(scenarios));
  const peerNames = values.peers?.split(',') ?? (values.quick ? quickPeers : peers.map(({ name }) => name));
  return {
    names: names
      .filter((name) => name !== transportComparison)
      .map((name) => known(name, Object.keys(scenarios), 'scenario')),
    chosen: peerNames.map(
      (name) =>
        peers.find(
          (peer) =>
            peer.name ===
            known(
              name,
              peers.map((p) => p.name),
              'peer',
            ),
        ) as Peer,
    ),
    rounds: count(values.rounds, values.quick ? 1 : 5, '--rounds'),
    transportRounds: count(values.rounds, 1, '--rounds'),
    transports: names.includes(transportComparison),
    times: {
      warmUp: values.quick ? 1 : 1.5,
      measured: count(values.seconds, values.quick ? 2 : 3, '--seconds'),
    },
    chart: values.chart,
  };
}

function known(name: string, all: readonly string[], what: string): string {
  if (!all.includes(name)) throw new Error(`There is no ${what} "${name}".`);
  return name;
}

async function runAll(settings: Settings): Promise<number> {
  const { names, chosen, rounds, times } = settings;
  const missing = chosen.filter((peer) => !isInstalled(peer)).map(({ name }) => name);
  for (const name of missing) console.log(`${name}: missing, cannot be installed here`);
  const present = chosen.filter((peer) => isInstalled(peer));
  const results: ScenarioResult[] = [];
  for (const name of names) {
    const result = await runScenario(name, present, rounds, times);
    if (result === undefined) continue;
    results.push(result);
    console.log(`${scenarioTable(result)}\n`);
  }
  console.log(goalTable(results));
  const transports = settings.transports ? await runTransports(settings) : [];
  console.log(`\nresults: ${writeResults(`${folder}results`, thisMachine(), results, missing, transports)}`);
  if (settings.chart) {
    writeChart('chart.svg', await drawChart(results, thisMachine()));
    writeChart('transports.svg', await drawTransportChart(transports, thisMachine()));
  }
  return 0;
}

async function runTransports({ transportRounds, times }: Settings): Promise<readonly TransportResult[]> {
  const results = await measureTransports(transportRounds, times.measured, (what) =>
    process.stderr.write(`\r\x1b[K${what}`),
  );
  process.stderr.write('\r\x1b[K');
  console.log(transportTable(results));
  return results;
}

async function runScenario(
  name: string,
  present: readonly Peer[],
  rounds: number,
  times: Times,
): Promise<ScenarioResult | undefined> {
  const scenario = scenarios[name] as (typeof scenarios)[string];
  const all = rounds * (scenario.roundFactor ?? 1);
  const taking = present.filter((peer) => peer.takesPartIn(scenario));
  if (scenario.kind === 'idle' && fileLimit() < scenario.connections + 500) {
    console.log(
      `${name}: needs ${scenario.connections + 500} open files; the limit is ${fileLimit()} (ulimit -n)\n`,
    );
    return undefined;
  }
  const result: ScenarioResult = { name, title: scenario.title, kind: scenario.kind, peers: {} };
  for (const peer of taking) result.peers[peer.name] = [];
  for (const peer of taking) await verify(peer, scenario);
  for (let round = 1; round <= all; round++) {
    if (mainMetric[scenario.kind] === 'cpu') {
      process.stderr.write(`\r\x1b[K${name} ${round}/${all}`);
      const measurements = await measureCpu(taking, scenario, times);
      for (const [place, peer] of taking.entries()) result.peers[peer.name]?.push(measurements[place] ?? {});
      continue;
    }
    for (const peer of taking) {
      process.stderr.write(`\r\x1b[K${name} ${peer.name} ${round}/${all}`);
      result.peers[peer.name]?.push(await measure(peer, scenario, times));
    }
  }
  process.stderr.write('\r\x1b[K');
  return result;
}

function fileLimit(): number {
  const line = readFileSync('/proc/self/limits', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('Max open files'));
  return Number(line?.split(/ {2,}/)[1] ?? 0);
}

function writeChart(name: string, svg: string | undefined): void {
  if (svg === undefined) return;
  writeFileSync(`${folder}${name}`, `${svg}\n`);
  console.log(`chart: ${folder}${name}`);
}
