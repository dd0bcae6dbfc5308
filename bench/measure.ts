/** Measures one peer in one scenario once: starts its process and the loader, each on a core of its own. */
import type { LoadResult } from './loader/load.js';
import type { SlowConsumersResult } from './loader/slow-consumers.js';
import type { Peer } from './peers.js';
import { cpuTime, type MeasuredProcess, resetPeakMemory, residentMemory } from './processes.js';
import type { Scenario, SlowConsumersScenario, StreamScenario } from './scenarios.js';
import { startClient, startLoader, startServer } from './start.js';

/** Figures by name, in the units of `metrics`. */
export type Measurement = Readonly<Partial<Record<MetricName, number>>>;

/** What is measured, and how it is written. Less is better, but for rates. */
export const metrics = {
  cpu: { title: 'CPU µs per message', digits: 3 },
  rss: { title: 'RSS KiB per connection', digits: 2 },
  heap: { title: 'heap KiB per connection', digits: 2 },
  growth: { title: 'growth of RSS, MiB', digits: 1 },
  coldServer: { title: 'cold server', digits: 1 },
  coldClient: { title: 'cold client', digits: 1 },
  buffered: { title: 'buffered, MiB', digits: 1 },
  limited: { title: 'at the bound', digits: 0 },
  dropped: { title: 'dropped', digits: 0 },
  delay: { title: 'event loop delay p99, ms', digits: 1 },
  rate: { title: 'messages per second', digits: 0 },
  throughput: { title: 'MiB per second', digits: 0 },
  p50: { title: 'p50 ms', digits: 2 },
  p99: { title: 'p99 ms', digits: 2 },
  p99AllRead: { title: 'p99 ms if all read', digits: 2 },
  slowdown: { title: 'ratio of p99s', digits: 2 },
  p99Filling: { title: 'p99 ms while the kernel fills', digits: 2 },
  serverBusy: { title: 'server %', digits: 0 },
  loaderBusy: { title: 'loader %', digits: 0 },
} as const;
export type MetricName = keyof typeof metrics;

/** The figure that peers are compared by, for every kind of scenario. */
export const mainMetric: Readonly<Record<Scenario['kind'], MetricName>> = {
  echo: 'cpu',
  broadcast: 'cpu',
  handshake: 'cpu',
  client: 'cpu',
  rpc: 'cpu',
  idle: 'rss',
  stream: 'growth',
  slow: 'growth',
  'event-loop': 'delay',
};

/** Seconds of load before the clock runs, and while it does. */
export interface Times {
  readonly warmUp: number;
  readonly measured: number;
}

const MiB = 1024 * 1024;
const shortMessage = 64 * MiB;

type Memory = { rss: number; heapUsed: number };
type StreamResult = { bytes: number; seconds: number };
type Backlog = { buffered: number; limited: number; dropped?: number };

export async function measure(peer: Peer, scenario: Scenario, times: Times): Promise<Measurement> {
  switch (scenario.kind) {
    case 'stream':
      return measureStream(peer, scenario);
    case 'idle':
      return measureIdle(peer, scenario);
    case 'slow':
      return measureSlow(peer, scenario);
    case 'event-loop':
      return measureDelay(peer, scenario, times);
    default:
      throw new Error(`the CPU time of ${scenario.kind} is measured of all peers together`);
  }
}

async function withServer<Result>(
  peer: Peer,
  scenario: Scenario,
  use: (server: MeasuredProcess, port: number) => Promise<Result>,
): Promise<Result> {
  const server = startServer(peer, scenario);
  try {
    const { port } = await server.next<{ port: number }>();
    return await use(server, port);
  } finally {
    await server.stop();
    await stopLoader();
  }
}

let currentLoader: MeasuredProcess | undefined;

async function startReadyLoader(
  ...[peer, scenario, port, warmUpSeconds]: Parameters<typeof startLoader>
): Promise<MeasuredProcess> {
  currentLoader = startLoader(peer, scenario, port, warmUpSeconds);
  await currentLoader.next();
  return currentLoader;
}

async function stopLoader(): Promise<void> {
  await currentLoader?.stop();
  currentLoader = undefined;
}

/**
 * How far the peak of a long message lies above that of a short one, at the end where that is more. The peak from a
 * cold start stands beside it: Node reads into new buffers, and lets 32 MiB of them come together before it collects
 * any, however long the message is.
 */
async function measureStream(peer: Peer, scenario: StreamScenario): Promise<Measurement> {
  return withServer(peer, scenario, async (server, port) => {
    const client = startClient(peer, scenario, port);
    try {
      await client.next();
      const ends = [server.pid, client.pid];
      const cold = ends.map((pid) => residentMemory(pid));
      await client.ask({ bytes: shortMessage });
      const short = ends.map((pid) => residentMemory(pid, 'VmHWM'));
      const { bytes, seconds } = await client.ask<StreamResult>({ bytes: scenario.bytes });
      const long = ends.map((pid) => residentMemory(pid, 'VmHWM'));
      const [coldServer = 0, coldClient = 0] = growths(cold, long);
      return {
        growth: Math.max(...growths(short, long)),
        coldServer,
        coldClient,
        throughput: bytes / MiB / seconds,
      };
    } finally {
      await client.stop();
    }
  });
}

/** In MiB, of each process. */
function growths(before: readonly number[], after: readonly number[]): number[] {
  return after.map((bytes, index) => (bytes - (before[index] as number)) / MiB);
}

async function measureIdle(peer: Peer, scenario: Scenario & { connections: number }): Promise<Measurement> {
  return withServer(peer, scenario, async (server, port) => {
    const before = await server.ask<Memory>('memory');
    await startReadyLoader(peer, scenario, port, 0);
    const after = await server.ask<Memory>('memory');
    const perConnection = (bytes: number): number => bytes / 1024 / scenario.connections;
    return {
      rss: perConnection(after.rss - before.rss),
      heap: perConnection(after.heapUsed - before.heapUsed),
    };
  });
}

/** The same broadcast twice: all read, then some do not. The figures but one are those of the second. */
async function measureSlow(peer: Peer, scenario: SlowConsumersScenario): Promise<Measurement> {
  const { p99: p99AllRead = 0 } = await measureBroadcast(peer, { ...scenario, allRead: true });
  const measurement = await measureBroadcast(peer, scenario);
  return { ...measurement, p99AllRead, slowdown: (measurement.p99 as number) / p99AllRead };
}

async function measureBroadcast(peer: Peer, scenario: SlowConsumersScenario): Promise<Measurement> {
  return withServer(peer, scenario, async (server, port) => {
    const loader = await startReadyLoader(peer, scenario, port, 0);
    const processes = [server.pid, loader.pid];
    const before = residentMemory(server.pid);
    const cpuBefore = processes.map(cpuTime);
    resetPeakMemory(server.pid);
    const started = performance.now();
    const { p99, p99Filling } = await loader.ask<SlowConsumersResult>({});
    const milliseconds = performance.now() - started;
    const growth = (residentMemory(server.pid, 'VmHWM') - before) / MiB;
    const [serverBusy = 0, loaderBusy = 0] = processes.map(
      (pid, index) => (cpuTime(pid) - (cpuBefore[index] as number)) / milliseconds / 10,
    );
    const { buffered, limited, dropped } = await server.ask<Backlog>('backlog');
    const told = dropped === undefined ? {} : { dropped };
    return { growth, buffered: buffered / MiB, limited, ...told, p99, p99Filling, serverBusy, loaderBusy };
  });
}

async function measureDelay(peer: Peer, scenario: Scenario, times: Times): Promise<Measurement> {
  return withServer(peer, scenario, async (server, port) => {
    const loader = await startReadyLoader(peer, scenario, port, times.warmUp);
    await server.ask('watch delay');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const idle = await server.ask<{ p99: number }>('delay');
    await server.ask('watch delay');
    const result = await loader.ask<LoadResult>({ seconds: times.measured });
    const busy = await server.ask<{ p99: number }>('delay');
    return { delay: Math.max(0, busy.p99 - idle.p99), rate: result.messages / result.seconds };
  });
}
