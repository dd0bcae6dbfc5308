import { type BuildOptions, build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echoText, folderWithWs, ProjectFolder, peers } from './project-folder.js';

let folder: ProjectFolder;
/** The same with the original. */
let original: ProjectFolder;

const entries = {
  'import.mjs': `import WebSocket, { WebSocketServer } from 'ws';${echoText}`,
  'require.cjs': `const WebSocket = require('ws'); const { WebSocketServer } = WebSocket;${echoText}`,
  'both.mjs': `import WebSocket from 'ws'; import { WebSocketServer } from './dependency.cjs';${echoText}`,
  'dependency.cjs': `
    const { Server } = require('ws');
    exports.WebSocketServer = Server;`,
  'isomorphic.mjs': `
    import Fallback, { WebSocketServer } from 'ws';
    const Class = globalThis.WebSocket ?? Fallback;
    let failure = 'nothing';
    try { new Class('ws://127.0.0.1'); } catch (error) { failure = error.message; }
    console.log(typeof Fallback, typeof WebSocketServer, failure);`,
  'isomorphic.cjs': `
    const Fallback = require('ws');
    let failure = 'nothing';
    try { new Fallback('ws://127.0.0.1'); } catch (error) { failure = error.message; }
    console.log(typeof Fallback, typeof Fallback.Server, failure);`,
};

beforeAll(async () => {
  folder = await folderWithWs();
  original = new ProjectFolder();
  original.link('ws', `${peers}ws`);
  for (const [name, text] of Object.entries(entries)) {
    folder.write(name, text);
    original.write(name, text);
  }
});

afterAll(() => {
  folder.remove();
  original.remove();
});

/** Bundles an entry and runs the bundle where no `node_modules` is; resolves with what it printed. */
async function bundled(from: ProjectFolder, entry: string, options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: from.path,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    logLevel: 'silent',
    ...options,
  });
  const alone = new ProjectFolder();
  try {
    const name = options.format === 'esm' ? 'bundle.mjs' : 'bundle.cjs';
    alone.write(name, outputFiles?.[0]?.text ?? '');
    return await alone.run(process.execPath, [name]);
  } finally {
    alone.remove();
  }
}

/** What esbuild wants of bundles in ESM format that have CommonJS in them: the original as well. */
const withRequire = {
  js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
};

describe('an esbuild bundle for Node.js echoes', () => {
  it.each([
    ['import.mjs', { format: 'esm' }],
    ['import.mjs', { format: 'cjs' }],
    ['import.mjs', { format: 'esm', minify: true }],
    ['import.mjs', { format: 'cjs', minify: true, target: 'node20.19' }],
    ['require.cjs', { format: 'cjs' }],
    ['require.cjs', { format: 'cjs', minify: true }],
    ['require.cjs', { format: 'esm', banner: withRequire }],
    ['both.mjs', { format: 'cjs' }],
    ['both.mjs', { format: 'esm', banner: withRequire }],
  ] as const)('%s, %j', async (entry, options) => {
    expect(await bundled(folder, entry, options)).toBe('echo hello false');
  });

  it('where it is required or imported and left out of the bundle', async () => {
    const { outputFiles } = await build({
      absWorkingDir: folder.path,
      entryPoints: ['import.mjs'],
      bundle: true,
      write: false,
      platform: 'node',
      format: 'cjs',
      packages: 'external',
    });
    folder.write('external.cjs', outputFiles[0]?.text ?? '');
    expect(await folder.run(process.execPath, ['external.cjs'])).toBe('echo hello false');
  });
});

describe('an esbuild bundle for browsers', () => {
  const refusal = 'hawser runs on Node.js: in a browser use its own WebSocket';

  it.each(['isomorphic.mjs', 'isomorphic.cjs'])(
    'is made, and says where it does not run: %s',
    async (entry) => {
      const options = { platform: 'browser', format: 'iife' } as const;
      expect(await bundled(folder, entry, options)).toBe(`function function ${refusal}`);
      expect(await bundled(original, entry, options)).toMatch(
        /^function undefined ws does not work in the browser/,
      );
    },
  );

  it('is small: nothing of the implementation is in it', async () => {
    const { outputFiles } = await build({
      absWorkingDir: folder.path,
      entryPoints: ['isomorphic.mjs'],
      bundle: true,
      write: false,
      platform: 'browser',
    });
    expect(outputFiles[0]?.text).not.toContain('node:');
    expect(outputFiles[0]?.contents.length).toBeLessThan(4096);
  });
});
