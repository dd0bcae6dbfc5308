import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import type { BufferLike } from '../../src/client/payload.js';
import { WebSocket } from '../../src/client/websocket.js';
import type { SendCallback } from '../../src/node/socket-writer.js';
import { sharedZlibLimiter } from '../../src/node/zlib-limiter.js';
import { ConnectionClosedError, UsageError } from '../../src/protocol/errors.js';
import { compressed, noise, takeover } from './compressible.js';
import { Connections, messages, next, type Pair, turns, until } from './connections.js';

const connections = new Connections();
afterEach(() => connections.close());

const MIB = 1024 * 1024;

const sent = (socket: WebSocket, data: BufferLike, options = {}): Promise<Error | null | undefined> =>
  new Promise((resolve) => socket.send(data, options, resolve));

describe('callbacks', () => {
  it('come later, in order, without an error', async () => {
    const { client } = await connections.pair({ perMessageDeflate: true });
    const log: unknown[] = [];
    const done =
      (name: string): SendCallback =>
      (error) =>
        log.push(name, error ?? null);
    client.send('small', done('small'));
    client.send(Buffer.alloc(100_000), { compress: true }, done('large'));
    client.send(new Blob(['x']), done('blob'));
    await new Promise<void>((resolve) => {
      client.send('last', (error) => {
        done('last')(error);
        resolve();
      });
      log.push('sent');
    });
    expect(log).toEqual(['sent', 'small', null, 'large', null, 'blob', null, 'last', null]);
  });

  it('come when the bytes have left, not before', async () => {
    const { socket, client } = await connections.pair();
    client.pause();
    let left = false;
    const large = new Promise<void>((resolve) => {
      socket.send(Buffer.alloc(32 * MIB), () => {
        left = true;
        resolve();
      });
    });
    await turns(100);
    expect(left).toBe(false);
    expect(socket.bufferedAmount).toBeGreaterThan(0);
    client.resume();
    await large;
    expect(socket.bufferedAmount).toBe(0);
  });

  it('get the error of a Blob that cannot be read, and the connection ends with it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'file'), 'as it was');
    const blob = await openAsBlob(join(folder, 'file'));
    await writeFile(join(folder, 'file'), 'changed, and longer than before');
    const { client, socket } = await connections.pair();
    const failed = next(client, 'error');
    const closed = next(socket, 'close');
    const callback = sent(client, blob);
    const behind = sent(client, 'behind');
    expect(await callback).toMatchObject({ name: 'NotReadableError' });
    expect((await failed)[0]).toMatchObject({ name: 'NotReadableError' });
    expect(await behind).toBeInstanceOf(Error);
    expect((await closed)[0]).toBe(1006);
  });

  it('of a large message do not wait for what was sent behind it', async () => {
    const { socket, client } = await connections.pair();
    client.pause();
    const first = sent(socket, Buffer.alloc(64 * 1024));
    const behind = sent(socket, Buffer.alloc(32 * MIB));
    expect(await first).toBeFalsy();
    expect(socket.bufferedAmount).toBeGreaterThan(0);
    client.resume();
    expect(await behind).toBeFalsy();
  });

  it('get an error for what did not leave, each once', async () => {
    const { socket, client } = await connections.pair({ perMessageDeflate: true });
    client.pause();
    const errors = Array.from({ length: 4 }, () => sent(socket, Buffer.alloc(8 * MIB), { compress: false }));
    errors.push(sent(socket, noise(MIB)), sent(socket, new Blob(['x'])), sent(socket, 'behind'));
    socket.terminate();
    for (const error of await Promise.all(errors)) expect(error).toBeInstanceOf(Error);
  });

  it('that throw do not harm the others', async () => {
    const { socket } = await connections.pair({ perMessageDeflate: true });
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const uncaught: unknown[] = [];
    const listener = (error: unknown): number => uncaught.push(error);
    process.on('uncaughtException', listener);
    const thrown = new Error('of the callback');
    socket.send(noise(MIB), () => {
      throw thrown;
    });
    const behind = sent(socket, 'behind');
    const close = next(socket, 'close');
    socket.terminate();
    expect(await behind).toBeInstanceOf(ConnectionClosedError);
    await close;
    process.removeListener('uncaughtException', listener);
    for (const other of others) process.on('uncaughtException', other);
    expect(uncaught).toEqual([thrown]);
  });

  it('of pings and pongs', async () => {
    const { client } = await connections.pair();
    const log: number[] = [];
    await new Promise<void>((resolve) => {
      client.ping(() => log.push(1));
      client.ping('a', () => log.push(2));
      client.pong('a', true, () => log.push(3));
      client.pong('a', undefined, () => resolve());
    });
    expect(log).toEqual([1, 2, 3]);
  });
});

describe('in a wrong state', () => {
  it('throws while CONNECTING', () => {
    const socket = new WebSocket(null);
    const message = 'WebSocket is not open: readyState 0 (CONNECTING)';
    for (const action of [
      () => socket.send('x'),
      () => socket.ping(),
      () => socket.pong('x', () => undefined),
    ]) {
      expect(action).toThrow(new UsageError('WS_ERR_NOT_OPEN', 'readyState 0 (CONNECTING)'));
      expect(action).toThrow(message);
    }
    return expect(socket.sendStream(['x'])).rejects.toMatchObject({ code: 'WS_ERR_NOT_OPEN' });
  });

  it.each(['CLOSING', 'CLOSED'] as const)(
    '%s: false, an error to the callback, bufferedAmount grows',
    async (state) => {
      const { client } = await connections.pair();
      client.close();
      if (state === 'CLOSED') await next(client, 'close');
      expect(client.readyState).toBe(WebSocket[state]);
      const before = client.bufferedAmount;
      const errors: unknown[] = [];
      const callback: SendCallback = (error) => errors.push(error);
      expect(client.send('1234', callback)).toBe(false);
      expect(client.send(Buffer.alloc(10), {}, callback)).toBe(false);
      expect(client.send(new Blob(['12345']), callback)).toBe(false);
      client.ping('é', callback);
      client.pong(callback);
      expect(client.send('no callback')).toBe(false);
      expect(errors).toEqual([]);
      expect(client.bufferedAmount - before).toBe(4 + 10 + 5 + 2 + 11);
      await new Promise((resolve) => process.nextTick(resolve));
      const number = WebSocket[state];
      const message = `WebSocket is not open: readyState ${number} (${state})`;
      expect(errors).toEqual(Array.from({ length: 5 }, () => expect.objectContaining({ message })));
      await expect(client.sendStream(['x'])).rejects.toBeInstanceOf(ConnectionClosedError);
    },
  );

  it('a prepared message too', async () => {
    const { client, server } = await connections.pair();
    const prepared = server.prepareMessage('12345');
    client.close();
    const before = client.bufferedAmount;
    expect(client.send(prepared)).toBe(false);
    expect(client.bufferedAmount - before).toBe(5);
  });
});

describe('ping and pong', () => {
  it.each<[string, BufferLike | undefined, string]>([
    ['nothing', undefined, ''],
    ['text', 'hi', 'hi'],
    ['a number', 200, '200'],
    ['bytes', Buffer.from('hi'), 'hi'],
    ['null', null as never, ''],
    ['125 bytes', 'x'.repeat(125), 'x'.repeat(125)],
  ])('with %s', async (_, data, expected) => {
    const { client, socket } = await connections.pair();
    const ping = next(socket, 'ping');
    const answer = next(client, 'pong');
    client.ping(data);
    expect(await ping).toEqual([Buffer.from(expected)]);
    expect(await answer).toEqual([Buffer.from(expected)]);
    const pong = next(client, 'pong');
    socket.pong(data, false);
    expect(await pong).toEqual([Buffer.from(expected)]);
  });

  it('over 125 bytes throw, and nothing is sent', async () => {
    const { client, socket } = await connections.pair();
    const message = 'The data size must not be greater than 125 bytes';
    expect(() => client.ping('x'.repeat(126))).toThrow(message);
    expect(() => socket.pong(Buffer.alloc(126))).toThrow(message);
    const ping = next(socket, 'ping');
    client.ping('é'.repeat(62));
    expect((await ping)[0]).toHaveLength(124);
  });

  it('are not answered with autoPong off', async () => {
    const { client, socket } = await connections.pair({ autoPong: false });
    client.on('pong', (data) => expect(String(data)).toBe('by hand'));
    const ping = next(socket, 'ping');
    client.ping('x');
    await ping;
    const pong = next(client, 'pong');
    socket.pong('by hand');
    await pong;
  });
});

describe('fragments', () => {
  it('of a client and of a server, plain and compressed, with pings between', async () => {
    const { client, socket } = await connections.pair({ perMessageDeflate: takeover });
    const large = 'long '.repeat(20_000);
    for (const [from, to] of [
      [client, socket],
      [socket, client],
    ]) {
      for (const compress of [true, false, true]) {
        const received = messages(to, 2);
        from.send('a', { fin: false, compress });
        from.ping();
        from.send(large, { fin: false, compress: !compress });
        from.send(Buffer.from('é').subarray(0, 1), { fin: false });
        from.send(Buffer.from('é').subarray(1), { fin: false });
        from.send('');
        from.send('next');
        expect(await received).toEqual([`a${large}é`, 'next']);
      }
    }
  });

  it('on the wire: opcode and RSV1 on the first alone', async () => {
    const { socket, peer } = await connections.rawClient({ perMessageDeflate: true }, 'permessage-deflate');
    socket.send('x'.repeat(2000), { fin: false });
    socket.send('y'.repeat(20_000), { fin: false });
    socket.send('z');
    const frames = await peer.framesUntil((frame) => frame.fin);
    expect(frames.map(({ fin, opcode, rsv }) => [fin, opcode, rsv])).toEqual([
      [false, 1, 4],
      [false, 0, 0],
      [true, 0, 0],
    ]);
  });
});

describe('one turn', () => {
  it('leaves in one write', async () => {
    const { socket, peer } = await connections.rawClient();
    for (let number = 0; number < 200; number++) socket.send(`message ${number}`);
    socket.ping();
    socket.close();
    const frames = await peer.framesUntil((frame) => frame.opcode === 8);
    expect(frames).toHaveLength(202);
    expect(peer.reads).toBe(1);
  });

  it('also what answers the messages of one chunk', async () => {
    const { socket, peer } = await connections.rawClient();
    socket.on('message', (data) => socket.send(data));
    peer.write({ opcode: 2, payload: 'a' }, { opcode: 9 }, { opcode: 2, payload: 'b' }, { opcode: 8 });
    const frames = await peer.framesUntil((frame) => frame.opcode === 8);
    expect(frames.map(({ opcode, payload }) => [opcode, String(payload)])).toEqual([
      [2, 'a'],
      [10, ''],
      [2, 'b'],
      [8, ''],
    ]);
    expect(peer.reads).toBe(1);
  });
});

describe('control frames', () => {
  it('overtake messages that are being compressed', async () => {
    const { socket, peer } = await connections.rawClient({ perMessageDeflate: true }, 'permessage-deflate');
    socket.send(noise(MIB));
    socket.ping('first');
    const [ping, message] = [await peer.frame(), await peer.frame()];
    expect([ping.opcode, String(ping.payload)]).toEqual([9, 'first']);
    expect([message.opcode, message.rsv]).toEqual([2, 4]);
  });

  it('are answered while a message is being inflated', async () => {
    const { socket, peer } = await connections.rawClient({ perMessageDeflate: true }, 'permessage-deflate');
    const log: string[] = [];
    const message = next(socket, 'message');
    socket.on('message', () => log.push('message'));
    socket.on('ping', () => log.push('ping'));
    peer.write({ opcode: 2, rsv: 4, payload: compressed(noise(30_000)) }, { opcode: 9 });
    expect((await peer.frame()).opcode).toBe(10);
    await message;
    expect(log).toEqual(['ping', 'message']);
  });
});

describe('zlib', () => {
  it('has no job left after terminate', async () => {
    const { client, socket } = await connections.pair({ perMessageDeflate: true });
    for (let number = 0; number < 20; number++) client.send(noise(MIB));
    const close = next(client, 'close');
    client.terminate();
    await Promise.all([close, next(socket, 'close')]);
    expect(sharedZlibLimiter.waiting).toBe(0);
    await until(() => sharedZlibLimiter.active === 0);
  });

  it('with one job at a time and many connections: everything arrives', async () => {
    const limit = sharedZlibLimiter.limit;
    const server = await connections.server({ perMessageDeflate: { ...takeover, concurrencyLimit: 1 } });
    server.on('connection', (socket: WebSocket) => socket.on('message', (data) => socket.send(data)));
    const text = Array.from({ length: 5 }, (_, number) => Buffer.alloc(40_000, `number ${number} `));
    const clients: Pair[] = [];
    while (clients.length < 20) clients.push(await connections.connect(server));
    expect(sharedZlibLimiter.limit).toBe(1);
    const echoes = clients.map(({ client }) => messages(client, text.length));
    for (const { client } of clients) for (const data of text) client.send(data);
    for (const echo of await Promise.all(echoes)) {
      expect(echo.map((data, index) => text[index].equals(data as Buffer))).toEqual(text.map(() => true));
    }
    sharedZlibLimiter.limit = limit;
  });
});
