/** Checks that every client gets every event once and in order, and keeps how long each took. */
import { type Deliveries, type DeliveryOrder, now, type ServerEvent } from '../transports/combinations.js';

/** Milliseconds without any delivery after which what is missing does not come any more. */
const patience = 10_000;

/** All deliveries to all clients. */
export class DeliveryLog {
  readonly #clients: number;
  /** Of each event, by its number. */
  readonly #latencies: number[][] = [];
  #changedAt = now();
  #awaited: { order: DeliveryOrder; resolve: (deliveries: Deliveries) => void } | undefined;

  constructor(clients: number) {
    this.#clients = clients;
  }

  /** What takes the events of one client. It throws for one that is not the next. */
  client(): (event: ServerEvent) => void {
    let last = 0;
    return ({ number, madeAt }) => {
      if (number !== last + 1) throw new Error(`event ${number} came behind event ${last}`);
      last = number;
      this.#add(number, now() - madeAt);
    };
  }

  /** Those that are asked for, once all clients have them. Throws into the process if they do not come. */
  async all(order: DeliveryOrder): Promise<Deliveries> {
    this.#changedAt = now();
    const watch = setInterval(() => this.#checkProgress(order), 1000);
    const deliveries = await new Promise<Deliveries>((resolve) => {
      this.#awaited = { order, resolve };
      this.#check();
    });
    clearInterval(watch);
    return deliveries;
  }

  #add(number: number, latency: number): void {
    if (latency < 0) throw new Error(`event ${number} came before it was made`);
    this.#latencies[number] ??= [];
    this.#latencies[number].push(latency);
    this.#changedAt = now();
    if (this.#awaited !== undefined && this.#latencies[number].length === this.#clients) this.#check();
  }

  #check(): void {
    if (this.#awaited === undefined) return;
    const { order, resolve } = this.#awaited;
    // In order for each: who has the last one has those before.
    if (this.#latencies[order.last]?.length !== this.#clients) return;
    this.#awaited = undefined;
    resolve({ latencies: this.#latencies.slice(order.first, order.last + 1).flat() });
  }

  #checkProgress({ last }: DeliveryOrder): void {
    const count = this.#latencies[last]?.length ?? 0;
    if (count === this.#clients || now() - this.#changedAt < patience) return;
    throw new Error(`event ${last} reached ${count} of ${this.#clients} clients`);
  }
}
