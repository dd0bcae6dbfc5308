import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Utf8Validator } from '../../src/protocol/utf8.js';
import { everyCut } from './every-cut.js';
import {
  invalidUtf8,
  isUtf8ByGrammar,
  isUtf8PrefixByGrammar,
  truncatedUtf8,
  validUtf8,
} from './utf8-sequences.js';

/** Long enough that the validator hands pieces to native code. */
const padding = Buffer.from('x'.repeat(40));

function judge(chunks: readonly Uint8Array[]): 'valid' | 'truncated' | 'invalid' {
  const validator = new Utf8Validator();
  for (const chunk of chunks) {
    if (!validator.push(chunk)) return 'invalid';
  }
  return validator.complete ? 'valid' : 'truncated';
}

function expectEveryWay(octets: Uint8Array, verdict: string): void {
  for (const { name, chunks } of everyCut(octets)) expect(judge(chunks), name).toBe(verdict);
}

describe('Utf8Validator', () => {
  it.each(validUtf8)('accepts $name', ({ octets }) => {
    expect(isUtf8(octets)).toBe(true);
    expectEveryWay(octets, 'valid');
    expectEveryWay(Buffer.concat([padding, octets, padding]), 'valid');
    expectEveryWay(Buffer.concat([padding, octets]), 'valid');
  });

  it.each(invalidUtf8)('refuses $name', ({ octets }) => {
    expect(isUtf8(octets)).toBe(false);
    expectEveryWay(octets, 'invalid');
    expectEveryWay(Buffer.concat([padding, octets, padding]), 'invalid');
    expectEveryWay(Buffer.concat([padding, octets]), 'invalid');
  });

  it.each(truncatedUtf8)('waits for the rest of $name', ({ octets }) => {
    expect(isUtf8(octets)).toBe(false);
    expectEveryWay(octets, 'truncated');
    expectEveryWay(Buffer.concat([padding, octets]), 'truncated');
    expectEveryWay(Buffer.concat([octets, padding]), 'invalid');
  });

  it('fails at the very octet that cannot be continued', () => {
    for (const { name, octets } of invalidUtf8) {
      for (let length = 1; length <= octets.length; length++) {
        const beginning = octets.subarray(0, length);
        const expected = isUtf8PrefixByGrammar(beginning);
        expect(new Utf8Validator().push(beginning), `${name}, ${length} octets`).toBe(expected);
        const padded = Buffer.concat([padding, beginning]);
        const validator = new Utf8Validator();
        expect(validator.push(padded), `${name}, ${length} octets, padded`).toBe(expected);
        if (expected || !isUtf8PrefixByGrammar(octets.subarray(0, length - 1))) continue;
        expect(validator.accepted, `${name}, ${length} octets`).toBe(padding.length + length - 1);
      }
    }
  });

  it('is right for every sequence of two octets, and of three after E0, ED, F0 and F4', () => {
    const leads = [[], [0xe0], [0xed], [0xf0], [0xf4]];
    for (const lead of leads) {
      for (let pair = 0; pair < 65_536; pair++) {
        const octets = Buffer.from([...lead, pair >> 8, pair & 255]);
        const validator = new Utf8Validator();
        const mayGoOn = validator.push(octets);
        const wanted = isUtf8(octets) ? 'valid' : isUtf8PrefixByGrammar(octets) ? 'truncated' : 'invalid';
        const got = mayGoOn ? (validator.complete ? 'valid' : 'truncated') : 'invalid';
        if (got !== wanted) expect.fail(`${octets.toString('hex')}: ${got}, not ${wanted}`);
      }
    }
  });

  it('agrees with the grammar on arbitrary octets, however cut', () => {
    const octet = fc.oneof(
      fc.nat({ max: 0x7f }),
      fc.integer({ min: 0x80, max: 0xbf }),
      fc.constantFrom(0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5),
    );
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }).map((text) => Buffer.from(text)),
      fc.array(octet, { maxLength: 4 }).map((octets) => Buffer.from(octets)),
    );
    const property = fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const octets = Buffer.concat(pieces);
      const verdict = isUtf8ByGrammar(octets)
        ? 'valid'
        : isUtf8PrefixByGrammar(octets)
          ? 'truncated'
          : 'invalid';
      expectEveryWay(octets, verdict);
      expect(judge(pieces)).toBe(verdict);
    });
    fc.assert(property, { seed: 6455, numRuns: 400 });
  });

  it('forgets on reset', () => {
    const validator = new Utf8Validator();
    expect(validator.push(Buffer.of(0xf0))).toBe(true);
    expect(validator.complete).toBe(false);
    validator.reset();
    expect(validator.complete).toBe(true);
    expect(validator.push(Buffer.from('a'))).toBe(true);
    expect(validator.push(Buffer.of(0x80))).toBe(false);
    // Whatever narrowed the range of the next octet does not outlive the reset.
    for (const lead of [0xe0, 0xed, 0xf0, 0xf4]) {
      for (const text of ['\u0080', '\u00bf']) {
        expect(validator.push(Buffer.of(lead))).toBe(true);
        validator.reset();
        expect(validator.push(Buffer.from(text))).toBe(true);
        expect(validator.complete).toBe(true);
      }
    }
  });
});
