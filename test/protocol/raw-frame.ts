/**
 * Frames written and read by hand, octet by octet from the picture in RFC 6455 §5.2, so that tests can make
 * every mistake a peer can make. Independent of the engine: a bug cannot hide on both sides.
 */

/** A frame to write; everything may be wrong. */
export interface RawFrame {
  /** FIN; set by default. */
  fin?: boolean;
  /** RSV1, RSV2 and RSV3 as the bits 4, 2, 1; none by default. */
  rsv?: number;
  opcode: number;
  /** Text is written as UTF-8; empty by default. */
  payload?: Uint8Array | string;
  /** Four octets, or `null` for an unmasked frame; unmasked by default. */
  maskingKey?: Uint8Array | null;
  /** How the length is written: in 7, 16 or 64 bits; by default in as few as possible. */
  lengthBits?: 7 | 16 | 64;
  /** The length that the header announces; by default the payload's. */
  announced?: bigint | number;
}

/** The masking key of RFC 6455 §5.7. */
export const exampleKey = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);

/** The octets of a frame. */
export function rawFrame(frame: RawFrame): Buffer {
  const { fin = true, rsv = 0, opcode, maskingKey = null } = frame;
  const payload = Buffer.from(frame.payload ?? '');
  const announced = BigInt(frame.announced ?? payload.length);
  const bits = frame.lengthBits ?? (announced < 126n ? 7 : announced < 65536n ? 16 : 64);
  const first = (fin ? 128 : 0) + rsv * 16 + opcode;
  const mask = maskingKey === null ? 0 : 128;
  const length = Buffer.alloc(bits === 7 ? 1 : bits === 16 ? 3 : 9);
  length[0] = mask + (bits === 7 ? Number(announced) : bits === 16 ? 126 : 127);
  if (bits === 16) length.writeUInt16BE(Number(announced), 1);
  if (bits === 64) length.writeBigUInt64BE(announced, 1);
  if (maskingKey === null) return Buffer.concat([Buffer.of(first), length, payload]);
  const masked = payload.map((octet, index) => octet ^ maskingKey[index % 4]);
  return Buffer.concat([Buffer.of(first), length, maskingKey, masked]);
}

/** A frame that was read. */
export interface ReadFrame {
  fin: boolean;
  rsv: number;
  opcode: number;
  masked: boolean;
  /** Unmasked. */
  payload: Buffer;
  /** Octets of the header, masking key included. */
  headerLength: number;
}

/**
 * Cuts `bytes` into frames; `rest` is what does not make a whole frame, and `needed` how many octets it must
 * have at least to be one. Judges nothing.
 */
export function readRawFrames(bytes: Buffer): { frames: ReadFrame[]; rest: Buffer; needed: number } {
  const frames: ReadFrame[] = [];
  let rest = bytes;
  let frame = readRawFrame(rest);
  while (typeof frame !== 'number') {
    frames.push(frame);
    rest = rest.subarray(frame.headerLength + frame.payload.length);
    frame = readRawFrame(rest);
  }
  return { frames, rest, needed: frame };
}

/** The frame, or how many octets are needed. */
function readRawFrame(bytes: Buffer): ReadFrame | number {
  if (bytes.length < 2) return 2;
  const masked = bytes[1] >= 128;
  const short = bytes[1] % 128;
  const lengthOctets = short === 126 ? 2 : short === 127 ? 8 : 0;
  const headerLength = 2 + lengthOctets + (masked ? 4 : 0);
  if (bytes.length < headerLength) return headerLength;
  let length = short;
  if (lengthOctets > 0) length = Number(BigInt(`0x${bytes.toString('hex', 2, 2 + lengthOctets)}`));
  if (bytes.length < headerLength + length) return headerLength + length;
  const key = bytes.subarray(headerLength - 4, headerLength);
  const raw = bytes.subarray(headerLength, headerLength + length);
  const payload = masked ? Buffer.from(raw.map((octet, index) => octet ^ key[index % 4])) : Buffer.from(raw);
  return {
    fin: bytes[0] >= 128,
    rsv: (bytes[0] >> 4) % 8,
    opcode: bytes[0] % 16,
    masked,
    payload,
    headerLength,
  };
}

/** The payload of a close frame. */
export function closePayload(code: number, reason: Uint8Array | string = ''): Buffer {
  return Buffer.concat([Buffer.of(code >> 8, code & 255), Buffer.from(reason)]);
}
