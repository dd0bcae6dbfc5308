import { Buffer } from 'node:buffer';

/** The class of Buffers, which `Buffer` itself is not in Node. */
const View = (
  Buffer as unknown as { readonly [Symbol.species]: new (...of: Parameters<typeof bufferView>) => Buffer }
)[Symbol.species];

/**
 * A Buffer over `length` bytes of `memory` from `offset` on: 30 ns, against 60 ns by `Buffer.from` and 75 ns by
 * `subarray`, which asks for `buffer`, a slow getter.
 */
export function bufferView(memory: ArrayBuffer, offset: number, length: number): Buffer {
  return new View(memory, offset, length);
}
