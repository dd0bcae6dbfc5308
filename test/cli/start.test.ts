import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { WebSocket } from '../../src/index.js';
import { observe, root } from './hawser-process.js';

it('npm start takes a port; Ctrl-C closes with 1001 and ends npm itself with 0', {
  timeout: 120_000,
}, async () => {
  // A terminal sends Ctrl-C to the whole process group, so npm gets one of its own here.
  const npm = observe(
    spawn('npm', ['start', '--', '--port', '0'], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  const [, url = ''] = await npm.prints(/hawser serves (http:\/\/localhost:\d+)/);
  expect((await fetch(url)).status).toBe(200);
  const socket = new WebSocket(url.replace('http:', 'ws:'));
  await once(socket, 'open');
  const closed = once(socket, 'close');
  process.kill(-npm.child.pid!, 'SIGINT');
  expect((await closed)[0]).toBe(1001);
  expect(await npm.exited).toBe(0);
});
