/**
 * `npm run example -- NAME`: runs a program of `examples/`.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { root } from './steps.js';

const [name, ...rest] = process.argv.slice(2);
const names = readdirSync(`${root}examples`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(`${root}examples/${entry.name}/main.ts`))
  .map((entry) => entry.name);

if (name === undefined || !names.includes(name)) {
  console.error(`usage: npm run example -- NAME\nexamples: ${names.join(', ')}`);
  process.exit(2);
}

const program = [`${root}scripts/run-typescript.js`, `examples/${name}/main.ts`, ...rest];
const child = spawn(process.execPath, program, { cwd: root, stdio: 'inherit' });
// Ctrl-C reaches the program as well; what it makes of it is what we end with.
process.on('SIGINT', () => {});
child.on('close', (code) => process.exit(code ?? 0));
