/** The packages are those of the lock file, and the `ws` that they find is hawser. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import * as imported from 'ws';
import { requireNatively } from './endpoints.js';

const folder = new URL('.', import.meta.url);
const read = (path: string) => JSON.parse(readFileSync(new URL(path, folder), 'utf8'));
const { dependencies } = read('package.json') as { dependencies: Record<string, string> };
const { packages } = read('package-lock.json') as { packages: Record<string, { version: string }> };
const users = Object.keys(dependencies).filter((name) => name !== 'ws');

describe('the packages of others', () => {
  it.each(users)('%s is installed in its pinned version', (name) => {
    expect(dependencies[name]).toMatch(/^\d+\.\d+\.\d+$/);
    expect(read(`node_modules/${name}/package.json`).version).toBe(dependencies[name]);
    expect(packages[`node_modules/${name}`]?.version).toBe(dependencies[name]);
  });
});

describe('the ws that they find', () => {
  it.each(users)('is hawser for %s', (name) => {
    const found = createRequire(new URL(`node_modules/${name}/package.json`, folder));
    expect(found('ws/package.json').name).toBe('hawser');
    expect(found('ws').PreparedMessage).toBe(imported.PreparedMessage);
    expect(found('ws').WebSocketServer).toBe(imported.WebSocketServer);
  });

  it('is one, for import and require', () => {
    expect(Object.keys(packages).filter((path) => path.endsWith('node_modules/ws'))).toEqual([
      'node_modules/ws',
    ]);
    expect(requireNatively('ws')).toBe(imported.WebSocket);
    expect(imported.default).toBe(imported.WebSocket);
  });
});
