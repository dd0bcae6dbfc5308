/**
 * The ways in which a transport may cut bytes into reads: whole, byte by byte, in two at every place (short
 * inputs), at random with a fixed seed. Every read is memory of its own, since an engine may change its input.
 */

/** One way to cut an input. */
export interface Cut {
  name: string;
  chunks: Buffer[];
}

/** Every way in which a test cuts `bytes`. */
export function* everyCut(bytes: Uint8Array): Generator<Cut> {
  yield { name: 'whole', chunks: [Buffer.from(bytes)] };
  yield { name: 'byte by byte', chunks: chunksOf(bytes, 1) };
  if (bytes.length <= 64) {
    for (let at = 1; at < bytes.length; at++) yield { name: `cut at ${at}`, chunks: cutAt(bytes, [at]) };
  }
  for (let seed = 1; seed <= 4; seed++) {
    yield { name: `random cut, seed ${seed}`, chunks: randomChunks(bytes, seed) };
  }
}

/** `bytes` in reads of `size` bytes. */
export function chunksOf(bytes: Uint8Array, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(Buffer.from(bytes.subarray(at, at + size)));
  return chunks;
}

/** `bytes` cut at the given offsets. */
export function cutAt(bytes: Uint8Array, offsets: readonly number[]): Buffer[] {
  const bounds = [0, ...offsets, bytes.length];
  return bounds.slice(1).map((end, index) => Buffer.from(bytes.subarray(bounds[index], end)));
}

/** `bytes` in reads of random length, short and long ones mixed; the same for the same seed. */
export function randomChunks(bytes: Uint8Array, seed: number): Buffer[] {
  const random = seededRandom(seed);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const longest = random() < 0.5 ? 8 : Math.max(8, bytes.length / 4);
    const size = 1 + Math.floor(random() * longest);
    chunks.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return chunks;
}

/** Numbers in [0, 1) that are the same for the same seed (a xorshift generator). */
export function seededRandom(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b9) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

/** `length` bytes that are the same for the same seed. */
export function seededBytes(length: number, seed = 1): Buffer {
  const random = seededRandom(seed);
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = random() * 256;
  return bytes;
}
