import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { observe, root } from '../cli/hawser-process.js';
import { Peer, start, stop } from './example.js';

it.each(['SIGINT', 'SIGTERM'] as const)('echo sends back what comes; %s ends it', async (signal) => {
  const example = await start('echo');
  const peer = await Peer.connect(example.ws);
  expect(await peer.ask('hello')).toBe('hello');
  await stop(example, signal);
  expect(await peer.closed).toEqual([1001, '']);
});

it('raw-net sends back what comes', async () => {
  const example = await start('raw-net');
  const peer = await Peer.connect(example.ws);
  expect(await peer.ask('hello')).toBe('hello');
  peer.socket.close();
  await peer.closed;
});

it('npm run example runs one; Ctrl-C, which npm passes on as well, ends npm with 0', async () => {
  // A terminal sends Ctrl-C to the whole process group, so npm gets one of its own here.
  const npm = observe(
    spawn('npm', ['run', 'example', '--', 'echo'], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PORT: '0' },
    }),
  );
  const [url] = await npm.prints(/ws:\/\/127\.0\.0\.1:\d+/);
  const peer = await Peer.connect(url);
  process.kill(-npm.child.pid!, 'SIGINT');
  expect(await peer.closed).toEqual([1001, '']);
  expect(await npm.exited).toBe(0);
});
