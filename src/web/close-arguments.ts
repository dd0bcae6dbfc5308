/**
 * The arguments of closing, as both faces take them: converted, then judged. It may not know who closes.
 */

import { Buffer } from 'node:buffer';
import { toDictionary, toEnforcedUnsignedShort, toUSVString } from './web-idl.js';

const NORMAL_CLOSURE = 1000;
const MAX_REASON = 123;

/** What a closing handshake says or said: the dictionary `WebSocketCloseInfo`. */
export interface WebSocketCloseInfo {
  /** 1000, or 3000 to 4999. What was received may be any code; 1005 if there was none. Default: none. */
  closeCode?: number | undefined;
  /** At most 123 bytes of UTF-8. Default: empty. */
  reason?: string | undefined;
}

/** A `WebSocketCloseInfo` as the algorithms want it. */
export interface CloseArguments {
  /** `null` for none. */
  readonly code: number | null;
  readonly reason: string;
}

/** Closing without a word. */
export const NO_ARGUMENTS: CloseArguments = { code: null, reason: '' };

/** Converts a `WebSocketCloseInfo`. @throws TypeError for what is no dictionary, or a code that is no short */
export function closeArgumentsOf(closeInfo: unknown): CloseArguments {
  const { closeCode, reason } = toDictionary(closeInfo, 'closeInfo');
  return {
    code: closeCode === undefined ? null : toEnforcedUnsignedShort(closeCode),
    reason: reason === undefined ? '' : toUSVString(reason),
  };
}

/**
 * "Validate close code and reason".
 * @throws DOMException `InvalidAccessError` for a code that scripts may not send, `SyntaxError` for a reason of more
 * than 123 bytes
 */
export function validateCloseCodeAndReason(closeArguments: CloseArguments): void {
  const objection = objectionTo(closeArguments);
  if (objection !== null) throw objection;
}

/** What "validate close code and reason" throws; `null` for nothing. */
export function objectionTo({ code, reason }: CloseArguments): DOMException | null {
  // Step 1.
  if (code !== null && code !== NORMAL_CLOSURE && (code < 3000 || code > 4999)) {
    return new DOMException(`The close code must be 1000 or 3000 to 4999, not ${code}`, 'InvalidAccessError');
  }
  // Step 2.
  if (Buffer.byteLength(reason) <= MAX_REASON) return null;
  return new DOMException(`The close reason must not be longer than ${MAX_REASON} bytes`, 'SyntaxError');
}

/** The code that goes with a reason: a close frame cannot have the one without the other. */
export function codeToSend({ code, reason }: CloseArguments): number | null {
  return code === null && reason !== '' ? NORMAL_CLOSURE : code;
}
