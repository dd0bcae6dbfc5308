/**
 * The start line of an HTTP/1.1 message, taken apart (RFC 9112 §3 and §4). It may not know which methods,
 * targets or statuses anybody wants.
 */

import { HandshakeError } from '../errors.js';
import { CharacterClass, consistsOf, isFieldValue, isToken } from './grammar.js';

/** The parts of a request line. */
export interface RequestLine {
  /** Case-sensitive method, such as `GET`. */
  method: string;
  /** Request target as sent: visible ASCII, at least one character. */
  target: string;
  /** HTTP version, such as `1.1`. */
  version: string;
}

/**
 * Parses `method SP request-target SP HTTP-version` (RFC 9112 §3), each separated by exactly one space.
 *
 * @throws HandshakeError `WS_ERR_INVALID_HTTP_MESSAGE` (400)
 */
export function parseRequestLine(line: string): RequestLine {
  const first = line.indexOf(' ');
  const last = line.lastIndexOf(' ');
  const method = line.slice(0, Math.max(first, 0));
  const target = line.slice(first + 1, last);
  const version = httpVersion(line.slice(last + 1));
  const isTarget = target !== '' && consistsOf(CharacterClass.VISIBLE, target);
  if (version === null || !isToken(method) || !isTarget) throw malformed('request');
  return { method, target, version };
}

/** The parts of a status line. */
export interface StatusLine {
  /** HTTP version, such as `1.1`. */
  version: string;
  /** Status code, 100 to 999. */
  status: number;
  /** Reason phrase, possibly empty. */
  reason: string;
}

/**
 * Parses `HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 §4). The second space may be missing
 * where the reason is, as some servers and proxies send it.
 *
 * @throws HandshakeError `WS_ERR_INVALID_HTTP_MESSAGE` (400)
 */
export function parseStatusLine(line: string): StatusLine {
  const version = httpVersion(line.slice(0, 8));
  const status = statusCode(line.slice(9, 12));
  const reason = line.slice(13);
  const isSeparated = line[8] === ' ' && (line.length === 12 || line[12] === ' ');
  if (version === null || status === null || !isSeparated || !isFieldValue(reason)) {
    throw malformed('status');
  }
  return { version, status, reason };
}

/** `HTTP/` DIGIT `.` DIGIT, case-sensitive (RFC 9112 §2.3). */
function httpVersion(text: string): string | null {
  const isVersion = text.length === 8 && text.startsWith('HTTP/') && text[6] === '.';
  return isVersion && isDigit(text, 5) && isDigit(text, 7) ? text.slice(5) : null;
}

/** Three digits, the first of which is a class and hence not 0 (RFC 9110 §15). */
function statusCode(text: string): number | null {
  const isCode = text.length === 3 && isDigit(text, 0) && isDigit(text, 1) && isDigit(text, 2);
  return isCode && text[0] !== '0' ? Number(text) : null;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

function malformed(kind: 'request' | 'status'): HandshakeError {
  return HandshakeError.of('WS_ERR_INVALID_HTTP_MESSAGE', `invalid ${kind} line`);
}
