import { expect, it } from 'vitest';
import { randomMaskingKey } from '../../src/node/masking-keys.js';

const count = 100_000;
const keys = Buffer.alloc(4 * count);
for (let index = 0; index < count; index++) randomMaskingKey(keys, 4 * index);
const keyAt = (index: number) => keys.readUInt32BE(4 * index);

it('writes four bytes where it is told and nowhere else', () => {
  const target = Buffer.alloc(12, 0xaa);
  randomMaskingKey(target, 4);
  expect(target.subarray(0, 4)).toEqual(Buffer.alloc(4, 0xaa));
  expect(target.subarray(8)).toEqual(Buffer.alloc(4, 0xaa));
});

it('never repeats a key in sequence', () => {
  let repeated = 0;
  for (let index = 1; index < count; index++) if (keyAt(index) === keyAt(index - 1)) repeated++;
  expect(repeated).toBe(0);
});

it('hardly ever repeats a key at all', () => {
  const distinct = new Set(Array.from({ length: count }, (_, index) => keyAt(index)));
  // By the birthday paradox 1.2 pairs are expected; a pool that is used twice would give thousands.
  expect(count - distinct.size).toBeLessThan(20);
});

it('every octet of a key takes every value about equally often', () => {
  for (let position = 0; position < 4; position++) {
    const counts = new Array<number>(256).fill(0);
    for (let index = 0; index < count; index++) counts[keys[4 * index + position]]++;
    const expected = count / 256;
    const chiSquare = counts.reduce((sum, observed) => sum + (observed - expected) ** 2 / expected, 0);
    // 255 degrees of freedom: mean 255, standard deviation 22.6; this is eight of them away.
    expect(chiSquare).toBeLessThan(436);
    expect(chiSquare).toBeGreaterThan(120);
  }
});

it('octets do not depend on their neighbours', () => {
  let equal = 0;
  for (let index = 1; index < keys.length; index++) if (keys[index] === keys[index - 1]) equal++;
  // Expected 1,562 with a standard deviation of 39.
  expect(Math.abs(equal - keys.length / 256)).toBeLessThan(8 * 39);
});
