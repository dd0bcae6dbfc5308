/** A soak: a server, clients that have it work for them, and a bad network in between. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { FaultProxy } from 'hawser/testing';
import { chaos } from './chaos.js';
import { Checker, type Verdict } from './checker.js';
import { Journal, readJournal } from './journal.js';
import { ServerProcess } from './server-process.js';
import type { TransportChoice } from './transports.js';
import { Workload } from './workload.js';

/** What a soak is told. */
export interface SoakOptions {
  readonly seconds: number;
  readonly transport: TransportChoice;
  readonly clients: number;
  readonly seed: number;
  /** Where the logs go. */
  readonly folder: string;
  /** Ends it before its time. */
  readonly signal: AbortSignal;
  /** Told every few seconds how it goes. */
  readonly progress: (line: string) => void;
}

/** Clients that share a proxy. */
const CLIENTS_PER_PROXY = 25;
const PROGRESS_INTERVAL = 5000;

/** Runs a soak and checks its logs. */
export async function soak(options: SoakOptions): Promise<Verdict> {
  const { folder } = options;
  const files = [`${folder}/server.jsonl`, `${folder}/clients.jsonl`] as const;
  const server = await ServerProcess.start(files[0]);
  const journal = new Journal(files[1], 'clients');
  const proxies = await proxiesOf(server.port, options);
  await work({ proxies, server, journal }, options);
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await Promise.all([server.stop(), journal.close()]);
  const checker = new Checker();
  for (const file of files) for await (const event of readJournal(file)) checker.add(event);
  return checker.verdict();
}

async function proxiesOf(port: number, { clients, seed }: SoakOptions): Promise<FaultProxy[]> {
  const proxies = Array.from(
    { length: Math.ceil(clients / CLIENTS_PER_PROXY) },
    (_, index) => new FaultProxy({ port, seed: seed + index }),
  );
  await Promise.all(proxies.map((proxy) => proxy.listen()));
  return proxies;
}

/** What stands between the clients and the server, the server, and the clients' log. */
interface Scene {
  readonly proxies: readonly FaultProxy[];
  readonly server: ServerProcess;
  readonly journal: Journal;
}

async function work(
  { proxies, server, journal }: Scene,
  { seconds, transport, clients, seed, signal: stop, progress }: SoakOptions,
): Promise<void> {
  // Not AbortSignal.any: on Node.js 20 what it makes of a timeout may be collected before its time.
  const controller = new AbortController();
  const { signal } = controller;
  setMaxListeners(0, signal);
  const end = (): void => controller.abort();
  const timer = setTimeout(end, seconds * 1000);
  stop.addEventListener('abort', end);
  const workloads = Array.from({ length: clients }, (_, index) => {
    const proxy = proxies[index % proxies.length] as FaultProxy;
    return new Workload({
      name: `c${index}`,
      url: proxy.url('ws'),
      transport,
      seed: seed * 10_007 + index,
      journal,
      signal,
    });
  });
  const report = setInterval(() => progress(stateOf(workloads)), PROGRESS_INTERVAL);
  const chaosEnded = chaos({ proxies, server }, { connections: clients, transport, journal, seed, signal });
  await Promise.all(workloads.map((workload) => workload.run()));
  await chaosEnded;
  clearInterval(report);
  clearTimeout(timer);
  // Lets what the clients said last, their closing handshakes, arrive.
  await sleep(200);
}

function stateOf(workloads: readonly Workload[]): string {
  const calls = workloads.reduce((sum, workload) => sum + workload.calls, 0);
  const open = workloads.filter(({ isOpen }) => isOpen).length;
  return `${calls} calls, ${open} of ${workloads.length} clients are connected`;
}
