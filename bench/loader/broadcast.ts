/** Makes the server send to all, again and again, each time when everybody has got everything. */
import type { Socket } from 'node:net';
import type { BroadcastScenario } from '../scenarios.js';
import { openAll, type Target } from './connections.js';
import { frame, payloadOf } from './frames.js';
import { Latencies, type Load, type LoadResult } from './load.js';

const trigger = frame(Buffer.from('go'), 1, { mask: true });

/** What is sent at a time, to each. */
interface Tick {
  readonly size: number;
  readonly messagesPerTick?: number;
}

export async function broadcastLoad(scenario: BroadcastScenario, target: Target): Promise<Load> {
  return new BroadcastLoad(await openAll(target, scenario.connections), scenario);
}

/** The next tick comes when the last one has reached all of `readers`. */
export class BroadcastLoad implements Load {
  readonly #readers: readonly Socket[];
  readonly #expected: number;
  readonly #perTick: number;
  readonly #latencies = new Latencies(1 << 19);
  #waiting = 0;
  #triggeredAt = 0;
  #ticks = 0;
  #bytes = 0;
  #next: (() => void) | undefined;

  constructor(readers: readonly Socket[], { size, messagesPerTick = 1 }: Tick) {
    this.#readers = readers;
    this.#perTick = messagesPerTick;
    this.#expected = frame(payloadOf(size, false), 1).length * messagesPerTick;
    for (const socket of readers) this.#listen(socket.on('error', () => {}).resume());
  }

  async run(seconds: number): Promise<LoadResult> {
    const end = performance.now() + seconds * 1000;
    return this.tickWhile(() => performance.now() < end);
  }

  /** Goes on for as long as `more` says so, told the ticks so far. */
  async tickWhile(more: (ticks: number) => boolean): Promise<LoadResult> {
    this.#ticks = 0;
    this.#bytes = 0;
    this.#latencies.take();
    const started = performance.now();
    while (more(this.#ticks)) await this.#tick();
    const elapsed = (performance.now() - started) / 1000;
    const messages = this.#ticks * this.#readers.length * this.#perTick;
    return { messages, bytes: this.#bytes, seconds: elapsed, ...this.#latencies.take() };
  }

  close(): void {
    for (const socket of this.#readers) socket.destroy();
  }

  async #tick(): Promise<void> {
    this.#waiting = this.#readers.length;
    this.#ticks += 1;
    this.#triggeredAt = performance.now();
    this.#readers[0]?.write(trigger);
    await new Promise<void>((resolve) => {
      this.#next = resolve;
    });
  }

  #listen(socket: Socket): void {
    let received = 0;
    socket.on('close', () => {
      if (this.#waiting > 0) throw new Error('the server has closed a connection');
    });
    socket.on('data', (chunk) => {
      received += chunk.length;
      this.#bytes += chunk.length;
      if (received < this.#expected) return;
      if (received > this.#expected) throw new Error('more came than was sent');
      received = 0;
      this.#latencies.add(performance.now() - this.#triggeredAt);
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#next?.();
    });
  }
}
