/**
 * One vitest project per kind of test; a project without tests fails. The public subpaths stand for the
 * sources here, except in the projects that start the built program.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

const alias = [
  { find: /^hawser$/, replacement: source('index.ts') },
  { find: /^hawser\/protocol$/, replacement: source('protocol/index.ts') },
  { find: /^hawser\/web$/, replacement: source('web/index.ts') },
  { find: /^hawser\/rpc$/, replacement: source('rpc/index.ts') },
  { find: /^hawser\/rpc\/server$/, replacement: source('rpc/server/index.ts') },
  { find: /^hawser\/rpc\/jwt$/, replacement: source('rpc/jwt/index.ts') },
  { find: /^hawser\/client$/, replacement: source('client-node.ts') },
  { find: /^hawser\/client\/sse$/, replacement: source('transports/sse/client.ts') },
  { find: /^hawser\/client\/polling$/, replacement: source('transports/polling/client.ts') },
  { find: /^hawser\/fallback$/, replacement: source('transports/fallback-server/index.ts') },
  { find: /^hawser\/testing$/, replacement: source('testing/index.ts') },
];

/** Options that differ from vitest's own defaults, by project. */
const projects: Record<string, object> = {
  protocol: {},
  node: {},
  client: {},
  server: {},
  web: {},
  transport: {},
  transports: {},
  rpc: {},
  browser: {},
  testing: {},
  cli: {},
  conformance: {},
  documents: {},
  examples: { testTimeout: 60_000, hookTimeout: 60_000 },
  integration: {},
  soak: { testTimeout: 60_000 },
  differential: {},
  'third-party': {},
  interop: { testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false },
  'drop-in': { testTimeout: 180_000, hookTimeout: 180_000, fileParallelism: false },
  runtimes: { testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false },
  chromium: { testTimeout: 120_000, hookTimeout: 120_000, maxWorkers: 2 },
  package: { testTimeout: 180_000, hookTimeout: 180_000, fileParallelism: false },
  gates: { testTimeout: 300_000, fileParallelism: false, execArgv: ['--expose-gc'] },
};

export default defineConfig({
  test: {
    projects: Object.entries(projects).map(([name, options]) => ({
      resolve: { alias },
      test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout: 20_000, pool: 'forks', ...options },
    })),
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'json-summary'] },
  },
});
