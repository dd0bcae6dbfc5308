import type { Difference } from '../difference.js';

export const serverDifferences = {} as const satisfies Record<string, Difference>;
