/**
 * Compression of outgoing messages for permessage-deflate (RFC 7692 §7.2.1). It knows the negotiated
 * window, and nothing of frames, offers or sockets. Each call makes and frees its own zlib state; what a
 * message may refer back to is kept as plain bytes and given to zlib as its dictionary (§7.1.1).
 */

import { Buffer } from 'node:buffer';
import { constants, createDeflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { SlidingWindow } from './sliding-window.js';
import { joinOutput, unpinned, ZlibJob } from './zlib-job.js';
import { sharedZlibLimiter, type ZlibLimiter } from './zlib-limiter.js';

/**
 * Default of `syncThreshold`, in payload bytes. Compressing JSON-like text took 6 µs for 125 bytes, 31 µs
 * for 4 KiB, 70 µs for 8 KiB and 230 µs for 16 KiB (with a full window of 32 KiB: 54, 124, 223 and 386 µs);
 * the way over the thread pool adds about 60 µs of which most is work of the event loop itself.
 */
export const DEFLATE_SYNC_THRESHOLD: number = 8 * 1024;

/**
 * Default of `level`. Against zlib's own default, 6, JSON and prose of 2 to 8 KiB took 22 to 45 % less time and came
 * out 1 to 7 % longer.
 */
export const DEFAULT_DEFLATE_LEVEL = 3;

/** zlib's settings for compression; `memLevel` is an upper bound, short messages take less memory. */
export type DeflateSettings = Pick<ZlibOptions, 'level' | 'memLevel' | 'strategy' | 'chunkSize'>;

/** What a `MessageDeflater` needs. */
export interface MessageDeflaterOptions {
  /** Base-2 logarithm of the window of this direction, 8 to 15. */
  windowBits: number;
  /** May a message refer to earlier messages? */
  contextTakeover: boolean;
  zlib?: DeflateSettings | undefined;
  /** Bounds the jobs on the thread pool; the process-wide one by default. */
  limiter?: ZlibLimiter | undefined;
  /** Longest payload in bytes that is compressed synchronously; {@link DEFLATE_SYNC_THRESHOLD} by default. */
  syncThreshold?: number | undefined;
}

/** Called with the compressed payload, or with zlib's error (out of memory) and an empty buffer. */
export type DeflateCallback = (error: Error | null, compressed: Buffer) => void;

/** The empty block that a sync flush ends with and that §7.2.1 removes: its bytes after the header bits. */
const tailLength = 4;
const defaultMemLevel = 8;
/** zlib wants this much lookahead inside the window (MIN_LOOKAHEAD). */
const minLookahead = 262;
const smallestChunk = 128;
const largestChunk = 64 * 1024;

/** One direction of one connection. The caller keeps the order: one payload at a time. */
export class MessageDeflater {
  /** Longest payload in bytes that is meant for `deflateSync`. */
  readonly syncThreshold: number;
  readonly #windowBits: number;
  readonly #contextTakeover: boolean;
  readonly #settings: DeflateSettings;
  readonly #limiter: ZlibLimiter;
  readonly #window: SlidingWindow;
  #job: ZlibJob | undefined;

  constructor(options: MessageDeflaterOptions) {
    this.syncThreshold = options.syncThreshold ?? DEFLATE_SYNC_THRESHOLD;
    // zlib has no raw deflate with a window of 256 bytes. Its window of 512 bytes is safe for such a peer:
    // it never refers back further than the window less its lookahead, 512 - 262 = 250 bytes.
    this.#windowBits = Math.max(options.windowBits, 9);
    this.#contextTakeover = options.contextTakeover;
    this.#settings = options.zlib ?? {};
    this.#limiter = options.limiter ?? sharedZlibLimiter;
    this.#window = new SlidingWindow(options.windowBits);
  }

  /** Is a payload of `length` bytes short enough for `deflateSync`? */
  isSync(length: number): boolean {
    return length <= this.syncThreshold;
  }

  /** Compresses a payload at once. `fin`: it is the whole or the last fragment of a message. */
  deflateSync(payload: Buffer, fin: boolean): Buffer {
    if (payload.length === 0) return this.#finishEmpty(fin);
    return this.#finish(payload, fin, deflateRawSync(payload, this.#optionsFor(payload)));
  }

  /** Compresses a payload on the thread pool; it must not change until the callback, which comes later. */
  deflate(payload: Buffer, fin: boolean, callback: DeflateCallback): void {
    this.#job = new ZlibJob({
      limiter: this.#limiter,
      create: () => createDeflateRaw(this.#optionsFor(payload)),
      input: payload,
      maxOutput: Number.POSITIVE_INFINITY,
      callback: (error, { chunks, length }) => {
        this.#job = undefined;
        if (error) callback(error, Buffer.alloc(0));
        else callback(null, this.#finish(payload, fin, joinOutput(chunks, length)));
      },
    });
  }

  /** For a connection that is gone: no callback follows, no job stays. */
  cancel(): void {
    this.#job?.cancel();
    this.#job = undefined;
    this.#window.clear();
  }

  /**
   * A window and tables no larger than this payload can use: the output is the same, the peer's window is
   * not exceeded, and preparing zlib for a short message costs half.
   */
  #optionsFor(payload: Buffer): ZlibOptions {
    const dictionary = this.#window.dictionary;
    const reach = payload.length + (dictionary?.length ?? 0) + minLookahead;
    const { level = DEFAULT_DEFLATE_LEVEL, memLevel = defaultMemLevel, strategy, chunkSize } = this.#settings;
    return {
      level,
      strategy,
      dictionary,
      windowBits: smallest(9, this.#windowBits, (bits) => 1 << bits >= reach),
      memLevel: smallest(1, memLevel, (level) => 1 << (level + 6) >= reach),
      chunkSize: chunkSize ?? chunkSizeFor(payload.length),
      finishFlush: constants.Z_SYNC_FLUSH,
    };
  }

  #finish(payload: Buffer, fin: boolean, flushed: Buffer): Buffer {
    if (payload.length === 0) return this.#finishEmpty(fin);
    this.#remember(payload, fin);
    // §7.2.1: only the last fragment loses the tail. Before it the tail aligns the next fragment to a byte.
    return unpinned(fin ? flushed.subarray(0, flushed.length - tailLength) : flushed);
  }

  /** §7.2.3.6: an empty message is one 0x00, the start of an empty block. An empty fragment adds nothing. */
  #finishEmpty(fin: boolean): Buffer {
    this.#remember(Buffer.alloc(0), fin);
    return Buffer.alloc(fin ? 1 : 0);
  }

  /** Without context takeover the window still spans the fragments of one message. */
  #remember(payload: Buffer, fin: boolean): void {
    if (!fin || this.#contextTakeover) this.#window.append(payload);
    else this.#window.clear();
  }
}

function smallest(from: number, to: number, enough: (value: number) => boolean): number {
  let value = from;
  while (value < to && !enough(value)) value++;
  return value;
}

/** Room for all of the output, even if nothing can be compressed; a large payload takes several chunks. */
function chunkSizeFor(length: number): number {
  return Math.min(length + (length >> 3) + smallestChunk, largestChunk);
}
