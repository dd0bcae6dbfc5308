/** What was seen of all lanes over time, for charts. */
import type { ComparedEvent } from '../../../src/cli/compare/format.js';
import type { Series } from '../chart.js';
import type { Lane } from './lane.js';

/** Points of a chart; then every second one goes. */
const maxPoints = 1_200;
/** Events in the chart of latencies. */
const maxEvents = 300;

interface Sample {
  readonly time: number;
  readonly bytes: readonly number[];
}

/** Grows with a run, to a bound. */
export class History {
  readonly #lanes: readonly Lane[];
  #begun = 0;
  #samples: Sample[] = [];
  /** When the newest events happened; the first of them has the number `#first`. */
  #times: number[] = [];
  #last = 0;

  constructor(lanes: readonly Lane[]) {
    this.#lanes = lanes;
  }

  /** The first event is about to happen, at this time of the server. */
  begin(time: number): void {
    this.#begun = time;
  }

  /** An event has come by one of the lanes. */
  note({ n, at }: ComparedEvent): void {
    if (n <= this.#last) return;
    this.#last = n;
    this.#times = [...this.#times, this.#seconds(at)].slice(-maxEvents);
  }

  /** Looks at the cost of every lane. */
  sample(time: number): void {
    if (this.#begun === 0) return;
    if (this.#samples.length === maxPoints)
      this.#samples = this.#samples.filter((_, index) => index % 2 === 1);
    this.#samples.push({
      time: this.#seconds(time),
      bytes: this.#lanes.map(({ cost }) => cost.up + cost.down),
    });
  }

  /** Bytes of each lane in both directions, added up, over seconds since the start. */
  bytes(): Series {
    const lines = this.#lanes.map((_, lane) => this.#samples.map(({ bytes }) => bytes[lane] as number));
    return { times: this.#samples.map(({ time }) => time), lines };
  }

  /** Latency of each event in each lane in milliseconds, at the second at which it happened. */
  latencies(): Series {
    const before = this.#last - this.#times.length;
    // A logarithmic scale has no 0: what is less than a tenth of a millisecond could not be measured, either.
    const latency = (lane: Lane, index: number): number | null => {
      const value = lane.latencies[before + index];
      return value === undefined ? null : Math.max(0.1, value);
    };
    return {
      times: this.#times,
      lines: this.#lanes.map((lane) => this.#times.map((_, index) => latency(lane, index))),
    };
  }

  #seconds(time: number): number {
    return (time - this.#begun) / 1000;
  }
}
