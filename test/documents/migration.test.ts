/** The migration guide says what the differential suite shows: its tables are made of the same catalogue. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Difference } from '../differential/difference.js';
import { differences, sections } from '../differential/differences.js';
import { root } from './markdown.js';

const guide = `${root}docs/guide/migration-from-ws.md`;
const programs = readdirSync(`${root}test/differential`)
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => readFileSync(`${root}test/differential/${file}`, 'utf8'))
  .join('\n');

function table(entries: Readonly<Record<string, Difference>>): string {
  const rows = Object.values(entries).map(({ ws, hawser, reason }) => `| ${ws} | ${hawser} | ${reason} |`);
  return ['| `ws` | hawser | Why, and what to do |', '|---|---|---|', ...rows].join('\n');
}

/** The guide with its tables as the catalogue has them. */
function withTables(text: string): string {
  return Object.entries(sections).reduce((result, [section, entries]) => {
    const start = `<!-- differences: ${section} -->`;
    const from = result.indexOf(start);
    const to = result.indexOf('<!-- end -->', from);
    if (from < 0 || to < 0) throw new Error(`the guide has no place for "${section}"`);
    return `${result.slice(0, from)}${start}\n${table(entries)}\n${result.slice(to)}`;
  }, text);
}

it('has the tables of the catalogue (vitest -u writes them)', async () => {
  await expect(withTables(readFileSync(guide, 'utf8'))).toMatchFileSnapshot(guide);
});

it.each(Object.keys(differences))('%s is shown by a program', (name) => {
  expect(programs).toContain(`'${name}'`);
});

it.each(Object.entries(differences))('%s is a row of a table', (_, { ws, hawser, reason }) => {
  for (const cell of [ws, hawser, reason]) expect(cell).toMatch(/^[^|\n]{8,}$/);
});
