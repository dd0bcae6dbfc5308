/** Payloads and frames that are the same in every run. */
import { frameHeaderLength, Opcode, writeFrameHeader } from 'hawser/protocol';

export const KiB = 1024;

/**
 * A masking key that leaves text what it is: ASCII stays ASCII and Cyrillic stays Cyrillic, so that a frame may be
 * unmasked in place again and again. Octet 0 lowest.
 */
export const KEY = 0x01010101;

/** Bytes that look random. */
export function seededBytes(size: number): Buffer {
  let state = 6455;
  return Buffer.from(
    Uint8Array.from({ length: size }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return state >>> 16;
    }),
  );
}

/** Text of `size` bytes, in ASCII or of letters that take two bytes each. */
export function textOf(size: number, letters: 'ascii' | 'cyrillic' = 'ascii'): string {
  if (letters === 'cyrillic') return 'канат'.repeat(Math.ceil(size / 10)).slice(0, size / 2);
  return 'The rope that moors a ship holds. '.repeat(Math.ceil(size / 34)).slice(0, size);
}

/** A frame; `masked` as a client sends it, though the payload is as it would be unmasked: both are text. */
export function frameOf(
  opcode: Opcode,
  payload: Buffer | string,
  { masked = true, fin = true } = {},
): Buffer {
  const bytes = Buffer.from(payload);
  const frame = Buffer.alloc(frameHeaderLength(bytes.length, masked) + bytes.length);
  const start = writeFrameHeader(frame, 0, (fin ? 0x80 : 0) | opcode, bytes.length, masked);
  if (masked) frame.writeUInt32LE(KEY, start - 4);
  bytes.copy(frame, start);
  return frame;
}

/** A message in `count` frames of the same size. */
export function fragmentsOf(payload: Buffer, count: number): Buffer[] {
  const size = payload.length / count;
  return Array.from({ length: count }, (_, index) => {
    const opcode = index === 0 ? Opcode.BINARY : Opcode.CONTINUATION;
    const part = payload.subarray(index * size, (index + 1) * size);
    return frameOf(opcode, part, { fin: index === count - 1 });
  });
}
