/** The other end of a connection without a WebSocket: its frames are written and read by hand. */

import type { Socket } from 'node:net';
import {
  closePayload,
  type RawFrame,
  type ReadFrame,
  rawFrame,
  readRawFrames,
} from '../protocol/raw-frame.js';

/** One end of a connection on a bare socket. */
export class RawPeer {
  readonly socket: Socket;
  /** How often bytes have come. */
  reads = 0;
  /** Resolves when the other end has sent its FIN, or has reset the connection. */
  readonly ended: Promise<void>;
  readonly #maskingKey: Uint8Array | null;
  readonly #frames: ReadFrame[] = [];
  readonly #waiters: ((frame: ReadFrame) => void)[] = [];
  #rest: Buffer;

  /** @param maskingKey `null` at a server, which does not mask */
  constructor(socket: Socket, maskingKey: Uint8Array | null, rest: Buffer) {
    this.socket = socket;
    this.#maskingKey = maskingKey;
    this.#rest = rest;
    this.ended = new Promise((resolve) => socket.on('end', resolve).on('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.resume();
    if (rest.length > 0) this.#read(Buffer.alloc(0));
  }

  /** Writes frames in one piece. */
  write(...frames: RawFrame[]): void {
    const bytes = frames.map((frame) => rawFrame({ maskingKey: this.#maskingKey, ...frame }));
    this.socket.write(Buffer.concat(bytes));
  }

  /** A close frame. */
  close(code: number, reason = ''): void {
    this.write({ opcode: 8, payload: closePayload(code, reason) });
  }

  /** The next frame of the other end. */
  frame(): Promise<ReadFrame> {
    const frame = this.#frames.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Frames up to the one that `isLast` knows, that one included. */
  async framesUntil(isLast: (frame: ReadFrame) => boolean): Promise<ReadFrame[]> {
    const frames: ReadFrame[] = [];
    do frames.push(await this.frame());
    while (!isLast(frames[frames.length - 1]));
    return frames;
  }

  /** Ends the connection without a word. */
  terminate(): void {
    this.socket.destroy();
  }

  #read(bytes: Buffer): void {
    if (bytes.length > 0) this.reads++;
    const { frames, rest } = readRawFrames(Buffer.concat([this.#rest, bytes]));
    this.#rest = rest;
    for (const frame of frames) {
      const waiter = this.#waiters.shift();
      if (waiter === undefined) this.#frames.push(frame);
      else waiter(frame);
    }
  }
}

/** The code of a close frame. */
export function closeCodeOf(frame: ReadFrame): number | undefined {
  return frame.payload.length < 2 ? undefined : frame.payload.readUInt16BE(0);
}
