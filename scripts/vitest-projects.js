/**
 * Runs vitest projects as steps and adds up their results. A skipped test counts as a failure of its step:
 * nothing is passed over silently.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { listFiles } from './build.js';
import { program, root, run } from './steps.js';

/** The projects of vitest.config.ts whose tests need neither a build nor a browser. */
export const unitProjects = ['protocol', 'node', 'client', 'server', 'web', 'cli'];

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
  const before = totals.failed;
  const results = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  const notRun = results === undefined ? 1 : addResults(results, project);
  // A run that failed as a whole counts as one failed test, so that the last line cannot look good.
  if ((code !== 0 || notRun !== 0) && totals.failed === before) totals.failed += 1;
  return notRun || code;
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

/**
 * Prints the folders of test/ that none of the steps runs; returns 1 if there is one, else 0.
 * @param {readonly import('./steps.js').Step[]} steps
 */
export function checkEveryProjectRuns(steps) {
  const tests = listFiles('test').filter((file) => file.endsWith('.test.ts'));
  const projects = new Set(tests.map((file) => file.split('/')[1] ?? ''));
  const forgotten = [...projects].filter(
    (project) => !steps.some(({ name }) => name === vitestStep(project).name),
  );
  for (const project of forgotten) console.error(`test/${project}: npm test has no step for it`);
  return forgotten.length === 0 ? 0 : 1;
}
