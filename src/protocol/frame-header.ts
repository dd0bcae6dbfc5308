/** The first octets of a frame (RFC 6455 §5.2): the bits in them, and what follows from them alone. */

import { MAX_CONTROL_PAYLOAD } from './control-payload.js';
import { ProtocolError } from './errors.js';
import { Opcode } from './opcodes.js';

/** First octet: the last frame of its message. */
export const FIN = 0x80;
/** First octet: defined by permessage-deflate (RFC 7692 §6). */
export const RSV1 = 0x40;
/** First octet: bits that no extension defines here. */
export const RSV_2_3 = 0x30;
/** First octet: the opcode. */
export const OPCODE = 0x0f;
/** Second octet: a masking key follows. */
export const MASK = 0x80;
/** Second octet: the payload length, or what says where it stands. */
export const LENGTH = 0x7f;
/** 2 octets, 8 of extended length, 4 of masking key. */
export const MAX_HEADER = 14;

/** Whether it is the opcode of a ping or pong. */
export function isPingOrPong(opcode: number): boolean {
  return opcode === Opcode.PING || opcode === Opcode.PONG;
}

/** Octets of the header, as its second octet tells. */
export function headerSize(second: number): number {
  const short = second & LENGTH;
  return 2 + (short < 126 ? 0 : short === 126 ? 2 : 8) + ((second & MASK) !== 0 ? 4 : 0);
}

/** §5.5: control frames are at most 125 bytes and not fragmented; §5.5.1: a close code has two octets. */
export function judgeControl(first: number, second: number): ProtocolError | null {
  const length = second & LENGTH;
  if ((first & FIN) === 0) return new ProtocolError('WS_ERR_EXPECTED_FIN');
  // RFC 7692 §6.1: control frames are never compressed.
  if ((first & RSV1) !== 0) return new ProtocolError('WS_ERR_UNEXPECTED_RSV_1');
  if (length > MAX_CONTROL_PAYLOAD || ((first & OPCODE) === Opcode.CLOSE && length === 1)) {
    return new ProtocolError('WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', length);
  }
  return null;
}
