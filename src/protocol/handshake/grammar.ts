/**
 * The lexical rules of HTTP that a handshake needs: character classes, tokens, comma lists (RFC 9110 §5.5
 * and §5.6). One table lookup per character and no regular expressions, so time is linear in the text. It
 * may not know which header field it looks at.
 */

/** A set of characters; classes are bits, so one table holds them all. */
export const CharacterClass = {
  /** `tchar` of a token (RFC 9110 §5.6.2). */
  TOKEN: 1,
  /** What a field value may hold: visible ASCII, space, tab and obs-text (RFC 9110 §5.5). */
  FIELD_VALUE: 2,
  /** Visible ASCII, as in a request target (RFC 9112 §3.2). */
  VISIBLE: 4,
  /** What `uri-host [ ":" port ]` is made of (RFC 3986 §3.2.2). */
  AUTHORITY: 8,
  /** The alphabet of base64 without its padding (RFC 4648 §4). */
  BASE64: 16,
} as const;

/** One of the sets in `CharacterClass`. */
export type CharacterClass = (typeof CharacterClass)[keyof typeof CharacterClass];

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const digits = '0123456789';

const classes = new Uint8Array(256);
add(CharacterClass.TOKEN, `${letters}${digits}!#$%&'*+-.^_\`|~`);
add(CharacterClass.AUTHORITY, `${letters}${digits}-._~!$&'()*+,;=:[]%`);
add(CharacterClass.BASE64, `${letters}${digits}+/`);
add(CharacterClass.FIELD_VALUE, `\t ${characters(0x21, 0x7e)}${characters(0x80, 0xff)}`);
add(CharacterClass.VISIBLE, characters(0x21, 0x7e));

/** Whether all characters of `text` from `start` up to `end` are in `characterClass`; true for no characters. */
export function consistsOf(
  characterClass: CharacterClass,
  text: string,
  start = 0,
  end = text.length,
): boolean {
  return skip(characterClass, text, start) >= end;
}

/** Index of the first character at or after `start` that is not in `characterClass`; `text.length` if none. */
export function skip(characterClass: CharacterClass, text: string, start: number): number {
  let at = start;
  while (at < text.length && isIn(characterClass, text, at)) at += 1;
  return at;
}

/** Whether `text` is a token: one or more `tchar` (RFC 9110 §5.6.2). */
export function isToken(text: string): boolean {
  return text !== '' && consistsOf(CharacterClass.TOKEN, text);
}

/** Whether `text` may stand as a field value; CR, LF, NUL and other control characters may not (§5.5). */
export function isFieldValue(text: string): boolean {
  return consistsOf(CharacterClass.FIELD_VALUE, text);
}

/** Whether the character at `at` is optional whitespace: a space or a tab (RFC 9110 §5.6.3). */
export function isWhitespace(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 0x20 || code === 0x09;
}

/** `text` from `start` up to `end`, without optional whitespace (spaces and tabs) around it. */
export function trimWhitespace(text: string, start = 0, end = text.length): string {
  let first = start;
  let last = end;
  while (first < last && isWhitespace(text, first)) first += 1;
  while (last > first && isWhitespace(text, last - 1)) last -= 1;
  return text.slice(first, last);
}

/**
 * The elements of a comma list of tokens, `#token`. Empty elements are ignored, as a recipient must
 * (RFC 9110 §5.6.1.2); `null` if an element is not a token.
 */
export function parseTokenList(value: string): string[] | null {
  const elements = listElements(value);
  return elements.every(isToken) ? elements : null;
}

/**
 * Whether one of the comma lists in `values` has the element `token`, compared without case (ASCII). Other
 * elements may be anything, since `Upgrade` also lists names with a version such as `h2c/1`.
 */
export function includesToken(values: readonly string[], token: string): boolean {
  const wanted = token.toLowerCase();
  return values.some(
    // Most often it is the only element.
    (value) => value.toLowerCase() === wanted || listElements(value.toLowerCase()).includes(wanted),
  );
}

function listElements(value: string): string[] {
  return value
    .split(',')
    .map((element) => trimWhitespace(element))
    .filter((element) => element !== '');
}

/**
 * Characters above U+00FF are in no class, since the table ends before them: as one byte they would turn into
 * others, CR and LF among them.
 */
function isIn(characterClass: CharacterClass, text: string, at: number): boolean {
  return (classes[text.charCodeAt(at)] & characterClass) !== 0;
}

function add(characterClass: CharacterClass, members: string): void {
  for (const character of members) classes[character.charCodeAt(0)] |= characterClass;
}

function characters(first: number, last: number): string {
  return String.fromCharCode(...Array.from({ length: last - first + 1 }, (_, index) => first + index));
}
