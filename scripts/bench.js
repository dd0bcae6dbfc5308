/**
 * `npm run bench`: builds the package, installs the peers into bench/ once, compiles the bench and runs it.
 * Arguments go to the bench.
 */
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { build as bundle } from 'esbuild';
import { buildOrExit } from './build.js';
import { root } from './steps.js';
import { install } from './test-packages.js';

const folder = `${root}bench/`;
const outdir = `${folder}node_modules/.cache/bench`;

if (!process.argv.includes('--help')) {
  await buildOrExit();
  install('bench');
}
rmSync(`${folder}node_modules/hawser`, { recursive: true, force: true });
if (existsSync(`${folder}node_modules`)) symlinkSync('../..', `${folder}node_modules/hawser`);
await bundle({
  absWorkingDir: folder,
  entryPoints: ['main.ts', 'loader/main.ts', 'loader/transports.ts', 'servers/*.ts'],
  outdir,
  outbase: folder,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  packages: 'external',
  // Else the compiler's paths would bundle the sources: what is measured is what was built.
  external: ['hawser', 'hawser/*'],
  logLevel: 'error',
});
await import(`${outdir}/main.js`);
