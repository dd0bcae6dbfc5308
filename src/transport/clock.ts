/** Time, so that a test can hand in its own. All times are milliseconds. */
export interface Clock {
  /** Time of day, as of the Unix epoch: unlike monotonic time it goes on while the machine sleeps. */
  now(): number;
  /** Time since some moment: unlike the time of day nobody can set it, and it may stand still while the machine sleeps. */
  monotonic(): number;
  /** Calls back once after `delay`. */
  setTimeout(callback: () => void, delay: number): unknown;
  /** Ends a timer of `setTimeout`. */
  clearTimeout(timer: unknown): void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, delay) => setTimeout(callback, delay),
  clearTimeout: (timer) => clearTimeout(timer as number),
};

/** The longest delay that `setTimeout` takes: it counts in 31 bits. */
const MAX_DELAY = 2_147_483_647;

/** A timer for a time of day, however far: calls `callback` once when `clock.now()` has reached `at`. */
export class Alarm {
  readonly #clock: Clock;
  readonly #at: number;
  readonly #callback: () => void;
  #timer: unknown;

  /**
   * @param clock tells the time
   * @param at time of day, milliseconds since the Unix epoch
   * @param callback called once
   */
  constructor(clock: Clock, at: number, callback: () => void) {
    this.#clock = clock;
    this.#at = at;
    this.#callback = callback;
    this.#wait();
  }

  /** Ends it without a call. */
  cancel(): void {
    this.#clock.clearTimeout(this.#timer);
  }

  #wait(): void {
    const delay = Math.min(Math.max(0, this.#at - this.#clock.now()), MAX_DELAY);
    this.#timer = this.#clock.setTimeout(() => {
      if (this.#clock.now() >= this.#at) this.#callback();
      else this.#wait();
    }, delay);
  }
}
