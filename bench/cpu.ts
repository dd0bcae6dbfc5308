/**
 * CPU time per message. All peers run at once and take turns of a quarter of a second, since the speed of a machine
 * that others use too changes by a fifth from one second to the next: so it changes for all of them alike.
 */
import type { LoadResult } from './loader/load.js';
import type { Measurement, Times } from './measure.js';
import type { Peer } from './peers.js';
import { cpuTime, type MeasuredProcess } from './processes.js';
import type { Scenario } from './scenarios.js';
import { startClient, startLoader, startServer } from './start.js';
import { spread } from './statistics.js';

const turnSeconds = 0.25;

/** A turn of one peer. */
interface Turn extends LoadResult {
  /** CPU time in microseconds. */
  readonly cpu: number;
}

/** The processes of one peer: the one that is measured, and the one that is told to make load. */
interface Pair {
  readonly measured: MeasuredProcess;
  readonly driver: MeasuredProcess;
  readonly turns: Turn[];
}

/** One measurement of each peer, by its place among them. */
export async function measureCpu(
  peers: readonly Peer[],
  scenario: Scenario,
  times: Times,
): Promise<Measurement[]> {
  const started: MeasuredProcess[] = [];
  try {
    const pairs: Pair[] = [];
    for (const peer of peers) pairs.push(await startPair(peer, scenario, times, started));
    for (let turn = 0; turn < times.measured / turnSeconds; turn++) {
      // Who comes first changes, in case that it matters.
      for (let place = 0; place < pairs.length; place++) {
        await takeTurn(pairs[(turn + place) % pairs.length] as Pair);
      }
    }
    return pairs.map(({ turns }) => measurementOf(turns));
  } finally {
    // What makes load was started last: it must not see the other end go.
    for (const process of started.reverse()) await process.stop();
  }
}

async function takeTurn({ measured, driver, turns }: Pair): Promise<void> {
  const before = cpuTime(measured.pid);
  const result = await driver.ask<LoadResult>({ seconds: turnSeconds });
  turns.push({ ...result, cpu: cpuTime(measured.pid) - before });
}

function measurementOf(turns: readonly Turn[]): Measurement {
  const total = (name: 'cpu' | 'messages' | 'seconds') => turns.reduce((sum, turn) => sum + turn[name], 0);
  const middle = (name: 'p50' | 'p99') => spread(turns.map((turn) => turn[name])).median;
  const messages = total('messages');
  const measurement = { cpu: total('cpu') / messages, rate: messages / total('seconds') };
  // A client that only sends knows no latencies.
  return turns[0]?.p50 === 0 ? measurement : { ...measurement, p50: middle('p50'), p99: middle('p99') };
}

/** What it starts is noted in `started`, also if it fails. */
async function startPair(
  peer: Peer,
  scenario: Scenario,
  times: Times,
  started: MeasuredProcess[],
): Promise<Pair> {
  const isClient = scenario.kind === 'client';
  const first = isClient ? startLoader(peer, scenario, 0, 0) : startServer(peer, scenario);
  started.push(first);
  const { port } = await first.next<{ port: number }>();
  const driver = isClient
    ? startClient(peer, scenario, port)
    : startLoader(peer, scenario, port, warmUpOf(scenario, times));
  started.push(driver);
  await driver.next();
  if (isClient) await driver.ask({ seconds: times.warmUp });
  return { measured: isClient ? driver : first, driver, turns: [] };
}

/** A handshake is so much code, and so few in a second, that the compiler takes longer until it is done. */
function warmUpOf(scenario: Scenario, { warmUp }: Times): number {
  return scenario.kind === 'handshake' ? 3 * warmUp : warmUp;
}
