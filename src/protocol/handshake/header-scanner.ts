/**
 * Scans the head of an HTTP/1.1 message, request or response, from bytes that come in any cut (RFC 9112 §2 to
 * §5). Stricter than HTTP asks, since a handshake has no legacy to serve: lines end in CRLF and are never
 * folded. It may not know what a field means, nor what follows the head.
 */

import { Buffer } from 'node:buffer';
import { HandshakeError } from '../errors.js';
import { isFieldValue, isToken, isWhitespace, trimWhitespace } from './grammar.js';
import { HeaderFields } from './headers.js';

/** Bounds of a `HeaderScanner`. */
export interface HeaderScannerOptions {
  /** Size of a head in bytes, its line ends included; 16,384 by default, as in Node. */
  maxBytes?: number | undefined;
  /** Number of header fields; 2,000 by default. */
  maxFields?: number | undefined;
}

/** A complete head. */
export interface MessageHead {
  /** Request line or status line, without its line end. */
  startLine: string;
  /** The header fields. */
  fields: HeaderFields;
  /** What came behind the head in the last push: a view of those bytes, possibly empty. */
  rest: Buffer;
}

/**
 * Incremental scanner of message heads. Time is linear in the bytes pushed, however they are cut. It holds at
 * most `maxBytes` of an unfinished line and the text of the lines before it.
 */
export class HeaderScanner {
  readonly #maxBytes: number;
  readonly #maxFields: number;
  #bytesOfHead = 0;
  #startLine: string | undefined;
  #fields = new HeaderFields();
  /** The beginning of a line whose end has not come yet: the first `#kept` bytes of `#line`. */
  #line = Buffer.alloc(0);
  #kept = 0;
  #failure: unknown;

  constructor(options: HeaderScannerOptions = {}) {
    const { maxBytes = 16_384, maxFields = 2_000 } = options;
    this.#maxBytes = maxBytes;
    this.#maxFields = maxFields;
  }

  /**
   * Takes further bytes. Returns the head once it is complete, `null` while more is needed. After a head the
   * scanner starts afresh, so that the final response can follow an interim one (1xx); push `rest` first.
   *
   * @throws HandshakeError `WS_ERR_INVALID_HTTP_MESSAGE` (400) for a malformed head, `WS_ERR_TOO_MANY_HEADERS`
   * (431) beyond a bound. Later pushes throw the same error again and keep nothing.
   */
  push(bytes: Buffer): MessageHead | null {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return this.#scan(bytes);
    } catch (error) {
      this.#startAfresh();
      this.#failure = error;
      throw error;
    }
  }

  #scan(bytes: Buffer): MessageHead | null {
    for (let start = 0; ; ) {
      const lineFeed = bytes.indexOf(0x0a, start);
      const end = lineFeed === -1 ? bytes.length : lineFeed + 1;
      this.#count(end - start);
      if (lineFeed === -1) {
        this.#keep(bytes, start, end);
        return null;
      }
      const line = this.#completeLine(bytes, start, end);
      start = end;
      if (line === '' && this.#startLine !== undefined) {
        return this.#finish(this.#startLine, bytes.subarray(start));
      }
      this.#take(line);
    }
  }

  #count(bytes: number): void {
    this.#bytesOfHead += bytes;
    if (this.#bytesOfHead > this.#maxBytes) throw tooLarge(this.#maxBytes);
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const needed = this.#kept + end - start;
    if (needed > this.#line.length) {
      const line = Buffer.alloc(Math.min(this.#maxBytes, Math.max(256, 2 * needed)));
      this.#line.copy(line, 0, 0, this.#kept);
      this.#line = line;
    }
    bytes.copy(this.#line, this.#kept, start, end);
    this.#kept = needed;
  }

  /** The line that ends before `end`, without its CRLF. */
  #completeLine(bytes: Buffer, start: number, end: number): string {
    if (this.#kept === 0) return withoutLineEnd(bytes.toString('latin1', start, end));
    this.#keep(bytes, start, end);
    const line = this.#line.toString('latin1', 0, this.#kept);
    this.#kept = 0;
    return withoutLineEnd(line);
  }

  #take(line: string): void {
    if (this.#startLine !== undefined) this.#takeField(line);
    // Empty lines before the start line are ignored (RFC 9112 §2.2); they count as bytes of the head.
    else if (line !== '') this.#startLine = checkedStartLine(line);
  }

  #takeField(line: string): void {
    if (this.#fields.count >= this.#maxFields) throw HandshakeError.of('WS_ERR_TOO_MANY_HEADERS');
    // Folding is refused, and so is whitespace before the first field (RFC 9112 §5.2 and §2.2).
    if (isWhitespace(line, 0)) throw malformed('a line starts with whitespace');
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    // This is also the rule against whitespace before the colon (RFC 9112 §5.1).
    if (!isToken(name)) throw malformed('invalid header name');
    const value = trimWhitespace(line, colon + 1);
    if (!isFieldValue(value)) throw malformed('invalid character in a header value');
    this.#fields.append(name, value);
  }

  #finish(startLine: string, rest: Buffer): MessageHead {
    const head = { startLine, fields: this.#fields, rest };
    this.#startAfresh();
    return head;
  }

  #startAfresh(): void {
    this.#bytesOfHead = 0;
    this.#startLine = undefined;
    this.#fields = new HeaderFields();
    this.#line = Buffer.alloc(0);
    this.#kept = 0;
  }
}

/** A recipient may take a bare LF as a line end (RFC 9112 §2.2); what differs there is what gets smuggled. */
function withoutLineEnd(line: string): string {
  if (!line.endsWith('\r\n')) throw malformed('a line does not end in CRLF');
  return line.slice(0, -2);
}

function checkedStartLine(line: string): string {
  if (!isFieldValue(line)) throw malformed('invalid character in the start line');
  return line;
}

function malformed(detail: string): HandshakeError {
  return HandshakeError.of('WS_ERR_INVALID_HTTP_MESSAGE', detail);
}

function tooLarge(maxBytes: number): HandshakeError {
  return new HandshakeError(431, {
    code: 'WS_ERR_TOO_MANY_HEADERS',
    message: `The header is larger than ${maxBytes} bytes`,
  });
}
