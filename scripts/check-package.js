/**
 * Lets publint and attw (Are the types wrong?) judge the packed file. One finding is accepted: who requires
 * `hawser/protocol` and `hawser/web` get ES modules, which every Node.js that we support can load.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { program, root, run } from './steps.js';

const folder = `${root}node_modules/.cache/pack`;

/**
 * Packs the package as it is built; gives what `npm pack --json` tells of it, and the path of the file.
 * @returns {{ path: string, filename: string, size: number, unpackedSize: number, entryCount: number }}
 */
export function pack() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel', 'error', '--pack-destination', folder];
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' }));
  return { ...packed, path: `${folder}/${packed.filename}` };
}

/** Resolves with 0 when both are content. */
export async function checkPackage() {
  const { path } = pack();
  const attw = [path, '--profile', 'node16', '--format', 'ascii', '--no-emoji'];
  const esmOnly = ['--entrypoints', './protocol', './web', '--ignore-rules', 'cjs-resolves-to-esm'];
  const codes = [
    await run(program('publint'), ['--strict', path]),
    await run(program('attw'), [...attw, '--exclude-entrypoints', './protocol', './web']),
    await run(program('attw'), [...attw, ...esmOnly]),
  ];
  return Math.max(...codes);
}

if (import.meta.filename === process.argv[1]) process.exitCode = await checkPackage();
