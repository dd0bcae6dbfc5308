/**
 * `npm test`: everything there is. Later steps run also when an earlier one failed, so that one run tells
 * all; the last line gives the number of tests.
 */
import { build } from './build.js';
import { checkExports } from './check-exports.js';
import { checkPackage } from './check-package.js';
import { checkSources } from './check-sources.js';
import { buildDocs } from './docs.js';
import { ensurePrograms } from './ensure-programs.js';
import { size } from './size.js';
import { program, run, runSteps, secondsSince, together } from './steps.js';
import { installTestPackages } from './test-packages.js';
import {
  checkEveryProjectRuns,
  failures,
  nodeLtsStep,
  totals,
  unitProjects,
  vitestStep,
} from './vitest-projects.js';

const started = performance.now();
/** @type {import('./steps.js').Step[]} */
const steps = [
  { name: 'build', action: build },
  { name: 'packages for the tests', action: installTestPackages },
  { name: 'programs for the tests', action: ensurePrograms },
  { name: 'types', action: () => run(program('tsc'), ['-b']) },
  { name: 'Biome', action: () => run(program('biome'), ['check', '--error-on-warnings']) },
  { name: 'sources', action: checkSources },
  ...[...unitProjects, 'conformance', 'integration', 'soak', 'documents', 'examples'].map(vitestStep),
  // Each has work for one core.
  { name: 'docs, fuzz', action: () => together(buildDocs(), fuzz()) },
  ...['chromium', 'differential', 'third-party', 'interop'].map(vitestStep),
  nodeLtsStep(['drop-in', 'runtimes']),
  { name: 'exports', action: checkExports },
  { name: 'publint and attw', action: checkPackage },
  { name: 'knip', action: () => run(program('knip'), []) },
  { name: 'size', action: size },
  vitestStep('package'),
  vitestStep('gates'),
  { name: 'every test has run', action: () => checkEveryProjectRuns(steps) },
];
const failed = await runSteps(steps);
// Again at the end: between the outputs of so many steps nobody finds them.
for (const failure of failures) console.log(`\n${failure}`);
console.log(
  `\n${failed.length === 0 ? 'everything passed' : `failed: ${failed.join(', ')}`} (${secondsSince(started)})`,
);
console.log(`tests: ${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;

function fuzz() {
  return run('node', ['scripts/run-typescript.js', 'fuzz/main.ts', '--fixed']);
}
