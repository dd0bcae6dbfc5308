/** One thing that is timed, and how. */

/** What is timed: a part of hawser, doing what it does for a message. */
export interface Case {
  readonly name: string;
  /** How many operations one call of `run` does. */
  readonly operations: number;
  /** What each call of `run` gives: the work was done, and no compiler can leave it out. */
  readonly result: number;
  run(): number | Promise<number>;
}

const SAMPLES = 10;
/** Milliseconds; with less the first case of a process is up to ten times as slow as it will be. */
const WARM_UP = 300;

/**
 * Nanoseconds per operation: the least of ten samples that take `milliseconds` together, since whatever else the
 * machine does only adds to them.
 */
export async function time(timed: Case, milliseconds: number): Promise<number> {
  const wanted = milliseconds / SAMPLES;
  let calls = 1;
  let took = await sample(timed, calls);
  for (let warm = took; warm < WARM_UP; warm += took) {
    if (took < wanted) calls *= 2;
    took = await sample(timed, calls);
  }
  calls = Math.max(1, Math.round((calls * wanted) / took));
  const samples: number[] = [];
  while (samples.length < SAMPLES) samples.push(await sample(timed, calls));
  return (Math.min(...samples) * 1e6) / (calls * timed.operations);
}

/** Milliseconds of that many calls. */
async function sample(timed: Case, calls: number): Promise<number> {
  const started = performance.now();
  let sum = 0;
  for (let call = 0; call < calls; call++) {
    const result = timed.run();
    sum += typeof result === 'number' ? result : await result;
  }
  const took = performance.now() - started;
  if (sum !== calls * timed.result)
    throw new Error(`${timed.name}: gave ${sum / calls}, not ${timed.result}`);
  return took;
}
