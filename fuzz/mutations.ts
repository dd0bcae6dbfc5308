/**
 * Ways to damage an input. Each takes an input and gives a new one; none knows what the input means beyond a
 * dictionary of bytes that matter to its target.
 */
import { Buffer } from 'node:buffer';
import type { Random } from './random.js';

/** What a mutation may use. */
export interface MutationMaterial {
  random: Random;
  /** Inputs to splice with. */
  corpus: readonly Buffer[];
  /** Bytes that matter to the target. */
  dictionary: readonly Buffer[];
}

type Mutation = (input: Buffer, material: MutationMaterial) => Buffer;

const interestingOctets = [0x00, 0x01, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x88, 0xc0, 0xed, 0xf4, 0xfe, 0xff];
const interestingLengths = [0n, 1n, 125n, 126n, 127n, 0xffffn, 0x1_0000n, 1n << 32n, 1n << 53n, 1n << 63n];

/** Applies one to four mutations; the result has at most `maxLength` bytes. */
export function mutate(input: Buffer, material: MutationMaterial, maxLength: number): Buffer {
  const { random } = material;
  let mutated = Buffer.from(input);
  do {
    mutated = random.pick(mutations)(mutated, material) as Buffer<ArrayBuffer>;
  } while (random.oneIn(2));
  return mutated.subarray(0, maxLength);
}

const flipBit: Mutation = (input, { random }) => {
  if (input.length > 0) input[random.below(input.length)] ^= 1 << random.below(8);
  return input;
};

const setOctet: Mutation = (input, { random }) => {
  const octet = random.oneIn(2) ? random.pick(interestingOctets) : random.below(256);
  if (input.length > 0) input[random.below(input.length)] = octet;
  return input;
};

const insertOctets: Mutation = (input, { random }) => {
  const inserted = Buffer.alloc(1 + random.below(4), random.below(256));
  return insertAt(input, random.below(input.length + 1), inserted);
};

const insertWord: Mutation = (input, { random, dictionary }) => {
  return insertAt(input, random.below(input.length + 1), random.pick(dictionary));
};

const overwriteWithWord: Mutation = (input, { random, dictionary }) => {
  random.pick(dictionary).copy(input, random.below(input.length + 1));
  return input;
};

const deleteRange: Mutation = (input, { random }) => {
  const { start, end } = range(input, random);
  return Buffer.concat([input.subarray(0, start), input.subarray(end)]);
};

const duplicateRange: Mutation = (input, { random }) => {
  const { start, end } = range(input, random);
  return insertAt(input, random.oneIn(2) ? end : random.below(input.length + 1), input.subarray(start, end));
};

const swapRanges: Mutation = (input, { random }) => {
  const { start, end } = range(input, random);
  const at = random.below(start + 1);
  return Buffer.concat([
    input.subarray(0, at),
    input.subarray(start, end),
    input.subarray(at, start),
    input.subarray(end),
  ]);
};

const splice: Mutation = (input, { random, corpus }) => {
  const other = random.pick(corpus);
  return Buffer.concat([
    input.subarray(0, random.below(input.length + 1)),
    other.subarray(random.below(other.length + 1)),
  ]);
};

const append: Mutation = (input, { random, corpus }) => Buffer.concat([input, random.pick(corpus)]);

const truncate: Mutation = (input, { random }) => input.subarray(0, random.below(input.length + 1));

/** Lengths of 16 and 64 bits in network byte order. */
const writeLength: Mutation = (input, { random }) => {
  const field = Buffer.alloc(8);
  const length = random.pick(interestingLengths) + BigInt(random.below(3)) - 1n;
  field.writeBigUInt64BE(BigInt.asUintN(64, length));
  const bytes = random.oneIn(2) ? field : field.subarray(6);
  bytes.copy(input, random.below(input.length + 1));
  return input;
};

const mutations: readonly Mutation[] = [
  flipBit,
  flipBit,
  setOctet,
  insertOctets,
  insertWord,
  overwriteWithWord,
  deleteRange,
  duplicateRange,
  swapRanges,
  splice,
  append,
  truncate,
  writeLength,
];

function insertAt(input: Buffer, at: number, inserted: Buffer): Buffer {
  return Buffer.concat([input.subarray(0, at), inserted, input.subarray(at)]);
}

function range(input: Buffer, random: Random): { start: number; end: number } {
  const start = random.below(input.length + 1);
  const longest = random.oneIn(4) ? input.length - start : Math.min(16, input.length - start);
  return { start, end: start + random.below(longest + 1) };
}
