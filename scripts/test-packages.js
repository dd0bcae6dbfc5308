/**
 * Installs what the tests need from npm beside the dev dependencies, each group in a folder of its own with
 * its own lock file, and lays the packed hawser over the `ws` that third-party software finds.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { buildOrExit } from './build.js';
import { pack } from './check-package.js';
import { root } from './steps.js';

/** The folders with a package.json of their own. */
export const packageFolders = ['test/peers', 'test/third-party', 'test/runtimes'];

/** Makes all of them ready; throws when an installation fails. The package must have been built. */
export function installTestPackages() {
  for (const folder of packageFolders) install(folder);
  layOver(`${root}test/third-party/node_modules/ws`);
}

/**
 * Runs `npm ci` unless the folder holds what its lock file says.
 * @param {string} folder
 */
export function install(folder) {
  const stamp = `${root}${folder}/node_modules/.installed-lock.json`;
  const lock = readFileSync(`${root}${folder}/package-lock.json`, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) {
    console.log(`${folder}: up to date`);
    return;
  }
  console.log(`${folder}: npm ci`);
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error'], {
    cwd: root + folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  writeFileSync(stamp, lock);
}

/** @param {string} target */
function layOver(target) {
  const { path, filename } = pack();
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['--extract', '--file', path, '--directory', target, '--strip-components', '1']);
  console.log(`test/third-party: node_modules/ws is ${filename}`);
}

if (import.meta.filename === process.argv[1]) {
  await buildOrExit();
  installTestPackages();
}
