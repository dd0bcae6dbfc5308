/** A broadcast of which some connections never read a byte, until the server has met its bound for them. */
import { readFileSync } from 'node:fs';
import type { SlowConsumersScenario } from '../scenarios.js';
import { BroadcastLoad } from './broadcast.js';
import { openAll, type Target } from './connections.js';
import type { Load, LoadResult } from './load.js';

const warmUpTicks = 50;

/** All but one are the figures from when the kernel has no room left for those who do not read. */
export interface SlowConsumersResult extends LoadResult {
  /** Milliseconds; until then. */
  readonly p99Filling: number;
}

/**
 * Those who do not read stand evenly among the others. Only the others are waited for and timed, also where all
 * read. While the kernel takes everything the server does the same as ever, yet towards the end of it each write took
 * 60 µs instead of 7 to 15 on a virtual machine, to whomever; most likely since new memory comes from its host. So what
 * comes after is timed for itself: until the bound, and as long again.
 */
export async function slowConsumersLoad(
  { size, connections, slow, maxBufferedAmount, allRead = false }: SlowConsumersScenario,
  target: Target,
): Promise<Load> {
  await warmUp(size, connections, target);
  const sockets = await openAll(target, connections);
  const every = connections / slow;
  const others = sockets.filter((_, index) => index % every !== 0);
  for (const socket of sockets.filter((_, index) => index % every === 0)) {
    socket.on('error', () => {});
    if (allRead) socket.resume();
  }
  const load = new BroadcastLoad(others, { size });
  const filling = Math.ceil(kernelBuffers() / size);
  const untilBound = Math.ceil(maxBufferedAmount / size);
  return {
    async run(): Promise<SlowConsumersResult> {
      const filled = await load.tickWhile((done) => done < filling);
      const rest = await load.tickWhile((done) => done < 2 * untilBound);
      return { ...rest, p99Filling: filled.p99 };
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** On connections that are not used any more: a socket that has read once gets more room from the kernel. */
async function warmUp(size: number, connections: number, target: Target): Promise<void> {
  const load = new BroadcastLoad(await openAll(target, connections), { size });
  await load.tickWhile((done) => done < warmUpTicks);
  load.close();
}

/**
 * Bytes that the kernel can take for a connection that is never read: all of its send buffer, and twice what it begins
 * to receive into.
 */
function kernelBuffers(): number {
  return limit('tcp_wmem', 2) + 2 * limit('tcp_rmem', 1);
}

function limit(name: string, column: number): number {
  return Number(readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8').split(/\s+/)[column]);
}
