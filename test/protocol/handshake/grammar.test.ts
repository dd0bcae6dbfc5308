import { describe, expect, it } from 'vitest';
import {
  CharacterClass,
  consistsOf,
  includesToken,
  isFieldValue,
  isToken,
  parseTokenList,
  skip,
  trimWhitespace,
} from '../../../src/protocol/handshake/grammar.js';

const allCharacters = Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code));

/** The classes in the words of their specifications, as an independent second source. */
const specified: readonly (readonly [name: keyof typeof CharacterClass, pattern: RegExp])[] = [
  ['TOKEN', /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/],
  ['FIELD_VALUE', /^[\t \x21-\x7e\x80-\xff]$/],
  ['VISIBLE', /^[\x21-\x7e]$/],
  ['AUTHORITY', /^[A-Za-z0-9\-._~%!$&'()*+,;=:[\]]$/],
  ['BASE64', /^[A-Za-z0-9+/]$/],
];

describe('character classes', () => {
  it.each(specified)('%s holds exactly its characters', (name, pattern) => {
    const members = allCharacters.filter((character) => consistsOf(CharacterClass[name], character));
    expect(members).toEqual(allCharacters.filter((character) => pattern.test(character)));
  });

  it('judges only the range that was asked for', () => {
    expect(consistsOf(CharacterClass.TOKEN, ' ab ', 1, 3)).toBe(true);
    expect(consistsOf(CharacterClass.TOKEN, ' ab ', 1, 4)).toBe(false);
    expect(skip(CharacterClass.TOKEN, 'ab;c', 0)).toBe(2);
    expect(skip(CharacterClass.TOKEN, 'ab', 0)).toBe(2);
  });
});

describe('isToken and isFieldValue', () => {
  it('a token has at least one character', () => {
    expect(isToken('')).toBe(false);
    expect(isToken('chat.v2')).toBe(true);
    expect(isToken('a b')).toBe(false);
  });

  it('a field value may be empty, and never holds a line end or what turns into one as a byte', () => {
    expect(isFieldValue('')).toBe(true);
    expect(isFieldValue('a\tb \xff')).toBe(true);
    for (const bad of ['\r', '\n', '\0', '\x7f', '\u010d', '\u010a']) {
      expect(isFieldValue(`a${bad}b`), JSON.stringify(bad)).toBe(false);
    }
  });
});

describe('trimWhitespace', () => {
  it('takes spaces and tabs off, and no other white space', () => {
    expect(trimWhitespace(' \ta b\t ')).toBe('a b');
    expect(trimWhitespace(' \t ')).toBe('');
    expect(trimWhitespace('\xa0a\r')).toBe('\xa0a\r');
    expect(trimWhitespace('x:  a', 2)).toBe('a');
  });
});

describe('parseTokenList', () => {
  it.each([
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [' a \t,\tb ', ['a', 'b']],
    [',a,, b,', ['a', 'b']],
    ['', []],
    [' , ', []],
    ['a,A,a', ['a', 'A', 'a']],
  ])('reads %j', (value, tokens) => {
    expect(parseTokenList(value)).toEqual(tokens);
  });

  it.each(['a b', 'a;b', '"a"', 'a,b/1', 'a\u0161', 'a\r'])('refuses %j', (value) => {
    expect(parseTokenList(value)).toBeNull();
  });
});

describe('includesToken', () => {
  it.each([
    [['websocket'], true],
    [['WebSocket'], true],
    [['h2c/1, \tWEBSOCKET '], true],
    [['h2c', 'websocket'], true],
    [['not a token, websocket'], true],
    [[], false],
    [[''], false],
    [['websockets', 'web socket', 'websocket/13', '"websocket"'], false],
    // The Kelvin sign becomes a k in lower case only beyond ASCII names; it is no HTTP character at all.
    [['web\u017focket'], false],
  ])('in %j: %s', (values, expected) => {
    expect(includesToken(values, 'websocket')).toBe(expected);
  });
});
