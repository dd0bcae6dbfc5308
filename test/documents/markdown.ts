/**
 * Reads the Markdown of this repository: headings, tables, code blocks and links, in the forms that its documents
 * use. Knows nothing of what they say.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository's root, with a trailing slash. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** A block of code; ` ```ts server.ts ` has the language `ts` and the name `server.ts`. */
export interface CodeBlock {
  readonly language: string;
  /** Empty without one. */
  readonly name: string;
  readonly code: string;
}

/** A table, and the headings that it stands below, the nearest first. */
export interface Table {
  readonly headings: readonly string[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What a document is made of. */
export interface MarkdownDocument {
  /** From the root, such as `docs/guide/protocol.md`. */
  readonly path: string;
  readonly text: string;
  readonly headings: readonly string[];
  /** What links may name behind `#`. */
  readonly anchors: ReadonlySet<string>;
  readonly blocks: readonly CodeBlock[];
  readonly tables: readonly Table[];
  /** The targets of its links. */
  readonly links: readonly string[];
}

/** Folders that are not part of the repository. */
const foreign = new Set(['node_modules', 'dist', 'coverage', 'test-artifacts', '.git', '.vitepress']);

/** Every Markdown file of the repository. */
export function allDocuments(): MarkdownDocument[] {
  return filesBelow('', '.md').sort().map(readDocument);
}

/** The TypeScript files of a folder, which ends with a slash, as paths from the root. */
export function sourceFiles(folder: string): string[] {
  return filesBelow(folder, '.ts');
}

/** One of them by its path from the root. */
export function readDocument(path: string): MarkdownDocument {
  const text = readFileSync(root + path, 'utf8');
  const lines = text.split('\n');
  const prose = withoutCode(lines);
  const headings = prose.flatMap((line) => /^#{1,6} (.+)$/.exec(line)?.[1] ?? []);
  return {
    path,
    text,
    headings,
    anchors: anchorsOf(headings),
    blocks: blocksOf(lines),
    tables: tablesOf(prose),
    links: linksOf(prose),
  };
}

/** The names in code spans, `send` for `` `send(data, options?)` ``; those of several words are left out. */
export function codeNames(text: string): string[] {
  const spans = Array.from(text.matchAll(/`([^`]+)`/g), ([, span]) => span as string);
  return spans.flatMap((span) => /^(\[?[\w.-]+\]?)(?:\(.*\))?$/.exec(span)?.[1] ?? []);
}

/** The first column's names of every table below a heading of this text. */
export function namesInTables(document: MarkdownDocument, heading: string): string[] {
  const tables = document.tables.filter(({ headings }) => headings.includes(heading));
  return tables.flatMap(({ rows }) => rows.flatMap(([first]) => codeNames(first as string)));
}

/** `folder` is empty for the root, else it ends with a slash. */
function filesBelow(folder: string, suffix: string): string[] {
  return readdirSync(root + folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) {
      return foreign.has(entry.name) ? [] : filesBelow(`${folder}${entry.name}/`, suffix);
    }
    return entry.name.endsWith(suffix) ? [folder + entry.name] : [];
  });
}

/** The lines with those of code blocks emptied. */
function withoutCode(lines: readonly string[]): string[] {
  let inside = false;
  return lines.map((line) => {
    const isFence = line.startsWith('```');
    if (isFence) inside = !inside;
    return inside || isFence ? '' : line;
  });
}

function blocksOf(lines: readonly string[]): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  for (let start = 0; start < lines.length; start++) {
    const opening = /^```(\w+)(?: (\S+))?$/.exec(lines[start] as string);
    if (opening === null) continue;
    const end = lines.indexOf('```', start + 1);
    const [, language = '', name = ''] = opening;
    blocks.push({ language, name, code: `${lines.slice(start + 1, end).join('\n')}\n` });
    start = end;
  }
  return blocks;
}

function tablesOf(lines: readonly string[]): Table[] {
  const tables: Table[] = [];
  const headings: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const heading = /^(#{1,6}) (.+)$/.exec(lines[index] as string);
    if (heading !== null) {
      headings.length = Math.min(headings.length, (heading[1] as string).length - 1);
      headings.push((heading[2] as string).replaceAll('`', ''));
    }
    if (!/^\|(?:-+\|)+$/.test(lines[index] as string)) continue;
    const end = lines.findIndex((line, at) => at > index && !line.startsWith('|'));
    const rows = lines.slice(index + 1, end).map(cells);
    tables.push({ headings: headings.toReversed(), columns: cells(lines[index - 1] as string), rows });
  }
  return tables;
}

/** `\|` is no end of a cell. */
function cells(line: string): string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

function linksOf(lines: readonly string[]): string[] {
  return lines.flatMap((line) =>
    Array.from(line.matchAll(/\]\(([^)\s]+)\)/g), ([, target]) => target as string),
  );
}

/** As GitHub makes them: lower case, no punctuation, hyphens for spaces, and a number for a repeated one. */
function anchorsOf(headings: readonly string[]): Set<string> {
  const anchors = new Set<string>();
  for (const heading of headings) {
    const base = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = base;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${base}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}
