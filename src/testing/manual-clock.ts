import type { Clock } from '../transport/clock.js';

interface Timer {
  readonly callback: () => void;
  readonly at: number;
}

/** A clock that stands still until it is moved: every option `clock` of hawser takes it. Times are milliseconds. */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now: number;
  #monotonic = 0;

  /** @param now time of day at which it stands; default 1,000,000,000,000 */
  constructor(now = 1_000_000_000_000) {
    this.#now = now;
  }

  /** Timers that have neither fired nor been cleared. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  setTimeout(callback: () => void, delay: number): unknown {
    const timer = { callback, at: this.#now + delay };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  /** Moves it on, and fires what is due, in order; timers that are set meanwhile too. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.sleep(Math.max(0, timer.at - this.#now));
      this.#timers.delete(timer);
      timer.callback();
    }
    this.sleep(end - this.#now);
  }

  /** Moves it as a sleeping machine does: time goes by, and no timer fires. */
  sleep(milliseconds: number): void {
    this.#now += milliseconds;
    this.#monotonic += milliseconds;
  }

  /** Sets the time of day forward or back, as somebody does who corrects it. */
  adjust(milliseconds: number): void {
    this.#now += milliseconds;
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    }
    return next;
  }
}
