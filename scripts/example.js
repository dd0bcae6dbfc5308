/**
 * `npm run example -- NAME [arguments]`: runs a program of `examples/` in this very process, so that signals reach
 * it directly. NAME is a folder, for its `main.ts`, or one of its other programs: `rpc/client`.
 */
import { existsSync, readdirSync } from 'node:fs';
import { root } from './steps.js';

const programs = ['main', 'client'];
const names = readdirSync(`${root}examples`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => programs.filter((program) => existsSync(fileOf(name, program))).map(nameIn(name)));

/** @param {string} folder @param {string} program */
function fileOf(folder, program) {
  return `${root}examples/${folder}/${program}.ts`;
}

/**
 * @param {string} folder
 * @returns {(program: string) => string}
 */
function nameIn(folder) {
  return (program) => (program === 'main' ? folder : `${folder}/${program}`);
}

const [name, ...rest] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`usage: npm run example -- NAME\nexamples: ${names.join(', ')}`);
  process.exit(2);
}

const program = name.includes('/') ? name : `${name}/main`;
process.argv.splice(
  1,
  process.argv.length,
  `${root}scripts/run-typescript.js`,
  `examples/${program}.ts`,
  ...rest,
);
await import('./run-typescript.js');
