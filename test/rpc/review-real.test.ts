import { once } from 'node:events';
import { connect as tcp } from 'node:net';
import { expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from '../../src/index.js';
import { call, contract, query, stream } from '../../src/rpc/contract/contract.js';
import { unchecked } from '../../src/rpc/contract/schema.js';
import { rpcServer } from '../../src/rpc/server/rpc-server.js';

const any = unchecked<any>();
const wait = (ms: number) => new Promise((r) => setTimeout(r, ms));

async function listen(rpc: any, options: object = {}) {
  const server = new WebSocketServer({
    ...rpc.webSocketDefaults,
    port: 0,
    host: '127.0.0.1',
    ...options,
  } as never);
  await once(server as never, 'listening');
  const { port } = server.address() as { port: number };
  return { server, port };
}
/** A raw client: handshake by hand, sends masked texts, and never answers a close. */
async function raw(port: number) {
  const socket = tcp(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await once(socket, 'data');
  const got: Buffer[] = [];
  socket.on('data', (d) => got.push(d));
  socket.on('error', () => {});
  const send = (text: string) => {
    const p = Buffer.from(text);
    const h =
      p.length < 126
        ? Buffer.from([0x81, 0x80 | p.length, 0, 0, 0, 0])
        : Buffer.from([0x81, 0xfe, p.length >> 8, p.length & 255, 0, 0, 0, 0]);
    socket.write(Buffer.concat([h, p]));
  };
  return { socket, send, got };
}
it('real: an expired session runs calls while the peer keeps quiet about the close', async () => {
  let runs = 0;
  const rpc = rpcServer(
    contract({ f: call({ output: any }) }),
    { f: () => ++runs },
    { session: () => ({ context: {}, expires: Date.now() + 100 }) },
  );
  const { server, port } = await listen(rpc);
  server.on('connection', rpc.accept as never);
  const c = await raw(port);
  await wait(200);
  for (let i = 0; i < 10; i++) {
    c.send(JSON.stringify({ jsonrpc: '2.0', method: 'f', id: i }));
    await wait(100);
  }
  c.socket.destroy();
  server.close();
  expect(runs).toBe(0);
});
it('real: session() that throws', async () => {
  const rpc = rpcServer(
    contract({}),
    {},
    {
      session: () => {
        throw new Error('bad cookie');
      },
    },
  );
  const { server, port } = await listen(rpc);
  server.on('connection', rpc.accept as never);
  const seen: unknown[] = [];
  const saved = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (e) => seen.push(e));
  const c = await raw(port);
  await wait(100);
  process.removeAllListeners('uncaughtException');
  for (const l of saved) process.on('uncaughtException', l);
  c.socket.destroy();
  server.close();
  expect(seen).toEqual([]);
});
it('real: a stream with a key and a generator that does not wait blocks the process after the cut', async () => {
  let made = 0;
  const stopAt = 3_000_000;
  const t0 = 0;
  const t1 = 0;
  const rpc = rpcServer(contract({ s: stream({ item: any }) }), {
    s: async function* () {
      while (made < stopAt) {
        made++;
        yield 1;
      }
    },
  });
  const { server, port } = await listen(rpc);
  server.on('connection', rpc.accept as never);
  const c = await raw(port);
  let maxLag = 0;
  let last = Date.now();
  const iv = setInterval(() => {
    maxLag = Math.max(maxLag, Date.now() - last);
    last = Date.now();
  }, 10);
  c.socket.pause();
  c.send(
    JSON.stringify({
      jsonrpc: '2.0',
      method: 's',
      id: 1,
      meta: { credit: 2 ** 32, idempotencyKey: 'k'.repeat(16) },
    }),
  );
  await wait(300);
  const before = made;
  c.socket.resetAndDestroy();
  await wait(3000);
  clearInterval(iv);
  server.close();
  void t0;
  void t1;
  expect({
    before: before < stopAt,
    made: made - before < 1000,
    maxLag: maxLag < 200 ? 'ok' : maxLag,
  }).toEqual({ before: true, made: true, maxLag: 'ok' });
}, 60_000);
it('real: a stream without a key stops when cut, waits when the peer does not read', async () => {
  let made = 0;
  let released = false;
  const rpc = rpcServer(contract({ s: stream({ item: any }) }), {
    s: async function* () {
      try {
        for (;;) {
          made++;
          yield 'x'.repeat(1000);
        }
      } finally {
        released = true;
      }
    },
  });
  const { server, port } = await listen(rpc);
  server.on('connection', rpc.accept as never);
  const c = await raw(port);
  c.socket.pause();
  c.send(JSON.stringify({ jsonrpc: '2.0', method: 's', id: 1, meta: { credit: 2 ** 32 } }));
  await wait(500);
  const a = made;
  await wait(300);
  const b = made;
  c.socket.resetAndDestroy();
  await wait(300);
  server.close();
  expect({ still: a === b, released, pending: [...rpc.connections].length }).toEqual({
    still: true,
    released: true,
    pending: 0,
  });
});
it('real: accept after the socket closed', async () => {
  const rpc = rpcServer(contract({}), {});
  const { server, port } = await listen(rpc);
  server.on('connection', (async (s: any, r: any) => {
    await wait(200);
    rpc.accept(s, r);
  }) as never);
  const c = await raw(port);
  c.socket.destroy();
  await wait(400);
  server.close();
  expect(rpc.connections.size).toBe(0);
});
it('real: binaryType blob?', async () => {
  const rpc = rpcServer(contract({}), {});
  const { server, port } = await listen(rpc);
  const codes: number[] = [];
  server.on('connection', ((s: any) => {
    try {
      s.binaryType = 'blob';
    } catch (e) {
      codes.push(-1);
    }
    rpc.accept(s);
  }) as never);
  const w = new WebSocket(`ws://127.0.0.1:${port}`);
  w.on('close', (c: number) => codes.push(c));
  w.on('error', () => {});
  await once(w as never, 'open');
  w.send(Buffer.from([1]));
  await wait(200);
  server.close();
  expect(codes).toEqual([1003]);
});
void query;
