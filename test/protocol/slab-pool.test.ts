import { describe, expect, it } from 'vitest';
import { LARGE_SLAB, SlabPool } from '../../src/protocol/slab-pool.js';

describe('SlabPool', () => {
  it('lends small slabs for up to 4 KiB and large ones beyond', () => {
    const pool = new SlabPool();
    expect([1, 4096, 4097, LARGE_SLAB].map((size) => pool.take(size).length)).toEqual([
      4096, 4096, 65_552, 65_552,
    ]);
  });

  it('keeps large slabs up to its capacity', () => {
    const pool = new SlabPool(1);
    const [first, second] = [pool.take(LARGE_SLAB), pool.take(LARGE_SLAB)];
    expect(first).not.toBe(second);
    pool.give(first);
    pool.give(second);
    expect(pool.take(LARGE_SLAB)).toBe(first);
    expect(pool.take(LARGE_SLAB)).not.toBe(second);
  });

  it('cuts 16 small slabs that do not overlap out of a large one', () => {
    const pool = new SlabPool();
    const slabs = Array.from({ length: 16 }, () => pool.take(1));
    expect(new Set(slabs.map(({ bytes }) => bytes.buffer)).size).toBe(1);
    expect(slabs.map(({ bytes }) => bytes.byteOffset).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 16 }, (_, index) => index * 4096),
    );
    expect(pool.take(1).bytes.buffer).not.toBe(slabs[0]?.bytes.buffer);
  });

  it('shows the first bytes of a slab, and all of it as words', () => {
    const pool = new SlabPool();
    for (const slab of [pool.take(1), pool.take(1), pool.take(LARGE_SLAB)]) {
      slab.bytes.set(Buffer.from('abcdefgh'));
      const view = slab.view(6);
      expect(view.toString()).toBe('abcdef');
      expect(slab.view(6)).toBe(view);
      expect(slab.view(8).toString()).toBe('abcdefgh');
      expect(slab.view(slab.length)).toHaveLength(slab.length);
      expect(slab.words).toHaveLength(slab.length / 4);
      slab.words[1] = 0;
      expect(slab.bytes.toString('latin1', 0, 8)).toBe('abcd\0\0\0\0');
      expect(slab.words).toBe(slab.words);
    }
  });

  it('keeps at most 1,024 small slabs', () => {
    const pool = new SlabPool();
    const slabs = Array.from({ length: 1040 }, () => pool.take(1));
    for (const slab of slabs) pool.give(slab);
    const again = new Set(Array.from({ length: 1040 }, () => pool.take(1)));
    expect(slabs.filter((slab) => again.has(slab))).toHaveLength(1024);
  });
});
