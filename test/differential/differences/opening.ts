import type { Difference } from '../difference.js';

export const openingDifferences = {} as const satisfies Record<string, Difference>;
