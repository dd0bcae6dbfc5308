/** Builds the page into the package; its addresses are relative, so that it works below any path. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const source = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url));

export default defineConfig({
  base: './',
  // The sources stand for the package's subpaths, so that the page needs no build before its own.
  resolve: {
    alias: [
      { find: /^hawser\/client$/, replacement: source('browser/index.ts') },
      { find: /^hawser\/client\/sse$/, replacement: source('transports/sse/client.ts') },
      { find: /^hawser\/client\/polling$/, replacement: source('transports/polling/client.ts') },
      { find: /^hawser\/rpc$/, replacement: source('rpc/index.ts') },
    ],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { outDir: '../dist/playground', emptyOutDir: true, modulePreload: false, assetsInlineLimit: 0 },
});
