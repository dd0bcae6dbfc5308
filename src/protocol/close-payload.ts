import { Buffer, isUtf8 } from 'node:buffer';
import { isValidCloseCode } from './close-codes.js';
import { ProtocolError, UsageError, UsageRangeError } from './errors.js';

const EMPTY = Buffer.alloc(0);
/** A close frame's payload is at most 125 bytes, two of them the code (RFC 6455 §5.5). */
const MAX_REASON = 123;

/**
 * The payload of our close frame (RFC 6455 §5.5.1): empty without a code, else the code and the reason as UTF-8.
 * @throws UsageError `WS_ERR_INVALID_ARGUMENT` for a code that may not be sent (§7.4)
 * @throws UsageRangeError `WS_ERR_CONTROL_DATA_TOO_LONG` for a reason over 123 bytes
 */
export function closePayload(code: number | undefined, reason: Uint8Array | string = EMPTY): Buffer {
  if (code === undefined) return EMPTY;
  if (typeof code !== 'number' || !isValidCloseCode(code)) {
    throw new UsageError('WS_ERR_INVALID_ARGUMENT', 'First argument must be a valid error code number');
  }
  // Of any other view the elements would be taken for bytes, fewer than it has: the rest would be stale memory.
  if (typeof reason !== 'string' && !(reason instanceof Uint8Array)) {
    throw new UsageError('WS_ERR_INVALID_ARGUMENT', 'The close reason must be a string or a Buffer');
  }
  const length = Buffer.byteLength(reason);
  if (length > MAX_REASON) {
    throw new UsageRangeError(
      'WS_ERR_CONTROL_DATA_TOO_LONG',
      'The message must not be greater than 123 bytes',
    );
  }
  const payload = Buffer.allocUnsafe(2 + length);
  payload.writeUInt16BE(code, 0);
  if (typeof reason === 'string') payload.write(reason, 2);
  else payload.set(reason, 2);
  return payload;
}

/**
 * Judges a received close frame's code and, unless that is not wanted, whether its reason is UTF-8 (§5.5.1, §7.4,
 * §8.1); its length has been judged before.
 */
export function judgeClosePayload(payload: Buffer, validateUtf8 = true): ProtocolError | null {
  if (payload.length === 0) return null;
  const code = payload.readUInt16BE(0);
  if (!isValidCloseCode(code)) return new ProtocolError('WS_ERR_INVALID_CLOSE_CODE', code);
  return !validateUtf8 || isUtf8(payload.subarray(2)) ? null : new ProtocolError('WS_ERR_INVALID_UTF8');
}
