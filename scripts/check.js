/**
 * `npm run check`, the one command before a commit: format and lint, types, unit tests, the export map.
 */
import { build } from './build.js';
import { checkExports } from './check-exports.js';
import { checkSources } from './check-sources.js';
import { program, run, runSteps } from './steps.js';
import { installTestPackages } from './test-packages.js';
import { unitProjects, vitestStep } from './vitest-projects.js';

const failed = await runSteps([
  { name: 'Biome', action: () => run(program('biome'), ['check', '--error-on-warnings']) },
  { name: 'sources', action: checkSources },
  { name: 'build', action: build },
  { name: 'packages for the tests', action: installTestPackages },
  { name: 'types', action: () => run(program('tsc'), ['-b']) },
  ...unitProjects.map(vitestStep),
  { name: 'exports', action: checkExports },
]);
if (failed.length > 0) {
  console.error(`\ncheck failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
