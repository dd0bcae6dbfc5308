/** A source of events, which several transports are to deliver. Knows nothing of transports. */
import type { ComparedEvent } from './format.js';

/** Events that are kept for who asks for those behind one that it has. */
const maxKept = 2_000;
/** Then the source ends by itself: 10 minutes of the fastest rate. */
const maxEvents = 12_000;

/** Lines of a log, about as long as what pages are told: an event has about 100 bytes. */
const lines = [
  'Cast off the hawser at the bow, slow ahead, rudder amidships.',
  'Wind north-west, 5 Beaufort, gusts of 7; sea moderate, 1.5 m.',
  'The tug Ahoy has made fast astern, hawser of 20 metres, taut.',
  'Passing the pilot station, course 274 degrees, speed 8 knots.',
  'A ferry crosses from starboard, distance 2 miles: we give way.',
];

/** What a follower is told: an event, as JSON. */
export type Follower = (event: string) => void;

/** Makes events from `start` to `stop`. */
export class ComparedEvents {
  readonly #random: () => number;
  readonly #followers = new Set<Follower>();
  #kept: string[] = [];
  #last = 0;
  #timer: NodeJS.Timeout | undefined;
  #state: 'new' | 'running' | 'over' = 'new';

  /** @param random from 0 to 1, for the time between two events */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Number of the newest event; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Whether there will be no more. */
  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** Begins with events, on average `rate` a second; only the first call does something. */
  start(rate: number): void {
    if (this.#state !== 'new') return;
    this.#state = 'running';
    this.#schedule(1000 / rate);
  }

  /** No more events, for good. */
  stop(): void {
    this.#state = 'over';
    clearTimeout(this.#timer);
  }

  /** The events behind number `after`, each as JSON. */
  after(after: number): readonly string[] {
    const behind = this.#last - after;
    return behind > 0 ? this.#kept.slice(-behind) : [];
  }

  /** Calls `follower` with every event, those so far included, until the function that is returned is called. */
  follow(follower: Follower): () => void {
    for (const event of this.#kept) follower(event);
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** In an even rhythm, events and polls would keep the distance that they have by chance. */
  #schedule(period: number): void {
    this.#timer = setTimeout(
      () => {
        this.#emit();
        if (this.#last < maxEvents) this.#schedule(period);
        else this.stop();
      },
      period * (0.5 + this.#random()),
    );
  }

  #emit(): void {
    const n = ++this.#last;
    const event: ComparedEvent = { n, at: serverTime(), text: lines[n % lines.length] as string };
    const json = JSON.stringify(event);
    if (this.#kept.push(json) > maxKept) this.#kept.shift();
    for (const follower of [...this.#followers]) follower(json);
  }
}

/** Milliseconds since 1970, to a tenth. */
export function serverTime(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 10) / 10;
}
