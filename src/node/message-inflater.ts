/**
 * Decompression of whole incoming messages for permessage-deflate (RFC 7692 §7.2.2). It knows the
 * negotiated window and the bound on a message, and nothing of frames, offers or sockets. Each call makes
 * and frees its own zlib state; what a peer may refer back to is kept as plain bytes (§7.1.1).
 */

import { Buffer, kMaxLength } from 'node:buffer';
import { constants, createInflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { LimitError, ProtocolError } from '../protocol/errors.js';
import { SlidingWindow } from './sliding-window.js';
import { joinInTurns, ZlibJob, type ZlibJobResult } from './zlib-job.js';
import { sharedZlibLimiter, type ZlibLimiter } from './zlib-limiter.js';

/**
 * Default of `syncThreshold`, in compressed bytes. Inflating that much literal data takes 50 µs, and 180 µs if
 * the peer makes it slow (new Huffman tables for every few bytes); the thread pool costs 60 µs by itself.
 */
export const INFLATE_SYNC_THRESHOLD: number = 16 * 1024;

/**
 * Default of `syncMaxOutput`, in bytes. Inflating text to that length takes about 180 µs, and a bomb is
 * given up there after 40 µs.
 */
export const INFLATE_SYNC_MAX_OUTPUT: number = 256 * 1024;

/** Bytes after a final block start a new inflate run; more runs than this in one message fail it. */
export const MAX_INFLATE_RESTARTS = 16;

/**
 * The tail that the sender removed (§7.2.2) and a final empty block. With the latter zlib reports the end of
 * the data only if every block was complete, so a message that was cut short does not pass.
 */
export const INFLATE_TRAILER: Buffer = Buffer.from([0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff]);

/**
 * Windows of inflate are always the largest: then what a peer gets away with does not depend on how its
 * bytes were cut. The window handed over from message to message has the negotiated size.
 */
export const INFLATE_WINDOW_BITS = 15;

/** What a `MessageInflater` needs. */
export interface MessageInflaterOptions {
  /** Base-2 logarithm of the window of this direction, 8 to 15. */
  windowBits: number;
  /** May a message refer to earlier messages? */
  contextTakeover: boolean;
  /** Bound on a message in bytes after decompression; 0 and `Infinity` mean none. */
  maxPayload: number;
  zlib?: Pick<ZlibOptions, 'chunkSize'> | undefined;
  /** Bounds the jobs on the thread pool; the process-wide one by default. */
  limiter?: ZlibLimiter | undefined;
  /** Longest compressed payload in bytes that is tried synchronously; {@link INFLATE_SYNC_THRESHOLD}. */
  syncThreshold?: number | undefined;
  /** Output in bytes at which the thread pool takes over; {@link INFLATE_SYNC_MAX_OUTPUT} by default. */
  syncMaxOutput?: number | undefined;
}

/** Why a message could not be decompressed. */
export type InflateError = ProtocolError | LimitError;

/** Called with the message, or with the error and an empty buffer; then the connection has to be failed. */
export type InflateCallback = (error: InflateError | null, message: Buffer) => void;

const smallestChunk = 1024;
const largestChunk = 64 * 1024;

/** One direction of one connection. The caller keeps the order: one message at a time. */
export class MessageInflater {
  /** What messages may refer back to, shared with `StreamingInflater`; `undefined` without takeover. */
  readonly window: SlidingWindow | undefined;
  #maxPayload = kMaxLength;
  readonly #chunkSize: number | undefined;
  readonly #limiter: ZlibLimiter;
  readonly #syncThreshold: number;
  readonly #syncMaxOutput: number;
  #job: ZlibJob | undefined;
  #cancelled = false;

  constructor(options: MessageInflaterOptions) {
    this.window = options.contextTakeover ? new SlidingWindow(options.windowBits) : undefined;
    this.maxPayload = options.maxPayload;
    this.#chunkSize = options.zlib?.chunkSize;
    this.#limiter = options.limiter ?? sharedZlibLimiter;
    this.#syncThreshold = options.syncThreshold ?? INFLATE_SYNC_THRESHOLD;
    this.#syncMaxOutput = options.syncMaxOutput ?? INFLATE_SYNC_MAX_OUTPUT;
  }

  /** Bound on the next messages in bytes; 0 and `Infinity` mean none. */
  set maxPayload(bytes: number) {
    this.#maxPayload = bytes === 0 ? kMaxLength : Math.min(bytes, kMaxLength);
  }

  /**
   * Decompresses the payload of a whole message, its fragments joined. Calls back before it returns if the
   * message is small, else later; the payload must not change until then. A payload that is no DEFLATE
   * data or ends early gives a `ProtocolError`, a message longer than `maxPayload` a `LimitError`.
   */
  inflate(payload: Buffer, callback: InflateCallback): void {
    if (payload.length <= this.#syncThreshold) {
      const bound = Math.min(this.#syncMaxOutput, this.#maxPayload);
      const output = new InflatedMessage(payload, this.window, bound);
      const error = this.#inflateSync(output);
      if (!(error instanceof LimitError) || bound === this.#maxPayload) {
        this.#finish(error, output, callback);
        return;
      }
    }
    this.#inflateOnPool(new InflatedMessage(payload, this.window, this.#maxPayload), callback);
  }

  /** For a connection that is gone: no callback follows, no job stays. */
  cancel(): void {
    this.#cancelled = true;
    this.#job?.cancel();
    this.#job = undefined;
    this.window?.clear();
  }

  #inflateSync(message: InflatedMessage): InflateError | null {
    const { length } = message.payload;
    const chunkSize = this.#chunkSize ?? Math.min(Math.max(length * 8, smallestChunk), largestChunk);
    const input = Buffer.concat([message.payload, INFLATE_TRAILER]);
    let outcome: Outcome;
    do {
      outcome = inflateStepSync(message, input.subarray(message.position), chunkSize);
    } while (outcome === 'restart');
    return outcome;
  }

  #inflateOnPool(message: InflatedMessage, callback: InflateCallback): void {
    this.#job = new ZlibJob({
      limiter: this.#limiter,
      create: () => createInflateRaw(message.zlibOptions(this.#chunkSize ?? largestChunk)),
      input: message.payload.subarray(message.position),
      trailer: INFLATE_TRAILER,
      maxOutput: message.room,
      callback: (error, result) => {
        const outcome = error ? inflateError(error) : message.take(result);
        if (outcome === 'restart') this.#inflateOnPool(message, callback);
        else this.#finish(outcome, message, callback);
      },
    });
  }

  #finish(error: InflateError | null, inflated: InflatedMessage, callback: InflateCallback): void {
    this.#job = undefined;
    if (this.#cancelled) return;
    if (error) {
      callback(error, Buffer.alloc(0));
      return;
    }
    inflated.join((message) => {
      if (this.#cancelled) return;
      this.window?.append(message);
      callback(null, message);
    });
  }
}

/** `null`: the message is complete; `restart`: bytes follow a final block. */
type Outcome = InflateError | null | 'restart';

/** A message while it is inflated, in as many steps as it has final blocks (§7.2.3.4). */
class InflatedMessage {
  readonly payload: Buffer;
  /** Compressed bytes that are dealt with. */
  position = 0;
  readonly #bound: number;
  readonly #window: SlidingWindow | undefined;
  #chunks: Buffer[] = [];
  #length = 0;
  #restarts = 0;

  constructor(payload: Buffer, window: SlidingWindow | undefined, bound: number) {
    this.payload = payload;
    this.#window = window;
    this.#bound = bound;
  }

  /** Bytes that may still come out. */
  get room(): number {
    return this.#bound - this.#length;
  }

  /** A plain literal: spreading would cost a short message a third of its time. */
  zlibOptions(chunkSize: number): InflateOptions {
    return {
      windowBits: INFLATE_WINDOW_BITS,
      chunkSize,
      dictionary: this.#dictionary(),
      maxOutputLength: Math.max(this.room, 1),
      info: true,
    };
  }

  /** Keeps the output of a step and tells what is next. */
  take(step: ZlibJobResult): Outcome {
    if (step.overflow) return new LimitError('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
    const left = this.payload.length - this.position;
    const error = trailerError(step.consumed - left, step.trailerOutput);
    if (error) return error;
    for (const chunk of step.chunks) this.#chunks.push(chunk);
    this.#length += step.length;
    this.position += step.consumed;
    if (step.consumed >= left) return null;
    return ++this.#restarts > MAX_INFLATE_RESTARTS ? tooManyRestarts() : 'restart';
  }

  join(joined: (message: Buffer) => void): void {
    joinInTurns(this.#chunks, this.#length, joined);
  }

  /** A block may refer to what came before the final block as to anything else before it. */
  #dictionary(): Buffer | undefined {
    if (this.#restarts === 0) return this.#window?.dictionary;
    const window = new SlidingWindow(INFLATE_WINDOW_BITS);
    if (this.#window?.dictionary) window.append(this.#window.dictionary);
    for (const chunk of this.#chunks) window.append(chunk);
    return window.dictionary;
  }
}

/** `maxOutputLength` and `info` count for the synchronous call alone. */
interface InflateOptions extends ZlibOptions {
  info: true;
}

/** What `info: true` gives, which the types of Node do not know. */
interface InflateInfo {
  buffer: Buffer;
  engine: { bytesWritten: number };
}

function inflateStepSync(message: InflatedMessage, input: Buffer, chunkSize: number): Outcome {
  const options = message.zlibOptions(chunkSize);
  try {
    const { buffer, engine } = inflateRawSync(input, options) as unknown as InflateInfo;
    const trailerOutput = endsLikeTail(buffer) ? lengthOfTrailerOutput(input, buffer, options) : 0;
    return message.take({
      chunks: [buffer],
      length: buffer.length,
      consumed: engine.bytesWritten,
      trailerOutput,
      overflow: buffer.length > message.room,
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') return new LimitError('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
    return inflateError(error as Error);
  }
}

/** Rare, and then perhaps a stored block that was cut short and took the trailer for its data. */
function endsLikeTail(output: Buffer): boolean {
  return output.length >= 4 && output.readUInt32BE(output.length - 4) === 0xffff;
}

function lengthOfTrailerOutput(input: Buffer, output: Buffer, options: InflateOptions): number {
  const payload = input.subarray(0, input.length - INFLATE_TRAILER.length);
  const flushing = { ...options, finishFlush: constants.Z_SYNC_FLUSH };
  const { buffer } = inflateRawSync(payload, flushing) as unknown as InflateInfo;
  return output.length - buffer.length;
}

/**
 * Judges where the data ended: `beyond` bytes after the payload, of which the trailer gave `output` bytes.
 * Right are the end of the trailer, and before it (then bytes are left over, or a final block ends the
 * payload). Anything else means that a block was not complete.
 */
export function trailerError(beyond: number, output: number): ProtocolError | null {
  if (output === 0 && (beyond <= 0 || beyond === INFLATE_TRAILER.length)) return null;
  return new ProtocolError('WS_ERR_INVALID_DEFLATE_DATA', 'the message ends inside a block');
}

/** The peer made us start zlib too often for one message. */
export function tooManyRestarts(): ProtocolError {
  return new ProtocolError('WS_ERR_INVALID_DEFLATE_DATA', `more than ${MAX_INFLATE_RESTARTS} final blocks`);
}

/** What zlib says of the data, as the connection's error. */
export function inflateError(error: Error): ProtocolError {
  return new ProtocolError('WS_ERR_INVALID_DEFLATE_DATA', error.message, { cause: error });
}
