/** Bytes of a peer to messages, by the engine. */
import { Opcode, WebSocketProtocol } from 'hawser/protocol';
import { fragmentsOf, frameOf, KiB, seededBytes, textOf } from './bytes.js';
import type { Case } from './case.js';

const MESSAGES = 64;
const LARGE = 64 * KiB;

export function decoding(): Case[] {
  const large = seededBytes(LARGE);
  const inReads = cut(frameOf(Opcode.BINARY, large), 16);
  return [
    small('64 B text', frameOf(Opcode.TEXT, textOf(64))),
    small('64 B text, not ASCII', frameOf(Opcode.TEXT, textOf(64, 'cyrillic'))),
    small('64 B binary', frameOf(Opcode.BINARY, seededBytes(64))),
    small('64 B binary at a client', frameOf(Opcode.BINARY, seededBytes(64), { masked: false }), 'client'),
    decodingCase('64 KiB binary in one read', [frameOf(Opcode.BINARY, large)], 1, LARGE),
    decodingCase('64 KiB text, not ASCII', [frameOf(Opcode.TEXT, textOf(LARGE, 'cyrillic'))], 1, LARGE),
    decodingCase('64 KiB binary in 16 reads', inReads, 1, LARGE),
    decodingCase('64 KiB binary in 16 fragments', [Buffer.concat(fragmentsOf(large, 16))], 1, LARGE),
  ];
}

/** Many of the same in one read. */
function small(name: string, frame: Buffer, role: 'client' | 'server' = 'server'): Case {
  const frames = Buffer.concat(Array<Buffer>(MESSAGES).fill(frame));
  return decodingCase(`${name}, ${MESSAGES} in a read`, [frames], MESSAGES, MESSAGES * 64, role);
}

/** Reads as a socket makes them: each in memory of its own. */
function cut(bytes: Buffer, count: number): Buffer[] {
  const size = Math.ceil(bytes.length / count);
  return Array.from({ length: count }, (_, index) => {
    const part = bytes.subarray(index * size, (index + 1) * size);
    const read = Buffer.allocUnsafeSlow(part.length);
    read.set(part);
    return read;
  });
}

function decodingCase(
  name: string,
  reads: readonly Buffer[],
  operations: number,
  result: number,
  role: 'client' | 'server' = 'server',
): Case {
  let received = 0;
  const engine = new WebSocketProtocol(
    {
      message(payload) {
        received += payload.length;
      },
      write: () => true,
      failed(error) {
        throw error;
      },
      closable() {},
    },
    { role, nextMaskingKey() {} },
  );
  return {
    name,
    operations,
    result,
    run() {
      received = 0;
      for (const read of reads) engine.receive(read);
      return received;
    },
  };
}
