/** Deterministic payloads for the compression tests: every call with the same arguments gives the same bytes. */

import { Buffer } from 'node:buffer';

/** Bytes from a linear congruential generator; `symbols` different values, so few of them compress well. */
export function randomBytes(length: number, seed: number, symbols = 256): Buffer {
  const bytes = Buffer.alloc(length);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = (state >>> 16) % symbols;
  }
  return bytes;
}

const words = '{"id": ,"name":"hawser","values":[ 1, 2, 3 ],"text":"the quick brown fox" } null true'.split(
  ' ',
);

/** Text like JSON. */
export function textBytes(length: number, seed: number): Buffer {
  const picks = randomBytes(length, seed);
  let text = '';
  for (let i = 0; text.length < length; i++) text += words[picks[i] % words.length] + (picks[i] >> 5);
  return Buffer.from(text.slice(0, length));
}

/** The n-th of a series of different kinds and lengths up to 8 KiB, the empty message among them. */
export function sampleMessage(n: number): Buffer {
  const length = n % 7 === 3 ? 0 : randomBytes(2, n).readUInt16LE() % (n % 5 === 0 ? 8192 : 600);
  if (n % 3 === 0) return textBytes(length, n);
  return randomBytes(length, n % 4, n % 2 === 0 ? 256 : 4);
}
