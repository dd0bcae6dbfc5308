/**
 * Measures what server events cost by each transport: one server and one loader for each. Where events are rare, the
 * transports run side by side, each in a part of the time that it has for itself; otherwise one behind the other.
 */
import { cpuTime, type MeasuredProcess } from '../processes.js';
import { startTransportLoader, startTransportServer } from '../start.js';
import { percentile } from '../statistics.js';
import {
  type Combination,
  combinations,
  type Deliveries,
  type LoaderOrder,
  type Mark,
  type MeasureOrder,
  type ServerOrder,
  type Transport,
  transports,
} from './combinations.js';

/** Fewer events are no measurement, so that rare ones take longer than the seconds that are asked for. */
const leastEvents = 3;
const warmUpSeconds = 1;
/** A percentile needs so many deliveries. */
const leastDeliveries = { p50: 10, p99: 200 };

/** What one transport did in one combination, all rounds together. */
export interface TransportResult extends Combination {
  readonly transport: Transport;
  /** Measured events times clients. Every client got every event once and in order, or there is no result. */
  readonly deliveries: number;
  /** Bytes on the server's TCP connections, in both directions, for each delivery. */
  readonly bytes: number;
  /** Milliseconds from an event's making to its arrival; `null` of too few deliveries. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** HTTP requests for each delivery. */
  readonly requests: number;
  /** HTTP requests of each client in a second. */
  readonly requestRate: number;
  /** Microseconds of the server process for each delivery. */
  readonly cpu: number;
  /** How much of a core the server and the loader took. */
  readonly serverBusy: number;
  readonly loaderBusy: number;
}

/** One run of a transport in a combination. */
interface Run {
  readonly seconds: number;
  readonly bytes: number;
  readonly requests: number;
  readonly serverCpu: number;
  readonly loaderCpu: number;
  readonly latencies: readonly number[];
}

/** The processes of one transport. */
interface Pair {
  readonly server: MeasuredProcess;
  readonly loader: MeasuredProcess;
}

/** All combinations, in order. */
export async function measureTransports(
  rounds: number,
  seconds: number,
  progress: (what: string) => void,
): Promise<TransportResult[]> {
  const results: TransportResult[] = [];
  for (const combination of combinations) {
    const runs = new Map<Transport, Run[]>(transports.map((transport) => [transport, []]));
    for (let round = 1; round <= rounds; round++) {
      for (const group of groupsOf(combination)) {
        progress(`${titleOf(combination)} ${round}/${rounds}: ${group.join(', ')}`);
        for (const [place, run] of (await runGroup(group, combination, seconds)).entries()) {
          runs.get(group[place] as Transport)?.push(run);
        }
      }
    }
    for (const [transport, all] of runs) results.push(resultOf(transport, combination, all));
  }
  return results;
}

/** For people. */
export function titleOf({ clients, rate }: Combination): string {
  const people = clients === 1 ? '1 client' : `${clients.toLocaleString('en')} clients`;
  return `${people}, ${rate === 1 ? '1 event' : `${rate} events`} a second`;
}

function groupsOf({ rate }: Combination): readonly (readonly Transport[])[] {
  return rate < 1 ? [transports] : transports.map((transport) => [transport]);
}

async function runGroup(
  group: readonly Transport[],
  combination: Combination,
  seconds: number,
): Promise<Run[]> {
  const started: MeasuredProcess[] = [];
  const periods = Math.max(leastEvents, Math.round(seconds * combination.rate));
  try {
    const pairs: Pair[] = [];
    for (const transport of group) pairs.push(await startPair(transport, combination, started));
    // Behind the slots of several an empty one, so that what is under way has arrived when a period ends.
    const slots = pairs.length > 1 ? pairs.length + 1 : 1;
    return await Promise.all(
      pairs.map((pair, slot) => runPair(pair, { kind: 'measure', ...combination, periods, slot, slots })),
    );
  } finally {
    // The loader was started last: it must not see the server go.
    for (const process of started.reverse()) await process.stop();
  }
}

/** What it starts is noted in `started`, also if it fails. */
async function startPair(
  transport: Transport,
  combination: Combination,
  started: MeasuredProcess[],
): Promise<Pair> {
  const server = startTransportServer(transport);
  started.push(server);
  const { port } = await server.next<{ port: number }>();
  const loader = startTransportLoader({ ...combination, transport, port });
  started.push(loader);
  await loader.next();
  const events = Math.min(500, Math.max(10, Math.round(2000 / combination.clients)));
  const { last } = await ask<Mark>(server, { kind: 'warm up', events, seconds: warmUpSeconds });
  await ask<Deliveries>(loader, { kind: 'delivered', first: last, last });
  loader.tell({ kind: 'warm' } satisfies LoaderOrder);
  return { server, loader };
}

async function runPair({ server, loader }: Pair, order: MeasureOrder): Promise<Run> {
  const begin = await ask<Mark>(server, order);
  const cpuBefore = [cpuTime(server.pid), cpuTime(loader.pid)] as const;
  const end = await server.next<Mark>();
  const cpuAfter = [cpuTime(server.pid), cpuTime(loader.pid)] as const;
  const asked: LoaderOrder = { kind: 'delivered', first: begin.last + 1, last: end.last };
  return {
    seconds: (end.time - begin.time) / 1000,
    bytes: end.bytes - begin.bytes,
    requests: end.requests - begin.requests,
    serverCpu: cpuAfter[0] - cpuBefore[0],
    loaderCpu: cpuAfter[1] - cpuBefore[1],
    latencies: (await ask<Deliveries>(loader, asked)).latencies,
  };
}

function ask<Answer>(process: MeasuredProcess, order: ServerOrder | LoaderOrder): Promise<Answer> {
  return process.ask<Answer>(order);
}

function resultOf(transport: Transport, combination: Combination, runs: readonly Run[]): TransportResult {
  const latencies = runs.flatMap((run) => run.latencies).sort((a, b) => a - b);
  const deliveries = latencies.length;
  const total = (name: Exclude<keyof Run, 'latencies'>) => runs.reduce((sum, run) => sum + run[name], 0);
  const seconds = total('seconds');
  return {
    transport,
    ...combination,
    deliveries,
    bytes: total('bytes') / deliveries,
    p50: deliveries < leastDeliveries.p50 ? null : percentile(latencies, 0.5),
    p99: deliveries < leastDeliveries.p99 ? null : percentile(latencies, 0.99),
    requests: total('requests') / deliveries,
    requestRate: total('requests') / seconds / combination.clients,
    cpu: total('serverCpu') / deliveries,
    serverBusy: total('serverCpu') / seconds / 1e6,
    loaderBusy: total('loaderCpu') / seconds / 1e6,
  };
}
