/** Builds the page into the package; its addresses are relative, so that it works below any path. */
import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { outDir: '../dist/playground', emptyOutDir: true, modulePreload: false, assetsInlineLimit: 0 },
});
