import type { Clock } from '../node/clock.js';
import { UsageError } from '../protocol/errors.js';

/** Options of `server.drain()`. */
export interface DrainOptions {
  /** Milliseconds until what is left is terminated. Default 10,000. */
  deadline?: number | undefined;
  /** Close code: 1001, going away (default), or 1012, service restart: clients come back. */
  code?: number | undefined;
  /** Reason of the close frames. Default none. */
  reason?: string | undefined;
  /**
   * Seconds after which clients are to come back: the reason becomes `retry-after=<seconds>`, which `hawser/client`
   * keeps to, and the code 1012 unless `code` says 1013. Default none.
   */
  retryAfter?: number | undefined;
}

/** What can be drained: a WebSocket, or a session that stands for one. */
export interface Drainable {
  once(event: 'close', listener: () => void): unknown;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** How a drain ended. */
export interface DrainResult {
  /** Connections that ended within the deadline. */
  closed: number;
  /** Connections that had to be terminated. */
  terminated: number;
}

/** Milliseconds between two batches, and the fewest connections of a batch: 10,000 a second at least. */
const BATCH_INTERVAL = 10;
const MIN_BATCH = 100;

/** A day, in seconds: more is not a pause but an end. */
const MAX_RETRY_AFTER = 86_400;

/**
 * What the close frames of a drain say.
 * @throws UsageError when `retryAfter` is no number of seconds or `reason` is given as well
 */
export function closeFrameOf({ code, reason, retryAfter }: DrainOptions): { code: number; reason: string } {
  if (retryAfter === undefined) return { code: code ?? 1001, reason: reason ?? '' };
  const isHint = code === undefined || code === 1012 || code === 1013;
  const isSeconds = Number.isInteger(retryAfter) && retryAfter >= 0 && retryAfter <= MAX_RETRY_AFTER;
  if (!isHint || !isSeconds || reason !== undefined) {
    const message = `"retryAfter" is a whole number of seconds up to ${MAX_RETRY_AFTER}; it goes with 1012 or 1013, without a "reason"`;
    throw new UsageError('WS_ERR_INVALID_OPTIONS', message);
  }
  return { code: code ?? 1012, reason: `retry-after=${retryAfter}` };
}

/**
 * Closes connections a batch at a time, so that thousands of clients do not come back in the same moment, with
 * all close frames out by half of the deadline; terminates those that are left at the deadline.
 */
export async function drainConnections(
  sockets: ReadonlySet<Drainable>,
  options: DrainOptions,
  clock: Clock,
): Promise<DrainResult> {
  const { deadline = 10_000 } = options;
  const { code, reason } = closeFrameOf(options);
  const open = new Set(sockets);
  const total = open.size;
  const batches = Math.max(1, deadline / 2 / BATCH_INTERVAL);
  const batch = Math.max(MIN_BATCH, Math.ceil(total / batches));
  const allClosed = whenAllClosed(open);
  const expired = timer(clock, deadline);
  closeInBatches([...open], batch, (socket) => socket.close(code, reason), clock);
  await Promise.race([allClosed, expired.promise]);
  expired.cancel();
  const terminated = open.size;
  for (const socket of open) socket.terminate();
  await allClosed;
  return { closed: total - terminated, terminated };
}

function whenAllClosed(open: Set<Drainable>): Promise<void> {
  return new Promise((resolve) => {
    if (open.size === 0) resolve();
    for (const socket of open) {
      socket.once('close', () => {
        open.delete(socket);
        if (open.size === 0) resolve();
      });
    }
  });
}

function closeInBatches(
  sockets: Drainable[],
  batch: number,
  close: (socket: Drainable) => void,
  clock: Clock,
): void {
  for (const socket of sockets.splice(0, batch)) close(socket);
  if (sockets.length > 0)
    clock.setTimeout(() => closeInBatches(sockets, batch, close, clock), BATCH_INTERVAL);
}

function timer(clock: Clock, delay: number): { promise: Promise<void>; cancel: () => void } {
  let handle: unknown;
  const promise = new Promise<void>((resolve) => {
    handle = clock.setTimeout(resolve, delay);
  });
  return { promise, cancel: () => clock.clearTimeout(handle) };
}
