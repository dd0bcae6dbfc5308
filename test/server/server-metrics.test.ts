import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { exchange, RawClient } from './raw-client.js';
import { closeOf, connectPair, start } from './test-servers.js';

it('of a new server are zero', async () => {
  const { server } = await start();
  expect(server.metrics()).toEqual({
    connections: 0,
    handshakes: { pending: 0, accepted: 0, refused: new Map() },
    messages: { received: 0, sent: 0 },
    bytes: { received: 0, sent: 0 },
    bufferedAmount: 0,
    closes: new Map(),
  });
});

it('count messages, bytes, handshakes and closes', async () => {
  const started = await start({ path: '/' });
  const { server, port } = started;
  const { client, socket } = await connectPair(started);
  const transport = socket._socket as Socket;
  const before = server.metrics();
  expect(before.bytes).toEqual({ received: transport.bytesRead, sent: transport.bytesWritten });
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  for (const message of ['one', Buffer.alloc(1000)]) {
    const echo = once(client, 'message');
    client.send(message);
    await echo;
  }
  server.broadcast('three');
  await once(client, 'message');
  const during = server.metrics();
  expect(during).toMatchObject({ connections: 1, messages: { received: 2, sent: 3 } });
  // Frames: 2 + 4 + 3 and 4 + 4 + 1000 bytes in; 2 + 3, 4 + 1000 and 2 + 5 out.
  expect(during.bytes.received - before.bytes.received).toBe(1017);
  expect(during.bytes.sent - before.bytes.sent).toBe(1016);
  await exchange(port, { target: '/other' });
  await exchange(port, { target: '/other' });
  await exchange(port, { headers: { 'Sec-WebSocket-Version': '8' } });
  const close = closeOf(socket);
  client.close(4000);
  await close;
  expect(server.metrics()).toMatchObject({
    connections: 0,
    handshakes: {
      accepted: 1,
      refused: new Map([
        [404, 2],
        [426, 1],
      ]),
    },
    closes: new Map([[4000, 1]]),
  });
  // A masked close frame of two bytes in, an unmasked one out.
  const { bytes } = server.metrics();
  expect([bytes.received - during.bytes.received, bytes.sent - during.bytes.sent]).toEqual([8, 4]);
});

it('count a message in fragments once', async () => {
  const started = await start();
  const { client, socket } = await connectPair(started);
  const message = once(socket, 'message');
  client.send('a', { fin: false });
  client.send('b', { fin: true });
  await message;
  const answer = once(client, 'message');
  socket.send('a', { fin: false });
  socket.send('b');
  await answer;
  expect(started.server.metrics().messages).toEqual({ received: 1, sent: 1 });
});

it('tell what waits for slow readers', async () => {
  const started = await start();
  const client = await RawClient.open(started.port);
  client.socket.pause();
  const [socket] = started.server.clients;
  const size = 32 * 1024 * 1024;
  socket.send(Buffer.alloc(size));
  expect(started.server.metrics().bufferedAmount).toBe(socket.bufferedAmount);
  expect(socket.bufferedAmount).toBeGreaterThan(0);
  const drained = once(socket, 'drain');
  client.socket.resume();
  await drained;
  expect(started.server.metrics().bufferedAmount).toBe(0);
});

describe('the result', () => {
  it('does not change afterwards', async () => {
    const started = await start({ path: '/' });
    const metrics = started.server.metrics();
    await connectPair(started);
    await exchange(started.port, { target: '/other' });
    expect(metrics).toMatchObject({ connections: 0, handshakes: { accepted: 0, refused: new Map() } });
  });
});
