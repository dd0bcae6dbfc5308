/**
 * Finds connections that are dead without having ended: pings when nothing has come for a while, and gives up when
 * nothing comes after that. It compares readings of the clock, since timers of hidden and frozen pages run late.
 */

import type { Clock } from '../transport/clock.js';

/** Times of the watchdog, in milliseconds. */
export interface WatchdogOptions {
  /** Without a message for so long the server is pinged. Default 25,000. */
  readonly interval?: number | undefined;
  /** Without a message for so long after the ping the connection is given up. Default 10,000. */
  readonly timeout?: number | undefined;
  /**
   * Also keeps time in a worker, which is not slowed down in a hidden tab. Default `false`. Needs `blob:` in the
   * `worker-src` of a Content Security Policy; without it the page's own timers remain.
   */
  readonly worker?: boolean | undefined;
}

/** What the watchdog does. */
export interface WatchdogParts {
  readonly clock: Clock;
  readonly ping: () => void;
  /** The connection is dead. */
  readonly dead: () => void;
}

/** A timer that was more than so many milliseconds late has slept: what came meanwhile is still to be told to us. */
const LATE = 2000;
/** Milliseconds for that. */
const SECOND_LOOK = 1000;

/** Watches one connection at a time. */
export class Watchdog {
  readonly #parts: WatchdogParts;
  readonly #interval: number;
  readonly #timeout: number;
  readonly #worker: Worker | undefined;
  #lastHeard = 0;
  #pinged: number | undefined;
  #timer: unknown;
  #due = 0;
  /** Whether the timer was set by a timer: browsers slow chains of them down to one a minute in a hidden tab. */
  #isChained = false;

  constructor(
    parts: WatchdogParts,
    { interval = 25_000, timeout = 10_000, worker = false }: WatchdogOptions = {},
  ) {
    this.#parts = parts;
    this.#interval = interval;
    this.#timeout = timeout;
    this.#worker = worker ? timerWorker(() => this.check()) : undefined;
  }

  /** A connection is there. */
  start(): void {
    this.#lastHeard = this.#parts.clock.now();
    this.#pinged = undefined;
    this.#wait(this.#interval, false);
  }

  /** It is gone. */
  stop(): void {
    this.#parts.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pinged = undefined;
    this.#isChained = false;
  }

  /** There will be no other. */
  end(): void {
    this.stop();
    this.#worker?.terminate();
  }

  /** Something has come. */
  heard(): void {
    this.#lastHeard = this.#parts.clock.now();
    this.#pinged = undefined;
    if (this.#isChained) this.#wait(this.#interval, false);
  }

  /**
   * Looks at the clock.
   * @param hasWoken the page was away, or the network changed: asks at once
   */
  check(hasWoken = false): void {
    if (this.#timer === undefined) return;
    const now = this.#parts.clock.now();
    // A clock that was set back tells nothing.
    this.#lastHeard = Math.min(this.#lastHeard, now);
    const isLate = now - this.#due > LATE;
    if (this.#pinged !== undefined) {
      this.#pinged = Math.min(this.#pinged, now);
      const left = Math.min(this.#timeout, this.#pinged + this.#timeout - now);
      if (left > 0) this.#wait(left, true);
      else if (isLate || hasWoken) this.#wait(SECOND_LOOK, true);
      else this.#parts.dead();
      return;
    }
    const left = this.#lastHeard + this.#interval - now;
    if (left > 0 && !hasWoken) {
      this.#wait(left, true);
      return;
    }
    this.#pinged = now;
    this.#wait(this.#timeout, true);
    this.#parts.ping();
  }

  #wait(delay: number, isChained: boolean): void {
    const { clock } = this.#parts;
    clock.clearTimeout(this.#timer);
    this.#isChained = isChained;
    this.#due = clock.now() + delay;
    this.#timer = clock.setTimeout(() => this.check(), delay);
    this.#worker?.postMessage(delay);
  }
}

/** A worker that calls back so many milliseconds after a message with that number, the last one only. */
function timerWorker(tick: () => void): Worker | undefined {
  try {
    const source = 'let t;onmessage=e=>{clearTimeout(t);t=setTimeout(postMessage,e.data,0)}';
    const url = URL.createObjectURL(new Blob([source]));
    const worker = new Worker(url);
    URL.revokeObjectURL(url);
    worker.onmessage = tick;
    return worker;
  } catch {
    return undefined;
  }
}
