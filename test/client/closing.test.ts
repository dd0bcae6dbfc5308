import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/client/websocket.js';
import { UsageError, UsageRangeError } from '../../src/protocol/errors.js';
import { compressed, noise } from './compressible.js';
import { Connections, next, turns } from './connections.js';
import { ManualClock } from './manual-clock.js';
import { closeCodeOf } from './raw-peer.js';

const connections = new Connections();
afterEach(() => connections.close());

describe('close', () => {
  it.each([
    [undefined, undefined, 1005, ''],
    [1000, undefined, 1000, ''],
    [1001, 'going', 1001, 'going'],
    [1014, '', 1014, ''],
    [3000, '我是阿宝哥', 3000, '我是阿宝哥'],
    [4999, 'é'.repeat(61), 4999, 'é'.repeat(61)],
    [4000, Buffer.from('bytes'), 4000, 'bytes'],
  ])('with %s and %j: both sides see it', async (code, reason, seenCode, seenReason) => {
    const { client, socket } = await connections.pair();
    const closes = Promise.all([next(client, 'close'), next(socket, 'close')]);
    client.close(code, reason);
    expect(client.readyState).toBe(WebSocket.CLOSING);
    for (const close of await closes) expect(close).toEqual([seenCode, Buffer.from(seenReason)]);
    expect([client._wasClean, socket._wasClean]).toEqual([true, true]);
  });

  it.each([
    [0, ''],
    [999, ''],
    [1004, ''],
    [1005, ''],
    [1006, ''],
    [1015, ''],
    [2999, ''],
    [5000, ''],
    [1000.5, ''],
    ['1000' as never, ''],
    [1000, 'x'.repeat(124), UsageRangeError],
    [1000, 'é'.repeat(62), UsageRangeError],
  ])('throws for %s and %j, and nothing happens', async (code, reason, Class = UsageError as never) => {
    const { client, socket } = await connections.pair();
    expect(() => client.close(code, reason)).toThrow(Class);
    expect(client.readyState).toBe(WebSocket.OPEN);
    const message = next(socket, 'message');
    client.send('still there');
    expect(String((await message)[0])).toBe('still there');
  });

  it('a second time changes nothing', async () => {
    const { client, socket } = await connections.pair();
    const close = next(socket, 'close');
    client.close(4000, 'first');
    client.close(4001, 'second');
    client.close(99);
    expect(await close).toEqual([4000, Buffer.from('first')]);
    client.close();
    expect(client.readyState).toBeGreaterThanOrEqual(WebSocket.CLOSING);
  });

  it('from both sides at once: each sees the other’s code', async () => {
    const { client, socket } = await connections.pair();
    const closes = Promise.all([next(client, 'close'), next(socket, 'close')]);
    client.close(4001, 'client');
    socket.close(4002, 'server');
    expect(await closes).toEqual([
      [4002, Buffer.from('server')],
      [4001, Buffer.from('client')],
    ]);
    expect([client._wasClean, socket._wasClean]).toEqual([true, true]);
  });

  it('waits behind messages that are being compressed', async () => {
    const { client, socket } = await connections.pair({ perMessageDeflate: true });
    const received: number[] = [];
    client.on('message', (data) => received.push((data as Buffer).length));
    const close = next(client, 'close');
    for (const length of [50_000, 10, 60_000]) socket.send(Buffer.alloc(length));
    socket.close(4000);
    expect(socket.readyState).toBe(WebSocket.CLOSING);
    expect((await close)[0]).toBe(4000);
    expect(received).toEqual([50_000, 10, 60_000]);
  });

  it('of the peer is answered behind messages that are being compressed', async () => {
    const { socket, peer } = await connections.rawClient({ perMessageDeflate: true }, 'permessage-deflate');
    socket.on('message', () => socket.send(Buffer.alloc(50_000)));
    peer.write({ opcode: 1, payload: 'go' });
    peer.close(4000, 'bye');
    const frames = [await peer.frame(), await peer.frame()];
    expect(frames.map(({ opcode, rsv }) => [opcode, rsv])).toEqual([
      [2, 4],
      [8, 0],
    ]);
    expect([closeCodeOf(frames[1]), String(frames[1].payload.subarray(2))]).toEqual([4000, 'bye']);
  });

  it('of the peer comes behind a message that is being inflated', async () => {
    const { socket, peer } = await connections.rawClient({ perMessageDeflate: true }, 'permessage-deflate');
    socket.on('message', () => socket.send('answer'));
    peer.write({ opcode: 2, rsv: 4, payload: compressed(noise(30_000)) }, { opcode: 8 });
    expect(String((await peer.frame()).payload)).toBe('answer');
    expect((await peer.frame()).opcode).toBe(8);
  });

  it.each(['message', 'ping', 'open'])('within a listener of %s', async (event) => {
    const server = await connections.server();
    const client = connections.client(server);
    client.on(event, () => client.close(4000, event));
    const [socket] = await next(server, 'connection');
    const close = next(socket, 'close');
    let later = 0;
    client.on('message', () => later++);
    socket.ping();
    socket.send('one');
    expect(await close).toEqual([4000, Buffer.from(event)]);
    await turns();
    expect(client.readyState).toBe(WebSocket.CLOSED);
  });

  it('keeps receiving until the peer has closed', async () => {
    const { client, peer } = await connections.rawServer();
    const received: string[] = [];
    client.on('message', (data) => received.push(String(data)));
    const close = next(client, 'close');
    client.close();
    expect((await peer.frame()).opcode).toBe(8);
    peer.write(
      { opcode: 1, payload: 'late' },
      { opcode: 9 },
      { opcode: 8 },
      { opcode: 1, payload: 'too late' },
    );
    await peer.ended;
    peer.socket.end();
    expect((await close)[0]).toBe(1005);
    expect(received).toEqual(['late']);
  });

  it('within a listener of close is nothing', async () => {
    const { client, socket } = await connections.pair();
    client.once('close', () => {
      client.close();
      client.terminate();
    });
    const close = next(client, 'close');
    socket.close(1000);
    expect((await close)[0]).toBe(1000);
  });
});

describe('the end without a closing handshake', () => {
  it('the peer’s FIN is 1006', async () => {
    const { socket, peer } = await connections.rawClient();
    const close = next(socket, 'close');
    peer.socket.end();
    expect(await close).toEqual([1006, Buffer.alloc(0)]);
    expect(socket._wasClean).toBe(false);
  });

  it('a FIN within a frame is 1006, and messages before it count', async () => {
    const { client, peer } = await connections.rawServer();
    const received: string[] = [];
    client.on('message', (data) => received.push(String(data)));
    const close = next(client, 'close');
    peer.socket.end(Buffer.from([0x81, 1, 0x41, 0x81, 5, 0x42]));
    expect((await close)[0]).toBe(1006);
    expect(received).toEqual(['A']);
  });

  it('a reset is 1006 and no error', async () => {
    const { socket, peer } = await connections.rawClient();
    socket.on('error', () => expect.unreachable());
    const close = next(socket, 'close');
    peer.socket.resetAndDestroy();
    expect((await close)[0]).toBe(1006);
  });

  it('our close that only a FIN answers is 1006', async () => {
    const { client, peer } = await connections.rawServer();
    const close = next(client, 'close');
    client.close(1000);
    await peer.frame();
    peer.socket.end();
    expect((await close)[0]).toBe(1006);
    expect(client._wasClean).toBe(false);
  });
});

describe('closeTimeout', () => {
  it('cuts off a peer that never answers', async () => {
    const clock = new ManualClock();
    const { client, peer } = await connections.rawServer({ clock });
    const close = next(client, 'close');
    client.close(1000);
    expect(closeCodeOf(await peer.frame())).toBe(1000);
    clock.advance(29_999);
    await turns();
    expect(client.readyState).toBe(WebSocket.CLOSING);
    clock.advance(1);
    expect((await close)[0]).toBe(1006);
    expect(clock.pending).toBe(0);
  });

  it('is an option', async () => {
    const clock = new ManualClock();
    const { socket } = await connections.rawClient({ clock, closeTimeout: 50, heartbeat: false });
    const close = next(socket, 'close');
    socket.close();
    clock.advance(50);
    expect((await close)[0]).toBe(1006);
  });

  it('cuts off a peer that closes but keeps its TCP connection', async () => {
    const clock = new ManualClock();
    const { client, peer } = await connections.rawServer({ clock });
    const close = next(client, 'close');
    peer.close(4000);
    await peer.ended;
    expect(client.readyState).toBe(WebSocket.CLOSING);
    clock.advance(30_000);
    expect((await close)[0]).toBe(4000);
  });

  it('also counts for a close behind a stream that never ends', async () => {
    const clock = new ManualClock();
    const { socket, client } = await connections.pair({ clock, heartbeat: false });
    const close = next(client, 'close');
    const stream = socket.sendStream({
      async *[Symbol.asyncIterator]() {
        yield 'a';
        await new Promise(() => undefined);
      },
    });
    const failure = expect(stream).rejects.toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED' });
    socket.close();
    clock.advance(30_000);
    await failure;
    expect((await close)[0]).toBe(1006);
  });

  it('leaves no timer behind', async () => {
    const clock = new ManualClock();
    const { client, socket } = await connections.pair({}, { clock });
    const close = next(client, 'close');
    socket.close(1000);
    await close;
    expect(clock.pending).toBe(0);
  });
});
