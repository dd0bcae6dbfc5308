/**
 * Decompression of one incoming message piece by piece (RFC 7692 §7.2.2), for a consumer that takes it as a
 * stream. It follows the rules of `MessageInflater` for truncation, final blocks and bounds, shares its
 * window, and knows nothing of frames or sockets. It holds a place at the limiter only while it works, not
 * while its consumer or its peer rests.
 */

import type { Buffer } from 'node:buffer';
import { nextTick } from 'node:process';
import { createInflateRaw, type InflateRaw, type ZlibOptions } from 'node:zlib';
import { LimitError } from '../protocol/errors.js';
import {
  INFLATE_TRAILER,
  INFLATE_WINDOW_BITS,
  type InflateError,
  inflateError,
  MAX_INFLATE_RESTARTS,
  tooManyRestarts,
  trailerError,
} from './message-inflater.js';
import { SlidingWindow } from './sliding-window.js';
import { unpinned } from './zlib-job.js';
import { sharedZlibLimiter, type ZlibJobHandle, type ZlibLimiter } from './zlib-limiter.js';

/** What a `StreamingInflater` needs. */
export interface StreamingInflaterOptions {
  /** The window of the connection's `MessageInflater`; `undefined` without context takeover. */
  window: SlidingWindow | undefined;
  /** Takes the message's bytes in order; may call `pause` and `destroy`. */
  onData: (chunk: Buffer) => void;
  /** Bound on the message in bytes after decompression; unlimited by default, as with 0. */
  maxMessageSize?: number | undefined;
  zlib?: Pick<ZlibOptions, 'chunkSize'> | undefined;
  /** Bounds the jobs on the thread pool; the process-wide one by default. */
  limiter?: ZlibLimiter | undefined;
}

/** Called when a piece is used up, or with the error; then the connection has to be failed. */
export type StreamingInflateCallback = (error: InflateError | null) => void;

/** What is being inflated now: one piece, or the trailer. */
interface Piece {
  data: Buffer;
  readonly isTrailer: boolean;
  readonly callback: StreamingInflateCallback;
}

/** One message. The caller writes one piece at a time and waits for its callback. */
export class StreamingInflater {
  readonly #options: StreamingInflaterOptions;
  readonly #limiter: ZlibLimiter;
  readonly #maxMessageSize: number;
  /** What a block may refer back to: the connection's window and then this message. */
  readonly #history: SlidingWindow = new SlidingWindow(INFLATE_WINDOW_BITS);
  #engine: InflateRaw | undefined;
  #piece: Piece | undefined;
  /** zlib has been given the piece. */
  #isFed = false;
  /** zlib has taken all of the piece. */
  #isUsedUp = false;
  #bytesBeforePiece = 0;
  #lengthBeforePiece = 0;
  #length = 0;
  #restarts = 0;
  #paused = false;
  #destroyed = false;
  #job: ZlibJobHandle | undefined;
  #done: (() => void) | undefined;

  constructor(options: StreamingInflaterOptions) {
    this.#options = options;
    this.#limiter = options.limiter ?? sharedZlibLimiter;
    this.#maxMessageSize = options.maxMessageSize || Number.POSITIVE_INFINITY;
    const dictionary = options.window?.dictionary;
    if (dictionary) this.#history.append(dictionary);
  }

  /** Inflates the next piece of the payload; it must not change until the callback, which comes later. */
  write(piece: Buffer, callback: StreamingInflateCallback): void {
    this.#accept({ data: piece, isTrailer: false, callback });
  }

  /** The payload is complete. The callback comes after the last byte of the message was handed out. */
  end(callback: StreamingInflateCallback): void {
    this.#accept({ data: INFLATE_TRAILER, isTrailer: true, callback });
  }

  /**
   * Hands out nothing more until `resume`. What zlib has produced by then waits, less than two chunks; the
   * place at the limiter is given back at once, so one step of zlib may exceed the limit.
   */
  pause(): void {
    this.#paused = true;
    this.#engine?.pause();
    this.#release();
  }

  /** Goes on after `pause`. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#schedule();
  }

  /**
   * For a connection that is gone: nothing is called any more. A message that is merely unwanted has to be
   * inflated to its end if there is a `window`, since later messages may refer to it.
   */
  destroy(): void {
    this.#destroyed = true;
    this.#piece = undefined;
    this.#engine?.destroy();
    this.#engine = undefined;
    this.#release();
  }

  #accept(piece: Piece): void {
    if (this.#destroyed) return;
    this.#piece = piece;
    this.#isFed = false;
    this.#schedule();
  }

  /** One place at the limiter per piece; a pause gives it back. */
  #schedule(): void {
    if (this.#paused || this.#destroyed || this.#job || !this.#piece) return;
    this.#job = this.#limiter.run((done) => {
      this.#done = done;
      this.#work();
    });
  }

  #release(): void {
    const job = this.#job;
    const done = this.#done;
    this.#job = undefined;
    this.#done = undefined;
    if (done) done();
    else if (job) this.#limiter.cancel(job);
  }

  #work(): void {
    this.#engine?.resume();
    if (!this.#isFed) this.#feed();
  }

  #feed(): void {
    const { data, isTrailer } = this.#piece as Piece;
    this.#isFed = true;
    this.#isUsedUp = false;
    let engine: InflateRaw;
    try {
      engine = this.#engine ??= this.#createEngine();
    } catch (error) {
      nextTick(() => this.#fail(inflateError(error as Error)));
      return;
    }
    this.#bytesBeforePiece = engine.bytesWritten;
    this.#lengthBeforePiece = this.#length;
    if (isTrailer) engine.end(data);
    else engine.write(data, () => this.#pieceReturned(engine));
  }

  #createEngine(): InflateRaw {
    const engine = createInflateRaw({
      windowBits: INFLATE_WINDOW_BITS,
      chunkSize: this.#options.zlib?.chunkSize,
      dictionary: this.#history.dictionary,
    });
    const current = () => this.#engine === engine;
    engine.on('data', (chunk: Buffer) => current() && this.#take(chunk));
    engine.on('error', (error) => current() && this.#fail(inflateError(error)));
    engine.on('end', () => current() && this.#reachedEnd(engine));
    return engine;
  }

  #take(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#length > this.#maxMessageSize) {
      this.#fail(new LimitError('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'));
      return;
    }
    this.#history.append(chunk);
    this.#options.window?.append(chunk);
    this.#options.onData(unpinned(chunk));
    this.#finishPieceIfDelivered();
  }

  /** Bytes that are left over lie behind a final block; then `end` follows. */
  #pieceReturned(engine: InflateRaw): void {
    if (engine !== this.#engine || !this.#piece) return;
    this.#isUsedUp = engine.bytesWritten - this.#bytesBeforePiece === this.#piece.data.length;
    this.#finishPieceIfDelivered();
  }

  #finishPieceIfDelivered(): void {
    if (this.#isUsedUp && this.#engine?.readableLength === 0) this.#finishPiece();
  }

  /** A final block, the trailer's or one of the peer's (§7.2.3.4). */
  #reachedEnd(engine: InflateRaw): void {
    const piece = this.#piece as Piece;
    const used = engine.bytesWritten - this.#bytesBeforePiece;
    if (piece.isTrailer) {
      const error = trailerError(used, this.#length - this.#lengthBeforePiece);
      if (error) this.#fail(error);
      else this.#finishPiece();
    } else if (++this.#restarts > MAX_INFLATE_RESTARTS) {
      this.#fail(tooManyRestarts());
    } else {
      this.#restart(piece.data.subarray(used));
    }
  }

  #restart(rest: Buffer): void {
    this.#engine?.destroy();
    this.#engine = undefined;
    (this.#piece as Piece).data = rest;
    this.#isFed = false;
    if (this.#done) this.#feed();
    else this.#schedule();
  }

  #finishPiece(): void {
    const { isTrailer, callback } = this.#piece as Piece;
    this.#piece = undefined;
    this.#isUsedUp = false;
    this.#release();
    if (isTrailer) this.destroy();
    callback(null);
  }

  #fail(error: InflateError): void {
    const piece = this.#piece;
    if (this.#destroyed) return;
    this.destroy();
    piece?.callback(error);
  }
}
