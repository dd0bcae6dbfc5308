/**
 * The LZ77 sliding window of one direction of a connection (RFC 7692 §7.1.1): the last bytes of the data
 * before compression. It stands in for a zlib state that lives as long as the connection: handed to zlib as
 * the `dictionary` of the next message, it gives the same references backwards.
 */

import { Buffer } from 'node:buffer';

const smallestAllocation = 1024;

/** At most 2^windowBits bytes; memory grows with what was appended, not with what was negotiated. */
export class SlidingWindow {
  /** Base-2 logarithm of the size, 8 to 15. */
  readonly windowBits: number;
  readonly #size: number;
  #store: Buffer | undefined;
  #length = 0;

  constructor(windowBits: number) {
    this.windowBits = windowBits;
    this.#size = 1 << windowBits;
  }

  /** Bytes held. */
  get length(): number {
    return this.#length;
  }

  /** What zlib takes as `dictionary` (it copies it), `undefined` while empty; valid until the next append. */
  get dictionary(): Buffer | undefined {
    return this.#length === 0 ? undefined : this.#store?.subarray(0, this.#length);
  }

  /** Takes in data that follows what it holds; the oldest bytes give way. */
  append(data: Buffer): void {
    const fresh = data.length > this.#size ? data.subarray(data.length - this.#size) : data;
    const kept = Math.min(this.#length, this.#size - fresh.length);
    const store = this.#reserve(kept + fresh.length);
    if (kept < this.#length) store.copyWithin(0, this.#length - kept, this.#length);
    fresh.copy(store, kept);
    this.#length = kept + fresh.length;
  }

  /** Forgets everything and gives the memory back. */
  clear(): void {
    this.#store = undefined;
    this.#length = 0;
  }

  #reserve(length: number): Buffer {
    const store = this.#store;
    if (store && store.length >= length) return store;
    let capacity = store?.length ?? Math.min(smallestAllocation, this.#size);
    while (capacity < length) capacity *= 2;
    const grown = Buffer.allocUnsafeSlow(capacity);
    store?.copy(grown, 0, 0, this.#length);
    this.#store = grown;
    return grown;
  }
}
