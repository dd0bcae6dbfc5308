/**
 * Looks at the documents' site as it was built: every link of it leads to a page and an anchor that are there, and no
 * page loads anything from another host. It may not know how pages are made.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const origin = 'http://site.invalid';

/**
 * What is wrong with the site.
 * @param {string} folder where it was built
 * @param {string} base the path that it is served below, with slashes at both ends
 * @returns {string[]}
 */
export function problemsOfSite(folder, base) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const pages = new Map(
    files.filter((file) => file.endsWith('.html')).map((file) => [file, readPage(folder, file)]),
  );
  const styles = files.filter((file) => file.endsWith('.css'));
  return [
    ...[...pages].flatMap(([page, { references }]) =>
      references.flatMap((reference) => problemsOfReference(reference, { folder, base, page, pages })),
    ),
    ...[...pages]
      .filter(([, { hasPolicy }]) => !hasPolicy)
      .map(([page]) => `${page}: no Content-Security-Policy`),
    ...styles
      .filter((file) =>
        /(?:url\(|@import)\s*['"]?(?:https?:)?\/\//.test(readFileSync(`${folder}/${file}`, 'utf8')),
      )
      .map((file) => `${file}: loads from another host`),
  ];
}

/**
 * @typedef {{ tag: string, url: string }} Reference
 * @typedef {{ anchors: Set<string>, references: Reference[], hasPolicy: boolean }} Page
 * @typedef {{ folder: string, base: string, page: string, pages: Map<string, Page> }} Site
 */

/**
 * @param {string} folder
 * @param {string} file
 * @returns {Page}
 */
function readPage(folder, file) {
  const html = readFileSync(`${folder}/${file}`, 'utf8');
  const references = Array.from(
    html.matchAll(/<(\w+)\b[^>]*?\s(?:href|src)="([^"]*)"/g),
    ([, tag = '', url = '']) => ({
      tag,
      url: url.replaceAll('&amp;', '&'),
    }),
  );
  return {
    anchors: new Set(Array.from(html.matchAll(/\sid="([^"]*)"/g), ([, id = '']) => id)),
    references,
    hasPolicy: html.includes('http-equiv="Content-Security-Policy"'),
  };
}

/**
 * @param {Reference} reference
 * @param {Site} site
 * @returns {string[]}
 */
function problemsOfReference({ tag, url }, { folder, base, page, pages }) {
  const resolved = new URL(url, `${origin}${base}${page}`);
  if (resolved.origin !== origin) {
    return tag === 'a' || resolved.protocol === 'data:' ? [] : [`${page}: <${tag}> loads ${url}`];
  }
  const path = decodeURIComponent(resolved.pathname);
  if (!path.startsWith(base)) return [`${page}: ${url} is not below ${base}`];
  const file = path.slice(base.length).replace(/(^|\/)$/, '$1index.html');
  if (!existsSync(`${folder}/${file}`)) return [`${page}: ${url} does not exist`];
  const anchor = decodeURIComponent(resolved.hash.slice(1));
  const isKnown = anchor === '' || pages.get(file)?.anchors.has(anchor);
  return isKnown ? [] : [`${page}: ${url} names no heading`];
}
