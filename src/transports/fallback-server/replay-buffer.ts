/**
 * The messages of a session on their way down: those that wait for a response, and behind it those that were handed
 * over and may have to be sent again. They are numbered from 1.
 */
export class ReplayBuffer {
  readonly #maxSize: number;
  readonly #maxAge: number;
  readonly #entries: Entry[] = [];
  /** Where the first that is kept stands in `#entries`, and its number. */
  #head = 0;
  #first = 1;
  /** Number of the one that is handed over next. */
  #next = 1;
  /** Number of the last that was ever handed over: behind a `rewind` the peer may have what is to come again. */
  #most = 0;
  #acknowledged = 0;
  #waiting = 0;
  #kept = 0;

  /**
   * @param maxSize bytes that are kept of what was handed over
   * @param maxAge milliseconds for which they are kept
   */
  constructor(maxSize: number, maxAge: number) {
    this.#maxSize = maxSize;
    this.#maxAge = maxAge;
  }

  /** Bytes that wait to be handed over. */
  get waiting(): number {
    return this.#waiting;
  }

  /** What they hold in memory, about: each costs more than its text. */
  get footprint(): number {
    return this.#waiting + OVERHEAD * this.#waitingCount;
  }

  /** Whether none waits. */
  get isEmpty(): boolean {
    return this.#waitingCount === 0;
  }

  get #waitingCount(): number {
    return this.#entries.length - this.#head - (this.#next - this.#first);
  }

  /** Number of the message that was handed over last; 0 before the first. */
  get taken(): number {
    return this.#next - 1;
  }

  /** Adds a message behind the others. */
  push(text: string): void {
    const size = Buffer.byteLength(text);
    this.#entries.push({ text, size, takenAt: 0 });
    this.#waiting += size;
  }

  /** Hands over the next one; `undefined` if none waits. */
  take(now: number): string | undefined {
    const entry = this.#entries[this.#head + this.#next - this.#first];
    if (entry === undefined) return undefined;
    this.#most = Math.max(this.#most, this.#next);
    this.#next++;
    this.#waiting -= entry.size;
    this.#kept += entry.size;
    entry.takenAt = now;
    this.trim(now);
    return entry.text;
  }

  /** The peer has all up to `number`: they are not needed any more. What was never handed over stays. */
  acknowledge(number: number): void {
    const last = Math.min(number, this.#most);
    this.#acknowledged = Math.max(this.#acknowledged, last);
    while (this.#first <= last) this.#forgetFirst();
  }

  /** Whether the peer has said that it has more than this: who speaks so now speaks late. */
  isOutdated(number: number): boolean {
    return number < this.#acknowledged;
  }

  /**
   * Begins again behind `number`.
   * @returns `false` if what follows it is not there any more, or never was
   */
  rewind(number: number): boolean {
    if (number < this.#first - 1 || number > this.#most) return false;
    this.acknowledge(number);
    this.#waiting += this.#kept;
    this.#kept = 0;
    this.#next = this.#first;
    return true;
  }

  /** Forgets what was handed over and is too much or too old to be kept. */
  trim(now: number): void {
    while (this.#first < this.#next) {
      const { takenAt } = this.#entries[this.#head] as Entry;
      const held = this.#kept + OVERHEAD * (this.#next - this.#first);
      if (held <= this.#maxSize && now - takenAt <= this.#maxAge) return;
      this.#forgetFirst();
    }
  }

  #forgetFirst(): void {
    const { size } = this.#entries[this.#head] as Entry;
    if (this.#first < this.#next) this.#kept -= size;
    else {
      this.#waiting -= size;
      this.#next++;
    }
    this.#first++;
    this.#head++;
    // Now and then, so that forgetting costs the same for each.
    if (this.#head < 64 || this.#head * 2 < this.#entries.length) {
      this.#entries[this.#head - 1] = NOTHING;
      return;
    }
    this.#entries.splice(0, this.#head);
    this.#head = 0;
  }
}

/** Bytes of memory that a message takes besides its text. */
const OVERHEAD = 64;

/** A message. */
interface Entry {
  readonly text: string;
  /** In bytes of UTF-8. */
  readonly size: number;
  /** When it was handed over. */
  takenAt: number;
}

/** Stands where a message was forgotten, so that its text is free. */
const NOTHING: Entry = { text: '', size: 0, takenAt: 0 };
