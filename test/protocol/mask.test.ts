import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyMask, maskRange, readKey, rotateKey } from '../../src/protocol/mask.js';
import { vectors } from './vectors.js';

/** RFC 6455 §5.3 word for word. */
function maskedByTheBook(payload: Uint8Array, key: Uint8Array, offset = 0): Uint8Array {
  return payload.map((octet, i) => octet ^ key[(i + offset) % 4]);
}

describe('applyMask', () => {
  for (const { text, utf8, maskingKey, masked } of vectors.mask) {
    it(`masks ${text} as the vector has it`, () => {
      const payload = Buffer.from(text);
      expect(payload.toString('hex')).toBe(utf8);
      applyMask(payload, Buffer.from(maskingKey, 'hex'));
      expect(payload.toString('hex')).toBe(masked);
      applyMask(payload, Buffer.from(maskingKey, 'hex'));
      expect(payload.toString()).toBe(text);
    });
  }

  it('is exact for every length around the loops, every alignment and every offset into the key', () => {
    const key = Buffer.of(0x01, 0x80, 0xfe, 0xff);
    for (const length of [
      0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 125, 126, 127, 128, 129, 130, 131, 132, 143, 144, 145,
    ]) {
      for (let alignment = 0; alignment < 4; alignment++) {
        for (let offset = 0; offset < 5; offset++) {
          const memory = Buffer.alloc(alignment + length + 5, 0x5a);
          const payload = memory.subarray(alignment, alignment + length);
          const expected = maskedByTheBook(payload, key, offset);
          applyMask(payload, key, offset);
          expect(Buffer.compare(payload, expected), `${length} at ${alignment}, key from ${offset}`).toBe(0);
          expect(memory.subarray(0, alignment).every((octet) => octet === 0x5a)).toBe(true);
          expect(memory.subarray(alignment + length).every((octet) => octet === 0x5a)).toBe(true);
        }
      }
    }
  });

  it('is the same whole and in pieces', () => {
    const property = fc.property(
      fc.uint8Array({ maxLength: 600 }),
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.nat({ max: 600 }),
      (payload, key, cut) => {
        const at = Math.min(cut, payload.length);
        const expected = maskedByTheBook(payload, key);
        const inPieces = payload.slice();
        applyMask(inPieces.subarray(0, at), key);
        applyMask(inPieces.subarray(at), key, at);
        expect(inPieces).toEqual(expected);
      },
    );
    fc.assert(property, { seed: 6455, numRuns: 300 });
  });
});

describe('keys as integers', () => {
  it('have octet 0 lowest', () => {
    expect(readKey(Buffer.of(9, 1, 2, 3, 4), 1)).toBe(0x04030201);
    expect(readKey(Buffer.of(0, 0, 0, 0xff), 0) >>> 0).toBe(0xff000000);
  });

  it('rotate by octets', () => {
    const key = 0xf4030201 | 0;
    expect(rotateKey(key, 0)).toBe(key);
    expect(rotateKey(key, 1) >>> 0).toBe(0x01f40302);
    expect(rotateKey(key, 2) >>> 0).toBe(0x0201f403);
    expect(rotateKey(key, 3) >>> 0).toBe(0x030201f4);
    expect(rotateKey(key, 4)).toBe(key);
    expect(rotateKey(key, 1_000_001)).toBe(rotateKey(key, 1));
  });

  it('mask a range and nothing else', () => {
    const bytes = Buffer.alloc(10);
    maskRange(bytes, 3, 8, 0x04030201);
    expect([...bytes]).toEqual([0, 0, 0, 1, 2, 3, 4, 1, 0, 0]);
  });
});
