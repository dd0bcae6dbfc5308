/**
 * Makes the CommonJS face of the root: `dist/index.cjs`, where `module.exports` is the WebSocket class with
 * everything else on it, and `dist/index.d.cts`, which says the same in types. Node takes the ESM files for
 * `require` too; these are for bundlers, test runners and compilers that do not. `dist/browser.cjs` stands in for
 * all of it in bundles for browsers.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { root } from './steps.js';

/** Lets a CommonJS file name types of an ES module. */
const esm = `with { 'resolution-mode': 'import' }`;

/** Writes the files; the ESM files must be there. */
export async function buildCommonJs() {
  await build({
    absWorkingDir: root,
    entryPoints: ['dist/index.js'],
    outfile: 'dist/index.cjs',
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
    packages: 'external',
    keepNames: true,
    footer: { js: `module.exports = module.exports['module.exports'];` },
    logLevel: 'warning',
  });
  const declarations = readFileSync(`${root}dist/index.d.ts`, 'utf8');
  writeFileSync(`${root}dist/index.d.cts`, commonJsTypes(declarations));
  writeFileSync(`${root}dist/browser.cjs`, browserFace(declarations));
}

/**
 * The types of the CommonJS face from those of the ESM entry: the same class, by the same files, with the types of
 * the namespace that the entry adds to it, but exported by `export =`. What that namespace has as values is in the
 * type of the class.
 * @param {string} declarations the text of `index.d.ts`
 * @returns {string}
 */
export function commonJsTypes(declarations) {
  const namespace = /^ {4}namespace WebSocket \{\n[\s\S]*?^ {4}\}$/m.exec(declarations)?.[0];
  if (namespace === undefined) throw new Error('dist/index.d.ts adds no namespace to WebSocket');
  const types = namespace
    .replaceAll(/^ {4}/gm, '')
    .replaceAll(/^ +const .*\n/gm, '')
    .replaceAll(/import\(('\.[^']+')\)/g, `import($1, { ${esm.replace('with', 'with:')} })`);
  return [
    `import type { WebSocket as Instance } from './index.js' ${esm};`,
    `type Class = typeof import('./index.js', { ${esm.replace('with', 'with:')} }).WebSocket;`,
    'declare const WebSocket: Class;',
    'interface WebSocket extends Instance {}',
    `declare ${types}`,
    'export = WebSocket;',
    '',
  ].join('\n');
}

/**
 * What a bundle for browsers gets, as with `ws`: programs that run on both sides import the class and use it only
 * where there is no native one, so that it has to be there and may fail when it is used.
 * @param {string} declarations the text of `index.d.ts`
 * @returns {string}
 */
function browserFace(declarations) {
  const names = Array.from(declarations.matchAll(/^ {8}const (\w+):/gm), ([, name]) => name);
  return [
    `'use strict';`,
    'function unavailable() {',
    `  throw new Error('hawser runs on Node.js: in a browser use its own WebSocket');`,
    '}',
    'module.exports = unavailable;',
    ...names.map((name) => `module.exports.${name} = unavailable;`),
    '',
  ].join('\n');
}
