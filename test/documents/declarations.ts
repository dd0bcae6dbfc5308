/**
 * Reads declarations out of the formatted sources: members of interfaces and classes, and what an entry file
 * exports, each with its doc comment. Works on lines, since Biome guarantees their form.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './markdown.js';

/** A member or an export; `comment` is the text of its doc comment in one line, empty without one. */
export interface Declaration {
  readonly name: string;
  readonly comment: string;
}

/** An export of an entry file, and the file that declares it. */
export interface ExportedDeclaration extends Declaration {
  readonly file: string;
}

/** The members that the interface or class `name` of a source file declares itself, without internal ones. */
export function membersOf(file: string, name: string): Declaration[] {
  const lines = readFileSync(root + file, 'utf8').split('\n');
  const start = lines.findIndex((line) =>
    new RegExp(`^export (?:abstract )?(?:interface|class) ${name}\\b`).test(line),
  );
  const end = lines.indexOf('}', start);
  if (start < 0 || end < 0) throw new Error(`${file} declares no ${name}`);
  const members = new Map<string, Declaration>();
  for (let index = start + 1; index < end; index++) {
    const member = memberName(lines[index] as string);
    const comment = commentAbove(lines, index);
    if (member === null || comment.includes('@internal') || members.has(member)) continue;
    members.set(member, { name: member, comment });
  }
  return [...members.values()];
}

/** Everything that a source file declares, exported or not: `name`, and `Name.member` of classes and tables. */
export function declaredNames(file: string): Set<string> {
  const names = new Set<string>();
  let owner = '';
  for (const line of readFileSync(root + file, 'utf8').split('\n')) {
    const [, kind, declared] = declaration.exec(line) ?? [];
    if (declared !== undefined) {
      names.add(declared);
      owner = kind === 'function' ? '' : declared;
    }
    const member = owner === '' ? undefined : anyMember.exec(line)?.[1];
    if (member !== undefined) names.add(`${owner}.${member}`);
  }
  return names;
}

const declaration =
  /^(?:export )?(?:declare )?(?:abstract )?(?:async )?(const|function|class|interface|type) (\w+)/;
const anyMember =
  /^ {2}(?:(?:declare|private|protected|readonly|static|abstract|override|async|get|set) )*#?(\w+)[?!]?[:(<=]/;

/** What an entry file exports, through all its re-exports; `default` and `module.exports` are left out. */
export function exportsOf(file: string): ExportedDeclaration[] {
  const text = readFileSync(root + file, 'utf8');
  const resolve = (module: string): string => join(dirname(file), module.replace(/\.js$/, '.ts'));
  const everything = Array.from(text.matchAll(/^export \* from '(.+)';$/gm), ([, module]) =>
    exportsOf(resolve(module as string)),
  );
  const imports = new Map(
    Array.from(text.matchAll(/^import \{([^}]+)\} from '(.+)';$/gm), ([, names, module]) =>
      namesIn(names as string).map(({ name }) => [name, resolve(module as string)] as const),
    ).flat(),
  );
  const named = Array.from(
    text.matchAll(/^export (?:type )?\{([^}]+)\}(?: from '(.+)')?;$/gm),
    ([, names, module]) =>
      namesIn(names as string).map(({ declared, name }) => {
        const declaring = module === undefined ? (imports.get(declared) ?? file) : resolve(module);
        return { name, file: declaring, comment: commentOf(declaring, declared) };
      }),
  );
  const own = Array.from(text.matchAll(/^export (?:const|type) (\w+)/gm), ([, name]) => ({
    name: name as string,
    file,
    comment: commentOf(file, name as string),
  }));
  return [...everything.flat(), ...named.flat(), ...own].filter(({ name }) => /^\w+$/.test(name));
}

/** What an export or import list names: as it is declared, and as it is called here. */
function namesIn(list: string): { declared: string; name: string }[] {
  return list
    .split(',')
    .map((item) => item.trim().replace(/^type /, ''))
    .filter((item) => item !== '' && !/ as (?:default|'module\.exports')$/.test(item))
    .map((item) => item.split(' as '))
    .map(([declared = '', name = declared]) => ({ declared, name }));
}

/** The first doc comment of the declarations of `name`; throws if there is no declaration. */
function commentOf(file: string, name: string): string {
  const lines = readFileSync(root + file, 'utf8').split('\n');
  const declaration = new RegExp(
    `^export (?:declare )?(?:abstract )?(?:async )?(?:const|function|class|interface|type) ${name}\\b`,
  );
  const places = lines.flatMap((line, index) => (declaration.test(line) ? [index] : []));
  if (places.length === 0) throw new Error(`${file} declares no ${name}`);
  return places.map((index) => commentAbove(lines, index)).find((comment) => comment !== '') ?? '';
}

/** The name of the member that a line of a body begins; `null` for other lines and for private members. */
function memberName(line: string): string | null {
  if (/^ {2}(?:private|protected|constructor|static)\b/.test(line)) return null;
  const modifiers = '(?:declare |readonly |override |async |get |set )*';
  return (
    new RegExp(`^ {2}${modifiers}'?([\\w-]+|\\[Symbol\\.\\w+\\])'?[?!]?(?:[:(<]| = \\()`).exec(line)?.[1] ??
    null
  );
}

function commentAbove(lines: readonly string[], index: number): string {
  if (!(lines[index - 1] ?? '').trimEnd().endsWith('*/')) return '';
  let start = index - 1;
  while (!(lines[start] as string).trimStart().startsWith('/*')) start--;
  const comment = lines.slice(start, index).join(' ');
  const [, text = ''] = /^\s*\/\*\*(.*)\*\/\s*$/.exec(comment) ?? [];
  return text.replaceAll(/\s+(?:\* )?/g, ' ').trim();
}
