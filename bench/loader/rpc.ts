/** Keeps a number of calls under way on each connection, and checks every answer. */
import type { RpcScenario } from '../scenarios.js';
import { Latencies, type Load, type LoadResult } from './load.js';
import { openCaller, type RpcCaller } from './rpc-callers.js';

/** Milliseconds that the last answers have. */
const patience = 10_000;

export async function rpcLoad(scenario: RpcScenario, port: number, peer: string): Promise<Load> {
  const callers: RpcCaller[] = [];
  while (callers.length < scenario.connections) {
    callers.push(await openCaller(peer, `ws://127.0.0.1:${port}`));
  }
  return new RpcLoad(callers, scenario.inFlight);
}

class RpcLoad implements Load {
  readonly #callers: readonly RpcCaller[];
  readonly #inFlight: number;
  readonly #latencies = new Latencies();
  #called = 0;
  #answered = 0;

  constructor(callers: readonly RpcCaller[], inFlight: number) {
    this.#callers = callers;
    this.#inFlight = inFlight;
  }

  async run(seconds: number): Promise<LoadResult> {
    this.#answered = 0;
    const started = performance.now();
    const end = started + seconds * 1000;
    const late = setTimeout(fail, seconds * 1000 + patience);
    await Promise.all(this.#callers.flatMap((caller) => this.#loops(caller, end)));
    clearTimeout(late);
    const elapsed = (performance.now() - started) / 1000;
    return { messages: this.#answered, bytes: 0, seconds: elapsed, ...this.#latencies.take() };
  }

  close(): void {
    for (const caller of this.#callers) caller.close();
  }

  #loops(caller: RpcCaller, end: number): Promise<void>[] {
    return Array.from({ length: this.#inFlight }, () => this.#callUntil(end, caller));
  }

  async #callUntil(end: number, caller: RpcCaller): Promise<void> {
    while (performance.now() < end) {
      // Calls that are under way together have different sums.
      const a = this.#called++ % 10_000;
      const began = performance.now();
      const sum = await caller.add({ a, b: a + 1 });
      this.#latencies.add(performance.now() - began);
      if (sum !== 2 * a + 1) throw new Error(`${a} + ${a + 1} was answered with ${sum}`);
      this.#answered += 1;
    }
  }
}

function fail(): never {
  throw new Error('calls stay without an answer');
}
