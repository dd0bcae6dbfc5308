/** What `npm run docs` does around its generator: pages and their links, sidebars, and the check of the result. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allDocuments, root } from './markdown.js';

interface Item {
  readonly text: string;
  readonly link?: string;
  readonly items?: Item[];
}

interface Scripts {
  anchorOf(heading: string): string;
  pageOf(path: string): string;
  withPageLinks(path: string, text: string, linked: Set<string>): string;
  readonly groups: readonly { folder: string; first: readonly string[] }[];
  sidebar(folder: string): Record<string, Item[]>;
  problemsOfSite(folder: string, base: string): string[];
}

// Plain JavaScript, which the compiler of the tests does not look at.
const scripts: Scripts = {
  ...(await import(`${root}scripts/docs-pages.js`)),
  ...(await import(`${root}scripts/docs-sidebar.js`)),
  ...(await import(`${root}scripts/docs-check.js`)),
};
const { anchorOf, groups, pageOf, problemsOfSite, sidebar, withPageLinks } = scripts;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-site-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

describe('a page', () => {
  it.each([
    ['README.md', 'index.md'],
    ['README.zh-CN.md', 'zh-CN/index.md'],
    ['CHANGELOG.md', 'project/changelog.md'],
    ['docs/guide/protocol.md', 'guide/protocol.md'],
    ['docs/decisions/README.md', 'decisions/index.md'],
    ['docs/images/page.png', 'images/page.png'],
    ['bench/chart.svg', 'bench/chart.svg'],
    ['LICENSE', 'source/LICENSE.md'],
    ['src/index.ts', 'source/src/index.ts.md'],
    ['bench/README.md', 'source/bench/README.md.md'],
  ])('for %s is %s', (path, page) => expect(pageOf(path)).toBe(page));

  it.each([
    ['README.md', '[a](docs/guide/protocol.md)', '[a](./guide/protocol.md)'],
    ['README.md', '![a](bench/chart.svg)', '![a](./bench/chart.svg)'],
    [
      'README.md',
      '[a](CONTRIBUTING.md), [b](LICENSE)',
      '[a](./project/contributing.md), [b](./source/LICENSE.md)',
    ],
    ['SECURITY.md', '[a](docs/reference/errors.md#x)', '[a](../reference/errors.md#x)'],
    ['docs/guide/a.md', '[`a`](../../src/index.ts)', '[`a`](../source/src/index.ts.md)'],
    ['docs/guide/a.md', '[a](../../README.md#x)', '[a](../index.md#x)'],
    ['docs/guide/a.md', '[a](b.md)', '[a](./b.md)'],
    ['docs/guide/a.md', '[a](#x), [b](https://example.org/c.md)', '[a](#x), [b](https://example.org/c.md)'],
    ['docs/guide/a.md', '`[a](b.md)`', '`[a](b.md)`'],
    ['README.md', '```\n[a](docs/b.md)\n```\n[a](docs/b.md)', '```\n[a](docs/b.md)\n```\n[a](./b.md)'],
  ])('of %s has links that hold there: %s', (path, text, expected) => {
    expect(withPageLinks(path, text, new Set())).toBe(expected);
  });

  it('tells what it links to', () => {
    const linked = new Set<string>();
    withPageLinks(
      'docs/guide/a.md',
      '[a](b.md#x), [`b`](../../src/index.ts), [c](https://d.example/)',
      linked,
    );
    expect([...linked]).toEqual(['docs/guide/b.md', 'src/index.ts']);
  });

  it('has the anchors that GitHub gives it', () => {
    for (const { anchors, headings, path } of allDocuments()) {
      const missing = headings.map(anchorOf).filter((anchor) => !anchors.has(anchor));
      expect(missing, path).toEqual([]);
    }
  });
});

describe('the sidebar', () => {
  const linksOf = (items: readonly Item[] = []): string[] =>
    items.flatMap(({ link, items }) => [...(link ? [link] : []), ...linksOf(items)]);

  beforeEach(() => {
    for (const { folder } of groups) write(`${folder}/zebra.md`, '# Zebra\n');
    write('guide/apple.md', '# `Apple` and pear\n');
    for (const name of ['architecture', 'getting-started']) write(`guide/${name}.md`, `# ${name}\n`);
    write('decisions/index.md', '# Decisions\n');
    write('reference/api/index.md', '# API\n');
    write('reference/api/hawser/index.md', '# hawser\n');
    write('reference/api/hawser/type-aliases/Data.md', '# Type Alias: Data\n');
    write('reference/api/hawser/web/index.md', '# hawser/web\n');
    write('reference/api/hawser/web/classes/Event.md', '# Class: Event\n');
  });

  it('has every page: those whose order is given, then the others', () => {
    const { '/': items } = sidebar(folder);
    const [home, guide, reference, decisions] = items ?? [];
    expect(home?.link).toBe('/');
    expect(linksOf(guide?.items)).toEqual([
      '/guide/getting-started',
      '/guide/architecture',
      '/guide/apple',
      '/guide/zebra',
    ]);
    expect(guide?.items?.map(({ text }) => text)).toEqual([
      'getting-started',
      'architecture',
      'Apple and pear',
      'Zebra',
    ]);
    expect(linksOf(reference?.items)).toEqual(['/reference/zebra', '/reference/api/']);
    expect(linksOf(decisions?.items)).toEqual(['/decisions/', '/decisions/zebra']);
  });

  it('of the generated reference has every module with its exports', () => {
    const { '/reference/api/': items } = sidebar(folder);
    expect(items?.map(({ text }) => text)).toEqual(['All documents', 'hawser', 'hawser/web']);
    expect(items?.[1]?.items?.map(({ text }) => text)).toEqual(['Type aliases']);
    expect(linksOf(items?.slice(1))).toEqual([
      '/reference/api/hawser/',
      '/reference/api/hawser/type-aliases/Data',
      '/reference/api/hawser/web/',
      '/reference/api/hawser/web/classes/Event',
    ]);
  });

  it('gives the order of pages that there are', () => {
    const pages = new Set(allDocuments().map(({ path }) => pageOf(path)));
    const ordered = groups.flatMap(({ folder, first }) => first.map((name) => `${folder}/${name}.md`));
    expect(ordered.filter((page) => !pages.has(page))).toEqual([]);
  });
});

describe('the check of the site', () => {
  const head = '<head><meta http-equiv="Content-Security-Policy" content="default-src \'self\'">';
  const page = (body: string): void => write('a/page.html', `${head}</head>${body}`);

  beforeEach(() => {
    write('index.html', `${head}<link rel="stylesheet" href="/base/style.css"></head><h1 id="top">Top</h1>`);
    write('style.css', '.a { background: url(data:image/png;base64,AA) }');
  });

  it('is content with links that lead somewhere', () => {
    page(
      '<h2 id="中文"></h2><a href="/base/">a</a><a href="../index.html#top">b</a><a href="#%E4%B8%AD%E6%96%87">c</a>',
    );
    expect(problemsOfSite(folder, '/base/')).toEqual([]);
    page(
      '<a href="https://example.org/">a</a><a href="mailto:a@example.org">b</a><img src="data:image/png;base64,AA">',
    );
    expect(problemsOfSite(folder, '/base/')).toEqual([]);
  });

  it.each([
    ['<a href="missing.html">a</a>', 'missing.html does not exist'],
    ['<a href="/base/#missing">a</a>', '/base/#missing names no heading'],
    ['<a href="/page.html">a</a>', '/page.html is not below /base/'],
    ['<img alt="" src="missing.png">', 'missing.png does not exist'],
    ['<script src="https://example.org/a.js"></script>', '<script> loads https://example.org/a.js'],
    ['<link rel="preload" href="//example.org/a.css">', '<link> loads //example.org/a.css'],
  ])('finds %s', (body, problem) => {
    page(body);
    expect(problemsOfSite(folder, '/base/')).toEqual([`a/page.html: ${problem}`]);
  });

  it('finds a page without the policy, and a style that loads from elsewhere', () => {
    write('bare.html', '<p>Bare</p>');
    write('style.css', "@import 'https://example.org/font.css';");
    expect(problemsOfSite(folder, '/base/')).toEqual([
      'bare.html: no Content-Security-Policy',
      'style.css: loads from another host',
    ]);
  });
});

describe('npm run docs', () => {
  const script = `${root}scripts/docs.js`;

  it('has a help', () => {
    const help = execFileSync(process.execPath, [script, '--help'], { encoding: 'utf8' });
    for (const option of ['--base', '--serve', '--port']) expect(help).toContain(option);
  });

  it.each([['--bases'], ['argument'], ['--port', 'http']])('refuses %s', (...args) => {
    const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('usage: npm run docs');
  });
});
