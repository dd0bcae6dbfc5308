/**
 * The corpus: inputs worth starting from, one small file each in `fuzz/corpus/<target>/`, and the inputs that
 * broke an invariant, which stay there as `crash-…`.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('corpus/', import.meta.url));

/** An input with the name of its file. */
export interface CorpusEntry {
  name: string;
  input: Buffer;
}

/** The committed inputs of a target, in the order of their names. */
export function loadCorpus(target: string): CorpusEntry[] {
  const directory = `${folder}${target}/`;
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .sort()
    .map((name) => ({ name, input: readFileSync(directory + name) }));
}

/** Keeps an input that broke an invariant; gives the path of its file. */
export function saveCrash(target: string, input: Buffer): string {
  const name = `crash-${createHash('sha256').update(input).digest('hex').slice(0, 16)}`;
  mkdirSync(`${folder}${target}`, { recursive: true });
  writeFileSync(`${folder}${target}/${name}`, input);
  return `fuzz/corpus/${target}/${name}`;
}

/** What a target starts from if it has no corpus. */
export const emptyInput: Buffer = Buffer.alloc(0);
