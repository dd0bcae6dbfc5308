/**
 * `node scripts/run-typescript.js file.ts [arguments]`: bundles one TypeScript program of this repository,
 * with the sources that it imports, and runs it in this process.
 */
import { renameSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from './steps.js';

const [file, ...rest] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: node scripts/run-typescript.js file.ts [arguments]');
  process.exit(2);
}

const outfile = `${root}node_modules/.cache/run/${file.replace(/\.ts$/, '.js')}`;
// Renamed when it is whole: the same program may start somewhere else at the same time.
const own = `${outfile}.${process.pid}`;
await build({
  absWorkingDir: root,
  entryPoints: [file],
  outfile: own,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  packages: 'external',
  define: { 'import.meta.url': JSON.stringify(pathToFileURL(root + file).href) },
  alias: {
    hawser: './src/index.ts',
    'hawser/protocol': './src/protocol/index.ts',
    'hawser/web': './src/web/index.ts',
    'hawser/rpc': './src/rpc/index.ts',
    'hawser/rpc/server': './src/rpc/server/index.ts',
    'hawser/rpc/jwt': './src/rpc/jwt/index.ts',
    'hawser/client': './src/client-node.ts',
    'hawser/client/sse': './src/transports/sse/client.ts',
    'hawser/client/polling': './src/transports/polling/client.ts',
    'hawser/fallback': './src/transports/fallback-server/index.ts',
    'hawser/testing': './src/testing/index.ts',
  },
  sourcemap: 'inline',
  logLevel: 'warning',
});
renameSync(own, outfile);
process.setSourceMapsEnabled(true);
process.argv = [process.argv0, outfile, ...rest];
await import(pathToFileURL(outfile).href);
