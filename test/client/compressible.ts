/** Data that takes zlib its time, and data as a peer of permessage-deflate sends it. */

import { createCipheriv } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';

/** Bytes that cannot be compressed, always the same: the key stream of a cipher. */
export function noise(length: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** The payload of a compressed message (RFC 7692 §7.2.1). */
export function compressed(data: Buffer): Buffer {
  return deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

/** Options under which both directions keep their context. */
export const takeover = { serverNoContextTakeover: false, clientNoContextTakeover: false };
