import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { echoText, ProjectFolder, packInto, root } from './project-folder.js';
import { Registry } from './registry.js';

const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const registry = new Registry();
const source = new ProjectFolder();
let tarball: string;

/** A package that depends on `ws`, as many do. */
const dependent = {
  name: 'wants-ws',
  version: '1.0.0',
  main: 'index.js',
  dependencies: { ws: '^8.0.0' },
};

beforeAll(async () => {
  tarball = await packInto(source);
  source.write('package/package.json', JSON.stringify(dependent));
  source.write('package/index.js', `exports.WebSocket = require('ws');`);
  await source.run('tar', ['--create', '--gzip', '--file', 'wants-ws.tgz', 'package']);
  await source.run('tar', ['--extract', '--file', tarball, '--one-top-level=unpacked']);
  registry.add(JSON.parse(readFileSync(source.file('unpacked/package/package.json'), 'utf8')), tarball);
  registry.add(dependent, source.file('wants-ws.tgz'));
  await registry.start();
});

afterAll(async () => {
  await registry.stop();
  source.remove();
});

beforeEach(() => {
  registry.asked.length = 0;
});

const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel', 'error', '--fetch-retries', '0'];

/** Runs `npm install` against the registry here, with a cache of its own. */
async function install(folder: ProjectFolder, ...args: string[]): Promise<void> {
  const own = ['--registry', registry.url, '--noproxy', '127.0.0.1', '--cache', folder.file('cache')];
  await folder.run('npm', ['install', ...args, ...own, ...quiet]);
}

/** Every file of a folder with its text. */
function contents(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    files
      .map(({ parentPath, name }) => `${parentPath}/${name}`)
      .sort()
      .map((path) => [path.slice(folder.length), readFileSync(path, 'latin1')]),
  );
}

const packages = (folder: ProjectFolder): string[] =>
  readdirSync(folder.file('node_modules')).filter((name) => !name.startsWith('.'));

const lockOf = (folder: ProjectFolder): { packages: Record<string, { name?: string; version?: string }> } =>
  JSON.parse(readFileSync(folder.file('package-lock.json'), 'utf8'));

/** Runs the body in a new folder and removes it. */
async function inFolder(manifest: object, body: (folder: ProjectFolder) => Promise<void>): Promise<void> {
  const folder = new ProjectFolder(manifest);
  try {
    await body(folder);
  } finally {
    folder.remove();
  }
}

const echo = `const WebSocket = require('ws'); const { WebSocketServer } = WebSocket; ${echoText}`;

/** What a dependency gets for `ws`, and whether it is what the application gets. */
const shared = `
const { WebSocket } = require('wants-ws');
console.log(require('wants-ws').WebSocket === require('ws'), typeof WebSocket.prototype.sendStream);`;

describe('npm install ws@npm:hawser', () => {
  it('lays exactly the packed files under the name ws, and nothing else', () =>
    inFolder({}, async (folder) => {
      await install(folder, 'ws@npm:hawser');
      const { dependencies } = JSON.parse(readFileSync(folder.file('package.json'), 'utf8'));
      expect(dependencies).toEqual({ ws: `npm:hawser@^${version}` });
      expect(lockOf(folder).packages['node_modules/ws']).toMatchObject({ name: 'hawser', version });
      expect(packages(folder)).toEqual(['ws']);
      expect(contents(folder.file('node_modules/ws'))).toEqual(contents(source.file('unpacked/package')));
      expect(registry.asked).not.toContain('ws');
      expect(await folder.node(echo, 'commonjs')).toBe('echo hello false');
    }));

  it('gives what the packed file under that name gives', () =>
    inFolder({}, async (folder) => {
      await install(folder, `ws@file:${tarball}`);
      expect(contents(folder.file('node_modules/ws'))).toEqual(contents(source.file('unpacked/package')));
      expect(registry.asked).not.toContain('hawser');
    }));
});

describe('overrides', () => {
  it('give hawser to a dependency that wants ws', () =>
    inFolder(
      { dependencies: { 'wants-ws': '^1.0.0' }, overrides: { ws: `npm:hawser@${version}` } },
      async (folder) => {
        await install(folder);
        expect(packages(folder)).toEqual(['wants-ws', 'ws']);
        expect(lockOf(folder).packages['node_modules/ws']).toMatchObject({ name: 'hawser', version });
        expect(registry.asked).not.toContain('ws');
        expect(await folder.node(shared, 'commonjs')).toBe('true function');
        await folder.run('npm', ['ls', 'ws', '--loglevel', 'error']);
      },
    ));

  it('and the alias share one copy', () =>
    inFolder(
      {
        dependencies: { ws: `npm:hawser@${version}`, 'wants-ws': '^1.0.0' },
        overrides: { ws: '$ws' },
      },
      async (folder) => {
        await install(folder);
        expect(packages(folder)).toEqual(['wants-ws', 'ws']);
        expect(registry.asked).not.toContain('ws');
        expect(await folder.node(shared, 'commonjs')).toBe('true function');
      },
    ));

  it('are what does it: without them the dependency asks for ws', () =>
    inFolder({ dependencies: { 'wants-ws': '^1.0.0' } }, async (folder) => {
      await expect(install(folder)).rejects.toThrow('E404');
      expect(registry.asked).toContain('ws');
    }));
});
