/**
 * What a server remembers of calls that may be sent again: how each ended, so that it is carried out once at most.
 */

import { type Clock, systemClock } from '../../transport/clock.js';
import type { Outcome } from '../wire/text.js';

/** What the store knows of a call when it comes in. */
export type Begun =
  /** It is not known: it is to be carried out, and `finish` to be called. */
  | { readonly state: 'new' }
  /** It was carried out, or is being carried out: this is how it ends. */
  | { readonly state: 'known'; readonly outcome: Outcome | Promise<Outcome> }
  /** The key belongs to a call with other parameters. */
  | { readonly state: 'conflict' }
  /** It may have been carried out, and was forgotten. */
  | { readonly state: 'forgotten' }
  /** There is no room: it is not to be carried out. */
  | { readonly state: 'full' };

/**
 * Remembers calls by key. A store that several servers share has to decide `begin` atomically among them. Guarantee: of
 * all `begin`s with the same key at most one is `new` for as long as the store remembers, and a call that it may have
 * forgotten is `forgotten`.
 */
export interface IdempotencyStore {
  /**
   * A call has come in.
   * @param key tells it from every other: who calls, the method, and the caller's key
   * @param fingerprint differs where parameters differ
   * @param age the call has come again, and was sent for the first time so many milliseconds ago at most; `undefined`:
   * it comes for the first time
   */
  begin(key: string, fingerprint: string, age: number | undefined): Begun | Promise<Begun>;
  /** A call that was `new` has ended. */
  finish(key: string, outcome: Outcome): void | Promise<void>;
}

/** Options of a `MemoryIdempotencyStore`. */
export interface MemoryIdempotencyStoreOptions {
  /** Calls that are remembered. Default 10,000. */
  readonly maxEntries?: number | undefined;
  /** Milliseconds for which the end of a call is remembered. Default 600,000, ten minutes. */
  readonly maxAge?: number | undefined;
  /** Characters of results that are remembered. Default 16,777,216. */
  readonly maxCharacters?: number | undefined;
  readonly clock?: Clock | undefined;
}

interface Running {
  readonly begun: number;
  readonly fingerprint: string;
  readonly outcome: Promise<Outcome>;
  readonly resolve: (outcome: Outcome) => void;
}

interface Finished {
  readonly begun: number;
  readonly finished: number;
  readonly fingerprint: string;
  readonly outcome: Outcome;
}

/** A store in the memory of one server: it knows nothing of what was before it was made. */
export class MemoryIdempotencyStore implements IdempotencyStore {
  readonly #running = new Map<string, Running>();
  /** In the order in which they ended. */
  readonly #finished = new Map<string, Finished>();
  readonly #maxEntries: number;
  readonly #maxAge: number;
  readonly #maxCharacters: number;
  readonly #clock: Clock;
  #characters = 0;
  /** Every call that was forgotten came in at this time or before. */
  #forgotten: number;

  constructor(options: MemoryIdempotencyStoreOptions = {}) {
    const {
      maxEntries = 10_000,
      maxAge = 600_000,
      maxCharacters = 16_777_216,
      clock = systemClock,
    } = options;
    this.#maxEntries = maxEntries;
    this.#maxAge = maxAge;
    this.#maxCharacters = maxCharacters;
    this.#clock = clock;
    this.#forgotten = clock.monotonic();
  }

  /** Calls that are remembered, those that are running included. */
  get size(): number {
    return this.#running.size + this.#finished.size;
  }

  begin(key: string, fingerprint: string, age: number | undefined): Begun {
    this.#forgetOld();
    const known = this.#running.get(key) ?? this.#finished.get(key);
    if (known !== undefined) {
      if (known.fingerprint !== fingerprint) return { state: 'conflict' };
      return { state: 'known', outcome: known.outcome };
    }
    if (age !== undefined && this.#clock.monotonic() - age <= this.#forgotten) return { state: 'forgotten' };
    if (this.#running.size >= this.#maxEntries) return { state: 'full' };
    let resolve: (outcome: Outcome) => void = () => undefined;
    const outcome = new Promise<Outcome>((settle) => {
      resolve = settle;
    });
    this.#running.set(key, { begun: this.#clock.monotonic(), fingerprint, outcome, resolve });
    this.#makeRoom();
    return { state: 'new' };
  }

  finish(key: string, outcome: Outcome): void {
    const running = this.#running.get(key);
    if (running === undefined) return;
    const { begun, fingerprint, resolve } = running;
    this.#running.delete(key);
    this.#finished.set(key, { begun, fingerprint, outcome, finished: this.#clock.monotonic() });
    this.#characters += charactersOf(outcome);
    this.#makeRoom();
    resolve(outcome);
  }

  #forgetOld(): void {
    const before = this.#clock.monotonic() - this.#maxAge;
    for (const [key, entry] of this.#finished) {
      if (entry.finished > before) return;
      this.#forget(key, entry);
    }
  }

  #makeRoom(): void {
    for (const [key, entry] of this.#finished) {
      if (this.size <= this.#maxEntries && this.#characters <= this.#maxCharacters) return;
      this.#forget(key, entry);
    }
  }

  #forget(key: string, { begun, outcome }: Finished): void {
    this.#finished.delete(key);
    this.#characters -= charactersOf(outcome);
    this.#forgotten = Math.max(this.#forgotten, begun);
  }
}

function charactersOf({ result, error }: Outcome): number {
  return (result ?? error ?? '').length;
}
