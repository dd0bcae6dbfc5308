import { describe, expect, it } from 'vitest';
import { closeArgumentsOfReason, receivedError, WebSocketError } from '../../src/web/websocket-error.js';
import { thrown } from './faces.js';

describe('WebSocketError', () => {
  it('is a DOMException with a name of its own, and no code by default', () => {
    const error = new WebSocketError();
    expect(error).toBeInstanceOf(DOMException);
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.message, error.code, error.closeCode, error.reason]).toEqual([
      'WebSocketError',
      '',
      0,
      null,
      '',
    ]);
  });

  it.each([
    [{ closeCode: 1000 }, 1000, ''],
    [{ closeCode: 4999, reason: 'bye' }, 4999, 'bye'],
    [{ reason: 'why' }, 1000, 'why'],
    [{ reason: '' }, null, ''],
    [{ closeCode: undefined, reason: undefined }, null, ''],
    [{ closeCode: '3000' as unknown as number, reason: 'x\ud800' }, 3000, 'x\ufffd'],
    [undefined, null, ''],
    [null as unknown as undefined, null, ''],
  ])('of %j', (init, closeCode, reason) => {
    const error = new WebSocketError('text', init);
    expect([error.message, error.closeCode, error.reason]).toEqual(['text', closeCode, reason]);
  });

  it.each([
    [{ closeCode: 1001 }, 'InvalidAccessError'],
    [{ closeCode: 0 }, 'InvalidAccessError'],
    [{ closeCode: 5000 }, 'InvalidAccessError'],
    [{ reason: 'r'.repeat(124) }, 'SyntaxError'],
    [{ closeCode: 65_536 }, 'TypeError'],
    [{ closeCode: -1 }, 'TypeError'],
    [{ closeCode: Number.NaN }, 'TypeError'],
    [true, 'TypeError'],
  ])('of %j is refused', (init, name) => {
    expect(thrown(() => new WebSocketError('', init as object))).toBe(name);
  });

  it('shows what was received, though it may not be sent', () => {
    const error = receivedError('gone', 1006, '');
    expect([error.message, error.closeCode, error.reason]).toEqual(['gone', 1006, '']);
  });

  it('is the only reason that says what to close with', () => {
    const error = new WebSocketError('', { closeCode: 3456, reason: 'bye' });
    expect(closeArgumentsOfReason(error)).toEqual({ code: 3456, reason: 'bye' });
    const none = { code: null, reason: '' };
    for (const reason of [
      undefined,
      { closeCode: 3456, reason: 'bye' },
      new DOMException('', 'AbortError'),
      3456,
    ]) {
      expect(closeArgumentsOfReason(reason)).toEqual(none);
    }
  });
});
