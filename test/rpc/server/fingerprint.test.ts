import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../../src/rpc/server/fingerprint.js';

/** The same value with the members of its objects the other way round. */
function reversed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(reversed);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

describe('fingerprint', () => {
  it('is the same whatever the order of members', () => {
    expect(fingerprint({ a: 1, b: { c: 2, d: 3 } })).toBe(fingerprint({ b: { d: 3, c: 2 }, a: 1 }));
    const same = fc.property(fc.jsonValue(), (value) => {
      expect(fingerprint(reversed(value))).toBe(fingerprint(value));
    });
    fc.assert(same, { seed: 6455, numRuns: 500 });
  });

  it('differs where values differ', () => {
    const values = [
      undefined,
      null,
      0,
      1,
      '1',
      '',
      [],
      {},
      [1, 2],
      [2, 1],
      { a: 1 },
      { a: 2 },
      { b: 1 },
      [[]],
    ];
    expect(new Set(values.map(fingerprint)).size).toBe(values.length);
  });
});
