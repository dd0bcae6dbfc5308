/**
 * Finds the programs that the tests need beside Node.js: where the variable of each says, or where Debian
 * puts it; what is missing it installs by Debian's packages where that is possible. Otherwise it fails with
 * the command that would help.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { run } from './steps.js';

/** What is needed: the Debian package, what it brings, and the variable that names it elsewhere. */
const programs = [
  { name: 'chromium', path: '/usr/bin/chromium', variable: 'CHROMIUM_PATH' },
  {
    name: 'fonts-noto-cjk',
    path: '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc',
    variable: undefined,
  },
  { name: 'nginx', path: '/usr/sbin/nginx', variable: 'NGINX_PATH' },
  { name: 'haproxy', path: '/usr/sbin/haproxy', variable: 'HAPROXY_PATH' },
  { name: 'curl', path: '/usr/bin/curl', variable: 'CURL_PATH' },
  { name: 'python3-websockets', path: '/usr/lib/python3/dist-packages/websockets', variable: undefined },
];

/** Resolves with 0 when all are there in the end; otherwise prints what to do and resolves with 1. */
export async function ensurePrograms() {
  if (missing().length > 0 && canInstall()) {
    const command = installation();
    console.log(`installing Debian's packages: ${command}`);
    // RUNLEVEL keeps the packages from starting their services.
    await run('sh', ['-c', command], { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' });
  }
  for (const program of programs) console.log(`${program.name}: ${placeOf(program)}`);
  const names = missing().map(({ name }) => name);
  if (names.length === 0) return 0;
  console.error(`The tests need ${names.join(', ')}. Install with\n\n  sudo sh -c '${installation()}'\n`);
  const variables = missing().flatMap(({ variable }) => variable ?? []);
  if (variables.length > 0)
    console.error(`or set ${variables.join(', ')} to where it is; then run this again.`);
  return 1;
}

/** @param {typeof programs[number]} program */
function placeOf({ path, variable }) {
  return (variable === undefined ? undefined : process.env[variable]) ?? path;
}

function missing() {
  return programs.filter((program) => !existsSync(placeOf(program)));
}

function installation() {
  const names = missing().map(({ name }) => name);
  return `apt-get update && apt-get install -y --no-install-recommends ${names.join(' ')}`;
}

function canInstall() {
  return process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;
}

if (import.meta.filename === process.argv[1]) process.exitCode = await ensurePrograms();
