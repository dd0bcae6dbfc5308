import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptKey, GUID, isValidKey } from '../../../src/protocol/handshake/accept-key.js';

describe('acceptKey', () => {
  it('uses the GUID of RFC 6455 §1.3', () => {
    expect(GUID).toBe('258EAFA5-E914-47DA-95CA-C5AB0DC85B11');
  });

  it.each([
    ['dGhlIHNhbXBsZSBub25jZQ==', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', 'RFC 6455 §1.3'],
    ['Zx8rNEkBE4xnwifpuh8DHQ==', '52Rg3vW4JQ1yWpkvFlsTsiezlqw=', 'a browser'],
    ['Iv8io/9s+lYFgZWcXczP8Q==', 'hsBlbuDTkk24srzEOTBUlZAlC2g=', 'a browser'],
  ])('answers %s with %s (%s)', (key, accept) => {
    expect(acceptKey(key)).toBe(accept);
  });
});

describe('isValidKey', () => {
  it('takes the base64 of any 16 bytes and of no other number', () => {
    const anyBytes = fc.uint8Array({ maxLength: 40 });
    const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(fc.oneof(anyBytes, sixteen), (bytes) => {
        expect(isValidKey(Buffer.from(bytes).toString('base64'))).toBe(bytes.length === 16);
      }),
      { seed: 6455, numRuns: 300 },
    );
  });

  it('ignores padding bits, as RFC 4648 §3.5 allows', () => {
    expect(isValidKey('dGhlIHNhbXBsZSBub25jZR==')).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['no padding', 'dGhlIHNhbXBsZSBub25jZQ'],
    ['half of the padding', 'dGhlIHNhbXBsZSBub25jZQ='],
    ['24 characters without padding', 'dGhlIHNhbXBsZSBub25jZQAA'],
    ['24 characters of 17 bytes', 'dGhlIHNhbXBsZSBub25jZQA='],
    ['padding inside', 'dGhlIHNhbXBsZSBub25j=Q=='],
    ['the alphabet of base64url', 'Iv8io_9s-lYFgZWcXczP8Q=='],
    ['a space', 'dGhlIHNhbXBsZSBub25jZ =='],
    ['a character beyond one byte', 'dGhlIHNhbXBsZSBub25jZ\u0151=='],
    ['a valid key and more', 'dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=='],
  ])('refuses %s', (_, key) => {
    expect(isValidKey(key)).toBe(false);
  });
});
