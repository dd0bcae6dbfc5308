/** Measures one peer in one scenario once: starts its process and the loader, each on a core of its own. */
import { fileURLToPath } from 'node:url';
import type { LoadResult } from './loader/load.js';
import type { Order } from './loader/main.js';
import type { Peer } from './peers.js';
import { cpuTime, MeasuredProcess, residentMemory } from './processes.js';
import type { Scenario } from './scenarios.js';

/** Figures by name, in the units of `metrics`. */
export type Measurement = Readonly<Partial<Record<MetricName, number>>>;

/** What is measured, and how it is written. Less is better, but for rates. */
export const metrics = {
  cpu: { title: 'CPU µs per message', digits: 3 },
  rss: { title: 'RSS KiB per connection', digits: 2 },
  heap: { title: 'heap KiB per connection', digits: 2 },
  growth: { title: 'growth of RSS, MiB', digits: 1 },
  delay: { title: 'event loop delay p99, ms', digits: 1 },
  rate: { title: 'messages per second', digits: 0 },
  p50: { title: 'p50 ms', digits: 2 },
  p99: { title: 'p99 ms', digits: 2 },
  p99WithoutSlow: { title: 'p99 ms without slow ones', digits: 2 },
} as const;
export type MetricName = keyof typeof metrics;

/** The figure that peers are compared by, for every kind of scenario. */
export const mainMetric: Readonly<Record<Scenario['kind'], MetricName>> = {
  echo: 'cpu',
  broadcast: 'cpu',
  handshake: 'cpu',
  client: 'cpu',
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

const serverCore = 0;
const loaderCore = 1;
const MiB = 1024 * 1024;
const loaderFile = fileURLToPath(new URL('loader/main.js', import.meta.url));
const clientFile = fileURLToPath(new URL('servers/client.js', import.meta.url));

type Memory = { rss: number; heapUsed: number };

export async function measure(peer: Peer, scenario: Scenario, times: Times): Promise<Measurement> {
  switch (scenario.kind) {
    case 'client':
      return measureClient(peer, scenario, times);
    case 'stream':
      return measureStream(peer, scenario);
    case 'idle':
      return measureIdle(peer, scenario);
    case 'slow':
      return measureSlow(peer, scenario, times);
    case 'event-loop':
      return measureDelay(peer, scenario, times);
    default:
      return withServer(peer, scenario, async (server, port) => {
        const loader = await startLoader(peer, scenario, port, times.warmUp);
        return measureCpu(server, loader, times.measured);
      });
  }
}

async function withServer<Result>(
  peer: Peer,
  scenario: Scenario,
  use: (server: MeasuredProcess, port: number) => Promise<Result>,
): Promise<Result> {
  const { command, environment } = peer;
  const server = new MeasuredProcess([...command, JSON.stringify(scenario)], {
    core: serverCore,
    environment,
  });
  try {
    const { port } = await server.next<{ port: number }>();
    return await use(server, port);
  } finally {
    await server.stop();
    await stopLoader();
  }
}

let currentLoader: MeasuredProcess | undefined;

async function startLoader(
  { echoesBytes }: Peer,
  scenario: Scenario,
  port: number,
  warmUpSeconds: number,
): Promise<MeasuredProcess> {
  const order: Order = { scenario, port, echoesBytes, warmUpSeconds };
  const command = [process.execPath, loaderFile, JSON.stringify(order)];
  currentLoader = new MeasuredProcess(command, { core: loaderCore });
  if (scenario.kind !== 'client' && scenario.kind !== 'stream') await currentLoader.next();
  return currentLoader;
}

async function stopLoader(): Promise<void> {
  await currentLoader?.stop();
  currentLoader = undefined;
}

async function measureCpu(
  measured: MeasuredProcess,
  driver: MeasuredProcess,
  seconds: number,
): Promise<Measurement> {
  const before = cpuTime(measured.pid);
  const result = await driver.ask<LoadResult>({ seconds });
  const cpu = (cpuTime(measured.pid) - before) / result.messages;
  return { cpu, rate: result.messages / result.seconds, p50: result.p50, p99: result.p99 };
}

async function measureClient(peer: Peer, scenario: Scenario, times: Times): Promise<Measurement> {
  const sink = await startLoader(peer, scenario, 0, 0);
  const { port } = await sink.next<{ port: number }>();
  const client = startClient(peer, scenario, port);
  try {
    await client.next();
    await client.ask({ seconds: times.warmUp });
    await sink.ask({});
    const measurement = await measureCpu(client, client, times.measured);
    return { cpu: measurement.cpu as number, rate: measurement.rate as number };
  } finally {
    await client.stop();
    await stopLoader();
  }
}

function startClient({ command, environment }: Peer, scenario: Scenario, port: number): MeasuredProcess {
  const library = command.at(-1) as string;
  const args = [process.execPath, clientFile, library, JSON.stringify(scenario), String(port)];
  return new MeasuredProcess(args, {
    core: scenario.kind === 'client' ? serverCore : loaderCore,
    environment,
  });
}

/** The greater growth of both ends. */
async function measureStream(peer: Peer, scenario: Scenario): Promise<Measurement> {
  return withServer(peer, scenario, async (server, port) => {
    const client = startClient(peer, scenario, port);
    try {
      await client.next();
      const processes = [server, client];
      const before = processes.map(({ pid }) => residentMemory(pid));
      const { bytes, seconds } = await client.ask<LoadResult>({ seconds: 0 });
      const growth = processes.map(
        ({ pid }, index) => residentMemory(pid, 'VmHWM') - (before[index] as number),
      );
      return { growth: Math.max(...growth) / MiB, rate: bytes / MiB / seconds };
    } finally {
      await client.stop();
    }
  });
}

async function measureIdle(peer: Peer, scenario: Scenario & { connections: number }): Promise<Measurement> {
  return withServer(peer, scenario, async (server, port) => {
    const before = await server.ask<Memory>('memory');
    await startLoader(peer, scenario, port, 0);
    const after = await server.ask<Memory>('memory');
    const perConnection = (bytes: number): number => bytes / 1024 / scenario.connections;
    return {
      rss: perConnection(after.rss - before.rss),
      heap: perConnection(after.heapUsed - before.heapUsed),
    };
  });
}

async function measureSlow(
  peer: Peer,
  scenario: Scenario & { slow: number },
  times: Times,
): Promise<Measurement> {
  const run = (slow: number): Promise<{ growth: number; p99: number }> =>
    withServer(peer, { ...scenario, slow } as Scenario, async (server, port) => {
      const loader = await startLoader(peer, { ...scenario, slow } as Scenario, port, times.warmUp);
      const before = residentMemory(server.pid);
      const { p99 } = await loader.ask<LoadResult>({ seconds: times.measured });
      return { growth: (residentMemory(server.pid, 'VmHWM') - before) / MiB, p99 };
    });
  const without = await run(0);
  const { growth, p99 } = await run(scenario.slow);
  return { growth, p99, p99WithoutSlow: without.p99 };
}

async function measureDelay(peer: Peer, scenario: Scenario, times: Times): Promise<Measurement> {
  return withServer(peer, scenario, async (server, port) => {
    const loader = await startLoader(peer, scenario, port, times.warmUp);
    await server.ask('watch delay');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const idle = await server.ask<{ p99: number }>('delay');
    await server.ask('watch delay');
    const result = await loader.ask<LoadResult>({ seconds: times.measured });
    const busy = await server.ask<{ p99: number }>('delay');
    return { delay: Math.max(0, busy.p99 - idle.p99), rate: result.messages / result.seconds };
  });
}
