/** What the bench judges its goals by. */
import { describe, expect, it } from 'vitest';
import { roundRatio, spread } from '../../bench/statistics.js';

describe('the ratio of two programs', () => {
  it('is that within the rounds, however much slower the machine is in some', () => {
    // The ratio of the medians, 18 and 15, is 1.2: those are of different rounds.
    expect(roundRatio([10, 18, 30], [5, 16, 15])).toBe(2);
  });

  it('leaves out rounds in which one has no figure', () => {
    expect(roundRatio([3, undefined, 8, 0], [1, 7, 4, 0])).toBe(2.5);
    expect(roundRatio([1], [])).toBeNaN();
  });

  it('is infinite where the other needs nothing', () => {
    expect(roundRatio([5, 6, 7], [0, 0, 7])).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the spread of figures', () => {
  it('is the least, the middle and the greatest', () => {
    expect(spread([9, 1, 5])).toEqual({ min: 1, median: 5, max: 9 });
    expect(spread([4, 1, 2, 3]).median).toBe(2.5);
    expect(spread([])).toEqual({ min: Number.NaN, median: Number.NaN, max: Number.NaN });
  });
});
