import { describe, expect, it } from 'vitest';
import { closePayload, judgeClosePayload } from '../../src/protocol/close-payload.js';
import { UsageError, UsageRangeError } from '../../src/protocol/errors.js';
import { closePayload as rawPayload } from './raw-frame.js';
import { invalidUtf8, truncatedUtf8, validUtf8 } from './utf8-sequences.js';

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof UsageError || error instanceof UsageRangeError) return error.code;
  }
  return 'nothing thrown';
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

  it('takes a Uint8Array as reason, and nothing else that is not text', () => {
    expect(closePayload(1000, Uint8Array.of(0x61)).toString('hex')).toBe('03e861');
    for (const reason of [12, null, ['a'], {}, new Float32Array(20), new ArrayBuffer(2)]) {
      expect(codeOf(() => closePayload(1000, reason as never))).toBe('WS_ERR_INVALID_ARGUMENT');
    }
  });

  it('refuses a reason of more than 123 bytes', () => {
    expect(closePayload(1000, 'x'.repeat(123)).length).toBe(125);
    expect(codeOf(() => closePayload(1000, 'x'.repeat(124)))).toBe('WS_ERR_CONTROL_DATA_TOO_LONG');
    expect(codeOf(() => closePayload(1000, 'é'.repeat(62)))).toBe('WS_ERR_CONTROL_DATA_TOO_LONG');
  });
});

describe('judgeClosePayload', () => {
  it('passes over the reason where it is not to be checked', () => {
    const payload = Buffer.of(3, 232, 0xff);
    expect(judgeClosePayload(payload)?.code).toBe('WS_ERR_INVALID_UTF8');
    expect(judgeClosePayload(payload, false)).toBeNull();
    expect(judgeClosePayload(Buffer.of(0, 0), false)?.code).toBe('WS_ERR_INVALID_CLOSE_CODE');
  });

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
