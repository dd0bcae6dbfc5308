/**
 * The size report: what the root costs when bundled and minified, and what the packed file weighs. The
 * budgets are in .size-limit.json.
 */
import { build } from 'esbuild';
import { pack } from './check-package.js';
import { program, root, run } from './steps.js';

/** Prints the report; resolves with 0 when every budget is kept. */
export async function size() {
  await Promise.all([buildForNode(), ...Object.entries(clientImports).map(buildForBrowsers)]);
  const packed = pack();
  console.log(
    `packed: ${kib(packed.size)}, unpacked: ${kib(packed.unpackedSize)}, ${packed.entryCount} files`,
  );
  return run(program('size-limit'), []);
}

/** What a page imports of hawser/client: the connection alone, the client with RPC, and either fallback besides. */
const clientImports = {
  'client-core': "{ Connection } from './dist/browser/index.js'",
  client: "{ connect } from './dist/browser/index.js'",
  sse: "{ sseDial } from './dist/transports/sse/client.js'",
  polling: "{ pollingDial } from './dist/transports/polling/client.js'",
};

/** @param {[name: string, imported: string]} entry */
async function buildForBrowsers([name, imported]) {
  const contents = `export ${imported};`;
  await build({
    stdin: { contents, resolveDir: root },
    outfile: `${root}node_modules/.cache/size/${name}.js`,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  });
}

async function buildForNode() {
  await build({
    absWorkingDir: root,
    entryPoints: { index: 'dist/index.js', protocol: 'dist/protocol/index.js', web: 'dist/web/index.js' },
    outdir: 'node_modules/.cache/size',
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    logLevel: 'warning',
  });
}

/** @param {number} bytes */
function kib(bytes) {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

if (import.meta.filename === process.argv[1]) process.exitCode = await size();
