/**
 * Octet sequences at every boundary of UTF-8 as RFC 3629 §4 defines it: the first and the last of each row of
 * its grammar, and what lies just outside.
 */

/** A sequence, with what it is. */
export interface Utf8Sequence {
  name: string;
  octets: Buffer;
}

const sequences = (rows: Record<string, string>): Utf8Sequence[] =>
  Object.entries(rows).map(([name, hex]) => ({ name, octets: Buffer.from(hex, 'hex') }));

/** Sequences that are UTF-8. */
export const validUtf8: readonly Utf8Sequence[] = sequences({
  'the empty string': '',
  'U+0000': '00',
  'U+007F, last of one octet': '7f',
  'U+0080, first of two octets': 'c280',
  'U+00BF': 'c2bf',
  'U+07FF, last of two octets': 'dfbf',
  'U+0800, first of three octets': 'e0a080',
  'U+0FFF': 'e0bfbf',
  'U+1000': 'e18080',
  'U+CFFF': 'ecbfbf',
  'U+D000': 'ed8080',
  'U+D7FF, before the surrogates': 'ed9fbf',
  'U+E000, after the surrogates': 'ee8080',
  'U+FDD0, a noncharacter': 'efb790',
  'U+FEFF, the byte order mark': 'efbbbf',
  'U+FFFD, the replacement character': 'efbfbd',
  'U+FFFE, a noncharacter': 'efbfbe',
  'U+FFFF, last of three octets': 'efbfbf',
  'U+10000, first of four octets': 'f0908080',
  'U+3FFFF': 'f0bfbfbf',
  'U+40000': 'f1808080',
  'U+FFFFF': 'f3bfbfbf',
  'U+100000': 'f4808080',
  'U+10FFFF, the last code point': 'f48fbfbf',
  'kosme in Greek': 'cebae1bdb9cf83cebcceb5',
  'Chinese text': 'e68891e698afe998bfe5ae9de593a5',
  'an emoji of several code points': 'f09f91a9e2808df09f91a9e2808df09f91a7',
  'all lengths in a row': '41c3a9e282acf09f9880f09f9880e282acc3a941',
});

/** Sequences that no further octet can make UTF-8. */
export const invalidUtf8: readonly Utf8Sequence[] = sequences({
  'a continuation octet alone: 80': '80',
  'a continuation octet alone: BF': 'bf',
  'two continuation octets': '80bf',
  'a continuation octet too many after two octets': 'c28080',
  'a continuation octet too many after three': 'e0a08080',
  'a continuation octet too many after four': 'f090808080',
  'overlong U+0000 in two octets': 'c080',
  'overlong U+002F in two octets': 'c0af',
  'overlong U+007F in two octets': 'c1bf',
  'overlong U+0000 in three octets': 'e08080',
  'overlong U+002F in three octets': 'e080af',
  'overlong U+07FF in three octets': 'e09fbf',
  'overlong U+0000 in four octets': 'f0808080',
  'overlong U+002F in four octets': 'f08080af',
  'overlong U+FFFF in four octets': 'f08fbfbf',
  'overlong U+002F in five octets': 'f8808080af',
  'overlong U+002F in six octets': 'fc80808080af',
  'U+D800, first high surrogate': 'eda080',
  'U+DB7F': 'edadbf',
  'U+DBFF, last high surrogate': 'edafbf',
  'U+DC00, first low surrogate': 'edb080',
  'U+DFFF, last low surrogate': 'edbfbf',
  'a surrogate pair (CESU-8)': 'eda080edb080',
  'U+110000': 'f4908080',
  'U+13FFFF': 'f4bfbfbf',
  'lead octet F5': 'f5808080',
  'lead octet F6': 'f6808080',
  'lead octet F7': 'f7bfbfbf',
  'lead octet F8': 'f888808080',
  'lead octet FC': 'fc8480808080',
  'lead octet FE': 'fe',
  'lead octet FF': 'ff',
  'lead octet C2 and ASCII': 'c241',
  'lead octet DF and C0': 'dfc0',
  'lead octet E1 and ASCII': 'e141',
  'E1 80 and ASCII': 'e18041',
  'E1 80 and another lead octet': 'e180c280',
  'F1 80 and ASCII': 'f18041',
  'F1 80 80 and ASCII': 'f1808041',
  'F1 80 80 and another lead octet': 'f18080f0908080',
  'invalid after a valid beginning': 'cebae1bdb9cf83cebcceb5eda080656469746564',
  'UTF-16 with a byte order mark': 'fffe4100',
  'Latin-1 before ASCII': '636166e920',
});

/** Sequences that are UTF-8 so far, but end inside a code point. */
export const truncatedUtf8: readonly Utf8Sequence[] = sequences({
  'C2 of two': 'c2',
  'DF of two': 'df',
  'E0 of three': 'e0',
  'E0 A0 of three': 'e0a0',
  'E1 of three': 'e1',
  'ED 9F of three': 'ed9f',
  'EF BF of three': 'efbf',
  'F0 of four': 'f0',
  'F0 90 of four': 'f090',
  'F0 90 80 of four': 'f09080',
  'F3 BF BF of four': 'f3bfbf',
  'F4 of four': 'f4',
  'F4 8F of four': 'f48f',
  'F4 8F BF of four': 'f48fbf',
  'Latin-1 at the end': '636166e9',
  'text and the first octet of two': '68656c6c6fc3',
});

const codePoint =
  '[\\x00-\\x7f]|[\\xc2-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]' +
  '|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}|\\xed[\\x80-\\x9f][\\x80-\\xbf]' +
  '|\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}|\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}';
const begun =
  '[\\xc2-\\xf4]|\\xe0[\\xa0-\\xbf]|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]|\\xed[\\x80-\\x9f]' +
  '|\\xf0[\\x90-\\xbf][\\x80-\\xbf]?|[\\xf1-\\xf3][\\x80-\\xbf]{1,2}|\\xf4[\\x80-\\x8f][\\x80-\\xbf]?';
const whole = new RegExp(`^(?:${codePoint})*$`);
const prefix = new RegExp(`^(?:${codePoint})*(?:${begun})?$`);

/** The grammar of RFC 3629 §4: `octets` is UTF-8. */
export function isUtf8ByGrammar(octets: Uint8Array): boolean {
  return whole.test(Buffer.from(octets).toString('latin1'));
}

/** The grammar of RFC 3629 §4: some further octets, or none, make `octets` UTF-8. */
export function isUtf8PrefixByGrammar(octets: Uint8Array): boolean {
  return prefix.test(Buffer.from(octets).toString('latin1'));
}
