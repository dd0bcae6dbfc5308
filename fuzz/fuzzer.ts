/**
 * The loop: replays a target's corpus, then mutates inputs until its budget is used up. An input that shows
 * new behaviour joins the inputs that are mutated. The same seed gives the same executions.
 */
import type { Buffer } from 'node:buffer';
import { type CorpusEntry, emptyInput, loadCorpus, saveCrash } from './corpus.js';
import { mutate } from './mutations.js';
import { digest, Random } from './random.js';
import type { FuzzTarget } from './target.js';

/** When to stop. */
export interface Budget {
  /** Executions, corpus included. */
  executions: number;
  /** Milliseconds. */
  time: number;
  /** Set from outside to stop early. */
  stopped: boolean;
}

/** What a run of one target gave. */
export interface FuzzResult {
  target: string;
  executions: number;
  /** Milliseconds. */
  time: number;
  /** Different behaviours seen. */
  behaviours: number;
  /** Path of the input that broke an invariant. */
  crash: string | undefined;
}

/** Longer than any execution takes: then a callback has been lost. */
const HANG = 20_000;
/** Executions between two looks at the clock and at signals. */
const TURN = 64;

/** Fuzzes one target until its budget is used up or an invariant breaks; `report` gets what went wrong. */
export async function fuzz(
  target: FuzzTarget,
  seed: number,
  budget: Budget,
  report: (message: string) => void,
): Promise<FuzzResult> {
  const run = new TargetRun(target, new Random(seed, digest(new TextEncoder().encode(target.name))));
  const crash = await run.untilDone(budget);
  if (crash !== undefined) report(`${target.name}: ${describe(crash.error)}`);
  return {
    target: target.name,
    executions: run.executions,
    time: performance.now() - run.started,
    behaviours: run.behaviours.size,
    crash: crash && saveCrash(target.name, crash.input),
  };
}

interface Crash {
  input: Buffer;
  error: unknown;
}

class TargetRun {
  readonly target: FuzzTarget;
  readonly random: Random;
  readonly behaviours = new Set<string>();
  readonly started: number = performance.now();
  executions = 0;
  private readonly replay: CorpusEntry[];
  private readonly pool: Buffer[];

  constructor(target: FuzzTarget, random: Random) {
    this.target = target;
    this.random = random;
    this.replay = loadCorpus(target.name);
    this.pool = [emptyInput, ...this.replay.map(({ input }) => input)];
  }

  async untilDone(budget: Budget): Promise<Crash | undefined> {
    while (this.executions < budget.executions && !budget.stopped) {
      if (this.executions % TURN === 0) {
        await new Promise((resolve) => setImmediate(resolve));
        if (performance.now() - this.started >= budget.time) break;
      }
      const input = this.nextInput();
      try {
        await this.execute(input);
      } catch (error) {
        return { input, error };
      }
    }
    return undefined;
  }

  private nextInput(): Buffer {
    const entry = this.replay[this.executions];
    if (entry !== undefined) return entry.input;
    const { random, pool: corpus } = this;
    const { dictionary, maxLength } = this.target;
    return mutate(random.pick(corpus), { random, corpus, dictionary }, maxLength);
  }

  private async execute(input: Buffer): Promise<void> {
    this.executions++;
    const outcome = this.target.run(input, new Random(digest(input)));
    const behaviour = typeof outcome === 'string' ? outcome : await withinTime(outcome);
    if (this.behaviours.has(behaviour)) return;
    this.behaviours.add(behaviour);
    if (this.executions > this.replay.length) this.pool.push(input);
  }
}

/** Rejects if nothing comes, or if something is thrown where nobody can catch it. */
function withinTime(outcome: Promise<string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer in time')), HANG);
    process.once('uncaughtException', reject);
    const settle = () => {
      clearTimeout(timer);
      process.removeListener('uncaughtException', reject);
    };
    outcome.then(resolve, reject).finally(settle);
  });
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
