/** What goes wrong on the way: faults of random connections, and lines that become bad and good again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultProxy } from 'hawser/testing';
import type { Journal } from './journal.js';
import { Random } from './random.js';
import type { Refused } from './refusals.js';
import type { TransportChoice } from './transports.js';

const faults = ['cut', 'cut', 'reset', 'reset', 'halfOpen'] as const;

/** Milliseconds between two faults, on average; a hundred connections live for ten seconds then. */
const MEAN_PAUSE = 100;

/** Milliseconds until clients of all transports have to take another than the first. */
const FIRST_SWITCH = 1000;

/** Settings of a line, each for a while. */
const lines: readonly ((proxy: FaultProxy, random: Random) => void)[] = [
  (proxy, random) => proxy.latency(random.below(60)),
  (proxy, random) => proxy.latency(random.below(60), { direction: random.pick(['up', 'down']) }),
  (proxy, random) => proxy.slice(1 + random.below(64), { random: true }),
  (proxy, random) => proxy.slice(1 + random.below(200), { direction: random.pick(['up', 'down']) }),
  (proxy, random) => proxy.throttle(20_000 + random.below(100_000)),
  (proxy) => proxy.refuse(),
  (proxy) => proxy.heal(),
  (proxy) => proxy.heal(),
];

/** What the server drops for a while, so that clients need another transport. */
const refusals: readonly Refused[] = ['upgrades', 'upgrades', 'upgrades', 'nothing', 'events', 'requests'];

/** What is to suffer. */
interface Victims {
  readonly proxies: readonly FaultProxy[];
  readonly server: { refuse(refused: Refused): void };
}

/** What chaos is told. */
interface ChaosOptions {
  /** How many there are, about. */
  readonly connections: number;
  readonly transport: TransportChoice;
  readonly journal: Journal;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Does its work until the signal is aborted; then every line is good again. */
export async function chaos(
  { proxies, server }: Victims,
  { connections, transport, journal, seed, signal }: ChaosOptions,
): Promise<void> {
  const random = new Random(seed);
  if (transport === 'all') await switchAll({ proxies, server }, signal);
  const pause = (MEAN_PAUSE * 100) / connections;
  while (!signal.aborted) {
    await sleep(random.below(2 * pause), undefined, { signal }).catch(() => undefined);
    const proxy = random.pick(proxies);
    if (transport === 'all' && random.oneIn(20)) server.refuse(random.pick(refusals));
    else if (random.oneIn(10)) random.pick(lines)(proxy, random);
    else hit(proxy, random, journal);
  }
  server.refuse('nothing');
  for (const proxy of proxies) proxy.heal();
}

/** Lets all clients begin by the first transport, and then find that it does not get through any more. */
async function switchAll({ proxies, server }: Victims, signal: AbortSignal): Promise<void> {
  await sleep(FIRST_SWITCH, undefined, { signal }).catch(() => undefined);
  server.refuse('upgrades');
  for (const proxy of proxies) proxy.cut();
}

/** Hits one connection, or rarely all of a proxy. */
function hit(proxy: FaultProxy, random: Random, journal: Journal): void {
  const fault = random.pick(faults);
  const isForAll = random.oneIn(100);
  const connection = isForAll ? undefined : random.below(Math.max(1, proxy.connections));
  journal.write({ event: 'fault', fault, connections: proxy[fault]({ connection }) });
}
