/** A stream that is being answered: takes items from an async iterable as fast as the caller gives credit for them. */

import { type Schema, validate } from '../contract/schema.js';
import type { Id } from '../wire/message.js';
import { requestText } from '../wire/text.js';

/** More credit than anybody can use: sums stay exact. */
const MAX_CREDIT = 2 ** 32;

/** After so many items in a row other work gets its turn: a source that never waits would keep it all for itself. */
const ITEMS_PER_TURN = 256;

/** What a stream is made of. */
export interface OutgoingStreamParts {
  readonly id: Id;
  readonly source: AsyncIterable<unknown>;
  /** Schema of the items. */
  readonly item: Schema | undefined;
  /** Items that the caller takes. */
  readonly credit: number;
  /** Sends a text; the promise is there while the connection takes no more. */
  readonly send: (text: string) => Promise<void> | undefined;
  /** What the caller is told of an error of the source: JSON of an error object. */
  readonly errorText: (error: unknown) => string;
  /** The stream has ended. */
  readonly ended: () => void;
}

/** One stream. It ends with one `rpc.stream.end` or `rpc.stream.error`, unless the connection is lost. */
export class OutgoingStream {
  readonly #parts: OutgoingStreamParts;
  readonly #iterator: AsyncIterator<unknown>;
  #credit: number;
  #seq = 0;
  #isOver = false;
  #wake: (() => void) | undefined;

  /** @throws what the source throws when it is asked for its iterator */
  constructor(parts: OutgoingStreamParts) {
    this.#parts = parts;
    this.#credit = Math.min(parts.credit, MAX_CREDIT);
    this.#iterator = parts.source[Symbol.asyncIterator]();
  }

  /** Sends the items; resolves when it has ended. */
  async run(): Promise<void> {
    try {
      while (await this.#isCreditThere()) {
        const { done, value } = await this.#iterator.next();
        if (this.#isOver) return;
        if (done) {
          this.#end('rpc.stream.end');
          return;
        }
        await this.#sendItem(value);
      }
    } catch (error) {
      // A source that failed has ended; one whose item was refused has not.
      if (!this.#isOver) this.#end('rpc.stream.error', this.#parts.errorText(error));
      release(this.#iterator);
    }
  }

  /** The caller takes more items. */
  grant(items: number): void {
    this.#credit = Math.min(this.#credit + items, MAX_CREDIT);
    this.#wake?.();
  }

  /** Ends it, whatever the source does: `error` goes to the caller, `undefined` where there is none any more. */
  stop(error: string | undefined): void {
    if (this.#isOver) return;
    if (error === undefined) this.#over();
    else this.#end('rpc.stream.error', error);
    this.#wake?.();
    release(this.#iterator);
  }

  async #sendItem(value: unknown): Promise<void> {
    const { id, item: schema, send } = this.#parts;
    const item = JSON.stringify(await validate(schema, value)) ?? 'null';
    if (this.#isOver) return;
    this.#credit--;
    const params = `{"id":${JSON.stringify(id)},"seq":${++this.#seq},"item":${item}}`;
    const room = send(requestText({ method: 'rpc.stream.item', params }));
    if (room !== undefined) await room;
    else if (this.#seq % ITEMS_PER_TURN === 0) await new Promise((resolve) => setTimeout(resolve));
  }

  /** Waits for credit; `false` when the stream is over. */
  async #isCreditThere(): Promise<boolean> {
    while (this.#credit === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return !this.#isOver;
  }

  #end(method: 'rpc.stream.end' | 'rpc.stream.error', error?: string): void {
    const { id, send } = this.#parts;
    this.#over();
    const last = error === undefined ? '' : `,"error":${error}`;
    send(requestText({ method, params: `{"id":${JSON.stringify(id)},"seq":${this.#seq + 1}${last}}` }));
  }

  #over(): void {
    this.#isOver = true;
    this.#parts.ended();
  }
}

/** Lets a source clean up. It may be busy, or fail at that; nobody waits for it. */
export function release(iterator: AsyncIterator<unknown>): void {
  new Promise((resolve) => resolve(iterator.return?.())).catch(() => undefined);
}
