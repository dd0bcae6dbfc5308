import type { Clock } from '../../src/node/clock.js';

interface Timer {
  readonly callback: () => void;
  readonly at: number;
}

/** A clock that stands still until a test moves it. Times are milliseconds. */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now = 0;

  /** Timers that have neither fired nor been cleared. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delay: number): unknown {
    const timer = { callback, at: this.#now + delay };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) {
      if (timer.at <= this.#now && this.#timers.delete(timer)) timer.callback();
    }
  }
}
