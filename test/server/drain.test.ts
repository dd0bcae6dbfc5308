import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/client/websocket.js';
import { WebSocketServer } from '../../src/server/websocket-server.js';
import { ManualClock } from '../client/manual-clock.js';
import { exchange, RawClient } from './raw-client.js';
import { closeOf, connect, connectPair, modes, serve, start, startHttp } from './test-servers.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe.each(modes)('with %s', (mode) => {
  it('closes everyone with 1001 and resolves when all have ended', async () => {
    const started = await start({}, mode);
    const clients = [];
    for (let count = 0; count < 3; count++) clients.push((await connectPair(started)).client);
    const closes = Promise.all(clients.map(closeOf));
    let emitted = 0;
    started.server.on('close', () => emitted++);
    expect(await started.server.drain()).toEqual({ closed: 3, terminated: 0 });
    expect(emitted).toBe(1);
    expect(await closes).toEqual(Array(3).fill({ code: 1001, reason: '' }));
    expect(started.server.metrics()).toMatchObject({ connections: 0, closes: new Map([[1001, 3]]) });
  });

  it('takes a code and a reason', async () => {
    const started = await start({}, mode);
    const { client } = await connectPair(started);
    const close = closeOf(client);
    await started.server.drain({ code: 1012, reason: 'new version' });
    expect(await close).toEqual({ code: 1012, reason: 'new version' });
  });

  it('tells clients when to come back', async () => {
    const started = await start({}, mode);
    const { client } = await connectPair(started);
    const close = closeOf(client);
    await started.server.drain({ retryAfter: 7 });
    expect(await close).toEqual({ code: 1012, reason: 'retry-after=7' });
  });
});

it.each([
  { retryAfter: -1 },
  { retryAfter: 1.5 },
  { retryAfter: 86_401 },
  { retryAfter: 1, reason: 'x' },
  { retryAfter: 1, code: 1001 },
])('refuses %j and goes on', async (options) => {
  const started = await start({});
  await expect(started.server.drain(options)).rejects.toMatchObject({ code: 'WS_ERR_INVALID_OPTIONS' });
  await connectPair(started);
  await started.server.drain();
});

it('terminates at the deadline those who do not answer', async () => {
  const clock = new ManualClock();
  const started = await start({ clock, heartbeat: false });
  const { client } = await connectPair(started);
  const silent = await RawClient.open(started.port);
  const closed = closeOf(client);
  const drained = started.server.drain({ deadline: 500 });
  await closed;
  await silent.until(() => silent.frames.length === 1);
  expect(silent.frames[0]).toMatchObject({ opcode: 8, payload: Buffer.from([0x03, 0xe9]) });
  clock.advance(499);
  await turn();
  expect(started.server.clients.size).toBe(1);
  clock.advance(1);
  expect(await drained).toEqual({ closed: 1, terminated: 1 });
  await silent.closed();
  expect(started.server.metrics().closes).toEqual(
    new Map([
      [1001, 1],
      [1006, 1],
    ]),
  );
});

it('is paced: a hundred at once, and all by half of the deadline', async () => {
  const clock = new ManualClock();
  const started = await start({ clock, heartbeat: false });
  await Promise.all(Array.from({ length: 250 }, () => RawClient.open(started.port)));
  const closing = () => [...started.server.clients].filter(({ readyState }) => readyState !== WebSocket.OPEN);
  const drained = started.server.drain({ deadline: 10_000 });
  const counts = [closing().length];
  for (let batch = 0; batch < 2; batch++) {
    clock.advance(10);
    counts.push(closing().length);
  }
  expect(counts).toEqual([100, 200, 250]);
  clock.advance(10_000);
  expect(await drained).toEqual({ closed: 0, terminated: 250 });
});

it('leaves out who has gone before its turn', async () => {
  const clock = new ManualClock();
  const started = await start({ clock, heartbeat: false });
  const clients = await Promise.all(Array.from({ length: 101 }, () => RawClient.open(started.port)));
  const last = [...started.server.clients].at(-1) as WebSocket;
  const drained = started.server.drain();
  const gone = once(last, 'close');
  last.terminate();
  await gone;
  for (const client of clients) client.socket.destroy();
  expect(await drained).toEqual({ closed: 101, terminated: 0 });
  expect(() => clock.advance(10)).not.toThrow();
});

it('refuses upgrades meanwhile with 503 and Retry-After', async () => {
  for (const mode of ['server', 'noServer'] as const) {
    const clock = new ManualClock();
    const started = await start({ clock, heartbeat: false }, mode);
    await RawClient.open(started.port);
    const drained = started.server.drain();
    expect(await exchange(started.port)).toMatchObject({
      status: 503,
      headers: { 'retry-after': ['5'], connection: ['close'] },
      body: 'The server is shutting down',
    });
    clock.advance(10_000);
    expect(await drained).toEqual({ closed: 0, terminated: 1 });
  }
});

it('does not wait for connections that never make a request', async () => {
  const started = await start();
  const idle = await RawClient.connect(started.port);
  const half = await RawClient.connect(started.port);
  half.socket.write('GET / HTTP/1.1\r\n');
  await connectPair(started);
  expect(await started.server.drain()).toEqual({ closed: 1, terminated: 0 });
  await Promise.all([idle.closed(), half.closed()]);
});

it('works with clientTracking off', async () => {
  const started = await start({ clientTracking: false }, 'server');
  const { client } = await connectPair(started);
  const close = closeOf(client);
  expect(await started.server.drain()).toEqual({ closed: 1, terminated: 0 });
  expect(await close).toMatchObject({ code: 1001 });
});

it('may be called twice, and when all is closed', async () => {
  const started = await start();
  await connectPair(started);
  const results = await Promise.all([started.server.drain(), started.server.drain()]);
  expect(results).toEqual([
    { closed: 1, terminated: 0 },
    { closed: 1, terminated: 0 },
  ]);
  let emitted = 0;
  started.server.on('close', () => emitted++);
  expect(await started.server.drain()).toEqual({ closed: 0, terminated: 0 });
  await turn();
  expect(emitted).toBe(0);
});

it('rejects for a code that may not be sent', async () => {
  const started = await start();
  await connectPair(started);
  await expect(started.server.drain({ code: 1005 })).rejects.toMatchObject({
    code: 'WS_ERR_INVALID_ARGUMENT',
  });
});

it('leaves other servers on the same HTTP server alone', async () => {
  const { http, port } = await startHttp();
  const one = serve(http, { path: '/one' });
  serve(http, { path: '/two' });
  const first = await connect({ url: `ws://127.0.0.1:${port}/one` });
  const second = await connect({ url: `ws://127.0.0.1:${port}/two` });
  const close = closeOf(first);
  await one.drain();
  await close;
  expect(second.readyState).toBe(WebSocket.OPEN);
});

it('await using drains at the end of the block', async () => {
  let close: Promise<unknown>;
  {
    await using server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    close = closeOf(await connect({ url: `ws://127.0.0.1:${port}` }));
  }
  expect(await close).toMatchObject({ code: 1001 });
});
