import { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';
import { readKey } from '../protocol/mask.js';

/** Bytes of randomness that are fetched at once: 2,048 keys, since a call per key costs 1 µs. */
const POOL_SIZE = 8192;
const pool = Buffer.alloc(POOL_SIZE);
let used = POOL_SIZE;

/** The key before, so that none comes twice in a row: with 32 bits chance alone does not forbid it. */
let last = 0;

/**
 * Writes an unpredictable masking key at `offset` (RFC 6455 §5.3, §10.3: from a strong source of entropy).
 * Every octet of the pool is used once at most.
 */
export function randomMaskingKey(target: Buffer, offset: number): void {
  let key = last;
  while (key === last) key = nextKey();
  last = key;
  target[offset] = key;
  target[offset + 1] = key >>> 8;
  target[offset + 2] = key >>> 16;
  target[offset + 3] = key >>> 24;
}

function nextKey(): number {
  if (used === POOL_SIZE) {
    randomFillSync(pool);
    used = 0;
  }
  used += 4;
  return readKey(pool, used - 4);
}
