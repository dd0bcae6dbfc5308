/**
 * Rules of this repository's files that neither the compiler nor Biome knows: a table of patterns that may
 * not occur, the length of files, and a lock file that works with every registry.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { listFiles } from './build.js';
import { root } from './steps.js';
import { packageFolders } from './test-packages.js';

const maxLines = 400;
const folders = ['src', 'playground', 'scripts', 'fuzz', 'soak', 'examples', 'bench', 'test'];
const lockFiles = ['', 'bench/', 'docs/', ...packageFolders.map((folder) => `${folder}/`)].map(
  (folder) => `${folder}package-lock.json`,
);
const isSource = /\.(?:[cm]?[jt]s|css|html)$/;

/** @type {readonly { files: RegExp, pattern: RegExp, message: string }[]} */
const rules = [
  {
    files: /^src\/protocol\//,
    pattern: /\bMath\.random\b|\bDate\b|\bBuffer\.poolSize\b/,
    message: 'src/protocol is sans-I/O: neither randomness nor clocks',
  },
  {
    files: /^src\/protocol\/handshake\//,
    pattern: /\bRegExp\b|\.(?:match|matchAll|exec|test)\(/,
    message: 'headers are scanned in linear time, without regular expressions',
  },
  { files: /^src\//, pattern: /@ts-(?:ignore|expect-error|nocheck)/, message: 'the compiler is right' },
  { files: /./, pattern: /\b(?:TO[D]O|FIX[M]E)\b/, message: 'finish it' },
  {
    files: /^test\//,
    pattern: /\b(?:it|test|describe)\.(?:skip|todo|only)\b/,
    message: 'no test is skipped',
  },
];

/** Prints every violation and returns 1 if there is one, else 0. */
export function checkSources() {
  const files = folders.flatMap(listFiles).filter((file) => isSource.test(file));
  const problems = [...files.flatMap(problemsOfFile), ...lockFiles.flatMap(problemsOfLockFile)];
  for (const problem of problems) console.error(problem);
  return problems.length === 0 ? 0 : 1;
}

/** @param {string} file */
function problemsOfFile(file) {
  const lines = readFileSync(root + file, 'utf8')
    .trimEnd()
    .split('\n');
  const problems = [];
  if (/^(?:src|playground|scripts)\//.test(file) && lines.length > maxLines) {
    problems.push(`${file}: ${lines.length} lines; at most ${maxLines}`);
  }
  if (/^(?:utils?|helpers?|common|misc)\./.test(basename(file))) {
    problems.push(`${file}: a name that says nothing`);
  }
  for (const { pattern, message } of rules.filter((rule) => rule.files.test(file))) {
    lines.forEach((line, index) => {
      if (pattern.test(line)) problems.push(`${file}:${index + 1}: ${message}`);
    });
  }
  return problems;
}

/**
 * @typedef {{ version?: string, resolved?: string, link?: boolean, optionalDependencies?: Record<string, string> }} LockedPackage
 */

/**
 * A lock file that works with every registry, and with `npm ci` on every platform.
 * @param {string} file
 */
function problemsOfLockFile(file) {
  /** @type {Record<string, LockedPackage>} */
  const packages = JSON.parse(readFileSync(root + file, 'utf8')).packages;
  return Object.entries(packages).flatMap(
    ([path, { version, resolved, link, optionalDependencies = {} }]) => {
      const problems = [];
      if (resolved !== undefined) problems.push(`${path} has a download address or a local path`);
      if (link === true || version?.includes(':')) problems.push(`${path} is not from a registry`);
      for (const name of Object.keys(optionalDependencies)) {
        const places = [`${path}/node_modules/${name}`, `node_modules/${name}`];
        if (!places.some((place) => place in packages))
          problems.push(`${name} is missing; npm ci would refuse`);
      }
      return problems.map((problem) => `${file}: ${problem}`);
    },
  );
}

if (import.meta.filename === process.argv[1]) process.exitCode = checkSources();
