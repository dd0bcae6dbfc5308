/**
 * The bound on how many zlib jobs of this process are on the thread pool at once. It knows nothing of
 * connections, messages or zlib. A job runs from its first byte to its last without ever waiting for
 * another job, so the limit cannot deadlock: it only delays.
 */

import { UsageError } from '../protocol/errors.js';

/** What starts a job; it must not throw, and calls `done` when nothing of the job is left on a thread. */
export type StartZlibJob = (done: () => void) => void;

/** A job as the limiter knows it: the handle for `cancel`. */
export interface ZlibJobHandle {
  /** `waiting` until it gets a place, `active` until its `done`, then `over`; `over` too when cancelled. */
  readonly state: 'waiting' | 'active' | 'over';
}

interface Job extends ZlibJobHandle {
  state: 'waiting' | 'active' | 'over';
  /** Dropped when the job starts or is cancelled, so that a kept handle pins no connection. */
  start: StartZlibJob | undefined;
  previous: Job | undefined;
  next: Job | undefined;
}

/** Default of `ZlibLimiter.limit`, in jobs; more than the 4 threads of libuv's pool, so none idles. */
export const DEFAULT_ZLIB_CONCURRENCY = 10;

/** First in, first out: at most `limit` jobs are active, the others wait. */
export class ZlibLimiter {
  #limit: number;
  #active = 0;
  #waiting = 0;
  #first: Job | undefined;
  #last: Job | undefined;
  #starting = false;

  /** @param limit Jobs at once: a positive integer or `Infinity`. @throws UsageError for anything else. */
  constructor(limit: number = DEFAULT_ZLIB_CONCURRENCY) {
    this.#limit = checkedLimit(limit);
  }

  /** Jobs at once, {@link DEFAULT_ZLIB_CONCURRENCY} by default. Lowering it lets active jobs end. */
  get limit(): number {
    return this.#limit;
  }

  /** @throws UsageError unless it is a positive integer or `Infinity`. */
  set limit(limit: number) {
    this.#limit = checkedLimit(limit);
    this.#startWaiting();
  }

  /** Jobs that have started and are not done. */
  get active(): number {
    return this.#active;
  }

  /** Jobs that wait for their start. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Starts the job, at once if there is room. Each job is counted once, however often it says `done`. */
  run(start: StartZlibJob): ZlibJobHandle {
    const job: Job = { state: 'waiting', start, previous: this.#last, next: undefined };
    if (this.#last) this.#last.next = job;
    else this.#first = job;
    this.#last = job;
    this.#waiting++;
    this.#startWaiting();
    return job;
  }

  /** Removes a job of this limiter that still waits; `false` if it has started or is over. */
  cancel(handle: ZlibJobHandle): boolean {
    const job = handle as Job;
    if (job.state !== 'waiting') return false;
    this.#unlink(job);
    job.state = 'over';
    job.start = undefined;
    return true;
  }

  #unlink(job: Job): void {
    if (job.previous) job.previous.next = job.next;
    else this.#first = job.next;
    if (job.next) job.next.previous = job.previous;
    else this.#last = job.previous;
    job.previous = undefined;
    job.next = undefined;
    this.#waiting--;
  }

  /** A loop and not a recursion: a job may be done before its `start` returns. */
  #startWaiting(): void {
    if (this.#starting) return;
    this.#starting = true;
    while (this.#first && this.#active < this.#limit) this.#start(this.#first);
    this.#starting = false;
  }

  #start(job: Job): void {
    const start = job.start as StartZlibJob;
    this.#unlink(job);
    job.state = 'active';
    job.start = undefined;
    this.#active++;
    start(() => this.#done(job));
  }

  #done(job: Job): void {
    if (job.state !== 'active') return;
    job.state = 'over';
    this.#active--;
    this.#startWaiting();
  }
}

function checkedLimit(limit: number): number {
  if (limit === Number.POSITIVE_INFINITY || (Number.isInteger(limit) && limit > 0)) return limit;
  throw new UsageError('WS_ERR_INVALID_ARGUMENT', `The zlib limit must be a positive integer, not ${limit}`);
}

/** The limiter of this process: every connection uses it unless it is given another. */
export const sharedZlibLimiter: ZlibLimiter = new ZlibLimiter();
