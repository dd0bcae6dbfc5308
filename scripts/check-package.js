/**
 * Lets publint and attw (Are the types wrong?) judge the packed file. One finding is accepted: who requires a subpath
 * gets ES modules, which every Node.js that we support can load.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { program, root, run } from './steps.js';

const folder = `${root}node_modules/.cache/pack`;

/** Every subpath but the root: those that are ES modules only. */
const esmSubpaths = Object.keys(JSON.parse(readFileSync(`${root}package.json`, 'utf8')).exports).filter(
  (subpath) => subpath !== '.' && subpath !== './package.json',
);

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
  const esmOnly = ['--ignore-rules', 'cjs-resolves-to-esm', '--entrypoints', ...esmSubpaths];
  const codes = [
    await run(program('publint'), ['--strict', path]),
    await run(program('attw'), [...attw, '--exclude-entrypoints', ...esmSubpaths]),
    await run(program('attw'), [...attw, ...esmOnly]),
  ];
  return Math.max(...codes);
}

if (import.meta.filename === process.argv[1]) process.exitCode = await checkPackage();
