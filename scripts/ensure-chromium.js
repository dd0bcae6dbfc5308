/**
 * Finds Chromium for the browser tests, at CHROMIUM_PATH or where Debian puts it, and installs Debian's
 * package where that is possible. Otherwise it fails with the command that would help.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { run } from './steps.js';

const debianPath = '/usr/bin/chromium';
const installation = 'apt-get update && apt-get install -y --no-install-recommends chromium';

/** The path of the Chromium that the tests use. */
export function chromiumPath() {
  return process.env.CHROMIUM_PATH ?? debianPath;
}

/** Resolves with 0 when Chromium is there in the end; otherwise prints what to do and resolves with 1. */
export async function ensureChromium() {
  const path = chromiumPath();
  if (existsSync(path)) {
    console.log(`Chromium: ${path}`);
    return 0;
  }
  if (process.env.CHROMIUM_PATH !== undefined) {
    console.error(`CHROMIUM_PATH is ${path}, but there is no such file.`);
    return 1;
  }
  if (canInstall()) {
    console.log(`Chromium is missing; installing Debian's package: ${installation}`);
    await run('sh', ['-c', installation], { DEBIAN_FRONTEND: 'noninteractive' });
    if (existsSync(path)) return 0;
  }
  console.error(`The browser tests need Chromium. Install it with\n\n  sudo sh -c '${installation}'\n`);
  console.error(
    'or set CHROMIUM_PATH to the program of an installed Chromium or Chrome, then run this again.',
  );
  return 1;
}

function canInstall() {
  return process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;
}

if (import.meta.filename === process.argv[1]) process.exitCode = await ensureChromium();
