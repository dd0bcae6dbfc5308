import { describe, expect, it } from 'vitest';
import { CloseCode, isValidCloseCode } from '../../src/protocol/close-codes.js';

/** RFC 6455 §7.4.1, §7.4.2 and the registry. */
function mayBeSent(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].includes(code);
}

describe('isValidCloseCode', () => {
  it('is right for each of the 65,536 values that two octets have', () => {
    for (let code = 0; code < 65_536; code++) {
      if (isValidCloseCode(code) !== mayBeSent(code)) expect.fail(`wrong for ${code}`);
    }
  });

  it.each([1000.5, Number.NaN, Number.POSITIVE_INFINITY, -1000, 66_536])('refuses %d', (code) => {
    expect(isValidCloseCode(code)).toBe(false);
  });
});

describe('CloseCode', () => {
  it('names the registered codes', () => {
    expect(Object.values(CloseCode)).toEqual([
      1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015,
    ]);
  });

  it('has three that never stand on the wire', () => {
    const never = Object.entries(CloseCode).filter(([, code]) => !isValidCloseCode(code));
    expect(never.map(([name]) => name)).toEqual(['NO_STATUS_RECEIVED', 'ABNORMAL_CLOSURE', 'TLS_HANDSHAKE']);
  });
});
