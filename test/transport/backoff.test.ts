import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullJitter } from '../../src/transport/backoff.js';

describe('fullJitter', () => {
  it('doubles its bound with each attempt, up to the greatest', () => {
    const backoff = fullJitter({ initial: 100, max: 1500 }, () => 1);
    expect([1, 2, 3, 4, 5, 6, 2000].map((attempts) => backoff.delay(attempts))).toEqual([
      100, 200, 400, 800, 1500, 1500, 1500,
    ]);
  });

  it('is anywhere from 0 to the bound', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(random, fc.nat(5000), (value, attempts) => {
        const delay = fullJitter({}, () => value).delay(attempts);
        return delay >= 0 && delay <= 30_000;
      }),
    );
  });
});
