import { randomFillSync } from 'node:crypto';

/** Bytes of randomness that are fetched at once: 2,048 keys, since a call per key costs 1 µs. */
const POOL_SIZE = 8192;
const pool = Buffer.alloc(POOL_SIZE);
let used = POOL_SIZE;

/**
 * Writes an unpredictable masking key at `offset` (RFC 6455 §5.3, §10.3: from a strong source of entropy).
 * Every octet of the pool is used once.
 */
export function randomMaskingKey(target: Buffer, offset: number): void {
  if (used === POOL_SIZE) {
    randomFillSync(pool);
    used = 0;
  }
  target[offset] = pool[used];
  target[offset + 1] = pool[used + 1];
  target[offset + 2] = pool[used + 2];
  target[offset + 3] = pool[used + 3];
  used += 4;
}
