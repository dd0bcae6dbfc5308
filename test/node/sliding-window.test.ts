import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlidingWindow } from '../../src/node/sliding-window.js';

describe('SlidingWindow', () => {
  it('holds the last 2^windowBits bytes of everything that was appended', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 12 });
    const appended = fc.property(fc.integer({ min: 8, max: 10 }), pieces, (windowBits, list) => {
      const window = new SlidingWindow(windowBits);
      let all = Buffer.alloc(0);
      for (const piece of list) {
        window.append(Buffer.from(piece));
        all = Buffer.concat([all, piece]);
        const expected = all.subarray(Math.max(0, all.length - 2 ** windowBits));
        expect(window.length).toBe(expected.length);
        expect((window.dictionary ?? Buffer.alloc(0)).equals(expected)).toBe(true);
      }
    });
    fc.assert(appended, { seed: 6455, numRuns: 300 });
  });

  it('has no dictionary while it is empty', () => {
    const window = new SlidingWindow(15);
    expect(window.dictionary).toBeUndefined();
    window.append(Buffer.alloc(0));
    expect(window.dictionary).toBeUndefined();
    window.append(Buffer.from('x'));
    window.clear();
    expect([window.length, window.dictionary]).toEqual([0, undefined]);
  });

  it('keeps no more memory than twice its content and 1 KiB, and never more than its size', () => {
    const window = new SlidingWindow(15);
    for (let i = 0; i < 200; i++) {
      window.append(Buffer.alloc(500));
      const held = (window.dictionary as Buffer).buffer.byteLength;
      expect(held).toBeLessThanOrEqual(Math.min(2 * window.length + 1024, 32_768));
    }
  });

  it('does not keep the appended buffer', () => {
    const window = new SlidingWindow(8);
    const data = Buffer.from('before');
    window.append(data);
    data.write('after!');
    expect(window.dictionary?.toString()).toBe('before');
  });
});
