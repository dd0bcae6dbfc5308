import { isUtf8 } from 'node:buffer';

/** Pieces below this length are cheaper to check octet by octet than to hand to native code. */
const NATIVE_THRESHOLD = 32;

/**
 * Checks text as it arrives: every byte once, in pieces cut anywhere, failing at the first byte that cannot
 * be continued (RFC 6455 §8.1; the ranges are those of RFC 3629 §4). Keeps a few integers, never bytes.
 */
export class Utf8Validator {
  /** After a `push` that failed: how many bytes of the piece came before the one that failed. */
  accepted = 0;
  /** Continuation bytes that the code point under way still needs. */
  private needed = 0;
  /** Allowed range of the next continuation byte; narrower after E0, ED, F0 and F4. */
  private lower = 0x80;
  private upper = 0xbf;

  /** Whether the text so far ends at the end of a code point. */
  get complete(): boolean {
    return this.needed === 0;
  }

  /** Forgets the text so far. */
  reset(): void {
    this.needed = 0;
    this.lower = 0x80;
    this.upper = 0xbf;
  }

  /** Takes the next piece; `false` as soon as the text cannot be UTF-8 any more. */
  push(piece: Uint8Array): boolean {
    let start = 0;
    while (this.needed > 0 && start < piece.length) {
      if (!this.step(piece[start])) return this.failAt(start);
      start++;
    }
    if (piece.length - start < NATIVE_THRESHOLD) return this.stepAll(piece, start);
    const end = piece.length - incompleteTail(piece);
    return this.stepAll(piece, isUtf8(piece.subarray(start, end)) ? end : start);
  }

  private stepAll(piece: Uint8Array, start: number): boolean {
    for (let i = start; i < piece.length; i++) {
      if (!this.step(piece[i])) return this.failAt(i);
    }
    return true;
  }

  private failAt(index: number): false {
    this.accepted = index;
    return false;
  }

  private step(byte: number): boolean {
    if (this.needed === 0) return byte < 0x80 || this.lead(byte);
    if (byte < this.lower || byte > this.upper) return false;
    this.needed--;
    this.lower = 0x80;
    this.upper = 0xbf;
    return true;
  }

  private lead(byte: number): boolean {
    if (byte < 0xc2 || byte > 0xf4) return false;
    this.needed = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte === 0xe0)
      this.lower = 0xa0; // shorter forms of U+0000–U+07FF
    else if (byte === 0xed)
      this.upper = 0x9f; // surrogates
    else if (byte === 0xf0)
      this.lower = 0x90; // shorter forms of U+0800–U+FFFF
    else if (byte === 0xf4) this.upper = 0x8f; // above U+10FFFF
    return true;
  }
}

/** How many bytes at the end begin a code point without ending it: 0 to 3. */
function incompleteTail(bytes: Uint8Array): number {
  const end = bytes.length;
  for (let back = 1; back <= 3 && back <= end; back++) {
    const byte = bytes[end - back];
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4) ? back : 0;
  }
  return 0;
}
