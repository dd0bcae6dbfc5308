/** What one client does: calls and streams of every kind, until it is told to stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, connect } from 'hawser/client';
import { answerCalls } from 'hawser/rpc/server';
import { BadGateway } from './bad-gateway.js';
import { rejection } from './classify.js';
import { api, clientApi, type Item, type Task } from './contract.js';
import type { CallKind, Journal } from './journal.js';
import { Random } from './random.js';
import { dialing, type TransportChoice, transportLog } from './transports.js';

type SoakClient = Client<typeof api>;

const kinds = ['plain', 'plain', 'query', 'idempotent', 'idempotent', 'callBack', 'stream'] as const;

/** Milliseconds that a call has: one in twenty has too few. */
const TIMEOUT = 8000;
/** Calls of a client at a time. */
const WORKERS = 3;
/** Milliseconds between two calls of a worker, at most. */
const PAUSE = 600;

/** What a workload is made of. */
export interface WorkloadParts {
  readonly name: string;
  readonly url: string;
  readonly transport: TransportChoice;
  readonly seed: number;
  readonly journal: Journal;
  readonly signal: AbortSignal;
}

/** One user: a client, which is now and then closed in the middle of everything and made anew. */
export class Workload {
  readonly #parts: WorkloadParts;
  readonly #random: Random;
  #client: SoakClient;
  #calls = 0;

  constructor(parts: WorkloadParts) {
    this.#parts = parts;
    this.#random = new Random(parts.seed);
    this.#client = this.#connect();
  }

  /** Whether there is a connection. */
  get isOpen(): boolean {
    return this.#client.status.state === 'open';
  }

  /** Calls so far. */
  get calls(): number {
    return this.#calls;
  }

  /** Works until the signal is aborted, and every call has ended. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: WORKERS }, () => this.#work()));
    this.#audit('at the end');
    this.#retire();
  }

  async #work(): Promise<void> {
    const { signal } = this.#parts;
    while (!signal.aborted) {
      await sleep(this.#random.below(PAUSE), undefined, { signal }).catch(() => undefined);
      if (this.#random.oneIn(200)) this.#replace();
      const kind = this.#random.pick(kinds);
      const id = `${this.#parts.name}-${++this.#calls}`;
      await (kind === 'stream' ? this.#stream(id) : this.#call(kind, id));
    }
  }

  async #call(kind: Exclude<CallKind, 'stream' | 'reverse'>, id: string): Promise<void> {
    const { journal } = this.#parts;
    const { signal, timeout, whenOffline } = this.#settings();
    journal.write({ event: 'issued', id, kind });
    try {
      const answer = await this.#client.call[kind](this.#task(id), { signal, timeout, whenOffline });
      journal.write({ event: 'outcome', id, class: 'ok', answers: answer.id });
    } catch (error) {
      journal.write(rejection(id, error, signal));
    }
  }

  async #stream(id: string): Promise<void> {
    const { journal } = this.#parts;
    const random = this.#random;
    const to = random.below(60);
    const range = { id, from: 1, to, pause: random.below(40) };
    const { signal } = this.#settings();
    const leaveAt = random.oneIn(10) ? random.below(to) : undefined;
    const reconnect = (last: Item | undefined) => ({ ...range, from: (last?.number ?? 0) + 1 });
    journal.write({ event: 'issued', id, kind: 'stream', length: to });
    try {
      const credit = 1 + random.below(32);
      for await (const item of this.#client.call.count(range, { signal, reconnect, credit })) {
        journal.write({ event: 'item', id, of: item.id, number: item.number });
        if (item.number === leaveAt) {
          journal.write({ event: 'outcome', id, class: 'aborted' });
          return;
        }
      }
      journal.write({ event: 'outcome', id, class: 'ok' });
    } catch (error) {
      journal.write(rejection(id, error, signal));
    }
  }

  #task(id: string): Task {
    const random = this.#random;
    const padding = 'x'.repeat(random.oneIn(20) ? random.below(20_000) : random.below(100));
    return { id, work: random.oneIn(2) ? 0 : random.below(80), fails: random.oneIn(20), padding };
  }

  #settings() {
    const random = this.#random;
    return {
      timeout: random.oneIn(20) ? 1 + random.below(60) : TIMEOUT,
      signal: random.oneIn(20) ? AbortSignal.timeout(1 + random.below(300)) : undefined,
      whenOffline: random.oneIn(20) ? ('fail' as const) : random.pick(['wait', 'drop-oldest'] as const),
    };
  }

  #connect(): SoakClient {
    const { journal, url, transport } = this.#parts;
    const random = new Random(this.#random.below(2 ** 31));
    const confirm = async ({ id, padding, work }: Task) => {
      journal.write({ event: 'ran', id });
      if (work > 0) await sleep(work);
      return { id, padding };
    };
    const client = connect(url, {
      ...dialing(transport, new BadGateway(new Random(this.#random.below(2 ** 31)), journal)),
      api,
      answers: answerCalls(clientApi, { confirm }),
      backoff: { initial: 50, max: 400 },
      queue: { maxMessages: 4 },
      random: () => random.below(1000) / 1000,
    });
    client.subscribe(transportLog(journal));
    return client;
  }

  #replace(): void {
    this.#retire();
    this.#client = this.#connect();
  }

  /** Ends the client, whose calls end with it. */
  #retire(): void {
    this.#client.close();
    this.#audit('closed');
  }

  #audit(when: string): void {
    const { pending, queued } = this.#client;
    for (const [name, size] of Object.entries({ pending, queued })) {
      this.#parts.journal.write({
        event: 'registry',
        name: `client ${this.#parts.name}, ${when}: ${name}`,
        size,
      });
    }
  }
}
