import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The layer rules that Biome finds broken in a file that stands at `path` and holds `code`. */
function brokenRules(path: string, code: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-layers-'));
  try {
    cpSync(`${root}biome.json`, join(folder, 'biome.json'));
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${code}\n`);
    const args = ['lint', '--vcs-enabled=false', '--reporter=json', path];
    const { stdout, stderr } = spawnSync(`${root}node_modules/.bin/biome`, args, {
      cwd: folder,
      encoding: 'utf8',
    });
    const report = /^\{.*"summary".*$/m.exec(stdout);
    if (report === null) throw new Error(stdout + stderr);
    const { diagnostics } = JSON.parse(report[0]) as { diagnostics: { category: string }[] };
    return diagnostics.map(({ category }) => category.replace(/^lint\/\w+\//, ''));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a layer', () => {
  it.each([
    ['src/protocol/file.ts', 'node:zlib'],
    ['src/protocol/file.ts', 'node:net'],
    ['src/protocol/file.ts', '../node/connection.js'],
    ['src/protocol/handshake/file.ts', '../../client/websocket.js'],
    ['src/node/file.ts', '../client/websocket.js'],
    ['src/node/file.ts', '../server/websocket-server.js'],
    ['src/client/file.ts', '../server/websocket-server.js'],
    ['src/server/file.ts', '../cli/main.js'],
    ['src/server/file.ts', 'ws'],
    ['src/server/file.ts', '../web/websocket.js'],
    ['src/web/file.ts', '../server/websocket-server.js'],
    ['src/cli/file.ts', '../server/websocket-server.js'],
    ['src/cli/file.ts', 'ws'],
    ['src/index.ts', 'node:net'],
    ['examples/echo/file.ts', '../../src/index.js'],
    ['playground/src/file.ts', '../../src/index.js'],
    ['playground/src/file.ts', 'node:net'],
    ['fuzz/file.ts', '../src/node/connection.js'],
    ['fuzz/file.ts', '../test/protocol/raw-frame.js'],
    ['soak/file.ts', '../src/index.js'],
    ['soak/file.ts', 'ws'],
  ])('%s may not import %s', (path, module) => {
    expect(brokenRules(path, `export { name } from '${module}';`)).toEqual(['noRestrictedImports']);
  });

  it.each([
    ['src/protocol/handshake/file.ts', '../errors.js'],
    ['src/protocol/file.ts', 'node:buffer'],
    ['src/node/file.ts', '../protocol/index.js'],
    ['src/client/file.ts', '../node/connection.js'],
    ['src/server/file.ts', '../client/websocket.js'],
    ['src/web/file.ts', '../client/payload.js'],
    ['src/cli/file.ts', 'hawser/protocol'],
    ['src/index.ts', './server/websocket-server.js'],
    ['examples/echo/file.ts', 'hawser'],
    ['playground/src/file.ts', './connection.js'],
    ['fuzz/file.ts', '../src/protocol/index.js'],
    ['soak/file.ts', 'hawser/rpc/server'],
    ['soak/file.ts', 'node:timers/promises'],
  ])('%s may import %s', (path, module) => {
    expect(brokenRules(path, `export { name } from '${module}';`)).toEqual([]);
  });

  it('src/protocol may use the hash of node:crypto, and nothing else of it', () => {
    const path = 'src/protocol/file.ts';
    expect(brokenRules(path, `export { hash } from 'node:crypto';`)).toEqual([]);
    expect(brokenRules(path, `export { randomBytes } from 'node:crypto';`)).toEqual(['noRestrictedImports']);
  });

  it.each(['setTimeout', 'setImmediate', 'queueMicrotask', 'process', 'console', 'crypto', 'performance'])(
    'src/protocol may not use %s',
    (name) =>
      expect(brokenRules('src/protocol/file.ts', `export const it = ${name};`)).toEqual([
        'noRestrictedGlobals',
      ]),
  );

  it.each([
    ['protocol', []],
    ['node', ['protocol']],
    ['client', ['protocol', 'node']],
    ['server', ['protocol', 'node', 'client']],
    ['web', ['protocol', 'node', 'client']],
  ])('src/%s compiles against %j alone', (layer, allowed) => {
    const { include, references } = JSON.parse(readFileSync(`${root}src/${layer}/tsconfig.json`, 'utf8'));
    expect(include).toEqual(['**/*.ts']);
    expect(references).toEqual(allowed.map((name) => ({ path: `../${name}` })));
  });
});
