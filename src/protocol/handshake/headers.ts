/**
 * Header fields as a value: read from a peer into a case-insensitive multi-map, or written into the head of
 * an HTTP/1.1 message. It may not know what any field means.
 */

import { UsageError } from '../errors.js';
import { isFieldValue, isToken } from './grammar.js';

const none: readonly string[] = [];

/** Header fields of one message; names are compared without case, the order of equal names is kept. */
export class HeaderFields {
  // A Map, since the names are the peer's: `__proto__` is a field like any other.
  readonly #valuesByName = new Map<string, string[]>();
  #count = 0;

  /** Fields from Node's `rawHeaders` layout: name, value, name, value. */
  static fromRaw(rawHeaders: readonly string[]): HeaderFields {
    const fields = new HeaderFields();
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      fields.append(rawHeaders[index], rawHeaders[index + 1]);
    }
    return fields;
  }

  /** Number of fields; a repeated name counts each time. */
  get count(): number {
    return this.#count;
  }

  /** Adds a field after those of the same name. Checks neither name nor value. */
  append(name: string, value: string): void {
    const key = name.toLowerCase();
    const values = this.#valuesByName.get(key);
    if (values === undefined) this.#valuesByName.set(key, [value]);
    else values.push(value);
    this.#count += 1;
  }

  /** Replaces the fields of a name; `undefined` removes them. */
  set(name: string, value: string | readonly string[] | undefined): void {
    this.#count -= this.all(name).length;
    this.#valuesByName.delete(name.toLowerCase());
    if (value !== undefined) this.append(name, String(value));
  }

  /** Whether there is a field of this name. */
  has(name: string): boolean {
    return this.#valuesByName.has(name.toLowerCase());
  }

  /** The combined value: all values of this name joined by `, ` (RFC 9110 §5.2); `undefined` if there is none. */
  get(name: string): string | undefined {
    const values = this.#valuesByName.get(name.toLowerCase());
    return values?.length === 1 ? values[0] : values?.join(', ');
  }

  /** Every value of this name in the order of arrival; empty if there is none. */
  all(name: string): readonly string[] {
    return this.#valuesByName.get(name.toLowerCase()) ?? none;
  }
}

/** Header fields to send: an object, or pairs where a name may come twice (such as `Set-Cookie`). */
export type HeadersToSend =
  | Readonly<Record<string, string>>
  | Iterable<readonly [name: string, value: string]>;

/** The name–value pairs of `headers`, in order. */
export function headerPairs(headers: HeadersToSend): Iterable<readonly [name: string, value: string]> {
  return isIterable(headers) ? headers : Object.entries(headers);
}

/**
 * The head of an HTTP/1.1 message, empty line included (RFC 9112 §2.1).
 *
 * @throws UsageError `WS_ERR_INVALID_ARGUMENT` if a name is not a token, or if a value or the start line has a
 * control character or one above U+00FF: otherwise a value could smuggle in fields of its own.
 */
export function serializeHead(startLine: string, headers: HeadersToSend): string {
  if (!isFieldValue(startLine)) throw new UsageError('WS_ERR_INVALID_ARGUMENT', 'Invalid HTTP start line');
  return `${startLine}\r\n${serializeFields(headers)}\r\n`;
}

/** Fields as they stand in a message, each with its line's end. @throws UsageError as `serializeHead` */
export function serializeFields(headers: HeadersToSend): string {
  let lines = '';
  for (const [name, value] of headerPairs(headers)) lines += fieldLine(name, String(value));
  return lines;
}

function fieldLine(name: string, value: string): string {
  if (!isToken(name))
    throw new UsageError('WS_ERR_INVALID_ARGUMENT', `Invalid header name ${JSON.stringify(name)}`);
  if (!isFieldValue(value)) {
    throw new UsageError('WS_ERR_INVALID_ARGUMENT', `Invalid character in the value of header ${name}`);
  }
  return `${name}: ${value}\r\n`;
}

function isIterable(headers: HeadersToSend): headers is Iterable<readonly [string, string]> {
  return Symbol.iterator in headers;
}
