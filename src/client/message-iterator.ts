import { ConnectionClosedError } from '../protocol/errors.js';

/** What a `MessageIterator` asks of its socket. */
export interface MessageSource {
  /** Stops or continues reading. */
  holdReading(held: boolean): void;
  /** The iterator is done: nothing is given to it any more. */
  detach(): void;
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
 * Hands values to a `for await` loop one at a time: while the loop is busy nothing is read, so that at most one
 * value waits here. Ends with the connection.
 */
export class MessageIterator<T> implements AsyncIterableIterator<T, undefined> {
  private readonly source: MessageSource;
  private readonly values: T[] = [];
  private readonly waiters: Waiter<T>[] = [];
  private ended = false;
  private error: Error | null = null;

  constructor(source: MessageSource) {
    this.source = source;
  }

  /** A value has come. */
  push(value: T): void {
    if (this.ended) return;
    const waiter = this.waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve({ done: false, value });
      return;
    }
    this.values.push(value);
    this.source.holdReading(true);
  }

  /** No value follows; with an error the loop throws it. */
  end(error: Error | null): void {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
    for (const waiter of this.waiters.splice(0)) this.settle(waiter);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      if (this.values.length > 0) {
        resolve({ done: false, value: this.values.shift() as T });
        if (this.values.length === 0) this.source.holdReading(false);
      } else if (this.ended) {
        this.settle({ resolve, reject });
      } else {
        this.waiters.push({ resolve, reject });
      }
    });
  }

  /** Leaving the loop early: what waits is dropped, the source goes on without us. */
  async return(): Promise<IteratorResult<T, undefined>> {
    this.ended = true;
    this.error = null;
    this.values.length = 0;
    for (const waiter of this.waiters.splice(0)) this.settle(waiter);
    this.source.holdReading(false);
    this.source.detach();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** An error is told once; after it the iteration is over. */
  private settle(waiter: Waiter<T>): void {
    const { error } = this;
    this.error = null;
    if (error === null) waiter.resolve({ done: true, value: undefined });
    else waiter.reject(error);
  }
}
