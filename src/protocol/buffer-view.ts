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

/**
 * What all typed arrays inherit, taken once. By its name it would be looked up for each message, since V8 does not see it
 * where it compiles in the background: 2 % of the instructions of a lone echo, the kernel left aside.
 */
const inherited = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
const { set } = inherited;
const getBuffer = getterOf('buffer');
const getByteOffset = getterOf('byteOffset');

function getterOf(name: 'buffer' | 'byteOffset'): () => unknown {
  return Object.getOwnPropertyDescriptor(inherited, name)?.get as () => unknown;
}

/** The memory in which a Buffer lies. */
export function memoryOf(bytes: Buffer): ArrayBuffer {
  return getBuffer.call(bytes) as ArrayBuffer;
}

/** Where in its memory a Buffer begins, in bytes. */
export function offsetOf(bytes: Buffer): number {
  return getByteOffset.call(bytes) as number;
}

/** Copies `source` into `target` at `position`. */
export function copyBytes(source: Buffer, target: Buffer, position: number): void {
  set.call(target, source, position);
}
