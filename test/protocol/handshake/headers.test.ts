import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/protocol/errors.js';
import { HeaderFields, serializeHead } from '../../../src/protocol/handshake/headers.js';

describe('HeaderFields', () => {
  const fields = HeaderFields.fromRaw(['Host', 'a', 'X-Two', '1', 'x-two', '2', 'Empty', '']);

  it('finds a field by its name in any case', () => {
    expect(fields.get('host')).toBe('a');
    expect(fields.get('HOST')).toBe('a');
    expect(fields.has('hOsT')).toBe(true);
    expect(fields.all('HosT')).toEqual(['a']);
  });

  it('keeps repeated fields in order, and combines them with a comma', () => {
    expect(fields.all('X-TWO')).toEqual(['1', '2']);
    expect(fields.get('X-Two')).toBe('1, 2');
  });

  it('counts fields, not names', () => {
    expect(fields.count).toBe(4);
    expect(new HeaderFields().count).toBe(0);
  });

  it('tells an empty value from a missing field', () => {
    expect(fields.get('empty')).toBe('');
    expect(fields.has('empty')).toBe(true);
    expect(fields.get('missing')).toBeUndefined();
    expect(fields.has('missing')).toBe(false);
    expect(fields.all('missing')).toEqual([]);
  });

  it('replaces and removes the fields of a name', () => {
    const changed = HeaderFields.fromRaw(['A', '1', 'a', '2', 'B', '3']);
    changed.set('A', '4');
    changed.set('b', undefined);
    expect([changed.all('a'), changed.has('B'), changed.count]).toEqual([['4'], false, 1]);
  });

  it.each(['__proto__', 'constructor', 'toString'])('%s is a name like any other', (name) => {
    expect(new HeaderFields().has(name)).toBe(false);
    const own = HeaderFields.fromRaw([name, '1', name, '2']);
    expect(own.get(name)).toBe('1, 2');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('ignores a name without a value at the end of a raw list', () => {
    expect(HeaderFields.fromRaw(['a', '1', 'b']).count).toBe(1);
  });
});

describe('serializeHead', () => {
  it('writes the start line, the fields and the empty line', () => {
    expect(serializeHead('GET / HTTP/1.1', { Host: 'a', B: '' })).toBe(
      'GET / HTTP/1.1\r\nHost: a\r\nB: \r\n\r\n',
    );
  });

  it('takes pairs, in which a name may come twice', () => {
    const pairs = new Map([['A', '1']]);
    expect(serializeHead('x', pairs)).toBe('x\r\nA: 1\r\n\r\n');
    expect(
      serializeHead('x', [
        ['A', '1'],
        ['A', '2'],
      ]),
    ).toBe('x\r\nA: 1\r\nA: 2\r\n\r\n');
  });

  it.each([
    ['CRLF in a value', 'x', { A: '1\r\nB: 2' }],
    ['LF in a value', 'x', { A: '1\n' }],
    ['CR in a value', 'x', { A: '\r1' }],
    ['NUL in a value', 'x', { A: '\0' }],
    ['a character whose low byte is CR', 'x', { A: '\u010d' }],
    ['an empty name', 'x', { '': '1' }],
    ['a space in a name', 'x', { 'A ': '1' }],
    ['a colon in a name', 'x', { 'A:B': '1' }],
    ['CRLF in a name', 'x', { 'A: 1\r\nB': '1' }],
    ['CRLF in the start line', 'x\r\nA: 1', {}],
  ])('refuses %s', (_, startLine, headers) => {
    const write = () => serializeHead(startLine, headers);
    expect(write).toThrow(UsageError);
    expect(write).toThrow(expect.objectContaining({ code: 'WS_ERR_INVALID_ARGUMENT' }));
  });
});
