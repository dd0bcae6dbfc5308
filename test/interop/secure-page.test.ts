/** `wss:` in `hawser/web`, in a process of its own: its certificates can only be told by the environment. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from '../../src/index.js';
import { serverIdentity } from '../client/test-servers.js';

const authority = fileURLToPath(new URL('../client/certificates/ca.pem', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'hawser-secure-page-'));
const program = join(folder, 'secure-page.mjs');
const https = createServer(serverIdentity);
const server = new WebSocketServer({ server: https, perMessageDeflate: true });
let url: string;

beforeAll(async () => {
  const entry = fileURLToPath(new URL('secure-page.ts', import.meta.url));
  await build({ entryPoints: [entry], outfile: program, bundle: true, platform: 'node', format: 'esm' });
  server.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
  https.listen(0, '127.0.0.1');
  await once(https, 'listening');
  url = `wss://localhost:${(https.address() as AddressInfo).port}/`;
});

afterAll(() => {
  for (const socket of server.clients) socket.terminate();
  https.close();
  rmSync(folder, { recursive: true, force: true });
});

async function run(environment: NodeJS.ProcessEnv): Promise<string[]> {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = { ...process.env };
  const { stdout } = await promisify(execFile)(process.execPath, [program, url], {
    env: { ...env, ...environment },
  });
  return stdout.trim().split('\n');
}

describe('hawser/web over TLS', () => {
  it('opens what a trusted authority vouches for', async () => {
    expect(await run({ NODE_EXTRA_CA_CERTS: authority })).toEqual([
      'WebSocket: secret',
      'WebSocket: 1000 true',
      'WebSocketStream: secret',
      'WebSocketStream: 1000',
    ]);
  });

  it('fails without a word where nobody vouches', async () => {
    expect(await run({})).toEqual(['WebSocket: 1006 false', 'WebSocketStream: WebSocketError']);
  });
});
