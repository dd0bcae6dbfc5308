/** What every kind of load reports, and how latencies are kept: in a bounded reservoir of the latest. */
import { percentile } from '../statistics.js';

/** One measured interval. */
export interface LoadResult {
  /** What is counted: echoes, deliveries, connections, answers. */
  readonly messages: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Makes load for a time. */
export interface Load {
  run(seconds: number): Promise<LoadResult>;
  close(): void;
}

/** The latest latencies. */
export class Latencies {
  readonly #values: Float64Array;
  #count = 0;

  /** @param kept how many; older ones are forgotten */
  constructor(kept = 65_536) {
    this.#values = new Float64Array(kept);
  }

  add(milliseconds: number): void {
    this.#values[this.#count++ % this.#values.length] = milliseconds;
  }

  /** The percentiles so far; begins anew. */
  take(): { p50: number; p99: number } {
    const sorted = this.#values.slice(0, Math.min(this.#count, this.#values.length)).sort();
    this.#count = 0;
    return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
  }
}
