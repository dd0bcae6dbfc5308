/** Memory that encoders gather frames in, lent for a turn. Knows nothing of frames. */
import { Buffer } from 'node:buffer';
import { bufferView } from './buffer-view.js';

/** Bytes of a small slab. */
export const SMALL_SLAB = 4096;
/** Small slabs are cut from blocks of this size. */
const BLOCK = 65_536;
/** Bytes of a large slab, the most that leaves in one piece: 64 KiB of payload with its header. */
export const LARGE_SLAB = BLOCK + 16;
/** Most small slabs that are kept: a broadcast borrows one for each of a thousand connections. */
const KEPT_SMALL = 1024;

/** A piece of memory that begins with a word, and what it takes time to ask a Buffer for. */
export class Slab {
  /** All of it. */
  readonly bytes: Buffer;
  /** Its length in bytes. */
  readonly length: number;
  private readonly memory: ArrayBuffer;
  private readonly offset: number;
  private ints: Int32Array | null = null;
  private viewed: Buffer;

  constructor(memory: ArrayBuffer, offset: number, length: number) {
    this.bytes = bufferView(memory, offset, length);
    this.length = length;
    this.memory = memory;
    this.offset = offset;
    this.viewed = this.bytes;
  }

  /** Its first `length` bytes. The same Buffer as last time if that had as many: where messages are alike, so are all. */
  view(length: number): Buffer {
    if (this.viewed.length !== length) this.viewed = bufferView(this.memory, this.offset, length);
    return this.viewed;
  }

  /** All of it as words, as `maskRange` wants them. */
  get words(): Int32Array {
    this.ints ??= new Int32Array(this.memory, this.offset, this.length >>> 2);
    return this.ints;
  }
}

/** Stands where there is no slab. */
export const NO_SLAB = new Slab(new ArrayBuffer(0), 0, 0);

/**
 * Spare slabs that encoders share: an idle connection holds none. Small ones are for what most turns send, and are
 * cut from blocks, 16 of each.
 */
export class SlabPool {
  private readonly large: Slab[] = [];
  private readonly small: Slab[] = [];
  private readonly capacity: number;

  /** @param capacity most slabs of 64 KiB that are kept for reuse; 8 by default */
  constructor(capacity = 8) {
    this.capacity = capacity;
  }

  /** A slab that holds `size` bytes: one of 4 KiB or, up to `LARGE_SLAB`, a large one. */
  take(size: number): Slab {
    if (size > SMALL_SLAB) return this.large.pop() ?? new Slab(memoryOf(LARGE_SLAB), 0, LARGE_SLAB);
    return this.small.pop() ?? this.cut();
  }

  /** Gives a slab back that nobody reads any more. */
  give(slab: Slab): void {
    if (slab.length === SMALL_SLAB) {
      if (this.small.length < KEPT_SMALL) this.small.push(slab);
    } else if (slab.length > 0 && this.large.length < this.capacity) {
      this.large.push(slab);
    }
  }

  private cut(): Slab {
    const block = memoryOf(BLOCK);
    for (let offset = SMALL_SLAB; offset < BLOCK; offset += SMALL_SLAB) {
      this.small.push(new Slab(block, offset, SMALL_SLAB));
    }
    return new Slab(block, 0, SMALL_SLAB);
  }
}

/** Not zeroed. */
function memoryOf(size: number): ArrayBuffer {
  return Buffer.allocUnsafeSlow(size).buffer as ArrayBuffer;
}
