/**
 * Random numbers that are the same for the same seed on every machine (the generator sfc32), and the choices
 * that a fuzzer makes with them. Not for keys.
 */

/** A seeded generator. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed two integers of 32 bits */
  constructor(seed: number, stream = 0) {
    this.#a = seed | 0;
    this.#b = stream | 0;
    this.#c = 0x6455_7692;
    for (let round = 0; round < 12; round++) this.next();
  }

  /** An integer from 0 up to 2^32 - 1. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** An integer from 0 up to `bound` - 1. */
  below(bound: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * bound);
  }

  /** One of `choices`. */
  pick<Choice>(choices: readonly Choice[]): Choice {
    return choices[this.below(choices.length)];
  }

  /** `true` once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }
}

/** A number that stands for `bytes` (FNV-1a), so that an input is always run the same way. */
export function digest(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
