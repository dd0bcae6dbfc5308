import { describe, expect, it } from 'vitest';
import { isTerminal, retryAfter } from '../../src/browser/close-rules.js';

describe('isTerminal', () => {
  it('is true for the ends of its ranges, and false beside them', () => {
    const terminal = Array.from({ length: 5001 }, (_, code) => code).filter(isTerminal);
    const ends = terminal.filter((code) => !isTerminal(code - 1) || !isTerminal(code + 1));
    expect(ends).toEqual([
      1000, 1002, 1003, 1007, 1008, 1010, 3500, 3999, 4400, 4402, 4407, 4409, 4428, 4430, 4999,
    ]);
  });
});

describe('retryAfter', () => {
  const first = () => 0;
  const last = () => 1;

  it('spreads those who got the same hint over a second and a tenth of it', () => {
    expect(retryAfter(1012, 'retry-after=30', first)).toBe(30_000);
    expect(retryAfter(1013, 'retry-after=30', last)).toBe(34_000);
  });

  it('is 5 to 30 seconds without a hint, or with one that is none', () => {
    for (const reason of ['', 'retry-after=', 'retry-after=-1', 'retry-after=1e3', 'retry-after=1234567']) {
      expect([retryAfter(1012, reason, first), retryAfter(1012, reason, last)]).toEqual([5000, 30_000]);
    }
  });

  it('is nothing for other codes', () => {
    expect(retryAfter(1001, 'retry-after=30', first)).toBeUndefined();
  });
});
