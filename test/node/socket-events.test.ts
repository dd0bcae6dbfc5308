import { once } from 'node:events';
import { expect, it } from 'vitest';
import { isOurs, isTcp } from '../../src/node/socket-events.js';
import { connectSockets, RecordingDuplex } from './connected.js';

const KiB = 1024;

it('memory of a long read from TCP is ours while nobody else listens', async () => {
  const { near, far } = await connectSockets();
  const bytes = once(near, 'data');
  far.write(Buffer.alloc(64 * KiB));
  const [chunk] = (await bytes) as [Buffer];
  near.on('data', () => undefined);
  expect(isOurs(Buffer.alloc(16 * KiB), near)).toBe(true);
  expect(isOurs(Buffer.alloc(16 * KiB - 1), near)).toBe(false);
  near.on('data', () => undefined);
  expect(isOurs(chunk, near)).toBe(false);
});

it('what another Duplex hands out may be its own', async () => {
  const socket = new RecordingDuplex();
  socket.on('data', () => undefined);
  expect([isTcp(socket), isOurs(Buffer.alloc(64 * KiB), socket)]).toEqual([false, false]);
});
