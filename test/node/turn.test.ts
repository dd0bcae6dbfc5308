import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { atEndOfTurn } from '../../src/node/turn.js';

it('flushes all at the end of the turn, in order, and each turn anew', async () => {
  const flushed: string[] = [];
  const target = (name: string) => ({ flush: () => void flushed.push(name) });
  atEndOfTurn(target('a'));
  atEndOfTurn(target('b'));
  expect(flushed).toEqual([]);
  await new Promise<void>((resolve) => process.nextTick(resolve));
  expect(flushed).toEqual(['a', 'b']);
  atEndOfTurn({ flush: () => atEndOfTurn(target('d')) });
  atEndOfTurn(target('c'));
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(flushed).toEqual(['a', 'b', 'c', 'd']);
});

it('goes on behind one that throws', async () => {
  const uncaught = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const thrown = once(process, 'uncaughtException');
  const flushed = new Promise<void>((resolve) => {
    atEndOfTurn({
      flush: () => {
        throw new Error('broken');
      },
    });
    atEndOfTurn({ flush: resolve });
  });
  await flushed;
  expect(await thrown).toMatchObject([{ message: 'broken' }, 'uncaughtException']);
  for (const listener of uncaught) process.on('uncaughtException', listener);
});

it('what was sent before process.exit() leaves', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const program = await build({
    stdin: {
      contents: `
        import { connect } from 'node:net';
        import { WebSocket } from './src/index.js';
        const socket = connect(${(server.address() as AddressInfo).port}, '127.0.0.1', () => {
          const client = new WebSocket(null, undefined, { isServer: false });
          client.setSocket(socket, Buffer.alloc(0), { generateMask: (mask) => mask.fill(0) });
          client.send('last words');
          process.exit();
        });`,
      resolveDir: fileURLToPath(new URL('../..', import.meta.url)),
    },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
  });
  const child = spawn(process.execPath, ['--input-type=module', '-'], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  child.stdin.end(program.outputFiles[0]?.text);
  const [socket] = await accepted;
  const chunks: Buffer[] = [];
  socket.on('error', () => undefined).on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  expect(Buffer.concat(chunks).subarray(6).toString()).toBe('last words');
  server.close();
});
