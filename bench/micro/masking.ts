/** Masking, by each kernel and by the one that is chosen for the size. */
// biome-ignore lint/style/noRestrictedImports: the kernels are no part of the API; which is best is to be seen here
import { maskKernels, maskRange } from '../../src/protocol/mask.js';
import { KiB, seededBytes } from './bytes.js';
import type { Case } from './case.js';

const sizes: Readonly<Record<string, number>> = {
  '16 B': 16,
  '64 B': 64,
  '1 KiB': KiB,
  '64 KiB': 64 * KiB,
  '1 MiB': 1024 * KiB,
};

/** Octet 0 is 0, so that the first octet of the payload stays what it is. */
const KEY = 0x5ac3_7e00;

export function masking(): Case[] {
  const kernels = { chosen: maskRange, ...maskKernels() };
  return Object.entries(sizes).flatMap(([size, length]) =>
    Object.entries(kernels).map(([kernel, mask]) => maskingCase(`${size} ${kernel}`, length, mask)),
  );
}

function maskingCase(name: string, length: number, mask: typeof maskRange | Kernel): Case {
  const bytes = seededBytes(length);
  const operations = length > KiB ? 1 : 64;
  return {
    name,
    operations,
    result: operations * (bytes[0] as number),
    run() {
      let sum = 0;
      for (let count = 0; count < operations; count++) {
        mask(bytes, 0, length, KEY);
        sum += bytes[0] as number;
      }
      return sum;
    },
  };
}

type Kernel = ReturnType<typeof maskKernels>[string];
