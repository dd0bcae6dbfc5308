import type { Socket } from 'node:net';

/** What happens to the bytes of one direction; it may change at any time. */
export interface LineQuality {
  /** Milliseconds that bytes are under way. */
  latency: number;
  /** Bytes per second; `Infinity` for no limit, 0 for none. */
  throughput: number;
  /** Bytes of a piece at most; `Infinity` for bytes as they come. */
  slice: number;
  /** Whether pieces have random sizes up to `slice`. */
  isSliceRandom: boolean;
}

/** A line without faults. */
export const perfectLine: Readonly<LineQuality> = {
  latency: 0,
  throughput: Number.POSITIVE_INFINITY,
  slice: Number.POSITIVE_INFINITY,
  isSliceRandom: false,
};

/** What a pipe is made of. */
export interface FaultyPipeParts {
  readonly source: Socket;
  readonly destination: Socket;
  readonly quality: LineQuality;
  /** Random numbers from 0 up to 1. */
  readonly random: () => number;
  /** So many bytes were handed to the destination. */
  readonly forwarded: (bytes: number) => void;
}

/** Bytes that came, or the end of them, and when. */
interface Chunk {
  bytes: Buffer | undefined;
  readonly at: number;
}

/** Bytes that a pipe holds before it stops reading. */
const HIGH_WATER_MARK = 65_536;
/** A throttled pipe sends the bytes of so many seconds at once. */
const TICK = 0.02;

/** One direction of a connection: bytes go from one socket to another, as well as the line allows. */
export class FaultyPipe {
  readonly #parts: FaultyPipeParts;
  readonly #chunks: Chunk[] = [];
  #buffered = 0;
  /** When the line takes bytes again, by the limit of its throughput. */
  #freeAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  /** Waits for the destination's `drain`. */
  #isFull = false;
  /** Lets the piece leave, so that it does not travel with the next. */
  #isApart = false;

  constructor(parts: FaultyPipeParts) {
    const { source, destination } = parts;
    this.#parts = parts;
    source.on('data', (bytes) => this.#take(bytes));
    source.on('end', () => this.#take(undefined));
    destination.on('drain', () => {
      this.#isFull = false;
      this.#pump();
    });
  }

  /** Bytes that it holds. */
  get buffered(): number {
    return this.#buffered;
  }

  /** The quality of the line has changed. */
  changed(): void {
    this.#freeAt = 0;
    this.#pump();
  }

  /** Forwards nothing any more: what comes is read and thrown away. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#chunks.length = 0;
    this.#buffered = 0;
    this.#parts.source.resume();
  }

  #take(bytes: Buffer | undefined): void {
    if (this.#isStopped) return;
    this.#chunks.push({ bytes, at: performance.now() });
    this.#buffered += bytes?.length ?? 0;
    if (this.#buffered >= HIGH_WATER_MARK) this.#parts.source.pause();
    this.#pump();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    while (!this.#isStopped && !this.#isFull && !this.#isApart) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) return;
      const delay = this.#delay(chunk);
      if (delay > 0) {
        if (delay < Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.#pump(), Math.ceil(delay));
        return;
      }
      this.#forward(chunk);
    }
  }

  /** Milliseconds until the next piece may leave. */
  #delay({ bytes, at }: Chunk): number {
    const { latency, throughput } = this.#parts.quality;
    if (throughput === 0 && bytes !== undefined) return Number.POSITIVE_INFINITY;
    return Math.max(at + latency, this.#freeAt) - performance.now();
  }

  #forward(chunk: Chunk): void {
    const { source, destination } = this.#parts;
    const { bytes } = chunk;
    if (bytes === undefined) {
      this.#chunks.shift();
      destination.end();
      return;
    }
    const size = Math.min(bytes.length, this.#pieceSize());
    if (size === bytes.length) this.#chunks.shift();
    else chunk.bytes = bytes.subarray(size);
    this.#buffered -= size;
    if (this.#buffered < HIGH_WATER_MARK && source.isPaused()) source.resume();
    this.#write(bytes.subarray(0, size));
  }

  #write(piece: Buffer): void {
    const { destination, quality, forwarded } = this.#parts;
    this.#freeAt = Math.max(this.#freeAt, performance.now()) + (piece.length * 1000) / quality.throughput;
    forwarded(piece.length);
    this.#isFull = !destination.write(piece);
    if (quality.slice === Number.POSITIVE_INFINITY) return;
    this.#isApart = true;
    setImmediate(() => {
      this.#isApart = false;
      this.#pump();
    });
  }

  #pieceSize(): number {
    const { throughput, slice, isSliceRandom } = this.#parts.quality;
    const size = isSliceRandom ? 1 + Math.floor(this.#parts.random() * slice) : slice;
    return Math.min(size, Math.max(1, Math.floor(throughput * TICK)));
  }
}
