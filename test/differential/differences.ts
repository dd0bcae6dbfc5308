/** The catalogue of differences between ws and hawser; the tables of the migration guide are made of it. */
import type { Difference } from './difference.js';
import { classesDifferences } from './differences/classes.js';
import { connectionDifferences } from './differences/connection.js';
import { openingDifferences } from './differences/opening.js';
import { serverDifferences } from './differences/server.js';

/** By section of the guide. */
export const sections = {
  'Opening a connection': openingDifferences,
  'The connection': connectionDifferences,
  'The server': serverDifferences,
  'The classes below': classesDifferences,
} as const;

export const differences: Readonly<Record<string, Difference>> = {
  ...openingDifferences,
  ...connectionDifferences,
  ...serverDifferences,
  ...classesDifferences,
};

export type DifferenceName =
  | keyof typeof openingDifferences
  | keyof typeof connectionDifferences
  | keyof typeof serverDifferences
  | keyof typeof classesDifferences;
