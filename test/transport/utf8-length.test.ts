import fc from 'fast-check';
import { expect, it } from 'vitest';
import { utf8Length } from '../../src/transport/utf8-length.js';

it('counts the bytes of UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => utf8Length(text) === Buffer.byteLength(text)),
  );
  expect(utf8Length('€')).toBe(3);
});
