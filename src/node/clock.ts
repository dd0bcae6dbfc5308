/** Time, so that a test can hand in its own. All times are milliseconds. */
export interface Clock {
  /** Monotonic time. */
  now(): number;
  /** Calls back once after `delay`; the timer does not keep the process alive. */
  setTimeout(callback: () => void, delay: number): unknown;
  /** Ends a timer of `setTimeout`. */
  clearTimeout(timer: unknown): void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, delay) => setTimeout(callback, delay).unref(),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};
