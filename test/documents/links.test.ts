import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allDocuments, readDocument, root } from './markdown.js';

const documents = allDocuments();
const paths = new Set(documents.map(({ path }) => path));
const isExternal = (target: string): boolean => target.startsWith('https://');

/** A link's file, from the root, and its anchor. */
function resolve(from: string, target: string): { file: string; anchor: string | undefined } {
  const [path = '', anchor] = target.split('#');
  return { file: path === '' ? from : join(dirname(from), path), anchor };
}

describe('links', () => {
  it('are in every document that is meant to be read', () => {
    expect(documents.length).toBeGreaterThan(20);
    expect(documents.flatMap(({ links }) => links).length).toBeGreaterThan(60);
  });

  it.each(documents.map((document) => [document.path, document] as const))(
    'of %s resolve',
    (path, { links }) => {
      const broken = links.filter((target) => {
        if (isExternal(target)) return !URL.canParse(target);
        const { file, anchor } = resolve(path, target);
        if (!existsSync(root + file)) return true;
        return anchor !== undefined && !(paths.has(file) && readDocument(file).anchors.has(anchor));
      });
      expect(broken).toEqual([]);
    },
  );

  it('reach every document from the README', () => {
    const reached = new Set(['README.md']);
    for (const path of reached) {
      const targets = readDocument(path).links.filter((target) => !isExternal(target));
      for (const { file } of targets.map((target) => resolve(path, target)))
        if (paths.has(file)) reached.add(file);
    }
    expect([...paths].filter((path) => !reached.has(path))).toEqual([]);
  });

  it('of the list of decisions are all decisions, by their titles', () => {
    const records = documents.filter(({ path }) => /^docs\/decisions\/\d{4}-[\w-]+\.md$/.test(path));
    const titles = records.map(({ headings }) => (headings[0] as string).replace(/^\d+\. /, ''));
    const list = readDocument('docs/decisions/README.md').text.matchAll(/^\d+\. \[(.+)\]\((.+)\)$/gm);
    expect(Array.from(list, ([, title, file]) => [title, `docs/decisions/${file}`])).toEqual(
      records.map(({ path }, index) => [titles[index], path]),
    );
    for (const { path, headings } of records) {
      expect(headings.slice(1), path).toEqual(['Context', 'Choice', 'What we gave up']);
      expect(Number(path.slice('docs/decisions/'.length).slice(0, 4)), path).toBe(
        Number.parseInt(headings[0] as string, 10),
      );
    }
  });
});
