/** The classes below the sockets, which `@types/ws` does not know, and what programs about them share. */
import { Duplex } from 'node:stream';
import type * as hawser from '../../src/index.js';
import type { Implementation } from './implementations.js';
import type { Trace } from './trace.js';

/** The classes with the types that hawser gives them. */
export type Classes = Pick<typeof hawser, 'Sender' | 'Receiver' | 'PerMessageDeflate'>;

export const classesOf = (implementation: Implementation): Classes => implementation as unknown as Classes;

export const fixedKey = (target: Buffer): void => void target.writeUInt32BE(0x37_fa_21_3d);

/** A socket that keeps what is written to it; `fail` is what each write is answered with. */
export function recordingSocket(fail?: Error): { socket: Duplex; written: () => Buffer; writes: number[] } {
  const chunks: Buffer[] = [];
  const writes: number[] = [];
  const take = (...taken: Buffer[]): void => {
    chunks.push(...taken);
    writes.push(taken.length);
  };
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, callback) {
      take(chunk);
      callback(fail);
    },
    writev(entries, callback) {
      take(...entries.map(({ chunk }) => chunk as Buffer));
      callback(fail);
    },
  });
  return { socket, written: () => Buffer.concat(chunks), writes };
}

const builtIns = [RangeError, SyntaxError, TypeError, Error] as const;

/** An error without its code: the class and the message that `ws` has, where that is what matters. */
export function withoutCode(error: unknown): Error {
  const BuiltIn = builtIns.find((candidate) => error instanceof candidate) ?? Error;
  return new BuiltIn((error as Error).message);
}

/** What a call gives, or throws; the code of an error is left out. */
export function attempt(trace: Trace, label: string, call: () => unknown): void {
  try {
    trace(label, call());
  } catch (error) {
    trace(label, 'throws', withoutCode(error));
  }
}

/** A `permessage-deflate` of a server that has agreed on `params`, with context takeover unless they say otherwise. */
export function agreedDeflate(implementation: Implementation, options: object = {}, params: object = {}) {
  const { PerMessageDeflate } = classesOf(implementation);
  const takeover = { serverNoContextTakeover: false, clientNoContextTakeover: false };
  const deflate = new PerMessageDeflate({ ...takeover, isServer: true, ...options });
  // A copy: ws writes into what it is given.
  deflate.accept([structuredClone(params) as never]);
  return { deflate, extensions: { [PerMessageDeflate.extensionName]: deflate } };
}
