import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  Symbol as Name,
  Program,
  SourceFile,
  Type,
} from '../peers/node_modules/typescript-5.9/lib/typescript.js';
import { typescript } from './compilers.js';
import { folderWithWs, type ProjectFolder, peers } from './project-folder.js';

/**
 * Every name that `@types/ws` declares is looked for in the declarations of hawser, and its type compared with ours.
 */

const { SymbolFlags } = typescript;
let folder: ProjectFolder;

/**
 * Where the types of hawser differ on purpose, as edits of `@types/ws`: with them, and not without, each type of
 * ours can stand for theirs.
 */
const differences = [
  // `blob` is a binaryType of `ws` that `@types/ws` lacks.
  [/(binaryType: [^;]+);/g, `$1 | "blob";`],
  // Our class has more members, so that theirs cannot stand for it where one is handed in.
  [/target: WebSocket;/g, 'target: any;'],
  [/websocket: WebSocket([,)])/g, 'websocket: any$1'],
  [/WebSocket\?: U \| undefined;/g, 'WebSocket?: any;'],
  // Ours take more: `true` at a client, and zlib options that are not used.
  [/clientMaxWindowBits\?: [^;]+;/g, 'clientMaxWindowBits?: any;'],
  [/dictionary\?: [^;]+;/g, 'dictionary?: any;'],
] as const;

/** The types of both, of what `@types/ws` declares once a generic type has its defaults. */
const types = [
  'AddressInfo',
  'CertMeta',
  'ClientOptions',
  'CloseEvent',
  'Data',
  'ErrorEvent',
  'Event',
  'EventListenerOptions',
  'FinishRequestCallback',
  'MessageEvent',
  'PerMessageDeflateOptions',
  'RawData',
  'Server',
  'ServerOptions',
  'VerifyClientCallbackAsync',
  'VerifyClientCallbackSync',
  'WebSocket',
  'WebSocketEventMap',
  'WebSocketServer',
];

/** Of these, what programs make themselves and hand in: theirs has to do for ours. */
const handedIn = types.filter((name) => !['Server', 'WebSocket', 'WebSocketServer'].includes(name));
/** And what they get from us: ours has to do for theirs. */
const handedOut = types.filter((name) => !/Options$/.test(name) || name === 'EventListenerOptions');

function pairs(theirs: string): string {
  const aliases = types.map(
    (name) => `export type T${name} = Theirs.${name};\nexport type O${name} = Ours.${name};`,
  );
  return [`import Theirs = require('${theirs}');`, `import Ours = require('ws');`, ...aliases, ''].join('\n');
}

let program: Program;

beforeAll(async () => {
  folder = await folderWithWs();
  folder.link('@types/ws', `${peers}@types/ws`);
  const text = readFileSync(`${peers}@types/ws/index.d.ts`, 'utf8');
  const edited = differences.reduce((result, [from, to]) => result.replaceAll(from, to), text);
  folder.write('unedited.d.cts', text);
  folder.write('edited.d.cts', edited);
  folder.write('pairs.cts', pairs('./edited.cjs'));
  folder.write('unedited-pairs.cts', pairs('./unedited.cjs'));
  folder.write(
    'names.cts',
    `import Ours = require('ws'); import Theirs = require('./unedited.cjs'); export { Ours, Theirs };`,
  );
  const theirs = `${peers}@types/ws/index.d.mts`;
  folder.write(
    'names.mts',
    `export * as Ours from 'ws'; export * as Theirs from '${theirs.replace('.d.mts', '.mjs')}';`,
  );
  program = typescript.createProgram(
    ['pairs.cts', 'unedited-pairs.cts', 'names.cts', 'names.mts'].map((name) => folder.file(name)),
    {
      module: typescript.ModuleKind.NodeNext,
      moduleResolution: typescript.ModuleResolutionKind.NodeNext,
      target: typescript.ScriptTarget.ES2022,
      strict: true,
      noEmit: true,
      types: ['node'],
      typeRoots: [folder.file('node_modules/@types')],
    },
  );
  const problems = typescript.getPreEmitDiagnostics(program).map(({ messageText }) => messageText);
  expect(problems).toEqual([]);
});

afterAll(() => folder.remove());

const source = (name: string): SourceFile => program.getSourceFile(folder.file(name)) as SourceFile;

/** The module that a file exports under a name. */
function moduleOf(file: string, name: 'Ours' | 'Theirs'): Name {
  const checker = program.getTypeChecker();
  const found = checker
    .getExportsOfModule(checker.getSymbolAtLocation(source(file)) as Name)
    .find((symbol) => symbol.name === name) as Name;
  return checker.getAliasedSymbol(found);
}

/** What a name is exported as; in CommonJS the two are symbols of their own. */
type Exported = { type?: Name; value?: Name };

/** What a module exports by name, aliases followed. */
function namesOf(module: Name): Map<string, Exported> {
  const checker = program.getTypeChecker();
  const names = new Map<string, Exported>();
  for (const symbol of checker.getExportsOfModule(module)) {
    const target = symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const exported = names.get(symbol.name) ?? {};
    if (target.flags & SymbolFlags.Type) exported.type = target;
    if (target.flags & SymbolFlags.Value) exported.value = target;
    names.set(symbol.name, exported);
  }
  // What `export =` exports by way of its type.
  for (const property of checker.getPropertiesOfType(checker.getTypeOfSymbol(module))) {
    names.set(property.name, { value: property, ...names.get(property.name) });
  }
  return names;
}

/** What of a module `@types/ws` declares as type or as value and hawser does not. */
function missing(file: string, kind: keyof Exported): string[] {
  const known = namesOf(moduleOf(file, 'Ours'));
  return Array.from(namesOf(moduleOf(file, 'Theirs')))
    .filter(([name, exported]) => exported[kind] !== undefined && known.get(name)?.[kind] === undefined)
    .map(([name]) => name);
}

/** Names of the members of a type; those of unique symbols, which are Node's, are left out. */
const membersOf = (type: Type): string[] =>
  program
    .getTypeChecker()
    .getPropertiesOfType(type)
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('__@'));

/** Members of their types and values that ours of the same name do not have. */
function missingMembers(file: string): string[] {
  const checker = program.getTypeChecker();
  const known = namesOf(moduleOf(file, 'Ours'));
  const typeOf = {
    type: (name: Name) => checker.getDeclaredTypeOfSymbol(name),
    value: (name: Name) => checker.getTypeOfSymbol(name),
  };
  const absent: string[] = [];
  for (const [name, exported] of namesOf(moduleOf(file, 'Theirs'))) {
    for (const kind of ['type', 'value'] as const) {
      const [theirs, ours] = [exported[kind], known.get(name)?.[kind]];
      if (theirs === undefined || ours === undefined) continue;
      const members = new Set(membersOf(typeOf[kind](ours)));
      const wanted = membersOf(typeOf[kind](theirs)).filter((member) => !members.has(member));
      absent.push(...wanted.map((member) => `${kind} ${name}: ${member}`));
    }
  }
  return absent;
}

describe.each(['names.cts', 'names.mts'])('every name of @types/ws: %s', (file) => {
  it('finds them', () => {
    const names = [...namesOf(moduleOf(file, 'Theirs')).keys()];
    expect(names).toEqual(expect.arrayContaining(['CertMeta', 'createWebSocketStream', 'WebSocketServer']));
    expect(names.length).toBeGreaterThan(18);
  });

  it('is here as a type', () => expect(missing(file, 'type')).toEqual([]));
  it('is here as a value', () => expect(missing(file, 'value')).toEqual([]));
  it('has its members', () => expect(missingMembers(file)).toEqual([]));
});

/** The names whose types cannot stand for the other's. */
function unassignable(file: string, names: readonly string[], direction: 'TO' | 'OT'): string[] {
  const checker = program.getTypeChecker();
  const found = new Map<string, Type>();
  for (const statement of source(file).statements) {
    if (!typescript.isTypeAliasDeclaration(statement)) continue;
    found.set(statement.name.text, checker.getTypeAtLocation(statement.name));
  }
  const [from, to] = direction;
  return names.filter(
    (name) =>
      !checker.isTypeAssignableTo(found.get(`${from}${name}`) as Type, found.get(`${to}${name}`) as Type),
  );
}

describe('types', () => {
  it('are compared all of them', () => {
    const declared = Array.from(namesOf(moduleOf('names.cts', 'Theirs')))
      .filter(([, { type }]) => type !== undefined)
      .map(([name]) => name);
    expect(declared.sort()).toEqual(types);
  });

  it('that programs hand in: whatever fits theirs fits ours', () => {
    expect(unassignable('pairs.cts', handedIn, 'TO')).toEqual([]);
  });

  it('that programs get: ours fit wherever theirs are asked for', () => {
    expect(unassignable('pairs.cts', handedOut, 'OT')).toEqual([]);
  });

  it('are different in nothing but what the edits say', () => {
    expect(unassignable('unedited-pairs.cts', handedOut, 'OT')).toContain('WebSocket');
  });
});
