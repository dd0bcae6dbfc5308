/**
 * What a fuzz target is, and the ways of cutting its input that every target shares. Knows no target.
 */
import { Buffer } from 'node:buffer';
import type { Random } from './random.js';

/** Something that takes bytes from a peer. */
export interface FuzzTarget {
  readonly name: string;
  /** Executions of a fixed run (`--fixed`). */
  readonly fixedExecutions: number;
  /** Longest input in bytes. */
  readonly maxLength: number;
  /** Bytes that matter to it. */
  readonly dictionary: readonly Buffer[];
  /**
   * Runs one input every way and throws if an invariant does not hold. Tells what happened in a few words:
   * an input with a new word is worth mutating further.
   */
  run(input: Buffer, random: Random): string | Promise<string>;
}

/** An invariant does not hold. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws an `InvariantError` unless `condition` holds. */
export function invariant(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new InvariantError(message());
}

/** Ways to cut `input` into reads: whole, byte by byte, at random. Each read is memory of its own. */
export function cuts(input: Buffer, random: Random): Buffer[][] {
  return [[Buffer.from(input)], cutBy(input, () => 1), cutAtRandom(input, random)];
}

/** `input` in pieces of random length, short and long ones mixed. */
export function cutAtRandom(input: Buffer, random: Random): Buffer[] {
  const longest = random.pick([4, 16, 256, input.length + 1]);
  return cutBy(input, () => 1 + random.below(longest));
}

function cutBy(input: Buffer, size: () => number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let start = 0; start < input.length; ) {
    const end = Math.min(input.length, start + size());
    chunks.push(Buffer.from(input.subarray(start, end)));
    start = end;
  }
  return chunks;
}

/** Words of a dictionary from text (ISO 8859-1). */
export function wordsOf(...texts: readonly string[]): Buffer[] {
  return texts.map((text) => Buffer.from(text, 'latin1'));
}
