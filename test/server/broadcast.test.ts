import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from '../../src/client/websocket.js';
import { PreparedMessage } from '../../src/node/prepared-message.js';
import { WebSocketServer } from '../../src/server/websocket-server.js';
import { RawClient } from './raw-client.js';
import { connectPair, start } from './test-servers.js';

const offer = { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' } };
const text = 'hawser '.repeat(1000);

describe('broadcast', () => {
  it('sends to all that are open and tells to how many', async () => {
    const started = await start();
    const pairs = [await connectPair(started), await connectPair(started), await connectPair(started)];
    pairs[0].socket.close();
    const messages = Promise.all([once(pairs[1].client, 'message'), once(pairs[2].client, 'message')]);
    expect(started.server.broadcast('hi')).toBe(2);
    expect((await messages).map(([data, isBinary]) => [String(data), isBinary])).toEqual([
      ['hi', false],
      ['hi', false],
    ]);
    const { server } = await start();
    expect(server.broadcast('nobody')).toBe(0);
  });

  it('leaves out one, and those that the filter refuses', async () => {
    const started = await start();
    const pairs: { client: WebSocket; socket: WebSocket }[] = [];
    for (let count = 0; count < 4; count++) pairs.push(await connectPair(started));
    const received: number[] = [];
    for (const [index, { client }] of pairs.entries()) client.on('message', () => received.push(index));
    const filtered: WebSocket[] = [];
    const filter = (socket: WebSocket) => filtered.push(socket) > 0 && socket !== pairs[2].socket;
    expect(started.server.broadcast('hi', { except: pairs[0].socket as never, filter })).toBe(2);
    expect(filtered).toEqual(pairs.slice(1).map(({ socket }) => socket));
    const last = pairs.map(({ client }) => once(client, 'pong'));
    for (const { client } of pairs) client.ping();
    await Promise.all(last);
    expect(received.sort()).toEqual([1, 3]);
  });

  it.each([
    ['text', undefined, false],
    [Buffer.from([1, 2]), undefined, true],
    [new Uint8Array([1, 2]), undefined, true],
    [Buffer.from('text'), false, false],
    ['text', true, true],
  ])('%j as binary %s arrives as binary %s', async (data, binary, expected) => {
    const started = await start();
    const { client } = await connectPair(started);
    const message = once(client, 'message');
    started.server.broadcast(data, { binary });
    const [received, isBinary] = await message;
    expect(isBinary).toBe(expected);
    expect(Buffer.from(data as string).equals(received)).toBe(true);
  });

  it('writes the same bytes to everyone', async () => {
    const { server, port } = await start({ perMessageDeflate: true });
    const clients = [await RawClient.open(port, offer), await RawClient.open(port, offer)];
    const plain = await RawClient.open(port);
    server.broadcast(text);
    for (const client of [...clients, plain]) await client.until(() => client.frames.length === 1);
    expect(clients[0].received).toEqual(clients[1].received);
    expect(clients[0].frames[0]).toMatchObject({ fin: true, rsv1: true, opcode: 1 });
    expect(clients[0].received.length).toBeLessThan(text.length / 10);
    expect(plain.frames[0]).toMatchObject({ rsv1: false, payload: Buffer.from(text) });
  });

  it('can be told not to compress', async () => {
    const { server, port } = await start({ perMessageDeflate: true });
    const client = await RawClient.open(port, offer);
    server.broadcast(text, { compress: false });
    await client.until(() => client.frames.length === 1);
    expect(client.frames[0]).toMatchObject({ rsv1: false, payload: Buffer.from(text) });
  });

  it('is understood with and without context takeover, and keeps its place among other messages', async () => {
    for (const serverNoContextTakeover of [true, false]) {
      const started = await start({ perMessageDeflate: { serverNoContextTakeover } });
      const { client, socket } = await connectPair(started);
      const received: string[] = [];
      const long = 'payload '.repeat(20_000);
      const all = new Promise<void>((resolve) => {
        client.on('message', (data) => received.push(String(data)) === 5 && resolve());
      });
      socket.send(`1${long}`);
      started.server.broadcast('2 short');
      started.server.broadcast(`3${long}`);
      socket.send('4');
      started.server.broadcast('5');
      await all;
      expect(received).toEqual([`1${long}`, '2 short', `3${long}`, '4', '5']);
    }
  });

  it('during a message in fragments goes where a fragment may go', async () => {
    const started = await start();
    const { client, socket } = await connectPair(started);
    socket.send('one ', { fin: false });
    const message = once(client, 'message');
    started.server.broadcast('two');
    expect(String((await message)[0])).toBe('one two');
  });

  it('respects maxBufferedAmount of each socket', async () => {
    const started = await start({ maxBufferedAmount: 100_000, slowConsumer: 'drop' });
    const slow = await RawClient.open(started.port);
    slow.socket.pause();
    const [socket] = started.server.clients;
    const payload = Buffer.alloc(60_000);
    while (socket.droppedMessages === 0) started.server.broadcast(payload);
    expect(socket.bufferedAmount).toBeLessThanOrEqual(100_000 + 20);
  });
});

describe('prepareMessage', () => {
  it('frames once; send and broadcast take it', async () => {
    const started = await start();
    const message = started.server.prepareMessage('hi');
    expect(message).toBeInstanceOf(PreparedMessage);
    expect(message).toMatchObject({ isBinary: false, payload: Buffer.from('hi') });
    expect(message.frame).toBe(message.frame);
    const { client, socket } = await connectPair(started);
    const received: string[] = [];
    client.on('message', (data) => received.push(String(data)));
    await new Promise((resolve) => socket.send(message, resolve));
    socket.send(message, { compress: false });
    started.server.broadcast(message);
    const pong = once(client, 'pong');
    client.ping();
    await pong;
    expect(received).toEqual(['hi', 'hi', 'hi']);
  });

  it('may be binary', () => {
    const options = { noServer: true } as const;
    return start(options, 'noServer').then(({ server }) => {
      expect(server.prepareMessage(Buffer.from('a')).isBinary).toBe(true);
      expect(server.prepareMessage('a', { binary: true }).isBinary).toBe(true);
      expect(server.prepareMessage(Buffer.from('a'), { binary: false }).isBinary).toBe(false);
    });
  });

  it.each([
    [1000, true],
    [999, false],
  ])('is compressed at once up to deflateSyncThreshold, here %i bytes', (deflateSyncThreshold, isSync) => {
    const server = new WebSocketServer({ noServer: true, perMessageDeflate: { deflateSyncThreshold } });
    let frame: Buffer | null | undefined;
    server.prepareMessage('x'.repeat(1000)).compressedFrame(15, (result) => {
      frame = result;
    });
    expect(frame !== undefined).toBe(isSync);
  });

  it('calls back with an error where the connection has closed', async () => {
    const started = await start({ perMessageDeflate: true });
    const { client, socket } = await connectPair(started);
    const prepared = started.server.prepareMessage(text.repeat(10));
    const results: unknown[] = [];
    socket.send(prepared, (error) => results.push(error));
    socket.terminate();
    await once(client, 'close');
    expect(results).toEqual([expect.any(Error)]);
  });
});
