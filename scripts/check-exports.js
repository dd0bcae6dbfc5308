/**
 * Checks the built package from the outside: every target of the export map exists, every entry file says
 * what it is, and `import` and `require` give the same class with the same things on it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { root } from './steps.js';

const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

/** Prints every problem and returns 1 if there is one, else 0. */
export async function checkExports() {
  const problems = [...problemsOfMap(), ...problemsOfEntries(), ...(await problemsOfRoot())];
  for (const problem of problems) console.error(problem);
  return problems.length === 0 ? 0 : 1;
}

/**
 * Every file that a value of the export map names.
 * @param {unknown} value
 * @returns {string[]}
 */
function targets(value) {
  if (typeof value === 'string') return [value];
  return Object.values(/** @type {Record<string, unknown>} */ (value)).flatMap(targets);
}

function problemsOfMap() {
  const files = [...targets(manifest.exports), ...targets(manifest.bin), manifest.main, manifest.types];
  const problems = files
    .filter((file) => !existsSync(root + file))
    .map((file) => `package.json: ${file} does not exist; run npm run build`);
  const { require } = manifest.exports['.'];
  if (require.default !== manifest.main) problems.push('package.json: main is not what require gets');
  if (require.types !== manifest.types) problems.push('package.json: types are not those of main');
  return problems;
}

function problemsOfEntries() {
  return [...new Set(targets(manifest.exports))]
    .filter((file) => file.endsWith('.js'))
    .map((file) => file.replace('./dist/', 'src/').replace(/\.js$/, '.ts'))
    .filter((file) => !/^\/\*\*[\s\S]*?@module/.test(readFileSync(root + file, 'utf8')))
    .map((file) => `${file}: an entry file opens with an @module comment`);
}

async function problemsOfRoot() {
  const require = createRequire(import.meta.url);
  const problems = [];
  const esm = await import(manifest.name);
  const faces = {
    [`require('${manifest.name}')`]: require(manifest.name),
    [manifest.main]: require(root + manifest.main),
  };
  if (require(manifest.name) !== esm.default) problems.push('import and require give different classes');
  for (const [face, WebSocket] of Object.entries(faces)) {
    if (typeof WebSocket !== 'function' || WebSocket.name !== 'WebSocket')
      problems.push(`${face}: not the class`);
    for (const name of Object.keys(esm)) {
      if (name === 'default' || name === 'module.exports') continue;
      if (!(name in WebSocket)) problems.push(`${face}: has no ${name}`);
    }
  }
  return problems;
}

if (import.meta.filename === process.argv[1]) process.exitCode = await checkExports();
