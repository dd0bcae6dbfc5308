/**
 * `npm run docs`: builds the documents to a static site, with the reference that is made of the doc comments, and
 * checks it. The generator is installed into docs/ when it is needed.
 */
import { parseArgs } from 'node:util';
import { problemsOfSite } from './docs-check.js';
import { writePages } from './docs-pages.js';
import { root, run, secondsSince } from './steps.js';
import { install } from './test-packages.js';

const site = 'docs/.vitepress/dist';

const help = `usage: npm run docs -- [options]

Builds the documents to a static site in ${site}.

  --base PATH  the path that the site is served below (default /)
  --serve      serves the site on localhost afterwards
  --port N     the port for --serve (default 4173)
  --help       prints this`;

/**
 * Builds and checks the site; throws when a part fails.
 * @param {string} [base] the path that it is served below, with slashes at both ends
 */
export async function buildDocs(base = '/') {
  const started = performance.now();
  install('docs');
  writePages();
  console.log('docs: reference of the doc comments');
  await must('typedoc/bin/typedoc', '--options', 'docs/typedoc.json');
  console.log('docs: site');
  await must('vitepress/bin/vitepress.js', 'build', 'docs', '--base', base);
  const problems = problemsOfSite(root + site, base);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) throw new Error(`docs: ${problems.length} problems`);
  console.log(`docs: ${site}/index.html (${secondsSince(started)})`);
}

/**
 * Runs a program of docs/.
 * @param {string} file
 * @param {string[]} args
 */
async function must(file, ...args) {
  const code = await run(process.execPath, [`${root}docs/node_modules/${file}`, ...args]);
  if (code !== 0) throw new Error(`docs: ${file} failed`);
}

/**
 * Serves the site as it was built, to this machine only.
 * @param {string} base the path that it was built for
 * @param {number} port 0 for any
 */
export async function serveDocs(base, port) {
  const { preview } = await import('vite');
  return preview({
    configFile: false,
    root: `${root}docs/.vitepress`,
    base,
    appType: 'mpa',
    preview: { host: 'localhost', port, strictPort: true },
  });
}

/** What the command line asks for; ends with code 2 where that is a mistake. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        base: { type: 'string', default: '/' },
        serve: { type: 'boolean', default: false },
        port: { type: 'string', default: '4173' },
        help: { type: 'boolean', default: false },
      },
    });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`not a port: ${values.port}`);
    return { ...values, base: `/${values.base}/`.replaceAll(/\/+/g, '/'), port };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${help}`);
    process.exit(2);
  }
}

async function main() {
  const options = readOptions();
  if (options.help) {
    console.log(help);
    return;
  }
  try {
    await buildDocs(options.base);
    if (options.serve) (await serveDocs(options.base, options.port)).printUrls();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

if (import.meta.filename === process.argv[1]) await main();
