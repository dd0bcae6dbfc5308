import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/client/websocket.js';
import { noise } from './compressible.js';
import { Connections, messages, next, turns, until } from './connections.js';

const connections = new Connections();
afterEach(() => connections.close());

const MIB = 1024 * 1024;

describe('backpressure', () => {
  it('send answers false from highWaterMark on; one drain follows', async () => {
    const { socket, client } = await connections.pair({ highWaterMark: 1000 });
    let drains = 0;
    socket.on('drain', () => drains++);
    expect(socket.send(Buffer.alloc(500))).toBe(true);
    expect(socket.bufferedAmount).toBe(504);
    expect(socket.send(Buffer.alloc(492))).toBe(false);
    expect(socket.send(Buffer.alloc(1))).toBe(false);
    const received = messages(client, 3);
    await next(socket, 'drain');
    expect(socket.bufferedAmount).toBe(0);
    await received;
    await turns();
    expect(drains).toBe(1);
    socket.send('x');
    await turns();
    expect(drains).toBe(1);
  });

  it('counts what waits for zlib, a Blob and the kernel', async () => {
    const { socket, client } = await connections.pair({ perMessageDeflate: true });
    client.pause();
    expect(socket.send(noise(MIB))).toBe(false);
    expect(socket.bufferedAmount).toBe(MIB);
    expect(socket.send(new Blob([Buffer.alloc(MIB)]))).toBe(false);
    expect(socket.bufferedAmount).toBe(2 * MIB);
    socket.send(Buffer.alloc(30 * MIB), { compress: false });
    const drain = next(socket, 'drain');
    await until(() => socket.bufferedAmount > 0 && socket.bufferedAmount < 31 * MIB);
    client.resume();
    await drain;
    expect(socket.bufferedAmount).toBe(0);
  });

  it('no drain after closing has begun', async () => {
    const { socket, client } = await connections.pair();
    client.pause();
    socket.on('drain', () => expect.unreachable());
    expect(socket.send(Buffer.alloc(16 * MIB))).toBe(false);
    socket.close();
    const received = messages(client, 1);
    client.resume();
    expect((await received)[0]).toHaveLength(16 * MIB);
    expect((await next(socket, 'close'))[0]).toBe(1005);
  });

  it('the peer closes while much waits: all of it arrives, and our close frame', async () => {
    const { socket, peer } = await connections.rawClient();
    peer.socket.pause();
    for (let number = 0; number < 4; number++) {
      socket.send(Buffer.alloc(4 * MIB, number));
      await turns(1);
    }
    expect(socket.bufferedAmount).toBeGreaterThan(0);
    const state = new Promise<void>((resolve) => {
      socket.on('ping', () => resolve());
    });
    peer.write({ opcode: 9 }, { opcode: 8, payload: Buffer.from([0x0f, 0xa0]) });
    await state;
    await until(() => socket.readyState === WebSocket.CLOSING);
    peer.socket.resume();
    const frames = await peer.framesUntil((frame) => frame.opcode === 8);
    expect(frames.filter(({ opcode }) => opcode === 2).map(({ payload }) => payload.length)).toEqual(
      Array.from({ length: 4 }, () => 4 * MIB),
    );
    expect(frames.at(-1)?.payload).toEqual(Buffer.from([0x0f, 0xa0]));
  });
});

describe('maxBufferedAmount', () => {
  it('drop: counts, tells the callback, drains', async () => {
    const { socket, client } = await connections.pair({ maxBufferedAmount: 1000, slowConsumer: 'drop' });
    expect(socket.send(Buffer.alloc(3000))).toBe(true);
    const error = new Promise((resolve) => socket.send('dropped', resolve));
    expect(await error).toMatchObject({ code: 'WS_ERR_SLOW_CONSUMER' });
    expect(socket.droppedMessages).toBe(1);
    const received = messages(client, 2);
    expect(socket.send('kept')).toBe(true);
    expect(await received).toEqual([Buffer.alloc(3000), 'kept']);
  });

  it('close: at once, 1006 on both sides', async () => {
    const { socket, client } = await connections.pair({ maxBufferedAmount: 1000 });
    const error = next(socket, 'error');
    const close = next(client, 'close');
    socket.send(Buffer.alloc(3000));
    expect(socket.send('too much')).toBe(false);
    expect((await error)[0]).toMatchObject({ code: 'WS_ERR_SLOW_CONSUMER' });
    expect((await close)[0]).toBe(1006);
  });

  it('a function decides per message', async () => {
    const asked: number[] = [];
    const { socket, client } = await connections.pair({
      maxBufferedAmount: 10,
      slowConsumer: (size) => {
        asked.push(size);
        return size > 100 ? 'drop' : 'send';
      },
    });
    const received = messages(client, 2);
    socket.send('first of all');
    socket.send('x'.repeat(101));
    socket.send('sent');
    expect(await received).toEqual(['first of all', 'sent']);
    expect(asked).toEqual([101, 4]);
  });
});
