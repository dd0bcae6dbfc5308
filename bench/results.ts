/** The file of results, and the chart that is drawn from it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { Measurement } from './measure.js';
import type { Scenario } from './scenarios.js';

/** All runs of one scenario, by the names of the peers. */
export interface ScenarioResult {
  readonly name: string;
  readonly title: string;
  readonly kind: Scenario['kind'];
  readonly peers: Record<string, Measurement[]>;
}

/** Writes the results with what they were measured on; resolves with the path. */
export function writeResults(
  folder: string,
  results: readonly ScenarioResult[],
  missing: readonly string[],
): string {
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.json`;
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memory: totalmem(), node: process.version };
  writeFileSync(path, `${JSON.stringify({ machine, missing, results }, null, 2)}\n`);
  return path;
}
