/**
 * Makes dist/, which is what the package publishes: the ESM files and their types by `tsc -b`, the
 * CommonJS face by esbuild, the page by Vite. What is up to date is not built again.
 */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { buildCommonJs } from './commonjs.js';
import { program, root, run, secondsSince } from './steps.js';

/** The projects that everything else hangs on. */
const faces = [
  'src/cli',
  'src/web',
  'src/rpc/jwt',
  'src/browser',
  'src/transports/sse',
  'src/transports/polling',
  'src/transports/fallback-server',
  'src/testing',
];
const dist = `${root}dist/`;

/** Builds everything; throws when a part fails. */
export async function build() {
  const started = performance.now();
  console.log('build: compiling');
  await must(run(program('tsc'), ['-b', ...faces]), 'tsc');
  removeStaleFiles();
  console.log('build: CommonJS');
  await buildCommonJs();
  if (isPageUpToDate()) {
    console.log('build: page is up to date');
  } else {
    console.log('build: page');
    await must(run(program('vite'), ['build', 'playground', '--logLevel', 'warn']), 'vite build');
  }
  console.log(`build: done (${secondsSince(started)})`);
}

/** As `build`, for programs that can do nothing without it: prints what failed and ends with code 1. */
export async function buildOrExit() {
  try {
    await build();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

/**
 * @param {Promise<number>} exit
 * @param {string} name
 */
async function must(exit, name) {
  if ((await exit) !== 0) throw new Error(`build: ${name} failed`);
}

/** Removes compiled files whose source is gone, so that they are not published. */
function removeStaleFiles() {
  for (const file of listFiles('dist')) {
    const [, stem] = /^dist\/(.+?)(?:\.d\.ts|\.js)$/.exec(file) ?? [];
    if (stem === undefined || stem.startsWith('playground/')) continue;
    if (!existsSync(`${root}src/${stem}.ts`)) rmSync(root + file);
  }
}

function isPageUpToDate() {
  const page = `${dist}playground/index.html`;
  if (!existsSync(page)) return false;
  const built = statSync(page).mtimeMs;
  const inputs = [...listFiles('playground'), ...listFiles('src'), 'package-lock.json', 'tsconfig.base.json'];
  return inputs.every((file) => statSync(root + file).mtimeMs < built);
}

/**
 * Every file below a folder of the repository but installed packages, as paths from the root.
 * @param {string} folder
 * @returns {string[]}
 */
export function listFiles(folder) {
  return readdirSync(root + folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : listFiles(path);
    return entry.isFile() ? [path] : [];
  });
}

if (import.meta.filename === process.argv[1]) await buildOrExit();
