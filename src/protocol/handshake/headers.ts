/**
 * Header fields as a value: read from a peer into a case-insensitive multi-map, or written into the head of
 * an HTTP/1.1 message. It may not know what any field means.
 */

import { UsageError } from '../errors.js';
import { isFieldValue, isToken } from './grammar.js';

const none: readonly string[] = [];

/** Header fields of one message; names are compared without case, the order of equal names is kept. */
export class HeaderFields {
  /** Name, value, name, value: a handshake looks up few names, for which a Map took 1.3 KB and longer. */
  #list: string[] = [];
  /** Whether the list is somebody else's, so that it is copied before a change. */
  #isShared = false;

  /** Fields from Node's `rawHeaders` layout: name, value, name, value. The array is read only, and must not change. */
  static fromRaw(rawHeaders: readonly string[]): HeaderFields {
    const fields = new HeaderFields();
    fields.#isShared = rawHeaders.length % 2 === 0;
    fields.#list = fields.#isShared ? (rawHeaders as string[]) : rawHeaders.slice(0, -1);
    return fields;
  }

  /** Number of fields; a repeated name counts each time. */
  get count(): number {
    return this.#list.length / 2;
  }

  /** Adds a field after those of the same name. Checks neither name nor value. */
  append(name: string, value: string): void {
    if (this.#isShared) this.#list = [...this.#list];
    this.#isShared = false;
    this.#list.push(name, value);
  }

  /** Replaces the fields of a name; `undefined` removes them. */
  set(name: string, value: string | readonly string[] | undefined): void {
    const list = this.#list;
    const lower = name.toLowerCase();
    this.#list = list.filter((_, index) => !isName(list[index - (index % 2)], name, lower));
    this.#isShared = false;
    if (value !== undefined) this.append(name, String(value));
  }

  /** Whether there is a field of this name. */
  has(name: string): boolean {
    return this.#find(name, 0) >= 0;
  }

  /** The combined value: all values of this name joined by `, ` (RFC 9110 §5.2); `undefined` if there is none. */
  get(name: string): string | undefined {
    const values = this.all(name);
    return values.length <= 1 ? values[0] : values.join(', ');
  }

  /** Every value of this name in the order of arrival; empty if there is none. */
  all(name: string): readonly string[] {
    const first = this.#find(name, 0);
    if (first < 0) return none;
    const values = [this.#list[first + 1]];
    for (let at = this.#find(name, first + 2); at >= 0; at = this.#find(name, at + 2)) {
      values.push(this.#list[at + 1]);
    }
    return values;
  }

  /** Where the next field of this name stands; -1 if there is none. */
  #find(name: string, from: number): number {
    const list = this.#list;
    const lower = name.toLowerCase();
    for (let index = from; index < list.length; index += 2) {
      if (isName(list[index], name, lower)) return index;
    }
    return -1;
  }
}

/** Whether a field's name is the one that is looked for; most differ in length. */
function isName(name: string, wanted: string, lower: string): boolean {
  return name.length === wanted.length && (name === wanted || name.toLowerCase() === lower);
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
