/** How long to wait between attempts. */
export interface BackoffOptions {
  /** Bound of the first delay in milliseconds. Default 500. */
  initial?: number | undefined;
  /** Bound of every delay in milliseconds. Default 30,000. */
  max?: number | undefined;
}

/** Delays between attempts to connect. */
export interface Backoff {
  /** Milliseconds to wait before the next attempt, when `attempts` have failed in a row. */
  delay(attempts: number): number;
}

/**
 * Exponential backoff with full jitter: a delay anywhere between 0 and a bound that doubles with each attempt, so
 * that clients which lost the same server do not come back in the same moment.
 * @param options the bounds
 * @param random from 0 up to 1, `Math.random` by default
 */
export function fullJitter(options: BackoffOptions = {}, random: () => number = Math.random): Backoff {
  const { initial = 500, max = 30_000 } = options;
  return { delay: (attempts) => random() * Math.min(max, initial * 2 ** Math.max(0, attempts - 1)) };
}
