import { once } from 'node:events';
import { connect as tcp } from 'node:net';
import { expect, it } from 'vitest';
import { parseConnectOptions } from '../../src/cli/connect/connect-options.js';
import { WebSocket, WebSocketServer } from '../../src/index.js';

it('TCP: order of callbacks with a slow reader', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: true } as never);
  await once(server as never, 'listening');
  const { port } = server.address() as { port: number };
  const got = once(server as never, 'connection');
  const c = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: true } as never);
  c.on('error', () => {});
  await once(c as never, 'open');
  const [ws] = (await got) as any;
  const order: number[] = [];
  let n = 0;
  let falses = 0;
  let drains = 0;
  ws.on('drain', () => drains++);
  for (let turn = 0; turn < 200; turn++) {
    if (turn % 20 === 0) c.pause();
    if (turn % 20 === 15) c.resume();
    for (let i = 0; i < Math.random() * 6; i++) {
      const id = n++;
      const size = [0, 10, 200, 5000, 20_000, 70_000, 1_000_000][Math.floor(Math.random() * 7)] as number;
      if (!ws.send(Buffer.alloc(size), { compress: Math.random() < 0.3 }, () => order.push(id))) falses++;
    }
    await new Promise((r) => (Math.random() < 0.5 ? setImmediate(r) : setTimeout(r, 2)));
  }
  c.resume();
  for (let i = 0; i < 1000 && order.length < n; i++) await new Promise((r) => setTimeout(r, 5));
  await new Promise((r) => setTimeout(r, 30));
  let wrong = 0;
  for (let i = 1; i < order.length; i++) if ((order[i] as number) < (order[i - 1] as number)) wrong++;
  expect({
    wrong,
    len: order.length,
    buffered: ws.bufferedAmount,
    drained: falses === 0 || drains > 0,
  }).toEqual({ wrong: 0, len: n, buffered: 0, drained: true });
  c.terminate();
  server.close();
}, 30_000);
it('TCP: a callback that throws does not stop drain', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' } as never);
  await once(server as never, 'listening');
  const { port } = server.address() as { port: number };
  const got = once(server as never, 'connection');
  const raw = tcp(port, '127.0.0.1');
  raw.on('error', () => {});
  raw.write(
    'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const [ws] = (await got) as any;
  await once(raw, 'data');
  raw.pause();
  let drains = 0;
  ws.on('drain', () => drains++);
  const seen: unknown[] = [];
  const saved = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (e) => seen.push(e));
  const more = ws.send(Buffer.alloc(20_000_000), () => {
    throw new Error('cb');
  });
  await new Promise((r) => setTimeout(r, 50));
  raw.resume();
  await new Promise((r) => setTimeout(r, 500));
  process.removeAllListeners('uncaughtException');
  for (const l of saved) process.on('uncaughtException', l);
  raw.destroy();
  server.close();
  expect({ more, seen: seen.length, drains }).toEqual({ more: false, seen: 1, drains: 1 });
});
it('connect: -H may be repeated, the same name too', () => {
  const o = parseConnectOptions(['-H', 'X-A: 1', '-H', 'X-A: 2', 'localhost']) as any;
  expect(JSON.stringify(o.headers)).toContain('1');
});
