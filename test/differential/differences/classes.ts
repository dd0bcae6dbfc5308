import type { Difference } from '../difference.js';

export const classesDifferences = {} as const satisfies Record<string, Difference>;
