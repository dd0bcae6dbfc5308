/** Frames of RFC 6455 §5.2, written and read without the code under test. */

/** A frame of a server, unmasked. */
export interface RawFrame {
  readonly fin: boolean;
  readonly rsv1: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** A client's frame, masked with a fixed key. `head` is the first octet. */
export function maskedFrame(head: number, payload: Buffer | string = ''): Buffer {
  const bytes = Buffer.from(payload);
  const key = Buffer.from([1, 2, 3, 4]);
  const header =
    bytes.length < 126
      ? Buffer.from([head, 0x80 | bytes.length])
      : Buffer.from([head, 0x80 | 126, bytes.length >> 8, bytes.length & 0xff]);
  return Buffer.concat([header, key, bytes.map((octet, index) => octet ^ key[index % 4])]);
}

/** The frames of a server's bytes; a frame that is not complete is left out. */
export function parseFrames(bytes: Buffer): RawFrame[] {
  const frames: RawFrame[] = [];
  let offset = 0;
  while (offset + 2 <= bytes.length) {
    const short = bytes[offset + 1] & 0x7f;
    const size = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (offset + size > bytes.length) break;
    const length =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(offset + 2)
          : Number(bytes.readBigUInt64BE(offset + 2));
    const end = offset + size + length;
    if (end > bytes.length) break;
    const first = bytes[offset];
    const payload = bytes.subarray(offset + size, end);
    frames.push({ fin: first >= 0x80, rsv1: (first & 0x40) !== 0, opcode: first & 0x0f, payload });
    offset = end;
  }
  return frames;
}
