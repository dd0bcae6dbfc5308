/**
 * `Sec-WebSocket-Key` and the `Sec-WebSocket-Accept` that proves it was read (RFC 6455 §1.3, §4.2.2). Makes no
 * keys: this layer has no randomness.
 */

import { hash } from 'node:crypto';
import { CharacterClass, consistsOf } from './grammar.js';

/** The fixed GUID that a server appends to the key (RFC 6455 §1.3). */
export const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key`: base64 of SHA-1 over key and GUID (§4.2.2 step 5.4). */
export function acceptKey(key: string): string {
  return hash('sha1', key + GUID, 'base64');
}

/**
 * Whether `key` is the base64 of exactly 16 bytes (RFC 6455 §4.2.1 item 5): 22 characters and `==`. Its last
 * character may carry non-zero padding bits, which RFC 4648 §3.5 lets a decoder ignore.
 */
export function isValidKey(key: string): boolean {
  return key.length === 24 && key.endsWith('==') && consistsOf(CharacterClass.BASE64, key, 0, 22);
}
