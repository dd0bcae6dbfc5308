/**
 * `node scripts/mask-kernel.js`: assembles src/protocol/mask-kernel.wat and writes it, as base64, into
 * src/protocol/mask-kernel.ts, or with `--print` to the terminal. A test compares the two.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import wabt from 'wabt';
import { root } from './steps.js';

const source = `${root}src/protocol/mask-kernel.wat`;

const { parseWat } = await wabt();
const module = parseWat('mask-kernel.wat', readFileSync(source, 'utf8'), { simd: true });
const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');

if (process.argv.includes('--print')) {
  console.log(base64);
} else {
  const comment = `/** \`mask-kernel.wat\`, assembled by \`node scripts/mask-kernel.js\`: a WebAssembly module in base64. */`;
  writeFileSync(source.replace(/\.wat$/, '.ts'), `${comment}\nexport const maskKernel =\n  '${base64}';\n`);
}
