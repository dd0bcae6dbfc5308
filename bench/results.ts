/** The file of results. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { Measurement } from './measure.js';
import type { Scenario } from './scenarios.js';
import type { TransportResult } from './transports/measure.js';

/** All runs of one scenario, by the names of the peers. */
export interface ScenarioResult {
  readonly name: string;
  readonly title: string;
  readonly kind: Scenario['kind'];
  readonly peers: Record<string, Measurement[]>;
}

/** What was measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly node: string;
}

/** This one. */
export function thisMachine(): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory: totalmem(),
    node: process.version,
  };
}

/** Writes the results with what they were measured on; returns the path. */
export function writeResults(
  folder: string,
  machine: Machine,
  results: readonly ScenarioResult[],
  missing: readonly string[],
  transports: readonly TransportResult[],
): string {
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.json`;
  writeFileSync(path, `${JSON.stringify({ machine, missing, results, transports }, null, 2)}\n`);
  return path;
}
