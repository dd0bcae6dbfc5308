/** Messages to the bytes of frames, by the engine of a server and of a client, which masks. */
import { frameHeaderLength, type ProtocolHandler, WebSocketProtocol } from 'hawser/protocol';
import { KEY, KiB, seededBytes, textOf } from './bytes.js';
import type { Case } from './case.js';

const MESSAGES = 64;

export function encoding(): Case[] {
  const roles = ['server', 'client'] as const;
  return roles.flatMap((role) => [
    encodingCase(`${role}: 64 B text, alone`, role, textOf(64), 1),
    encodingCase(`${role}: 64 B text, ${MESSAGES} in a turn`, role, textOf(64), MESSAGES),
    encodingCase(`${role}: 64 B Buffer, ${MESSAGES} in a turn`, role, seededBytes(64), MESSAGES),
    encodingCase(`${role}: 64 KiB Buffer`, role, seededBytes(64 * KiB), 1),
  ]);
}

function encodingCase(
  name: string,
  role: 'client' | 'server',
  payload: Buffer | string,
  operations: number,
): Case {
  let written = 0;
  const handler: ProtocolHandler = {
    message() {},
    write(bytes, large) {
      written += bytes.length + (large === undefined ? 0 : large.length);
      return true;
    },
    failed() {},
    closable() {},
  };
  const nextMaskingKey = (target: Buffer, offset: number) => target.writeUInt32LE(KEY, offset);
  const engine = new WebSocketProtocol(handler, { role, nextMaskingKey });
  const isBinary = typeof payload !== 'string';
  return {
    name,
    operations,
    result: operations * (frameHeaderLength(payload.length, role === 'client') + payload.length),
    run() {
      written = 0;
      engine.cork();
      for (let count = 0; count < operations; count++) engine.send(payload, isBinary);
      engine.uncork();
      return written;
    },
  };
}
