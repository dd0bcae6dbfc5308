/** Several ways to a server, of which the first that gets through is used. */

import type { Clock } from '../transport/clock.js';
import type { Dial, DialListener } from '../transport/dial.js';
import type { Transport } from '../transport/transport.js';

/** Milliseconds that one way has if there is another. */
const DIAL_TIMEOUT = 4000;
/** Milliseconds after which the first way is tried again, once a connection by another one has ended; or a late one. */
const RETURN_AFTER = 60_000;
/** A connection on which nothing came for so long was no good. */
const TRIAL = 60_000;

/** The close code of a connection of which nothing more is known: only then it may be the network's fault. */
const ABNORMAL_CLOSURE = 1006;

/** What earlier attempts have taught. */
interface Memory {
  /** The way to begin with. */
  first: number;
  /** When the first of all was given up. */
  leftAt: number;
  /** Whether a message came by it: one attempt may fail for other reasons, and is not to be tripled. */
  isProven: boolean;
  /** When a way was given up because it took too long. */
  readonly lateAt: Map<number, number>;
}

/** Connects by the first of several ways that gets through, and keeps to it for a while. */
export function fallbackDial(dials: readonly Dial[], clock: Clock): Dial {
  const memory: Memory = { first: 0, leftAt: 0, isProven: false, lateAt: new Map() };
  return (url, listener, protocols) => {
    const way = (index: number, own: DialListener) => (dials[index] as Dial)(url, own, protocols);
    return new Attempt({
      way,
      order: orderOf(dials.length, memory, clock),
      count: dials.length,
      memory,
      clock,
      listener,
    });
  };
}

function orderOf(count: number, memory: Memory, clock: Clock): readonly number[] {
  const isDue = memory.first > 0 && clock.monotonic() - memory.leftAt >= RETURN_AFTER;
  const first = isDue ? 0 : memory.first;
  const isAlone = memory.isProven && !isDue;
  memory.isProven = false;
  if (isAlone) return [first];
  // An attempt may end before those behind a way that takes long have had their time.
  const isLate = (way: number) =>
    clock.monotonic() - (memory.lateAt.get(way) ?? Number.NEGATIVE_INFINITY) < RETURN_AFTER;
  const ways = [...new Set([first, memory.first, ...Array(count).keys()])];
  return [...ways.filter((way) => !isLate(way)), ...ways.filter(isLate)];
}

interface AttemptParts {
  readonly way: (index: number, listener: DialListener) => Transport;
  /** The ways to try, and how many there are in all. */
  readonly order: readonly number[];
  readonly count: number;
  readonly memory: Memory;
  readonly clock: Clock;
  readonly listener: DialListener;
}

/** One attempt, and the connection that comes of it. */
class Attempt implements Transport {
  readonly #parts: AttemptParts;
  #position = 0;
  #current: Transport | undefined;
  #timer: unknown;
  /** When it opened. */
  #openedAt: number | undefined;
  #hasHeard = false;
  /** It is to end: no other way is tried any more. */
  #isClosing = false;
  #isOver = false;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
    this.#next();
  }

  get name(): string | undefined {
    return this.#current?.name;
  }

  get subprotocol(): string {
    return this.#current?.subprotocol ?? '';
  }

  get bufferedAmount(): number {
    return this.#current?.bufferedAmount ?? 0;
  }

  listen(): void {}

  send(message: string): boolean {
    return this.#current?.send(message) ?? false;
  }

  close(code?: number, reason?: string): void {
    this.#isClosing = true;
    this.#parts.clock.clearTimeout(this.#timer);
    this.#current?.close(code, reason);
  }

  terminate(): void {
    if (this.#isOver) return;
    this.#conclude();
    this.#current?.terminate();
    this.#end(ABNORMAL_CLOSURE, '');
  }

  /** Tries a way. @throws what it has thrown, if it was the last */
  #next(): void {
    const { way, order, clock } = this.#parts;
    const position = this.#position;
    const isLast = position === order.length - 1;
    const isCurrent = () => !this.#isOver && position === this.#position;
    if (!isLast) this.#timer = clock.setTimeout(() => this.#giveUp(), DIAL_TIMEOUT);
    try {
      this.#current = way(order[position] as number, {
        open: () => isCurrent() && this.#opened(),
        message: (data) => isCurrent() && this.#heard(data),
        drain: () => isCurrent() && this.#parts.listener.drain(),
        close: (code, reason, error) => isCurrent() && this.#closed(code, reason, error),
      });
    } catch (error) {
      clock.clearTimeout(this.#timer);
      if (isLast) throw error;
      this.#position++;
      this.#next();
    }
  }

  /** The way takes too long. */
  #giveUp(): void {
    const { memory, order, clock } = this.#parts;
    const way = order[this.#position] as number;
    memory.lateAt.set(way, clock.monotonic());
    if (way === 0) memory.leftAt = clock.monotonic();
    // What it says of its end is nothing; and it has ended before there is another one.
    this.#position++;
    this.#current?.terminate();
    this.#goOn();
  }

  /** Tries the next way, long after the attempt has begun. */
  #goOn(): void {
    try {
      this.#next();
    } catch (error) {
      this.#end(ABNORMAL_CLOSURE, '', error);
    }
  }

  #opened(): void {
    const { memory, order, clock, listener } = this.#parts;
    const index = order[this.#position] as number;
    clock.clearTimeout(this.#timer);
    this.#openedAt = clock.monotonic();
    if (order.slice(0, this.#position).includes(0)) memory.leftAt = this.#openedAt;
    memory.first = index;
    memory.lateAt.delete(index);
    listener.open();
  }

  #heard(data: string | Uint8Array): void {
    this.#hasHeard = true;
    this.#parts.memory.isProven = true;
    this.#parts.listener.message(data);
  }

  #closed(code: number, reason: string, error: unknown): void {
    const { clock, order } = this.#parts;
    clock.clearTimeout(this.#timer);
    // Any other code is the server's word, which another way would not change.
    if (code === ABNORMAL_CLOSURE && !this.#isClosing) {
      if (this.#openedAt === undefined && this.#position < order.length - 1) {
        this.#position++;
        this.#goOn();
        return;
      }
      this.#conclude();
    }
    this.#end(code, reason, error);
  }

  #end(code: number, reason: string, error?: unknown): void {
    this.#isOver = true;
    this.#parts.listener.close(code, reason, error);
  }

  /** A connection that opens and then is deaf is a network's that does not know what it lets through. */
  #conclude(): void {
    const { clock, memory, order, count } = this.#parts;
    clock.clearTimeout(this.#timer);
    this.#isOver = true;
    const now = clock.monotonic();
    if (this.#openedAt === undefined || this.#hasHeard || now - this.#openedAt > TRIAL) return;
    const index = order[this.#position] as number;
    if (index === 0) memory.leftAt = now;
    memory.first = (index + 1) % count;
  }
}
