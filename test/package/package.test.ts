import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder: string;
let installed: string;
let packed: { filename: string; files: { path: string }[] };

/** Runs a program in the newcomer's folder; throws with all its output if it fails. */
function run(program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`);
  }
}

const node = (code: string, type: 'module' | 'commonjs'): string =>
  run(process.execPath, `--input-type=${type}`, '-e', code).trim();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-package-'));
  const quiet = ['--ignore-scripts', '--loglevel', 'error'];
  const listing = execFileSync('npm', ['pack', '--json', '--pack-destination', folder, ...quiet], {
    cwd: root,
    encoding: 'utf8',
  });
  [packed] = JSON.parse(listing);
  writeFileSync(join(folder, 'package.json'), '{ "name": "newcomer", "private": true }\n');
  run('npm', 'install', '--offline', '--no-audit', '--no-fund', ...quiet, `./${packed.filename}`);
  installed = join(folder, 'node_modules', 'hawser');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the packed file', () => {
  it('has no files that users do not need', () => {
    const needed =
      /^(?:package\.json|README(?:\.zh-CN)?\.md|LICENSE|CHANGELOG\.md|dist\/[\w./-]+\.(?:js|cjs|d\.ts|d\.cts)|dist\/playground\/[\w./-]+)$/;
    expect(packed.files.map((file) => file.path).filter((path) => !needed.test(path))).toEqual([]);
    const needless = /tsbuildinfo|\.map$|(?:^|\/)test\/|\.test\.|fuzz|bench|^dist\/cli\/.*\.d\.ts$|\/\./;
    expect(packed.files.map((file) => file.path).filter((path) => needless.test(path))).toEqual([]);
  });

  it('has what users read and the page', () => {
    const paths = packed.files.map((file) => file.path);
    const expected = [
      'README.md',
      'README.zh-CN.md',
      'LICENSE',
      'CHANGELOG.md',
      'dist/cli/main.js',
      'dist/playground/index.html',
    ];
    expect(expected.filter((path) => !paths.includes(path))).toEqual([]);
  });

  it('installs without the network and brings no dependency', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    expect(manifest.dependencies).toBeUndefined();
    expect(manifest.optionalDependencies).toBeUndefined();
    const others = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(others).toEqual(['hawser']);
  });
});

describe('import and require', () => {
  it('give the same class', () => {
    const code = `
      const required = require('hawser');
      import('hawser').then(({ WebSocket, default: byDefault, WebSocketServer }) => {
        console.log(required === WebSocket, required === byDefault, required.WebSocketServer === WebSocketServer);
      });`;
    expect(node(code, 'commonjs')).toBe('true true true');
  });

  it('give the class and everything on it where only the CommonJS file is known', () => {
    const code = `
      const WebSocket = require('./node_modules/hawser/dist/index.cjs');
      const server = new WebSocket.Server({ port: 0, host: '127.0.0.1' }, () => {
        const client = new WebSocket('ws://127.0.0.1:' + server.address().port);
        client.on('message', (data) => { console.log(WebSocket.name, String(data)); client.close(); server.close(); });
      });
      server.on('connection', (socket) => socket.send('hello'));`;
    expect(node(code, 'commonjs')).toBe('WebSocket hello');
  });

  it('give the engine at hawser/protocol', () => {
    expect(
      node(
        `import { isValidCloseCode } from 'hawser/protocol'; console.log(isValidCloseCode(1000));`,
        'module',
      ),
    ).toBe('true');
    expect(node(`console.log(require('hawser/protocol').isValidCloseCode(1005));`, 'commonjs')).toBe('false');
  });

  it('give nothing else', () => {
    expect(() => node(`import 'hawser/dist/node/connection.js';`, 'module')).toThrow(
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
    );
  });
});

describe('the command', () => {
  it('is installed', () => {
    const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    expect(run(join(folder, 'node_modules', '.bin', 'hawser'), '--version').trim()).toBe(manifest.version);
  });
});

describe('a newcomer’s echo server', () => {
  const echo = /^closed 4000 done$/m;

  beforeAll(() => {
    cpSync(fileURLToPath(new URL('newcomer', import.meta.url)), folder, { recursive: true });
    mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true });
    for (const name of ['@types/node', 'undici-types']) {
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
    }
  });

  /** Compiles one file without `skipLibCheck`, so that our own declarations are checked as well. */
  const compile = (file: string, ...options: string[]): string =>
    run(
      `${root}node_modules/.bin/tsc`,
      '--ignoreConfig',
      '--strict',
      '--types',
      'node',
      '--target',
      'es2022',
      ...options,
      file,
    );

  it('compiles as ES module with inferred types and runs', () => {
    compile('server.mts', '--module', 'nodenext', '--outDir', 'out');
    const output = run(process.execPath, 'out/server.mjs');
    expect(output).toContain('server 我是阿宝哥 true true true\nclient 我是阿宝哥 false\n');
    expect(output).toMatch(echo);
  });

  it('compiles as CommonJS with inferred types and runs', () => {
    compile('server.cts', '--module', 'nodenext', '--outDir', 'out');
    const output = run(process.execPath, 'out/server.cjs');
    expect(output).toContain('server 我是阿宝哥 true nobody 1.1 true\nclient 我是阿宝哥 false\n');
    expect(output).toMatch(echo);
  });

  it.each([
    ['server.mts', ['--module', 'node18']],
    ['server.cts', ['--module', 'node18']],
    ['server.mts', ['--module', 'preserve', '--moduleResolution', 'bundler']],
    ['server.cts', ['--module', 'commonjs', '--moduleResolution', 'bundler']],
    ['names.cts', ['--module', 'nodenext']],
    ['names.cts', ['--module', 'commonjs', '--moduleResolution', 'bundler']],
    ['server.mts', ['--module', 'nodenext', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess']],
  ])('compiles: %s with %j', (file, options) => {
    expect(compile(file, '--noEmit', ...options)).toBe('');
  });
});
