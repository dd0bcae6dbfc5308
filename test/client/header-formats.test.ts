import { describe, expect, it } from 'vitest';
import { extension, subprotocol } from '../../src/client/header-formats.js';

describe('extension.parse', () => {
  it('groups offers by name and values by parameter', () => {
    const parsed = extension.parse('a; x; y=1; y="2", b, a');
    expect(parsed).toEqual({ a: [{ x: [true], y: ['1', '2'] }, {}], b: [{}] });
  });

  it('takes any name of a peer as a name', () => {
    const parsed = extension.parse('__proto__; constructor=1, toString');
    expect(Object.getPrototypeOf(parsed)).toBeNull();
    expect(Object.keys(parsed)).toEqual(['__proto__', 'toString']);
    expect(Object.entries(Object.values(parsed)[0]?.[0] ?? {})).toEqual([['constructor', ['1']]]);
  });

  it.each(['', 'a;', 'a b', 'a; b=', 'a; b="', '(', 'a; =b'])('refuses %j', (header) => {
    expect(() => extension.parse(header)).toThrow(
      expect.objectContaining({ code: 'WS_ERR_INVALID_EXTENSIONS_HEADER' }),
    );
  });
});

describe('extension.format', () => {
  it('writes one offer or several, one value or several', () => {
    expect(extension.format({ a: { b: true, c: [1, '2'] }, d: [{ x: true }, {}] })).toBe(
      'a; b; c=1; c=2, d; x, d',
    );
    expect(extension.format({})).toBe('');
  });

  it('writes what parse reads', () => {
    const header = 'a; x; y=1; y=2, a, b; z=3';
    expect(extension.format(extension.parse(header))).toBe(header);
  });

  it('refuses what is not a token', () => {
    const refused = expect.objectContaining({ code: 'WS_ERR_INVALID_ARGUMENT' });
    expect(() => extension.format({ 'a b': {} })).toThrow(refused);
    expect(() => extension.format({ a: { b: 'x\r\ny' } })).toThrow(refused);
  });
});

describe('subprotocol.parse', () => {
  it('keeps the order', () => expect([...subprotocol.parse('chat, soap,a')]).toEqual(['chat', 'soap', 'a']));

  it.each(['', 'a,a', 'a b', '('])('refuses %j', (header) => {
    expect(() => subprotocol.parse(header)).toThrow(
      expect.objectContaining({ code: 'WS_ERR_INVALID_PROTOCOL_HEADER' }),
    );
  });
});
