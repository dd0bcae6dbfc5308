/**
 * Frames to a Duplex as the class that `ws` exports. For tools that write frames themselves; a `WebSocket` does
 * not need it. It may not know the state of a connection: what may be sent when is the caller's.
 */

import { Blob, Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import { randomMaskingKey } from '../node/masking-keys.js';
import { closePayload } from '../protocol/close-payload.js';
import { assertControlLength } from '../protocol/control-payload.js';
import { UsageError } from '../protocol/errors.js';
import { frameHeaderLength, writeFrameHeader } from '../protocol/frame-encoder.js';
import { maskRange, readKey } from '../protocol/mask.js';
import { Opcode } from '../protocol/opcodes.js';
import { type BufferLike, bytesOf } from './payload.js';
import { PerMessageDeflate } from './per-message-deflate.js';

const FIN = 0x80;
const RSV1 = 0x40;

/** The values of `_state`. */
const IDLE = 0;
const DEFLATING = 1;
const READING_BLOB = 2;

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

/** What a `Sender` sends: as `WebSocket.send`, without numbers. */
type SenderData = Exclude<BufferLike, number>;

/** The agreed extensions, by name; `Sender` knows permessage-deflate. */
type SenderExtensions = Readonly<Record<string, PerMessageDeflate>>;

/** Writes frames to `socket` in the order of the calls, also while one is compressed or a Blob is read. */
export class Sender {
  /** Called after the callbacks when a message can be neither sent nor left out; then the socket is destroyed. */
  onerror: (error: Error) => void = () => {};

  /** @internal As in `ws`, for software that looks at it. */
  readonly _socket: Duplex;
  /** @internal What it is busy with: 0 with nothing, 1 compresses, 2 reads a Blob. As in `ws`. */
  _state: typeof IDLE | typeof DEFLATING | typeof READING_BLOB = IDLE;
  /** @internal Bytes that are compressed or read, and those that wait behind them. As in `ws`. */
  _bufferedBytes = 0;

  readonly #deflate: PerMessageDeflate | undefined;
  readonly #generateMask: GenerateMask | undefined;
  #waiting: OutgoingFrame[] = [];
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
    extensions?: SenderExtensions | null | undefined,
    generateMask?: GenerateMask | undefined,
  ) {
    this._socket = socket;
    this.#deflate = extensions?.[PerMessageDeflate.extensionName];
    this.#generateMask = generateMask;
  }

  /**
   * One frame (RFC 6455 §5.2): the header, and the payload unless it is empty; both in one buffer where a read-only
   * payload is masked, since it is copied then. A payload without a mask is passed on without a copy.
   */
  static frame(data: Buffer | Uint8Array | string, options: SenderFrameOptions): Buffer[] {
    return frameOf(data, options);
  }

  /**
   * Sends a close frame.
   *
   * @throws UsageError `WS_ERR_INVALID_ARGUMENT` for a code that may not be sent, or a reason of another type
   * @throws UsageRangeError `WS_ERR_CONTROL_DATA_TOO_LONG` for a reason over 123 bytes
   */
  close(code?: number, data?: string | Uint8Array, mask?: boolean, callback?: SenderCallback): void {
    const payload = closePayload(code, code === undefined ? undefined : reasonOf(data));
    this.#submit({ opcode: Opcode.CLOSE, payload, isOurs: true, fin: true, mask: Boolean(mask), callback });
  }

  /** Sends a ping. @throws UsageRangeError `WS_ERR_CONTROL_DATA_TOO_LONG` over 125 bytes */
  ping(data: SenderData, mask?: boolean, callback?: SenderCallback): void {
    this.#sendControl(Opcode.PING, data, mask, callback);
  }

  /** Sends a pong. @throws UsageRangeError `WS_ERR_CONTROL_DATA_TOO_LONG` over 125 bytes */
  pong(data: SenderData, mask?: boolean, callback?: SenderCallback): void {
    this.#sendControl(Opcode.PONG, data, mask, callback);
  }

  /** Sends a message, or a fragment of one. Bytes must not change until the callback. */
  send(data: SenderData, options: SenderSendOptions, callback?: SenderCallback): void {
    const payload = payloadOf(data);
    const first = !this.#fragmented;
    const fin = Boolean(options.fin);
    const worthwhile = Boolean(options.compress) && (this.#deflate?.isWorthwhile(sizeOf(payload)) ?? false);
    this.#fragmented = !fin;
    if (first) this.#compressing = worthwhile;
    this.#submit({
      opcode: first ? (options.binary ? Opcode.BINARY : Opcode.TEXT) : Opcode.CONTINUATION,
      payload,
      isOurs: typeof data === 'string',
      fin,
      mask: Boolean(options.mask),
      rsv1: first && this.#compressing,
      compress: this.#compressing,
      callback,
    });
  }

  /** Writes what `frame` gave, at once: it overtakes what is compressed or read. */
  sendFrame(frames: readonly Buffer[], callback?: SenderCallback): void {
    const last = frames.length - 1;
    this._socket.cork();
    for (const [index, bytes] of frames.entries()) {
      this._socket.write(bytes, index === last ? callback : undefined);
    }
    this._socket.uncork();
  }

  #sendControl(
    opcode: number,
    data: SenderData,
    mask: boolean | undefined,
    callback: SenderCallback | undefined,
  ): void {
    const payload = payloadOf(data);
    assertControlLength(sizeOf(payload));
    const isOurs = typeof data === 'string';
    this.#submit({ opcode, payload, isOurs, fin: true, mask: Boolean(mask), callback });
  }

  #submit(frame: OutgoingFrame): void {
    if (this._state === IDLE) {
      this.#process(frame);
      return;
    }
    this._bufferedBytes += sizeOf(frame.payload);
    this.#waiting.push(frame);
  }

  #process(frame: OutgoingFrame): void {
    const { payload } = frame;
    if (!(payload instanceof Blob)) {
      this.#encode(frame, payload);
      return;
    }
    this.#start(READING_BLOB, payload.size);
    payload.arrayBuffer().then(
      (bytes) => {
        this.#done(payload.size);
        this.#encode({ ...frame, isOurs: true }, Buffer.from(bytes));
      },
      (error: Error) => this.#fail(frame, error),
    );
  }

  #encode(frame: OutgoingFrame, payload: Buffer): void {
    if (!frame.compress) {
      this.#write(frame, payload);
      return;
    }
    this.#start(DEFLATING, payload.length);
    this.#deflate?.compress(payload, frame.fin, (error, compressed) => {
      this.#done(payload.length);
      if (error || compressed === undefined) this.#fail(frame, error as Error);
      else this.#write({ ...frame, isOurs: true }, compressed);
    });
  }

  #start(state: typeof DEFLATING | typeof READING_BLOB, length: number): void {
    this._state = state;
    this._bufferedBytes += length;
  }

  #done(length: number): void {
    this._bufferedBytes -= length;
  }

  #write(frame: OutgoingFrame, payload: Buffer): void {
    const { opcode, fin, rsv1, mask, isOurs, callback } = frame;
    const options = { opcode, fin, rsv1, mask, readOnly: !isOurs, generateMask: this.#generateMask };
    this.sendFrame(frameOf(payload, options), callback);
    this.#next();
  }

  #next(): void {
    this._state = IDLE;
    while (this._state === IDLE) {
      const frame = this.#waiting.shift();
      if (frame === undefined) return;
      this.#done(sizeOf(frame.payload));
      this.#process(frame);
    }
  }

  /** A frame that is left out would break its message, so nothing may follow it. */
  #fail(frame: OutgoingFrame, error: Error): void {
    const failed = [frame, ...this.#waiting];
    this.#waiting = [];
    this._bufferedBytes = 0;
    this._state = IDLE;
    for (const { callback } of failed) callback?.(error);
    this.onerror(error);
    this._socket.destroy();
  }
}

interface OutgoingFrame {
  readonly opcode: number;
  readonly payload: Buffer | Blob;
  /** Whether the payload is not the caller's memory and may be masked in place. */
  readonly isOurs: boolean;
  readonly fin: boolean;
  readonly mask: boolean;
  readonly rsv1?: boolean;
  readonly compress?: boolean;
  readonly callback: SenderCallback | undefined;
}

function frameOf(data: Buffer | Uint8Array | string, options: SenderFrameOptions): Buffer[] {
  const payload = bytesOf(data);
  const masked = Boolean(options.mask);
  const size = frameHeaderLength(payload.length, masked);
  const head = (options.fin ? FIN : 0) | (options.rsv1 ? RSV1 : 0) | options.opcode;
  const header = Buffer.alloc(size);
  writeFrameHeader(header, 0, head, payload.length, masked);
  if (masked) writeMaskingKey(header.subarray(size - 4), options);
  if (payload.length === 0) return [header];
  const key = masked ? readKey(header, size - 4) : 0;
  if (key !== 0 && options.readOnly && typeof data !== 'string') {
    const frame = Buffer.concat([header, payload]);
    maskRange(frame, size, frame.length, key);
    return [frame];
  }
  maskRange(payload, 0, payload.length, key);
  return [header, payload];
}

function writeMaskingKey(target: Buffer, { generateMask, maskBuffer }: SenderFrameOptions): void {
  const key = maskBuffer ?? target;
  if (generateMask === undefined) randomMaskingKey(key, 0);
  else generateMask(key);
  if (key !== target) key.copy(target, 0, 0, 4);
}

/** Numbers, and nothing at all, are what a WebSocket's `send` takes and a `Sender` refuses, as in `ws`. */
function payloadOf(data: unknown): Buffer | Blob {
  if (data instanceof Blob) return data;
  const refused = typeof data === 'number' || data === null || data === undefined;
  // It throws the TypeError that every other wrong type gives.
  return refused ? Buffer.from(data as unknown as string) : bytesOf(data);
}

function sizeOf(payload: Buffer | Blob): number {
  return payload instanceof Blob ? payload.size : payload.length;
}

function reasonOf(data: unknown): string | Buffer | undefined {
  if (data === undefined || typeof data === 'string') return data;
  if (data instanceof Uint8Array) return bytesOf(data);
  throw new UsageError('WS_ERR_INVALID_ARGUMENT', 'Second argument must be a string or a Uint8Array');
}
