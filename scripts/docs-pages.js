/**
 * Writes the pages of the documents' site: the Markdown of docs/ and of the root as it is, with its links turned to
 * the pages, and a page for each source file that a link leads to. It may not know the generator.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { posix } from 'node:path';
import { listFiles } from './build.js';
import { root } from './steps.js';

/** Where the pages are written, from the root. */
export const pagesFolder = 'docs/.vitepress/pages';

/** Writes all of them; what was there before is gone. */
export function writePages() {
  rmSync(root + pagesFolder, { recursive: true, force: true });
  /** @type {Set<string>} */
  const linked = new Set();
  for (const path of documentPaths()) {
    write(pageOf(path), withPageLinks(path, readFileSync(root + path, 'utf8'), linked));
  }
  for (const path of linked) {
    if (isDocument(path) || !existsSync(root + path)) continue;
    if (isImage(path)) copy(path);
    else write(pageOf(path), sourcePage(path));
  }
}

/** The documents, as paths from the root. */
function documentPaths() {
  return [...readdirSync(root), ...listFiles('docs')].filter(isDocument);
}

/** @param {string} path */
function isDocument(path) {
  return path.endsWith('.md') && (!path.includes('/') || /^docs\/(?!\.)/.test(path));
}

/** @param {string} path */
function isImage(path) {
  return /\.(?:svg|png)$/.test(path);
}

/**
 * Where a file of the repository is on the site. `README.md` stands for its folder, and `README.zh-CN.md` for the
 * folder of that language.
 * @param {string} path from the root
 */
export function pageOf(path) {
  if (isImage(path)) return path.replace(/^docs\//, '');
  if (!isDocument(path)) return `source/${path}.md`;
  const language = /^README\.([\w-]+)\.md$/.exec(path)?.[1];
  if (language !== undefined) return `${language}/index.md`;
  const page = path.replace(/^docs\//, '').replace(/\bREADME\.md$/, 'index.md');
  return page === path ? `project/${path.toLowerCase()}` : page;
}

/**
 * A document's text with links that hold on the site.
 * @param {string} path of the document
 * @param {string} text
 * @param {Set<string>} linked gets the files that it links to
 */
export function withPageLinks(path, text, linked) {
  let isCode = false;
  const lines = text.split('\n').map((line) => {
    if (line.startsWith('```')) isCode = !isCode;
    return isCode
      ? line
      : line.replace(codeOrTarget, (found, target) => (target ? `](${turned(target)})` : found));
  });
  return lines.join('\n');

  /** @param {string} target */
  function turned(target) {
    if (/^(?:[a-z]+:|#)/.test(target)) return target;
    const [file = '', anchor] = target.split('#');
    const linkedPath = posix.join(posix.dirname(path), file);
    linked.add(linkedPath);
    const page = posix.relative(posix.dirname(pageOf(path)), pageOf(linkedPath));
    return `${page.startsWith('.') ? page : `./${page}`}${anchor === undefined ? '' : `#${anchor}`}`;
  }
}

/** A code span, in which nothing is a link, or the target of a link. */
const codeOrTarget = /`[^`]*`|\]\(([^)\s]+)\)/g;

/**
 * A page that shows a file. It is not searched: what it says the documents say better.
 * @param {string} path
 */
function sourcePage(path) {
  const language = /\.(\w+)$/.exec(path)?.[1] ?? 'txt';
  const fence = '`'.repeat(8);
  const code = readFileSync(root + path, 'utf8').trimEnd();
  return `---
search: false
aside: false
prev: false
next: false
---

# ${path}

${fence}${language}:line-numbers
${code}
${fence}
`;
}

/**
 * The anchor of a heading as GitHub makes it, so that one link holds on both.
 * @param {string} heading
 */
export function anchorOf(heading) {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

/**
 * @param {string} page
 * @param {string} text
 */
function write(page, text) {
  const file = `${root}${pagesFolder}/${page}`;
  mkdirSync(posix.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** @param {string} image */
function copy(image) {
  const file = `${root}${pagesFolder}/${pageOf(image)}`;
  mkdirSync(posix.dirname(file), { recursive: true });
  copyFileSync(root + image, file);
}
