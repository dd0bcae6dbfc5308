/**
 * The opcodes of RFC 6455 §5.2 (registry: §11.8). Knows nothing of roles or of state.
 */

/** A frame's opcode, 4 bits (RFC 6455 §5.2). */
export const Opcode = {
  /** A further fragment of the message that is under way. */
  CONTINUATION: 0x0,
  /** The first or only frame of a text message. */
  TEXT: 0x1,
  /** The first or only frame of a binary message. */
  BINARY: 0x2,
  /** Control frame: the closing handshake (§5.5.1). */
  CLOSE: 0x8,
  /** Control frame: asks for a pong (§5.5.2). */
  PING: 0x9,
  /** Control frame: answers a ping, or a heartbeat of its own (§5.5.3). */
  PONG: 0xa,
} as const;

/** One of the six opcodes that RFC 6455 defines. */
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

/** Control frames have the highest bit of the opcode set (RFC 6455 §5.5). */
export function isControlOpcode(opcode: number): boolean {
  return (opcode & 0x8) !== 0;
}

const names = new Map<number, string>([
  [Opcode.CONTINUATION, 'continuation'],
  [Opcode.TEXT, 'text'],
  [Opcode.BINARY, 'binary'],
  [Opcode.CLOSE, 'close'],
  [Opcode.PING, 'ping'],
  [Opcode.PONG, 'pong'],
]);

/** The RFC's name of an opcode in lower case; `reserved` for those it leaves undefined. */
export function opcodeName(opcode: number): string {
  return names.get(opcode) ?? 'reserved';
}

/** Whether it begins a message: text or binary (§5.6). */
export function isDataOpcode(opcode: number): boolean {
  return opcode === Opcode.TEXT || opcode === Opcode.BINARY;
}
