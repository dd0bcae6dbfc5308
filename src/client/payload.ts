/**
 * What `send` takes and what listeners get, turned into bytes and back. Never copies what can be viewed.
 */

import { Buffer } from 'node:buffer';

/** What a message's listener gets: see `binaryType` and `textType`. */
export type RawData = Buffer | ArrayBuffer | Buffer[];

/** What the data of a message event may be; with the `binaryType` `blob`, which `@types/ws` lacks, a Blob. */
export type Data = string | RawData;

/** How binary messages are handed out. */
export type BinaryType = 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';

/** Its values. */
export const binaryTypes: ReadonlySet<unknown> = new Set(['nodebuffer', 'arraybuffer', 'fragments', 'blob']);

/** What `send`, `ping` and `pong` take. */
export type BufferLike =
  | string
  | number
  | Buffer
  | ArrayBufferView
  | ArrayBuffer
  | SharedArrayBuffer
  | Blob
  | readonly number[]
  | readonly Buffer[]
  | { valueOf(): ArrayBuffer }
  | { valueOf(): SharedArrayBuffer }
  | { valueOf(): Uint8Array }
  | { valueOf(): readonly number[] }
  | { valueOf(): string }
  | { [Symbol.toPrimitive](hint: string): string };

const EMPTY = Buffer.alloc(0);

/** Bytes or text of what a caller sends; nothing for `null` and `undefined`. */
export function payloadOf(data: unknown): Buffer | string {
  if (typeof data === 'string' || data instanceof Buffer) return data;
  if (typeof data === 'number') return data.toString();
  if (data === null || data === undefined) return EMPTY;
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (Array.isArray(data) && data[0] instanceof Buffer) return Buffer.concat(data as Buffer[]);
  return Buffer.from(data as ArrayBuffer);
}

/** As `payloadOf`, as bytes. */
export function bytesOf(data: unknown): Buffer {
  const payload = payloadOf(data);
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}

/** Bytes of what a caller sends. */
export function sizeOf(data: unknown): number {
  if (data instanceof Blob) return data.size;
  return Buffer.byteLength(payloadOf(data));
}

/** A message as `binaryType` wants it. */
export function binaryAs(type: BinaryType, payload: Buffer): RawData | Blob {
  if (type === 'nodebuffer') return payload;
  if (type === 'fragments') return [payload];
  return type === 'blob' ? new Blob([payload]) : arrayBufferOf(payload);
}

/** An ArrayBuffer that holds these bytes and no others. */
function arrayBufferOf(bytes: Buffer): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  if (byteLength === buffer.byteLength) return buffer as ArrayBuffer;
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}
