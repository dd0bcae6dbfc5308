/**
 * The grammar of `Sec-WebSocket-Extensions` (RFC 6455 §9.1), read and written. It may not know any extension:
 * repeated offers and parameters stay visible, since it is the extension that judges them.
 */

import { HandshakeError, UsageError } from '../errors.js';
import { CharacterClass, isToken, isWhitespace, skip } from './grammar.js';

/** One extension of a list: an offer in a request, an accepted extension in a response. */
export interface ExtensionOffer {
  /** Extension token, case-sensitive. */
  name: string;
  /** Parameters in their order, duplicates included. */
  parameters: readonly ExtensionParameter[];
}

/** A parameter of an extension. */
export interface ExtensionParameter {
  /** Parameter name, case-sensitive. */
  name: string;
  /** Its value, a token that has been unquoted; `true` if it has none. */
  value: string | true;
}

/** At most so many extensions are taken from one header; a client that offers more is refused. */
export const MAX_EXTENSION_OFFERS = 64;
/** At most so many parameters are taken per extension. */
export const MAX_EXTENSION_PARAMETERS = 16;

/**
 * Parses a `Sec-WebSocket-Extensions`, several fields of it already combined: one or more extensions.
 *
 * @throws HandshakeError `WS_ERR_INVALID_EXTENSIONS_HEADER` (400) for anything that the grammar does not give,
 * and beyond `MAX_EXTENSION_OFFERS` or `MAX_EXTENSION_PARAMETERS`
 */
export function parseExtensions(value: string): ExtensionOffer[] {
  const cursor = new Cursor(value);
  const offers: ExtensionOffer[] = [];
  do {
    // A list may have empty elements, which count for nothing (RFC 9110 §5.6.1.2).
    if (cursor.isAtElementEnd) continue;
    if (offers.length === MAX_EXTENSION_OFFERS) throw invalid();
    offers.push(parseExtension(cursor));
  } while (cursor.take(','));
  if (!cursor.isAtEnd || offers.length === 0) throw invalid();
  return offers;
}

/**
 * Writes a list of extensions in the form that `parseExtensions` reads.
 *
 * @throws UsageError `WS_ERR_INVALID_ARGUMENT` if a name or a value is not a token
 */
export function serializeExtensions(extensions: readonly ExtensionOffer[]): string {
  return extensions.map(serializeExtension).join(', ');
}

/** extension = extension-token *( ";" extension-param ) */
function parseExtension(cursor: Cursor): ExtensionOffer {
  const name = cursor.token();
  const parameters: ExtensionParameter[] = [];
  while (cursor.take(';')) {
    if (parameters.length === MAX_EXTENSION_PARAMETERS) throw invalid();
    parameters.push(parseParameter(cursor));
  }
  return { name, parameters };
}

/** extension-param = token [ "=" (token | quoted-string) ] */
function parseParameter(cursor: Cursor): ExtensionParameter {
  const name = cursor.token();
  return { name, value: cursor.take('=') ? cursor.tokenOrQuotedString() : true };
}

/** A place in the text. Whitespace may stand around every token and separator: the implied LWS of §9.1. */
class Cursor {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skipWhitespace();
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  get isAtElementEnd(): boolean {
    return this.isAtEnd || this.#text[this.#at] === ',';
  }

  /** Passes `separator` if it is next. */
  take(separator: string): boolean {
    if (this.#text[this.#at] !== separator) return false;
    this.#at += 1;
    this.#skipWhitespace();
    return true;
  }

  token(): string {
    const start = this.#at;
    this.#at = skip(CharacterClass.TOKEN, this.#text, start);
    if (this.#at === start) throw invalid();
    const token = this.#text.slice(start, this.#at);
    this.#skipWhitespace();
    return token;
  }

  tokenOrQuotedString(): string {
    return this.#text[this.#at] === '"' ? this.#quotedString() : this.token();
  }

  /** The unescaped value must be a token again (§9.1), so an unescaped quote can only be the end. */
  #quotedString(): string {
    let value = '';
    this.#at += 1;
    while (!this.isAtEnd && this.#text[this.#at] !== '"') {
      if (this.#text[this.#at] === '\\') this.#at += 1;
      value += this.#text.charAt(this.#at);
      this.#at += 1;
    }
    if (this.isAtEnd || !isToken(value)) throw invalid();
    this.#at += 1;
    this.#skipWhitespace();
    return value;
  }

  #skipWhitespace(): void {
    while (isWhitespace(this.#text, this.#at)) this.#at += 1;
  }
}

function serializeExtension({ name, parameters }: ExtensionOffer): string {
  return [checkedToken(name), ...parameters.map(serializeParameter)].join('; ');
}

function serializeParameter({ name, value }: ExtensionParameter): string {
  return value === true ? checkedToken(name) : `${checkedToken(name)}=${checkedToken(value)}`;
}

function checkedToken(text: string): string {
  if (isToken(text)) return text;
  throw new UsageError('WS_ERR_INVALID_ARGUMENT', `Invalid extension token ${JSON.stringify(text)}`);
}

function invalid(): HandshakeError {
  return HandshakeError.of('WS_ERR_INVALID_EXTENSIONS_HEADER');
}
