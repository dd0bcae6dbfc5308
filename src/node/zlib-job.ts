/**
 * One input through one zlib engine on the thread pool: queued at a limiter, its output bounded while it is
 * produced, and given up cleanly when its connection dies. It knows nothing of messages or windows. The
 * engine lives as long as the job.
 */

import { Buffer } from 'node:buffer';
import { nextTick } from 'node:process';
import type { DeflateRaw, InflateRaw } from 'node:zlib';
import type { ZlibJobHandle, ZlibLimiter } from './zlib-limiter.js';

/** What a job did with its input. */
export interface ZlibJobResult {
  /** The output in order. */
  chunks: Buffer[];
  /** Bytes in `chunks`. */
  length: number;
  /** Bytes of input and trailer that zlib took; fewer than given if a final block ended before. */
  consumed: number;
  /** Bytes of output that came after the input was used up. */
  trailerOutput: number;
  /** More than `maxOutput` bytes came out; the job was stopped there. */
  overflow: boolean;
}

/** What a job needs. */
export interface ZlibJobOptions {
  limiter: ZlibLimiter;
  /** Makes the engine when it is the job's turn; what it throws goes to `callback`. */
  create: () => DeflateRaw | InflateRaw;
  input: Buffer;
  /** Fed after `input`, without a copy of it. */
  trailer?: Buffer;
  /** Bound on the output in bytes. */
  maxOutput: number;
  /** Called once, never before the constructor returns, and never after `cancel`. */
  callback: (error: Error | null, result: ZlibJobResult) => void;
}

/** Starts by being constructed; keeps its place at the limiter until no thread works for it. */
export class ZlibJob {
  readonly #options: ZlibJobOptions;
  readonly #handle: ZlibJobHandle;
  #result: ZlibJobResult = { chunks: [], length: 0, consumed: 0, trailerOutput: 0, overflow: false };
  #beforeTrailer = -1;
  #cancelled = false;
  #over = false;

  constructor(options: ZlibJobOptions) {
    this.#options = options;
    this.#handle = options.limiter.run((done) => this.#start(done));
  }

  /** The callback will not be called. A waiting job goes at once, a running one at zlib's next return. */
  cancel(): void {
    this.#cancelled = true;
    this.#result.chunks = [];
    this.#options.limiter.cancel(this.#handle);
  }

  #start(done: () => void): void {
    let engine: DeflateRaw | InflateRaw;
    try {
      engine = this.#options.create();
    } catch (error) {
      nextTick(() => this.#settle(done, error as Error));
      return;
    }
    const finish = (error: Error | null) => {
      this.#result.consumed = engine.bytesWritten;
      engine.destroy();
      this.#settle(done, error);
    };
    engine.on('data', (chunk: Buffer) => {
      if (!this.#take(chunk)) finish(null);
    });
    engine.on('error', finish);
    engine.on('end', () => finish(null));
    this.#feed(engine);
  }

  #feed(engine: DeflateRaw | InflateRaw): void {
    const { input, trailer } = this.#options;
    if (!trailer) {
      engine.end(input);
      return;
    }
    engine.write(input, (error) => {
      // Input that is left over lies behind a final block; then `end` follows.
      if (error || engine.bytesWritten < input.length) return;
      this.#beforeTrailer = this.#result.length + engine.readableLength;
      engine.end(trailer);
    });
  }

  /** Keeps a chunk; `false` when the job has to stop. */
  #take(chunk: Buffer): boolean {
    const result = this.#result;
    if (this.#cancelled) return false;
    result.length += chunk.length;
    result.overflow = result.length > this.#options.maxOutput;
    if (result.overflow) result.chunks = [];
    else result.chunks.push(chunk);
    return !result.overflow;
  }

  #settle(done: () => void, error: Error | null): void {
    if (this.#over) return;
    this.#over = true;
    const result = this.#result;
    if (this.#beforeTrailer >= 0) result.trailerOutput = result.length - this.#beforeTrailer;
    done();
    if (!this.#cancelled) this.#options.callback(error, result);
  }
}

const NOTHING = Buffer.alloc(0);

/** Memory that a chunk may pin beside twice its size, in bytes. */
const MAX_PINNED = 8192;

/** One buffer with the output: copied at most once, and not pinning memory beyond twice its size and 8 KiB. */
export function joinOutput(chunks: readonly Buffer[], length: number): Buffer {
  return chunks.length === 1 ? unpinned(chunks[0]) : Buffer.concat(chunks, length);
}

/** Bytes that are copied in one turn of the event loop: about half a millisecond. */
const JOINED_PER_TURN = 1024 * 1024;

/**
 * As `joinOutput`, but what is long is copied a mebibyte per turn, so that one message does not hold up all
 * connections; `joined` is called at once if it is short. The chunks are let go of on the way.
 */
export function joinInTurns(chunks: Buffer[], length: number, joined: (whole: Buffer) => void): void {
  if (length <= JOINED_PER_TURN || chunks.length === 1) {
    joined(joinOutput(chunks, length));
    return;
  }
  const whole = Buffer.allocUnsafeSlow(length);
  let offset = 0;
  let next = 0;
  const copySome = (): void => {
    for (const end = offset + JOINED_PER_TURN; offset < length && offset < end; next++) {
      offset += chunks[next].copy(whole, offset);
      chunks[next] = NOTHING;
    }
    if (offset < length) setImmediate(copySome);
    else joined(whole);
  };
  copySome();
}

/** The same bytes; a copy if they are a small part of a large allocation. */
export function unpinned(chunk: Buffer): Buffer {
  // A copy is either of its own size or shares a pool of Node's with others as small.
  return chunk.buffer.byteLength > 2 * chunk.length + MAX_PINNED ? Buffer.from(chunk) : chunk;
}
