import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile, type compilers } from './compilers.js';
import { folderWithWs, linkNodeTypes, ProjectFolder, peers } from './project-folder.js';

const project = fileURLToPath(new URL('project/', import.meta.url));

/** With hawser as `ws`, and without `@types/ws`. */
let folder: ProjectFolder;
/** With `@types/ws` and no package `ws`. */
let original: ProjectFolder;

/** Lays every file of the project into a folder, as it is, as an ES module and as CommonJS. */
function layProject(into: ProjectFolder): void {
  for (const name of readdirSync(project)) {
    for (const extension of ['ts', 'mts', 'cts']) {
      copyFileSync(project + name, into.file(name.replace(/ts$/, extension)));
    }
  }
}

beforeAll(async () => {
  folder = await folderWithWs();
  original = new ProjectFolder();
  linkNodeTypes(original);
  original.link('@types/ws', `${peers}@types/ws`);
  for (const each of [folder, original]) layProject(each);
});

afterAll(() => {
  folder.remove();
  original.remove();
});

const exact = ['--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
const node10 = ['--module', 'commonjs', '--moduleResolution', 'node10'];

/** A compiler, its options, what it compiles, and what of that is run afterwards. */
type Mode = readonly [keyof typeof compilers, readonly string[], readonly string[], readonly string[]];

const types = ['usage.mts', 'usage.cts', 'namespace.cts', 'better.mts', 'better.cts'];
const commonJsTypes = ['usage.ts', 'namespace.ts', 'better.ts'];
const programs = ['imported.mts', 'imported.cts', 'require.cts'];

/**
 * The modes of each compiler. TypeScript 7 has neither the resolution of Node.js 10 nor `esModuleInterop: false`:
 * there `--module commonjs` resolves as bundlers do.
 */
const modes: readonly Mode[] = [
  ['5.9', ['--module', 'nodenext'], types, programs],
  ['5.9', ['--module', 'node16'], types, programs],
  ['5.9', [...node10, '--esModuleInterop'], commonJsTypes, ['imported.ts', 'require.ts']],
  ['5.9', node10, [], ['require.ts', 'star.ts']],
  ['7', ['--module', 'nodenext'], types, programs],
  ['7', ['--module', 'node16'], types, programs],
  ['7', ['--module', 'nodenext', ...exact], types, programs],
  ['7', ['--module', 'commonjs'], commonJsTypes, ['imported.ts', 'require.ts']],
  ['7', ['--module', 'preserve'], types, ['imported.mts']],
];

describe('without @types/ws', () => {
  it('there is none', () => {
    expect(existsSync(folder.file('node_modules/@types/ws'))).toBe(false);
    expect(existsSync(folder.file('node_modules/@types/node'))).toBe(true);
  });

  it.each(['5.9', '7'] as const)('TypeScript %s compiles for older libraries', async (compiler) => {
    const options = ['--module', 'nodenext', '--target', 'es2020'];
    expect(await compile(folder, compiler, ['imported.mts', 'require.cts'], ...options)).toBe('');
  });

  it.each(modes)(
    'TypeScript %s with %j compiles %j, and %j run',
    async (compiler, options, files, running) => {
      const out = `out-${compiler}-${options.join('')}`;
      const output = ['--outDir', out];
      expect(await compile(folder, compiler, [...files, ...running], ...options, ...output)).toBe('');
      for (const file of running) {
        const compiled = `${out}/${file.replace(/ts$/, 'js')}`;
        expect(await folder.run(process.execPath, [compiled])).toBe('echo hello false true');
      }
    },
  );

  it.each(['5.9', '7'] as const)('TypeScript %s writes the declarations of a library', async (compiler) => {
    const out = `declarations-${compiler}`;
    const options = ['--module', 'nodenext', '--declaration', '--emitDeclarationOnly', '--outDir', out];
    expect(await compile(folder, compiler, ['library.mts', 'library.cts'], ...options)).toBe('');
    const declarations = ['library.d.mts', 'library.d.cts'].map((file) => `${out}/${file}`);
    for (const file of declarations) {
      const text = readFileSync(folder.file(file), 'utf8');
      expect(text).toContain(`from 'ws'`);
      expect(text).not.toMatch(/node_modules|dist/);
    }
    expect(await compile(folder, '7', declarations, '--module', 'nodenext')).toBe('');
  });
});

const same = ['usage.mts', 'usage.cts', 'namespace.cts', ...programs];

describe('with @types/ws', () => {
  it.each([
    ['5.9', ['--module', 'nodenext'], same],
    ['5.9', node10, ['require.ts', 'star.ts']],
    ['7', ['--module', 'nodenext', ...exact], same],
    ['7', ['--module', 'commonjs'], ['usage.ts', 'namespace.ts', 'imported.ts', 'require.ts']],
  ] as const)('TypeScript %s with %j compiles the same files: %j', async (compiler, options, files) => {
    expect(await compile(original, compiler, files, ...options)).toBe('');
  });

  it('what is typed better is not', async () => {
    const compiled = compile(original, '7', ['better.mts'], '--module', 'nodenext');
    await expect(compiled).rejects.toThrow(/Unused '@ts-expect-error' directive/);
  });

  it('beside it, the types of hawser are those that count', async () => {
    const beside = await folderWithWs();
    try {
      beside.link('@types/ws', `${peers}@types/ws`);
      copyFileSync(`${project}better.ts`, beside.file('better.mts'));
      copyFileSync(`${project}better.ts`, beside.file('better.cts'));
      expect(await compile(beside, '7', ['better.mts', 'better.cts'], '--module', 'nodenext')).toBe('');
    } finally {
      beside.remove();
    }
  });
});
