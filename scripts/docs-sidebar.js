/**
 * The sidebars of the documents' site, read from the pages that were written. Nothing has to be entered here for a
 * new page: it stands behind those whose order is given.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { pagesFolder } from './docs-pages.js';
import { root } from './steps.js';

/**
 * @typedef {{ text: string, link?: string, collapsed?: boolean, items?: Item[] }} Item
 * @typedef {{ folder: string, text: string, first: readonly string[], collapsed?: boolean }} Group
 */

/** The groups of pages, and the pages that come first in each. @type {readonly Group[]} */
export const groups = [
  {
    folder: 'guide',
    text: 'Guide',
    first: [
      'getting-started',
      'protocol',
      'rpc',
      'reconnection',
      'authentication',
      'backpressure',
      'heartbeat',
      'compression',
      'streaming',
      'performance',
      'migration-from-ws',
      'reverse-proxies',
      'fallback-transports',
      'architecture',
    ],
  },
  {
    folder: 'reference',
    text: 'Reference',
    first: [
      'server-options',
      'client-options',
      'server',
      'websocket',
      'rpc',
      'rpc-server',
      'client',
      'fallback',
      'rpc-protocol',
      'fallback-protocol',
      'errors',
      'http-answers',
      'diagnostics',
    ],
  },
  { folder: 'decisions', text: 'Decisions', first: ['index'], collapsed: true },
  { folder: 'project', text: 'Project', first: ['contributing'] },
];

/**
 * The sidebar of the generated reference, and that of all other pages.
 * @param {string} [folder] where the pages are
 * @returns {Record<string, Item[]>}
 */
export function sidebar(folder = root + pagesFolder) {
  const home = { text: 'hawser', link: '/' };
  const api = { text: 'API', link: '/reference/api/' };
  const items = groups.map((group) => groupItem(folder, group));
  for (const item of items) if (item.text === 'Reference') item.items?.push(api);
  return {
    '/reference/api/': [
      { text: 'All documents', link: '/' },
      ...moduleItems(`${folder}/reference/api`, '/reference/api'),
    ],
    '/': [home, ...items],
  };
}

/**
 * @param {string} pages
 * @param {Group} group
 * @returns {Item}
 */
function groupItem(pages, { folder, text, first, collapsed = false }) {
  const names = namesIn(`${pages}/${folder}`);
  const rest = names.filter((name) => !first.includes(name));
  const items = [...first.filter((name) => names.includes(name)), ...rest].map((name) => ({
    text: titleOf(`${pages}/${folder}/${name}.md`),
    link: `/${folder}/${name === 'index' ? '' : name}`,
  }));
  return { text, collapsed, items };
}

/**
 * The modules in a folder of the generated reference, each with its exports by their kinds; a module's folder holds
 * those of its subpaths, too.
 * @param {string} folder
 * @param {string} link
 * @returns {Item[]}
 */
function moduleItems(folder, link) {
  const modules = foldersIn(folder).filter((name) => isModule(`${folder}/${name}`));
  return modules.flatMap((name) => {
    const path = `${folder}/${name}`;
    const kinds = foldersIn(path).filter((kind) => !isModule(`${path}/${kind}`));
    const items = kinds.map((kind) => kindItem(`${path}/${kind}`, `${link}/${name}/${kind}`));
    const module = { text: titleOf(`${path}/index.md`), link: `${link}/${name}/`, items };
    return [module, ...moduleItems(path, `${link}/${name}`)];
  });
}

/**
 * @param {string} folder such as `type-aliases`
 * @param {string} link
 * @returns {Item}
 */
function kindItem(folder, link) {
  const kind = basename(folder).replace('-', ' ');
  const items = namesIn(folder).map((name) => ({ text: name, link: `${link}/${name}` }));
  return { text: `${kind[0]?.toUpperCase()}${kind.slice(1)}`, collapsed: true, items };
}

/** @param {string} folder */
function isModule(folder) {
  return existsSync(`${folder}/index.md`);
}

/** @param {string} folder */
function foldersIn(folder) {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/**
 * The pages of a folder by name, without `.md`.
 * @param {string} folder
 */
function namesIn(folder) {
  const files = readdirSync(folder).filter((file) => file.endsWith('.md'));
  return files.map((file) => basename(file, '.md')).sort();
}

/**
 * The first heading of a page.
 * @param {string} file
 */
function titleOf(file) {
  const heading = /^# (.+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? basename(file, '.md');
  return heading.replaceAll('`', '');
}
