/** The comparisons of this page, one at a time, as signals. Knows nothing of the page's elements. */
import { signal } from '@preact/signals';
import { transports } from '../../../src/cli/compare/format.js';
import type { Series } from '../chart.js';
import { Lane, type LaneFigures } from './lane.js';
import { Run, type RunSettings } from './run.js';

/** What the newest comparison is doing. */
export type ComparisonState = 'idle' | 'connecting' | 'running' | 'finishing' | 'done' | 'lost';

/** All that is shown. */
interface Picture {
  readonly lanes: readonly LaneFigures[];
  readonly bytes: Series;
  readonly latencies: Series;
  /** The server's time of this picture. */
  readonly now: number;
}

const nothing: Series = { times: [], lines: transports.map(() => []) };

/** Begins and ends runs. */
export class Comparison {
  readonly state = signal<ComparisonState>('idle');
  readonly picture = signal<Picture>({
    lanes: transports.map((name) => new Lane(name).figures()),
    bytes: nothing,
    latencies: nothing,
    now: 0,
  });
  #run: Run | undefined;

  /** Begins; what was seen before goes. */
  async start(settings: RunSettings): Promise<void> {
    this.#run?.close();
    const run = new Run(settings, {
      changed: () => this.#show(run),
      finished: () => this.#become(run, 'done'),
      lost: () => this.#become(run, 'lost'),
    });
    this.#run = run;
    this.#become(run, 'connecting');
    if (await run.start()) this.#become(run, 'running');
  }

  /** Has events end; what is on its way still comes. */
  stop(): void {
    if (this.#run === undefined || this.state.value !== 'running') return;
    this.state.value = 'finishing';
    this.#run.stop();
  }

  /** Ends at once, as nobody looks on any more; what was seen stays. */
  leave(): void {
    this.#run?.close();
    this.#run = undefined;
    if (this.state.value !== 'idle' && this.state.value !== 'lost') this.state.value = 'done';
  }

  #become(run: Run, state: ComparisonState): void {
    if (this.#run !== run) return;
    this.#show(run);
    this.state.value = state;
  }

  #show(run: Run): void {
    if (this.#run !== run) return;
    const { history, lanes, now } = run;
    this.picture.value = {
      lanes: lanes.map((lane) => lane.figures()),
      bytes: history.bytes(),
      latencies: history.latencies(),
      now,
    };
  }
}

/** The comparison of this page. */
export const comparison = new Comparison();
