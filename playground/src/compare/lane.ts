/** What one transport has delivered so far, and how quickly. Knows nothing of how. */
import type { ComparedEvent, TransportCost, TransportName } from '../../../src/cli/compare/format.js';

/** An event on its way, in milliseconds by the server's clock. */
export interface Passage {
  readonly at: number;
  readonly received: number;
}

/** A lane at a moment. */
export interface LaneFigures {
  readonly name: TransportName;
  readonly cost: TransportCost;
  /** Events that came, and those that did not or came twice. */
  readonly events: number;
  readonly faults: number;
  /** Milliseconds within which half of the events came, and 99 of 100; `undefined` before the first. */
  readonly median: number | undefined;
  readonly p99: number | undefined;
  /** Bytes in both directions for each event; `undefined` before the first. */
  readonly bytesPerEvent: number | undefined;
  /** The newest events. */
  readonly passages: readonly Passage[];
  /** Why it delivers nothing any more; `undefined` while it does. */
  readonly failure: string | undefined;
}

/** Passages that are kept: more than a picture of some seconds has. */
const maxPassages = 160;

const nothing: TransportCost = { requests: 0, up: 0, down: 0 };

/** One of the transports that are compared. */
export class Lane {
  readonly name: TransportName;
  /** The latency of each event, by its number. */
  readonly latencies: (number | undefined)[] = [];
  /** Number of the newest event. */
  last = 0;
  cost = nothing;
  failure: string | undefined;
  #events = 0;
  #faults = 0;
  #passages: Passage[] = [];

  constructor(name: TransportName) {
    this.name = name;
  }

  /** An event has come. */
  take({ n, at }: ComparedEvent, received: number): void {
    this.#events++;
    if (n !== this.last + 1) this.#faults += Math.max(1, n - this.last - 1);
    this.last = Math.max(this.last, n);
    this.latencies[n - 1] = Math.max(0, received - at);
    this.#passages.push({ at, received });
    if (this.#passages.length > maxPassages) this.#passages.shift();
  }

  /** How it is now. */
  figures(): LaneFigures {
    const { name, cost, failure } = this;
    const sorted = this.latencies
      .filter((latency) => latency !== undefined)
      .sort((one, other) => one - other);
    return {
      name,
      cost,
      failure,
      events: this.#events,
      faults: this.#faults,
      median: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      bytesPerEvent: this.#events === 0 ? undefined : (cost.up + cost.down) / this.#events,
      passages: [...this.#passages],
    };
  }
}

/** The least of sorted values that this part of them does not exceed. */
function quantile(sorted: readonly number[], part: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
}
