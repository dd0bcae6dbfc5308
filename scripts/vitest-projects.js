/**
 * Runs vitest projects as steps and adds up their results. A skipped test counts as a failure of its step:
 * nothing is passed over silently.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { program, root, run } from './steps.js';

/** The projects of vitest.config.ts whose tests need neither a build nor a browser. */
export const unitProjects = ['protocol', 'node', 'client', 'server', 'cli'];

/** What all runs so far have given. */
export const totals = { passed: 0, failed: 0 };

/**
 * A step that runs one vitest project.
 * @param {string} project
 * @returns {import('./steps.js').Step}
 */
export function vitestStep(project) {
  return { name: `tests: ${project}`, action: () => runProject(project) };
}

/** @param {string} project */
async function runProject(project) {
  const report = `${root}node_modules/.cache/vitest/${project}.json`;
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await run(program('vitest'), ['run', '--project', project, ...reporters]);
  if (!existsSync(report)) {
    totals.failed += 1;
    return 1;
  }
  return addResults(JSON.parse(readFileSync(report, 'utf8')), project) || code;
}

/**
 * @param {{ numPassedTests: number, numFailedTests: number, numTotalTests: number,
 *   testResults: { status: string, assertionResults: unknown[] }[] }} results
 * @param {string} project
 */
function addResults(results, project) {
  const { numPassedTests: passed, numFailedTests: failed, numTotalTests: total, testResults } = results;
  const brokenFiles = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  totals.passed += passed;
  totals.failed += failed + brokenFiles.length;
  if (total === passed + failed) return 0;
  console.error(`${project}: ${total - passed - failed} tests did not run`);
  return 1;
}
