/**
 * One comparison: has the same events delivered in every way at once, and gathers how quickly they came and what the
 * server says that they cost. Knows nothing of the page's elements.
 */
import { type ComparedEvent, transports } from '../../../src/cli/compare/format.js';
import { type Delivery, deliveries } from './delivery.js';
import { History } from './history.js';
import { Lane } from './lane.js';
import { type Costs, SideChannel } from './side-channel.js';

/** What a person chooses. */
export interface RunSettings {
  /** Events a second. */
  readonly rate: number;
  /** Milliseconds between two questions of short polling. */
  readonly interval: number;
}

/** Told of what becomes of a run. */
export interface RunListener {
  /** There are new figures. */
  changed(): void;
  /** All that was to come has come, or will not any more. */
  finished(): void;
  /** The server has gone. */
  lost(): void;
}

/** So long a way has to open, in milliseconds: behind some proxies an event stream never does. */
const openTimeout = 8_000;
/** For what is still on its way at the end, in milliseconds, beside the time to the next question. */
const patience = 3_000;

/** A run, from its opening to its end. */
export class Run {
  readonly lanes = transports.map((name) => new Lane(name));
  readonly history = new History(this.lanes);
  readonly #settings: RunSettings;
  readonly #listener: RunListener;
  readonly #side: SideChannel;
  readonly #id = newId();
  #deliveries: readonly Delivery[] = [];
  #underWay = 0;
  #state: 'open' | 'finishing' | 'closed' = 'open';

  constructor(settings: RunSettings, listener: RunListener) {
    this.#settings = settings;
    this.#listener = listener;
    this.#side = new SideChannel(this.#id, {
      costs: (message) => this.#take(message),
      end: () => this.#end(() => listener.lost()),
    });
  }

  /** The server's time now. */
  get now(): number {
    return this.#side.clock.at(performance.now());
  }

  /** Opens every way, and has events begin; false if it was closed meanwhile. A way that opens late gets all of them. */
  async start(): Promise<boolean> {
    await this.#side.ready();
    const opened = this.lanes.map((lane) => new Promise<void>((resolve) => this.#deliver(lane, resolve)));
    const late = new Promise((resolve) => setTimeout(resolve, openTimeout));
    await Promise.race([Promise.all(opened), late]);
    if (this.#state !== 'open') return false;
    this.history.begin(this.now);
    this.#side.tell({ do: 'start', rate: this.#settings.rate });
    return true;
  }

  /** No more events; those on their way are waited for. */
  stop(): void {
    if (this.#state !== 'open') return;
    this.#state = 'finishing';
    this.#side.tell({ do: 'stop' });
    setTimeout(() => this.#finish(), this.#settings.interval + patience);
  }

  /** Ends everything at once. */
  close(): void {
    this.#end(() => undefined);
  }

  #deliver(lane: Lane, opened: () => void): void {
    const { interval } = this.#settings;
    const delivery = deliveries[lane.name](
      { run: this.#id, interval },
      {
        open: opened,
        event: (event) => this.#receive(lane, event),
        end: (code) => {
          this.#ended(lane, code);
          opened();
        },
      },
    );
    this.#underWay++;
    this.#deliveries = [...this.#deliveries, delivery];
  }

  /** The side channel stays until all have said good-bye: without it the server does not know their run. */
  #ended(lane: Lane, code: string): void {
    this.#underWay--;
    if (this.#state !== 'closed') lane.failure = code;
    else if (this.#underWay === 0) this.#side.close();
  }

  #receive(lane: Lane, event: ComparedEvent): void {
    if (this.#state === 'closed') return;
    lane.take(event, this.now);
    this.history.note(event);
  }

  #take({ costs, last, isOver }: Costs): void {
    if (this.#state === 'closed') return;
    for (const lane of this.lanes) lane.cost = costs[lane.name];
    this.history.sample(this.now);
    this.#listener.changed();
    if (isOver && this.lanes.every((lane) => lane.last === last || lane.failure !== undefined))
      this.#finish();
  }

  #finish(): void {
    this.#end(() => this.#listener.finished());
  }

  /** The first end counts. */
  #end(tell: () => void): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    if (this.#underWay === 0) this.#side.close();
    for (const delivery of this.#deliveries) delivery.close();
    tell();
  }
}

/** Nobody can guess it: 128 random bits. */
function newId(): string {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(random, (octet) => octet.toString(16).padStart(2, '0')).join('');
}
