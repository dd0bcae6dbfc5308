/**
 * Makes the CommonJS face of the root: `dist/index.cjs`, where `module.exports` is the WebSocket class with
 * everything else on it, and `dist/index.d.cts`, which says the same in types. Node takes the ESM files for
 * `require` too; these are for bundlers, test runners and compilers that do not.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { root } from './steps.js';

const importsEsm = `with { 'resolution-mode': 'import' }`;

/** Writes both files; the ESM files must be there. */
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
  const types = commonJsTypes(readFileSync(`${root}dist/index.d.ts`, 'utf8'));
  writeFileSync(`${root}dist/index.d.cts`, types);
}

/**
 * The types of the CommonJS face from those of the ESM entry: the same imports, by the same files, and the
 * same namespace, but exported by `export =`.
 * @param {string} declarations the text of `index.d.ts`
 * @returns {string}
 */
export function commonJsTypes(declarations) {
  const imports = declarations.matchAll(/^import (?:type )?(\{[^}]*\}) from '([^']+)';$/gm);
  const namespace = /^(?:export )?declare namespace WebSocket \{\n[\s\S]*?^\}$/m.exec(declarations)?.[0];
  if (namespace === undefined) throw new Error('dist/index.d.ts declares no namespace WebSocket');
  return [
    ...Array.from(imports, ([, names = '', file]) => {
      const attributes = file?.startsWith('.') ? ` ${importsEsm}` : '';
      return `import type ${names.replaceAll(/\btype /g, '')} from '${file}'${attributes};`;
    }),
    `import type { WebSocket as Instance } from './index.js' ${importsEsm};`,
    `declare const WebSocket: typeof import('./index.js', { ${importsEsm.replace('with', 'with:')} }).WebSocket;`,
    'interface WebSocket extends Instance {}',
    namespace
      .replace(/^export /, '')
      .replaceAll(/import\((['"]\.[^'"]+['"])\)/g, `import($1, { ${importsEsm.replace('with', 'with:')} })`),
    'export = WebSocket;',
    '',
  ].join('\n');
}
