/** Makes the server send to all, again and again, each time when everybody has got everything. */
import type { Socket } from 'node:net';
import { openAll, type Target } from './connections.js';
import { frame, payloadOf } from './frames.js';
import { Latencies, type Load, type LoadResult } from './load.js';

const trigger = frame(Buffer.from('go'), 1, { mask: true });

/** How many connections there are, and how many of them do not read. */
export interface Audience {
  readonly size: number;
  readonly connections: number;
  readonly messagesPerTick?: number;
  readonly slow?: number;
}

export async function broadcastLoad(audience: Audience, target: Target): Promise<Load> {
  const sockets = await openAll(target, audience.connections);
  return new BroadcastLoad(sockets, audience);
}

class BroadcastLoad implements Load {
  readonly #sockets: readonly Socket[];
  readonly #readers: readonly Socket[];
  readonly #expected: number;
  readonly #perTick: number;
  readonly #latencies = new Latencies();
  #waiting = 0;
  #triggeredAt = 0;
  #ticks = 0;
  #bytes = 0;
  #next: (() => void) | undefined;

  constructor(sockets: readonly Socket[], { size, messagesPerTick = 1, slow = 0 }: Audience) {
    this.#sockets = sockets;
    this.#perTick = messagesPerTick;
    this.#expected = frame(payloadOf(size, false), 1).length * messagesPerTick;
    this.#readers = sockets.slice(0, sockets.length - slow);
    for (const socket of sockets) socket.on('error', () => {});
    for (const socket of this.#readers) this.#listen(socket.resume());
  }

  async run(seconds: number): Promise<LoadResult> {
    this.#ticks = 0;
    this.#bytes = 0;
    this.#latencies.take();
    const started = performance.now();
    while (performance.now() - started < seconds * 1000) await this.#tick();
    const elapsed = (performance.now() - started) / 1000;
    const messages = this.#ticks * this.#readers.length * this.#perTick;
    return { messages, bytes: this.#bytes, seconds: elapsed, ...this.#latencies.take() };
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
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
