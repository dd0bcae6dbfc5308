/**
 * A decoder of RFC 1951 that shares no code with zlib and reports the farthest reference backwards, which
 * zlib does not check within a run. It throws for incomplete data.
 */

import { Buffer } from 'node:buffer';

/** What came out, and how far back the data referred. */
export interface StrictResult {
  output: Buffer;
  maxDistance: number;
}

const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
];
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

class Bits {
  readonly #data: Buffer;
  #position = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  get atEnd(): boolean {
    return this.#position >= this.#data.length * 8;
  }

  bit(): number {
    if (this.atEnd) throw new Error('unexpected end');
    const bit = (this.#data[this.#position >> 3] >> (this.#position & 7)) & 1;
    this.#position++;
    return bit;
  }

  number(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value |= this.bit() << i;
    return value;
  }

  align(): void {
    this.#position = (this.#position + 7) & ~7;
  }
}

/** RFC 1951 §3.2.2: canonical codes, as a map from "length:code" to symbol. */
type Codes = Map<number, number>;

function codesOf(lengths: number[]): Codes {
  const codes: Codes = new Map();
  let code = 0;
  for (let length = 1; length <= 15; length++) {
    lengths.forEach((itsLength, symbol) => {
      if (itsLength === length) codes.set(length * 65536 + code++, symbol);
    });
    code <<= 1;
  }
  return codes;
}

function symbolOf(bits: Bits, codes: Codes): number {
  let code = 0;
  for (let length = 1; length <= 15; length++) {
    code = (code << 1) | bits.bit();
    const symbol = codes.get(length * 65536 + code);
    if (symbol !== undefined) return symbol;
  }
  throw new Error('no such code');
}

const fixedLiterals = codesOf(
  Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
);
const fixedDistances = codesOf(new Array(30).fill(5));

/** RFC 1951 §3.2.7. */
function dynamicCodes(bits: Bits): [Codes, Codes] {
  const literals = bits.number(5) + 257;
  const distances = bits.number(5) + 1;
  const count = bits.number(4) + 4;
  const own: number[] = new Array(19).fill(0);
  for (let i = 0; i < count; i++) own[codeLengthOrder[i]] = bits.number(3);
  const codes = codesOf(own);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = symbolOf(bits, codes);
    if (symbol < 16) lengths.push(symbol);
    else if (symbol === 16) lengths.push(...new Array(3 + bits.number(2)).fill(lengths.at(-1)));
    else lengths.push(...new Array(symbol === 17 ? 3 + bits.number(3) : 11 + bits.number(7)).fill(0));
  }
  return [codesOf(lengths.slice(0, literals)), codesOf(lengths.slice(literals))];
}

/** Decodes all blocks of `data`, which may refer to `history` too. */
export function strictInflate(data: Buffer, history: Buffer = Buffer.alloc(0)): StrictResult {
  const bits = new Bits(data);
  const output = [...history];
  let maxDistance = 0;

  const compressedBlock = (literals: Codes, distances: Codes) => {
    for (let symbol = symbolOf(bits, literals); symbol !== 256; symbol = symbolOf(bits, literals)) {
      if (symbol < 256) {
        output.push(symbol);
        continue;
      }
      const length = lengthBase[symbol - 257] + bits.number(lengthExtra[symbol - 257]);
      const code = symbolOf(bits, distances);
      const extra = code < 2 ? 0 : (code >> 1) - 1;
      const distance = 1 + (code < 2 ? code : (2 + (code & 1)) << extra) + bits.number(extra);
      if (distance > output.length) throw new Error('refers to before the start');
      maxDistance = Math.max(maxDistance, distance);
      for (let i = 0; i < length; i++) output.push(output[output.length - distance]);
    }
  };

  for (let final = 0; !final && !bits.atEnd; ) {
    final = bits.bit();
    const type = bits.number(2);
    if (type === 0) {
      bits.align();
      const length = bits.number(16);
      if (length !== (bits.number(16) ^ 0xffff)) throw new Error('bad stored length');
      for (let i = 0; i < length; i++) output.push(bits.number(8));
    } else if (type === 1) compressedBlock(fixedLiterals, fixedDistances);
    else compressedBlock(...dynamicCodes(bits));
  }
  return { output: Buffer.from(output.slice(history.length)), maxDistance };
}
