/** The bytes that the loader sends and expects, made once before the clock runs. */
import { randomBytes, randomFillSync } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';

/** A frame of one message, with a masking key if `mask` is set. */
export function frame(payload: Buffer, opcode: number, { mask = false, rsv1 = false } = {}): Buffer {
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const header = Buffer.alloc(2 + lengthBytes + (mask ? 4 : 0));
  header[0] = 0x80 | (rsv1 ? 0x40 : 0) | opcode;
  header[1] = (mask ? 0x80 : 0) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) header.writeUInt16BE(length, 2);
  if (lengthBytes === 8) header.writeBigUInt64BE(BigInt(length), 2);
  if (!mask) return Buffer.concat([header, payload]);
  const key = randomFillSync(header.subarray(header.length - 4));
  const masked = Buffer.from(payload);
  for (let index = 0; index < length; index++)
    masked[index] = (masked[index] as number) ^ (key[index & 3] as number);
  return Buffer.concat([header, masked]);
}

/** Text of that many characters, or random bytes. */
export function payloadOf(size: number, binary: boolean): Buffer {
  if (binary) return randomBytes(size);
  return Buffer.from('The rope that moors a ship holds. '.repeat(Math.ceil(size / 34)).slice(0, size));
}

/** Different JSON documents of about `size` bytes, as applications send them. */
export function documents(size: number, count: number): Buffer[] {
  let state = 42;
  const next = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state % limit;
  };
  return Array.from({ length: count }, () => {
    const rows: unknown[] = [];
    while (JSON.stringify(rows).length < size - 100) {
      rows.push({
        id: next(1_000_000),
        name: `user-${next(5_000)}`,
        score: next(1000) / 10,
        online: next(2) === 1,
      });
    }
    return Buffer.from(JSON.stringify(rows).padEnd(size));
  });
}

/** A payload as permessage-deflate sends it, without anything of the messages before. */
export function compressed(payload: Buffer): Buffer {
  return deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

/** Counts the messages in the bytes of a server by their frames' headers. */
export class FrameCounter {
  #header = Buffer.alloc(10);
  #headerBytes = 0;
  #payloadBytes = 0;
  #final = false;

  /** How many messages these bytes finish. */
  count(chunk: Buffer): number {
    let messages = 0;
    for (let at = 0; at < chunk.length; ) {
      if (this.#payloadBytes > 0) {
        const taken = Math.min(this.#payloadBytes, chunk.length - at);
        this.#payloadBytes -= taken;
        at += taken;
      } else {
        this.#header[this.#headerBytes++] = chunk[at++] as number;
        if (!this.#isHeaderComplete()) continue;
      }
      if (this.#payloadBytes === 0 && this.#final) messages += 1;
    }
    return messages;
  }

  #isHeaderComplete(): boolean {
    const length = (this.#header[1] as number) & 0x7f;
    const needed = length < 126 ? 2 : length === 126 ? 4 : 10;
    if (this.#headerBytes < needed) return false;
    this.#headerBytes = 0;
    this.#payloadBytes =
      needed === 2
        ? length
        : needed === 4
          ? this.#header.readUInt16BE(2)
          : Number(this.#header.readBigUInt64BE(2));
    this.#final = ((this.#header[0] as number) & 0x88) === 0x80;
    return true;
  }
}
