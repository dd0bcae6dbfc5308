import type { Difference } from '../difference.js';

export const connectionDifferences = {} as const satisfies Record<string, Difference>;
