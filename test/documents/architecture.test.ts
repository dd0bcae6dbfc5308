/** The tour of the architecture names files and symbols: they have to be there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { declaredNames } from './declarations.js';
import { codeNames, readDocument, root, sourceFiles } from './markdown.js';

const path = 'docs/guide/architecture.md';
const tour = readDocument(path);
const prose = tour.text.replaceAll(/^```[\s\S]*?^```$/gm, '');
const linked = Array.from(prose.matchAll(/\[`([^`]+)`\]\(([^)]+\.ts)\)/g), ([, name = '', target = '']) => ({
  name,
  file: join(dirname(path), target),
}));
const sources = sourceFiles('src/').map((file) => readFileSync(root + file, 'utf8'));

describe('a name that is a link', () => {
  it('is there many times', () => expect(linked.length).toBeGreaterThan(80));

  it.each(linked)('$name is declared in $file', ({ name, file }) => {
    if (name === file) expect(existsSync(root + file)).toBe(true);
    else expect(declaredNames(file)).toContain(name);
  });
});

describe('any other name', () => {
  const names = new Set(codeNames(prose.replaceAll(/\[`[^`]+`\]\([^)]+\)/g, '')));
  const paths = prose.match(/`[\w-]+\/[\w/.-]*`/g) ?? [];

  it.each([...names])('%s is one of the sources', (name) => {
    expect(sources.some((source) => new RegExp(`\\b${name}\\b`).test(source))).toBe(true);
  });

  it.each(paths.map((path) => path.slice(1, -1)))('%s is in the repository', (path) => {
    expect(existsSync(root + path)).toBe(true);
  });
});

describe('the diagram of the layers', () => {
  const [diagram] = tour.blocks.filter(({ language }) => language === 'mermaid');
  const folders = new Map(
    Array.from(diagram!.code.matchAll(/(\w+)\["src\/([\w/-]+)"\]/g), ([, id, folder]) => [id, folder]),
  );
  const arrows = Array.from(
    diagram!.code.matchAll(/^ {2}(\w+)(?:\[[^\]]+\])? --> (\w+)(?:\[[^\]]+\])?$/gm),
    ([, from, to]) => ({ from: folders.get(from), to: folders.get(to) }),
  );
  const below = (folder: string): string[] => {
    const next = arrows.flatMap(({ from, to }) => (from === folder && to !== undefined ? [to] : []));
    return [...new Set([...next, ...next.flatMap(below)])].sort();
  };

  it('has an arrow in every line', () => {
    expect(diagram!.code.trimEnd().split('\n')).toHaveLength(1 + arrows.length);
  });

  it.each([...folders.values()].map(String))('says what src/%s may import', (folder) => {
    const { references } = JSON.parse(readFileSync(`${root}src/${folder}/tsconfig.json`, 'utf8')) as {
      references?: { path: string }[];
    };
    const allowed = (references ?? []).map(({ path }) => join(folder, path));
    expect(below(folder)).toEqual(allowed.sort());
  });

  it('has every project of the sources but the command line, and the table below it as well', () => {
    const projects = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
      .filter((file) => basename(file) === 'tsconfig.json' && dirname(file) !== '.')
      .map(dirname)
      .filter((folder) => folder !== 'cli');
    expect([...folders.values()].sort()).toEqual(projects.sort());
    const [table] = tour.tables;
    expect(table?.rows.map(([layer]) => layer).sort()).toEqual(
      projects.map((folder) => `\`src/${folder}/\``).sort(),
    );
  });
});
