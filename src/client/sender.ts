/**
 * Frames to a Duplex as the class that `ws` exports. For tools that write frames themselves; a `WebSocket` does
 * not need it. It may not know the state of a connection: what may be sent when is the caller's.
 */

import { Blob, Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import { randomMaskingKey } from '../node/masking-keys.js';
import { closePayload } from '../protocol/close-payload.js';
import { UsageError } from '../protocol/errors.js';
import { frameHeaderLength, writeFrameHeader } from '../protocol/frame-encoder.js';
import { maskRange, readKey } from '../protocol/mask.js';
import { Opcode } from '../protocol/opcodes.js';
import { type BufferLike, bytesOf, sizeOf } from './payload.js';
import { PerMessageDeflate } from './per-message-deflate.js';

const FIN = 0x80;
const RSV1 = 0x40;
const MAX_CONTROL_PAYLOAD = 125;

/** What `Sender.frame` needs to know of a frame. */
export interface SenderFrameOptions {
  /** The frame's opcode, 4 bits. */
  opcode: number;
  /** FIN: the last frame of its message. Default `false`. */
  fin?: boolean | undefined;
  /** RSV1: the message is compressed (RFC 7692 §6). Default `false`. */
  rsv1?: boolean | undefined;
  /** Whether the payload is masked, as a client's must be (RFC 6455 §5.3). Default `false`. */
  mask?: boolean | undefined;
  /** Whether the payload must stay as it is; else it is masked in place. Default `false`. */
  readOnly?: boolean | undefined;
  /** Writes the masking key into the four bytes given; by default it is random. */
  generateMask?: GenerateMask | undefined;
  /** Four bytes that get the masking key. */
  maskBuffer?: Buffer | undefined;
}

/** Writes a masking key into the four bytes given. */
export type GenerateMask = (key: Buffer) => void;

/** Options of `Sender.send`. */
export interface SenderSendOptions {
  /** Whether the message is binary. Default `false`. */
  binary?: boolean | undefined;
  /** Whether the message is compressed, if that was agreed on and it is not too short. Default `false`. */
  compress?: boolean | undefined;
  /** Whether this is the whole or the last fragment of a message. Default `false`. */
  fin?: boolean | undefined;
  /** Whether the payload is masked. Default `false`. */
  mask?: boolean | undefined;
}

/** Called when the bytes are written, or with why they are not. */
export type SenderCallback = (error?: Error | null) => void;

/** Writes frames to `socket` in the order of the calls, also while one is compressed or a Blob is read. */
export class Sender {
  readonly #socket: Duplex;
  readonly #deflate: PerMessageDeflate | undefined;
  readonly #generateMask: GenerateMask | undefined;
  #waiting: OutgoingFrame[] = [];
  #busy = false;
  #bufferedBytes = 0;
  /** A message is being sent in fragments (RFC 6455 §5.4). */
  #fragmented = false;
  /** Whether that message is compressed. */
  #compressing = false;

  /**
   * @param extensions the agreed `PerMessageDeflate` by its `extensionName`
   * @param generateMask writes masking keys; by default they are random
   */
  constructor(
    socket: Duplex,
    extensions: Readonly<Record<string, PerMessageDeflate>> = {},
    generateMask?: GenerateMask,
  ) {
    this.#socket = socket;
    this.#deflate = extensions[PerMessageDeflate.extensionName];
    this.#generateMask = generateMask;
  }

  /**
   * One frame (RFC 6455 §5.2): the header, and the payload unless it is empty; both in one buffer where a read-only
   * payload is masked, since it is copied then. A payload without a mask is passed on without a copy.
   */
  static frame(data: Buffer | Uint8Array | string, options: SenderFrameOptions): Buffer[] {
    const payload = bytesOf(data);
    const masked = options.mask === true;
    const size = frameHeaderLength(payload.length, masked);
    const head = (options.fin ? FIN : 0) | (options.rsv1 ? RSV1 : 0) | options.opcode;
    const header = Buffer.alloc(size);
    writeFrameHeader(header, 0, head, payload.length, masked);
    if (masked) writeMaskingKey(header.subarray(size - 4), options);
    if (payload.length === 0) return [header];
    const key = masked ? readKey(header, size - 4) : 0;
    if (key !== 0 && options.readOnly === true && typeof data !== 'string') {
      const frame = Buffer.concat([header, payload]);
      maskRange(frame, size, frame.length, key);
      return [frame];
    }
    maskRange(payload, 0, payload.length, key);
    return [header, payload];
  }

  /** Bytes that wait, while something before them is compressed or read. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /**
   * Sends a close frame.
   *
   * @throws UsageError `WS_ERR_INVALID_ARGUMENT` for a code that may not be sent or a reason over 123 bytes
   */
  close(code?: number, data?: string | Buffer, mask?: boolean, callback?: SenderCallback): void {
    const payload = closePayload(code, data);
    this.#submit({ opcode: Opcode.CLOSE, data: payload, fin: true, mask: mask === true, callback });
  }

  /** Sends a ping. @throws UsageError `WS_ERR_INVALID_ARGUMENT` over 125 bytes */
  ping(data?: BufferLike, mask?: boolean, callback?: SenderCallback): void {
    this.#sendControl(Opcode.PING, data, mask, callback);
  }

  /** Sends a pong. @throws UsageError `WS_ERR_INVALID_ARGUMENT` over 125 bytes */
  pong(data?: BufferLike, mask?: boolean, callback?: SenderCallback): void {
    this.#sendControl(Opcode.PONG, data, mask, callback);
  }

  /** Sends a message, or a fragment of one. Bytes must not change until the callback. */
  send(data: BufferLike, options: SenderSendOptions, callback?: SenderCallback): void {
    const first = !this.#fragmented;
    const fin = options.fin === true;
    const worthwhile = options.compress === true && (this.#deflate?.isWorthwhile(sizeOf(data)) ?? false);
    this.#fragmented = !fin;
    if (first) this.#compressing = worthwhile;
    this.#submit({
      opcode: first ? (options.binary ? Opcode.BINARY : Opcode.TEXT) : Opcode.CONTINUATION,
      data,
      fin,
      mask: options.mask === true,
      rsv1: first && this.#compressing,
      compress: this.#compressing,
      callback,
    });
  }

  #sendControl(
    opcode: number,
    data: BufferLike | undefined,
    mask: boolean | undefined,
    callback: SenderCallback | undefined,
  ): void {
    if (data !== undefined && sizeOf(data) > MAX_CONTROL_PAYLOAD) {
      throw new UsageError('WS_ERR_INVALID_ARGUMENT', 'The data size must not be greater than 125 bytes');
    }
    this.#submit({ opcode, data, fin: true, mask: mask === true, callback });
  }

  #submit(frame: OutgoingFrame): void {
    if (!this.#busy) {
      this.#process(frame);
      return;
    }
    this.#bufferedBytes += sizeOf(frame.data);
    this.#waiting.push(frame);
  }

  #process(frame: OutgoingFrame): void {
    if (!(frame.data instanceof Blob)) {
      this.#encode(frame, bytesOf(frame.data));
      return;
    }
    this.#busy = true;
    frame.data.arrayBuffer().then(
      (bytes) => this.#encode(frame, Buffer.from(bytes)),
      (error: Error) => this.#fail(frame, error),
    );
  }

  #encode(frame: OutgoingFrame, payload: Buffer): void {
    if (frame.compress !== true) {
      this.#write(frame, payload);
      return;
    }
    this.#busy = true;
    this.#deflate?.compress(payload, frame.fin, (error, compressed) => {
      if (error || compressed === undefined) this.#fail(frame, error as Error);
      else this.#write(frame, compressed);
    });
  }

  #write(frame: OutgoingFrame, payload: Buffer): void {
    const { opcode, fin, rsv1, mask, callback } = frame;
    const generateMask = this.#generateMask;
    // The payload may be the caller's memory.
    const buffers = Sender.frame(payload, { opcode, fin, rsv1, mask, readOnly: true, generateMask });
    const last = buffers.pop() as Buffer;
    this.#socket.cork();
    for (const buffer of buffers) this.#socket.write(buffer);
    this.#socket.write(last, callback);
    this.#socket.uncork();
    this.#next();
  }

  #next(): void {
    this.#busy = false;
    while (!this.#busy) {
      const frame = this.#waiting.shift();
      if (frame === undefined) return;
      this.#bufferedBytes -= sizeOf(frame.data);
      this.#process(frame);
    }
  }

  /** A frame that is left out would break its message, so nothing may follow it. */
  #fail(frame: OutgoingFrame, error: Error): void {
    const failed = [frame, ...this.#waiting];
    this.#waiting = [];
    this.#bufferedBytes = 0;
    this.#busy = false;
    this.#socket.destroy();
    for (const { callback } of failed) callback?.(error);
  }
}

interface OutgoingFrame {
  readonly opcode: number;
  readonly data: unknown;
  readonly fin: boolean;
  readonly mask: boolean;
  readonly rsv1?: boolean;
  readonly compress?: boolean;
  readonly callback: SenderCallback | undefined;
}

function writeMaskingKey(target: Buffer, { generateMask, maskBuffer }: SenderFrameOptions): void {
  const key = maskBuffer ?? target;
  if (generateMask === undefined) randomMaskingKey(key, 0);
  else generateMask(key);
  if (key !== target) key.copy(target, 0, 0, 4);
}
