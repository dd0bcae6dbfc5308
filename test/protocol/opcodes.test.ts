import { describe, expect, it } from 'vitest';
import { isControlOpcode, Opcode, opcodeName } from '../../src/protocol/opcodes.js';

/** RFC 6455 §5.2, every value of the four bits. */
const table = [
  [0x0, 'continuation', false],
  [0x1, 'text', false],
  [0x2, 'binary', false],
  [0x3, 'reserved', false],
  [0x4, 'reserved', false],
  [0x5, 'reserved', false],
  [0x6, 'reserved', false],
  [0x7, 'reserved', false],
  [0x8, 'close', true],
  [0x9, 'ping', true],
  [0xa, 'pong', true],
  [0xb, 'reserved', true],
  [0xc, 'reserved', true],
  [0xd, 'reserved', true],
  [0xe, 'reserved', true],
  [0xf, 'reserved', true],
] as const;

describe('opcodes', () => {
  it.each(table)('%i is %s', (opcode, name, isControl) => {
    expect(opcodeName(opcode)).toBe(name);
    expect(isControlOpcode(opcode)).toBe(isControl);
  });

  it('are the six of the RFC', () => {
    expect(Opcode).toEqual({ CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 });
  });
});
