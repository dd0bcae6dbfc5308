import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSubprotocols } from '../../../src/protocol/handshake/subprotocol.js';

const invalid = expect.objectContaining({
  name: 'HandshakeError',
  code: 'WS_ERR_INVALID_PROTOCOL_HEADER',
  status: 400,
  message: 'Invalid Sec-WebSocket-Protocol header',
});

describe('parseSubprotocols', () => {
  it.each([
    ['chat', ['chat']],
    ['b, a', ['b', 'a']],
    ['chat,Chat\t, chat.v2', ['chat', 'Chat', 'chat.v2']],
    [', a,,b ,', ['a', 'b']],
  ])('reads %j in order', (value, expected) => {
    expect([...parseSubprotocols(value)]).toEqual(expected);
  });

  it.each([
    ['nothing', ''],
    ['only commas', ' , ,'],
    ['a duplicate', 'a, b, a'],
    ['a space inside', 'a b'],
    ['a separator', 'a;b'],
    ['a quoted string', '"a"'],
    ['a slash', 'a/1'],
    ['a character beyond ASCII', 'caf\xe9'],
    ['a control character', 'a\0'],
  ])('refuses %s', (_, value) => {
    expect(() => parseSubprotocols(value)).toThrow(invalid);
  });

  it('gives a set or this error for any text', () => {
    const unit = fc.constantFrom(...'ab,, \t;"\0\xff\u0161');
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit }), fc.string()), (value) => {
        try {
          expect(parseSubprotocols(value).size).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toEqual(invalid);
        }
      }),
      { seed: 6455, numRuns: 500 },
    );
  });
});
