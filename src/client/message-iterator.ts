import { ConnectionClosedError } from '../protocol/errors.js';

/** What a `MessageIterator` asks of its socket. */
export interface MessageSource {
  /** Stops or continues reading. */
  holdReading(held: boolean): void;
  /** The iterator is left: nothing is given to it any more, and what it holds back is the source's to release. */
  detach(held: boolean): void;
}

/** Close codes that end an iteration without an error: normal, going away, none given (RFC 6455 §7.4.1). */
const endings = new Set([1000, 1001, 1005]);

/** The error that the end of a connection is to an iteration: none for an orderly one. */
export function iterationError(error: Error): Error | null {
  return error instanceof ConnectionClosedError && endings.has(error.receivedCode) ? null : error;
}

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: Error): void;
}

/**
 * Hands values to a `for await` loop one at a time: nothing is read unless the loop asks for it, so that leaving
 * it loses nothing. Ends with the connection.
 */
export class MessageIterator<T> implements AsyncIterableIterator<T, undefined> {
  private readonly source: MessageSource;
  private readonly values: T[] = [];
  private readonly waiters: Waiter<T>[] = [];
  private held = false;
  private ended = false;
  private left = false;
  private error: Error | null = null;

  constructor(source: MessageSource) {
    this.source = source;
  }

  /** Whether no further value is taken. */
  get over(): boolean {
    return this.ended;
  }

  /** Whether it goes on and nobody asks for a value. */
  get idle(): boolean {
    return !this.ended && this.waiters.length === 0;
  }

  /** Holds reading back until somebody asks for a value. */
  rest(): void {
    if (this.idle) this.hold(true);
  }

  /** A value has come. */
  push(value: T): void {
    if (this.ended) return;
    const waiter = this.waiters.shift();
    if (waiter !== undefined) waiter.resolve({ done: false, value });
    else this.values.push(value);
    this.rest();
  }

  /** No value follows; with an error the loop throws it. */
  end(error: Error | null): void {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
    for (const waiter of this.waiters.splice(0)) this.settle(waiter);
    if (this.values.length === 0) this.hold(false);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      if (this.values.length > 0) {
        resolve({ done: false, value: this.values.shift() as T });
        if (this.ended && this.values.length === 0) this.hold(false);
      } else if (this.ended) {
        this.settle({ resolve, reject });
      } else {
        this.waiters.push({ resolve, reject });
        this.hold(false);
      }
    });
  }

  /** Leaving the loop early: the source goes on without us. */
  async return(): Promise<IteratorResult<T, undefined>> {
    this.ended = true;
    this.error = null;
    this.values.length = 0;
    for (const waiter of this.waiters.splice(0)) this.settle(waiter);
    if (!this.left) this.source.detach(this.held);
    this.left = true;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private hold(held: boolean): void {
    if (this.held === held) return;
    this.held = held;
    this.source.holdReading(held);
  }

  /** An error is told once; after it the iteration is over. */
  private settle(waiter: Waiter<T>): void {
    const { error } = this;
    this.error = null;
    if (error === null) waiter.resolve({ done: true, value: undefined });
    else waiter.reject(error);
  }
}
