/** Memory that encoders gather frames in, lent for a turn. Knows nothing of frames. */
import { Buffer } from 'node:buffer';

const SMALL = 4096;
/** Small slabs are cut from blocks of this size. */
const BLOCK = 65_536;
/** Bytes of a large slab, the most that leaves in one piece: 64 KiB of payload with its header. */
export const LARGE_SLAB = BLOCK + 16;
/** Most small slabs that are kept: a broadcast borrows one for each of a thousand connections. */
const KEPT_SMALL = 1024;

/**
 * Spare slabs that encoders share: an idle connection holds none. Small ones are for what most turns send, and are
 * cut from blocks, 16 of each.
 */
export class SlabPool {
  private readonly large: Buffer[] = [];
  private readonly small: Buffer[] = [];
  private readonly capacity: number;

  /** @param capacity most slabs of 64 KiB that are kept for reuse; 8 by default */
  constructor(capacity = 8) {
    this.capacity = capacity;
  }

  /** A slab that holds `size` bytes: one of 4 KiB or, up to `LARGE_SLAB`, a large one. */
  take(size: number): Buffer {
    if (size > SMALL) return this.large.pop() ?? Buffer.allocUnsafeSlow(LARGE_SLAB);
    return this.small.pop() ?? this.cut();
  }

  /** Gives a slab back that nobody reads any more. */
  give(slab: Buffer): void {
    if (slab.length === SMALL) {
      if (this.small.length < KEPT_SMALL) this.small.push(slab);
    } else if (this.large.length < this.capacity) {
      this.large.push(slab);
    }
  }

  private cut(): Buffer {
    const whole = Buffer.allocUnsafeSlow(BLOCK);
    for (let offset = SMALL; offset < BLOCK; offset += SMALL) {
      this.small.push(whole.subarray(offset, offset + SMALL));
    }
    return whole.subarray(0, SMALL);
  }
}
