/** What the page tells of a frame without its bits. */
import type { InspectedFrame } from '../inspection.js';
import { decoded, fromBase64, spaced } from './octets.js';

const names = new Map([
  [0, 'continuation'],
  [1, 'text'],
  [2, 'binary'],
  [8, 'close'],
  [9, 'ping'],
  [10, 'pong'],
]);

/** The name of an opcode, by RFC 6455 §5.2. */
export function opcodeName(opcode: number): string {
  return names.get(opcode) ?? 'reserved';
}

/** Whether a frame is about the connection and not part of a message (§5.5). */
export function isControl({ opcode }: InspectedFrame): boolean {
  return opcode >= 8;
}

/** Whether the bit MASK is set (§5.2), with which a refused frame may have no key. */
export function isMasked({ header }: InspectedFrame): boolean {
  return ((fromBase64(header)[1] ?? 0) & 0x80) !== 0;
}

/** Characters of a payload that stand in a list. */
const previewLength = 36;
/** What messages of JSON-RPC begin with; a list has room for what tells them apart only. */
const rpcStart = /^\{"jsonrpc":"2\.0",(?:"method":)?/;
/** Octets that stand there if they are no text. */
const previewOctets = 10;

/** The beginning of a payload as text, as a close code with its reason, or in hexadecimal digits. */
export function preview(frame: InspectedFrame): string {
  const octets = fromBase64(frame.payload);
  if (frame.opcode === 8) return closeText(octets);
  const isText = (frame.opcode === 1 && !frame.rsv[0]) || isReadable(octets);
  const whole = isText ? decoded(octets).replace(rpcStart, '{… ') : spaced(octets.subarray(0, previewOctets));
  const isCut = isText ? whole.length > previewLength : frame.payloadLength > previewOctets;
  return isCut ? `${whole.slice(0, previewLength)}…` : whole;
}

/** The code and the reason of a close frame (§5.5.1). */
export function closeText(octets: Uint8Array): string {
  if (octets.length < 2) return '';
  const code = ((octets[0] ?? 0) << 8) | (octets[1] ?? 0);
  return `${code} ${decoded(octets.subarray(2))}`.trim();
}

function isReadable(octets: Uint8Array): boolean {
  return octets.every((octet) => octet >= 0x20 && octet < 0x7f);
}
