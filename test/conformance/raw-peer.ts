/**
 * The other end of a connection, made of a bare TCP socket: writes bytes as it is told, and collects frames.
 * It knows nothing of hawser; what it reads is cut into frames by hand.
 */
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ReadFrame, readRawFrames } from '../protocol/raw-frame.js';

/** How the bytes of a case are written: at once, or octet by octet (long ones in pieces of all sizes). */
export type Cut = 'whole' | 'octets';
export const cuts: readonly Cut[] = ['whole', 'octets'];

/** Milliseconds after which something that was awaited counts as missing. */
const DEADLINE = 5_000;
/** Longer inputs are not written octet by octet. */
const MAX_OCTETS = 300;

/** One end of a TCP connection. */
export class RawPeer {
  /** The other end has ended its half, or the connection is gone. */
  ended = false;
  private readonly socket: Socket;
  private readonly parsed: ReadFrame[] = [];
  /** What has come and is not taken. */
  private chunks: Buffer[] = [];
  private length = 0;
  /** Octets that the next frame needs, as far as known. */
  private needed = 2;
  private wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.chunks.push(chunk);
      this.length += chunk.length;
      this.wake();
    });
    const end = () => {
      this.ended = true;
      this.wake();
    };
    socket.on('end', end).on('close', end).on('error', end);
  }

  /** Bytes that have come and are not taken. */
  get received(): Buffer {
    if (this.chunks.length !== 1) this.chunks = [Buffer.concat(this.chunks)];
    return this.chunks[0];
  }

  /** The frames that have come; only once the head is taken. */
  get frames(): readonly ReadFrame[] {
    if (this.length >= this.needed) {
      const { frames, rest, needed } = readRawFrames(this.received);
      this.parsed.push(...frames);
      this.needed = needed;
      this.keep(rest);
    }
    return this.parsed;
  }

  /** Writes; what the other end has closed to is not written. */
  async send(bytes: Buffer, cut: Cut = 'whole'): Promise<void> {
    for (const chunk of chunksOf(bytes, cut)) {
      if (this.socket.writable) this.socket.write(chunk);
      if (cut === 'octets') await nextTurn();
    }
  }

  /** Waits until so many frames have come, or the end. */
  async waitForFrames(count: number): Promise<void> {
    await this.waitUntil(() => this.frames.length >= count || this.ended, `${count} frames`);
  }

  /** Waits for the end. */
  async waitForEnd(): Promise<void> {
    await this.waitUntil(() => this.ended, 'the end');
  }

  /** Waits for the empty line that ends an HTTP head, takes it, and gives it. */
  async takeHead(): Promise<string> {
    await this.waitUntil(() => this.received.includes('\r\n\r\n') || this.ended, 'an HTTP head');
    const end = this.received.indexOf('\r\n\r\n') + 4;
    const head = this.received.toString('latin1', 0, end < 4 ? 0 : end);
    this.keep(this.received.subarray(head.length));
    return head;
  }

  /** Ends our half. */
  end(): void {
    this.socket.end();
  }

  /** Resets the connection. */
  destroy(): void {
    this.socket.resetAndDestroy();
  }

  private keep(rest: Buffer): void {
    this.chunks = [rest];
    this.length = rest.length;
  }

  private async waitUntil(condition: () => boolean, what: string): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(this.missing(what)), DEADLINE);
      this.wake = () => {
        if (!condition()) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private missing(what: string): Error {
    const tail = this.received.toString('hex', 0, 200);
    return new Error(`waited for ${what}; ${this.received.length} bytes have come: ${tail}`);
  }
}

function chunksOf(bytes: Buffer, cut: Cut): Buffer[] {
  if (cut === 'whole' || bytes.length === 0) return [bytes];
  const size = bytes.length <= MAX_OCTETS ? 1 : Math.ceil(bytes.length / 37);
  const chunks: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += size) chunks.push(bytes.subarray(start, start + size));
  return chunks;
}

/** Gives up on a promise that does not settle. */
export function withDeadline<Value>(promise: Promise<Value>, what: string): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`waited for ${what}`)), DEADLINE);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
