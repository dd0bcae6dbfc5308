import { mulberry32 } from 'hawser/testing';

/** Choices that are the same for the same seed. */
export class Random {
  readonly #next: () => number;

  /** @param seed an integer of 32 bits */
  constructor(seed: number) {
    this.#next = mulberry32(seed);
  }

  /** An integer from 0 up to `bound` - 1. */
  below(bound: number): number {
    return Math.floor(this.#next() * bound);
  }

  /** One of `choices`. */
  pick<Choice>(choices: readonly Choice[]): Choice {
    return choices[this.below(choices.length)] as Choice;
  }

  /** `true` once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }
}
