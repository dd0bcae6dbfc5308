/**
 * Runs vitest projects as steps and adds up their results. A skipped test counts as a failure of its step:
 * nothing is passed over silently.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { listFiles } from './build.js';
import { root, run, together } from './steps.js';

/** The projects of vitest.config.ts whose tests need neither a build nor a browser. */
export const unitProjects = [
  'protocol',
  'node',
  'client',
  'server',
  'web',
  'transport',
  'transports',
  'rpc',
  'browser',
  'testing',
  'cli',
];

/**
 * The projects that run on the current LTS of Node.js as well: what a newer Node.js can change. Of the engine that is
 * little, and the conformance suite goes through all of it in a fifth of the time.
 */
const ltsProjects = [...unitProjects.filter((name) => name !== 'protocol'), 'conformance', 'integration'];

/** What all runs so far have given. */
export const totals = { passed: 0, failed: 0 };

/** @type {string[]} What failed in all runs so far: the name of a test and how it failed. */
export const failures = [];

/**
 * A step that runs one vitest project.
 * @param {string} project
 * @returns {import('./steps.js').Step}
 */
export function vitestStep(project) {
  return {
    name: `tests: ${project}`,
    projects: [project],
    action: () => runProjects(process.execPath, [project], project),
  };
}

/**
 * A step that runs unit and integration tests on the Node.js of test/runtimes, where a deprecated API throws, beside
 * vitest projects that have work for one core.
 * @param {readonly string[]} projects
 * @returns {import('./steps.js').Step}
 */
export function nodeLtsStep(projects) {
  const folder = `${root}test/runtimes/`;
  const { dependencies } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8'));
  const name = `Node.js ${dependencies.node}`;
  const node = `${folder}node_modules/.bin/node`;
  const env = { NODE_OPTIONS: '--throw-deprecation' };
  const action = () =>
    together(runProjects(node, ltsProjects, name, env), runProjects(process.execPath, projects, 'beside it'));
  return { name: `tests: on ${name}; ${projects.join(', ')}`, projects, action };
}

/**
 * @param {string} node path of the Node.js that runs vitest and its workers
 * @param {readonly string[]} projects
 * @param {string} name of the run
 * @param {NodeJS.ProcessEnv} [env]
 */
async function runProjects(node, projects, name, env) {
  const report = `${root}node_modules/.cache/vitest/${name}.json`;
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const selected = projects.flatMap((project) => ['--project', project]);
  const code = await run(
    node,
    [`${root}node_modules/vitest/vitest.mjs`, 'run', ...selected, ...reporters],
    env,
  );
  const before = totals.failed;
  const results = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  const notRun = results === undefined ? 1 : addResults(results, name);
  // A run that failed as a whole counts as one failed test, so that the last line cannot look good.
  if ((code !== 0 || notRun !== 0) && totals.failed === before) totals.failed += 1;
  return notRun || code;
}

/**
 * @param {{ numPassedTests: number, numFailedTests: number, numTotalTests: number,
 *   testResults: { name: string, status: string, message: string, assertionResults:
 *   { status: string, fullName: string, failureMessages: string[] }[] }[] }} results
 * @param {string} name
 */
function addResults(results, name) {
  const { numPassedTests: passed, numFailedTests: failed, numTotalTests: total, testResults } = results;
  const brokenFiles = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  totals.passed += passed;
  totals.failed += failed + brokenFiles.length;
  for (const file of brokenFiles) failures.push(`${name}: ${file.name}\n${file.message}`);
  for (const test of testResults.flatMap((file) => file.assertionResults)) {
    if (test.status === 'failed')
      failures.push([`${name}: ${test.fullName}`, ...test.failureMessages].join('\n'));
  }
  if (total === passed + failed) return 0;
  console.error(`${name}: ${total - passed - failed} tests did not run`);
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
    (project) => !steps.some((step) => step.projects?.includes(project)),
  );
  for (const project of forgotten) console.error(`test/${project}: npm test has no step for it`);
  return forgotten.length === 0 ? 0 : 1;
}
