/**
 * The peer as most implementations build it: one zlib stream per direction that lives as long as the
 * connection, flushed with Z_SYNC_FLUSH after each message. Tests check our one-shot calls against it.
 */

import { Buffer } from 'node:buffer';
import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw } from 'node:zlib';

const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);

function flushed(stream: DeflateRaw | InflateRaw, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    stream.removeAllListeners('error').once('error', reject);
    stream.write(input);
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      const chunks: Buffer[] = [];
      for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) chunks.push(chunk as Buffer);
      resolve(Buffer.concat(chunks));
    });
  });
}

/** Compresses messages with context takeover. */
export class PersistentDeflater {
  readonly #stream: DeflateRaw;

  constructor(windowBits: number) {
    this.#stream = createDeflateRaw({ windowBits, readableHighWaterMark: 2 ** 26 } as object);
  }

  async deflate(message: Buffer): Promise<Buffer> {
    const compressed = await flushed(this.#stream, message);
    return compressed.subarray(0, compressed.length - tail.length);
  }

  close(): void {
    this.#stream.close();
  }
}

/** Decompresses messages with context takeover. */
export class PersistentInflater {
  readonly #stream: InflateRaw;

  constructor(windowBits: number) {
    this.#stream = createInflateRaw({ windowBits, readableHighWaterMark: 2 ** 26 } as object);
  }

  inflate(payload: Buffer): Promise<Buffer> {
    return flushed(this.#stream, Buffer.concat([payload, tail]));
  }

  close(): void {
    this.#stream.close();
  }
}
