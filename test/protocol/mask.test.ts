import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyMask, maskKernels, maskRange, readKey, rotateKey } from '../../src/protocol/mask.js';
import { maskKernel } from '../../src/protocol/mask-kernel.js';
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

describe.each(Object.entries(maskKernels()))('by %s', (name, kernel) => {
  const key = Buffer.of(0x01, 0x80, 0xfe, 0x7f);
  const lengths = [
    0, 1, 15, 16, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1023, 65_535, 65_536, 65_537, 131_080,
  ].filter((length) => name !== 'words' || length >= 127); // words are not asked for less

  it('every length and alignment is exact, and nothing beside it is touched', () => {
    for (const length of lengths) {
      for (let alignment = 0; alignment < 5; alignment++) {
        const memory = Buffer.alloc(alignment + length + 5, 0x5a);
        for (let index = 0; index < length; index++) memory[alignment + index] = index * 7;
        const expected = maskedByTheBook(memory.subarray(alignment, alignment + length), key);
        kernel(memory, alignment, alignment + length, readKey(key, 0));
        expect(memory.subarray(alignment, alignment + length).equals(expected), `${length}`).toBe(true);
        const around = [memory.subarray(0, alignment), memory.subarray(alignment + length)];
        expect(Buffer.concat(around).every((octet) => octet === 0x5a)).toBe(true);
      }
    }
  });

  it('one octet that is not ASCII is noticed wherever it stands', () => {
    const length = 200;
    const masked = (octets: Buffer) => Buffer.from(maskedByTheBook(octets, key));
    const notAscii = (octets: Buffer) => kernel(masked(octets), 0, length, readKey(key, 0)) & 0x80808080;
    expect(notAscii(Buffer.alloc(length, 'a'))).toBe(0);
    for (let place = 0; place < length; place++) {
      const octets = Buffer.alloc(length, 'a');
      octets[place] = 0x80;
      expect(notAscii(octets), `${place}`).not.toBe(0);
    }
  });
});

it('by words that are there already: every length, place and alignment is exact', () => {
  const memory = new ArrayBuffer(1024);
  const bytes = Buffer.from(memory);
  const words = new Int32Array(memory);
  const key = Buffer.of(0x01, 0x80, 0xfe, 0x7f);
  for (const length of [0, 1, 23, 24, 25, 26, 27, 63, 64, 65, 125, 127, 128, 511, 512, 600]) {
    for (const start of [0, 1, 2, 3, 6, 400]) {
      const before = Buffer.from(bytes.fill(0x5a));
      const expected = Buffer.concat([
        before.subarray(0, start),
        maskedByTheBook(before.subarray(start, start + length), key),
        before.subarray(start + length),
      ]);
      maskRange(bytes, start, start + length, readKey(key, 0), words);
      expect(bytes.equals(expected), `${length} at ${start}`).toBe(true);
    }
  }
});

it('by words that are there already, one octet that is not ASCII is noticed wherever it stands', () => {
  const words = new Int32Array(64);
  const bytes = Buffer.from(words.buffer);
  for (let place = 0; place < 66; place++) {
    for (const start of [0, 1, 2, 3]) {
      bytes.fill(0).fill(0x20, start, start + 66);
      expect(maskRange(bytes, start, start + 66, 0x01010101, words)).toBe(true);
      bytes[start + place] = 0x80;
      expect(maskRange(bytes, start, start + 66, 0x01010101, words), `${place}`).toBe(false);
    }
  }
});

it('there are three kernels here, and maskRange takes them by length', () => {
  expect(Object.keys(maskKernels())).toEqual(['octets', 'words', 'simd']);
  for (const length of [64, 127, 128, 511, 512, 70_000]) {
    const payload = Buffer.alloc(length, 'a');
    const expected = maskedByTheBook(payload, Buffer.of(1, 2, 3, 4));
    expect(maskRange(payload, 0, length, 0x04030201)).toBe(true);
    expect(payload.equals(expected)).toBe(true);
    payload[length - 1] = 0xff;
    expect(maskRange(payload, 0, length, 0x04030201)).toBe(false);
  }
});

it('the WebAssembly module is what its source says', () => {
  const script = fileURLToPath(new URL('../../scripts/mask-kernel.js', import.meta.url));
  const assembled = execFileSync(process.execPath, [script, '--print'], { encoding: 'utf8' });
  expect(assembled.trim()).toBe(maskKernel);
});
