import { describe, expect, it } from 'vitest';
import { closePayload, judgeClosePayload } from '../../src/protocol/close-payload.js';
import { UsageError } from '../../src/protocol/errors.js';
import { closePayload as rawPayload } from './raw-frame.js';
import { invalidUtf8, truncatedUtf8, validUtf8 } from './utf8-sequences.js';

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof UsageError) return error.code;
  }
  return 'no UsageError';
};

describe('closePayload', () => {
  it('is empty without a code', () => {
    expect(closePayload(undefined).length).toBe(0);
    expect(closePayload(undefined, 'not sent').length).toBe(0);
  });

  it('is the code in network byte order and the reason', () => {
    expect(closePayload(1000).toString('hex')).toBe('03e8');
    expect(closePayload(4999, 'é').toString('hex')).toBe('1387c3a9');
    expect(closePayload(3000, Buffer.from('bye')).equals(rawPayload(3000, 'bye'))).toBe(true);
  });

  it.each([1, 999, 1004, 1005, 1006, 1015, 2999, 5000, Number.NaN, '1000'])('refuses the code %s', (code) => {
    expect(codeOf(() => closePayload(code as number))).toBe('WS_ERR_INVALID_ARGUMENT');
  });

  it('refuses a reason of more than 123 bytes', () => {
    expect(closePayload(1000, 'x'.repeat(123)).length).toBe(125);
    expect(codeOf(() => closePayload(1000, 'x'.repeat(124)))).toBe('WS_ERR_INVALID_ARGUMENT');
    expect(codeOf(() => closePayload(1000, 'é'.repeat(62)))).toBe('WS_ERR_INVALID_ARGUMENT');
  });
});

describe('judgeClosePayload', () => {
  it('accepts no payload, and a code without a reason', () => {
    expect(judgeClosePayload(Buffer.alloc(0))).toBeNull();
    expect(judgeClosePayload(rawPayload(1000))).toBeNull();
  });

  it.each([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535])('refuses the code %i', (code) => {
    const error = judgeClosePayload(rawPayload(code));
    expect([error?.code, error?.closeCode]).toEqual(['WS_ERR_INVALID_CLOSE_CODE', 1002]);
    expect(error?.message).toBe(`Invalid WebSocket frame: invalid status code ${code}`);
  });

  it('accepts reasons that are UTF-8 and no others', () => {
    for (const { octets } of validUtf8) expect(judgeClosePayload(rawPayload(1000, octets))).toBeNull();
    for (const { name, octets } of [...invalidUtf8, ...truncatedUtf8]) {
      const error = judgeClosePayload(rawPayload(1000, octets));
      expect([error?.code, error?.closeCode], name).toEqual(['WS_ERR_INVALID_UTF8', 1007]);
    }
  });
});
