import { Buffer } from 'node:buffer';
import { MessageMemory } from './message-memory.js';

/** Pieces below this length are always copied: a Buffer object costs more than their bytes. */
const MIN_RETAINED = 1024;
const MIN_SEGMENT = 1024;
const MAX_SEGMENT = 65_536;
const EMPTY = Buffer.alloc(0);

/**
 * Collects the payload of one message. A piece that fills at least half of the memory it came in is kept
 * as it is, a smaller one is copied into a segment; so at most twice the payload and one segment are
 * pinned, whatever the cuts. Knows nothing of frames.
 */
export class MessageAssembler {
  /** Bytes collected so far. */
  length = 0;
  /** How many of them were copied. */
  private copied = 0;
  private pieces: Buffer[] = [];
  /** The read that holds the only piece that is kept as it came, and nothing that anybody else has. */
  private read: Buffer | null = null;
  private readonly memory: MessageMemory;
  private segment: Buffer = EMPTY;
  /** The part of the segment that is filled and not yet in `pieces`. */
  private from = 0;
  private used = 0;

  /** @param memory where messages are put that were collected from several pieces; by default memory of their own */
  constructor(memory: MessageMemory = new MessageMemory()) {
    this.memory = memory;
  }

  /** Takes the next piece of payload. */
  add(piece: Buffer): void {
    this.length += piece.length;
    if (piece.length >= MIN_RETAINED && isMostOfItsMemory(piece)) {
      this.closeSegment();
      this.pieces.push(piece);
      return;
    }
    this.copy(piece);
    this.copied += piece.length;
  }

  /** A read is over of which nobody but us has any part: once it is copied, its memory is free. */
  ownRead(read: Buffer): void {
    const [piece] = this.pieces;
    if (this.pieces.length === 1 && isPartOf(piece, read)) this.read = read;
  }

  /** The whole payload; the assembler is empty afterwards. Copies once unless it is one piece that was kept. */
  take(): Buffer {
    this.closeSegment();
    const { pieces, length, read } = this;
    this.clear();
    if (pieces.length === 0) return EMPTY;
    const [first] = pieces;
    // A tiny message must not keep a segment alive.
    if (first.length === length && isMostOfItsMemory(first)) return first;
    const payload = joinInto(this.memory.take(length), pieces);
    if (read !== null) this.memory.give(read);
    return payload;
  }

  /** Drops what was collected. */
  clear(): void {
    this.length = 0;
    this.copied = 0;
    this.pieces = [];
    this.read = null;
    this.segment = EMPTY;
    this.from = 0;
    this.used = 0;
  }

  private copy(piece: Buffer): void {
    let start = 0;
    while (start < piece.length) {
      if (this.used === this.segment.length) this.openSegment(piece.length - start);
      const count = Math.min(piece.length - start, this.segment.length - this.used);
      if (count === 1) this.segment[this.used] = piece[start];
      else piece.copy(this.segment, this.used, start, start + count);
      this.used += count;
      start += count;
    }
  }

  /**
   * The first takes exactly what there is, since that is most often the end of a large message: one of 1 KiB with memory
   * of its own would cost an echo of 64 KiB 3 %. Later ones are never larger than what was copied before, or 1 KiB, and
   * at most 64 KiB.
   */
  private openSegment(length: number): void {
    this.closeSegment();
    if (this.copied === 0 && length <= MIN_SEGMENT) {
      this.segment = Buffer.allocUnsafe(length);
    } else {
      const size = Math.min(MAX_SEGMENT, Math.max(MIN_SEGMENT, this.copied));
      this.segment = Buffer.allocUnsafeSlow(size);
    }
    this.from = 0;
    this.used = 0;
  }

  private closeSegment(): void {
    if (this.used === this.from) return;
    this.pieces.push(this.segment.subarray(this.from, this.used));
    this.from = this.used;
  }
}

function isMostOfItsMemory(piece: Buffer): boolean {
  return piece.length * 2 >= piece.buffer.byteLength;
}

function isPartOf(piece: Buffer, read: Buffer): boolean {
  const start = piece.byteOffset - read.byteOffset;
  return piece.buffer === read.buffer && start >= 0 && start + piece.length <= read.length;
}

function joinInto(target: Buffer, pieces: readonly Buffer[]): Buffer {
  let offset = 0;
  for (const piece of pieces) offset += piece.copy(target, offset);
  return target;
}
