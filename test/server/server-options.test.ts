import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from '../../src/client/websocket.js';
import { ManualClock } from '../client/manual-clock.js';
import { maskedFrame, RawClient } from './raw-client.js';
import { closeOf, connect, connectPair, start } from './test-servers.js';

const TEXT = 0x81;
const BINARY = 0x82;
const FRAGMENT = 0x02;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A raw client, the server's end of it, and the errors there. */
async function open(options: object) {
  const started = await start(options);
  const connection = once(started.server, 'connection');
  const client = await RawClient.open(started.port);
  const [socket] = (await connection) as [WebSocket];
  const errors: unknown[] = [];
  socket.on('error', (error) => errors.push((error as { code?: string }).code));
  return { ...started, client, socket, errors };
}

/** Bytes enough to fill the buffers of any kernel, so that some wait in this process. */
const flood = Buffer.alloc(16 * 1024 * 1024);

describe('limits reach the sockets', () => {
  it('maxPayload: 1009', async () => {
    const { client, socket, errors } = await open({ maxPayload: 10 });
    const message = once(socket, 'message');
    client.socket.write(maskedFrame(BINARY, Buffer.alloc(10)));
    expect((await message)[0]).toHaveLength(10);
    const close = closeOf(socket);
    client.socket.write(maskedFrame(BINARY, Buffer.alloc(11)));
    expect(await close).toMatchObject({ code: 1006 });
    expect(errors).toEqual(['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH']);
    await client.closed();
    expect(client.frames.at(-1)?.payload).toEqual(Buffer.from([0x03, 0xf1]));
  });

  it('maxPayload after inflation: 1009', async () => {
    const started = await start({ maxPayload: 1000, perMessageDeflate: true });
    const { client, socket } = await connectPair(started, { perMessageDeflate: { threshold: 0 } });
    const errors: unknown[] = [];
    socket.on('error', (error) => errors.push((error as { code?: string }).code));
    const close = closeOf(client);
    client.send(Buffer.alloc(100_000));
    expect(await close).toEqual({ code: 1009, reason: '' });
    expect(errors).toEqual(['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH']);
  });

  it('maxFragments: 1008', async () => {
    const { client, socket, errors } = await open({ maxFragments: 2 });
    const close = closeOf(socket);
    client.socket.write(maskedFrame(FRAGMENT));
    client.socket.write(Buffer.concat([maskedFrame(0), maskedFrame(0)]));
    await close;
    expect(errors).toEqual(['WS_ERR_TOO_MANY_BUFFERED_PARTS']);
  });

  it('skipUTF8Validation', async () => {
    const { client, socket } = await open({ skipUTF8Validation: true });
    const message = once(socket, 'message');
    client.socket.write(maskedFrame(TEXT, Buffer.from([0xff])));
    expect((await message)[0]).toEqual(Buffer.from([0xff]));
    client.socket.destroy();
  });

  it('autoPong', async () => {
    const { client, socket } = await open({ autoPong: false });
    const ping = once(socket, 'ping');
    client.socket.write(maskedFrame(0x89, 'ping'));
    await ping;
    socket.send('first');
    await client.until(() => client.frames.length > 0);
    expect(client.frames.map(({ opcode }) => opcode)).toEqual([1]);
    client.socket.destroy();
  });

  it('textType', async () => {
    const { client, socket } = await open({ textType: 'string' });
    const message = once(socket, 'message');
    client.socket.write(maskedFrame(TEXT, 'text'));
    expect((await message)[0]).toBe('text');
    client.socket.destroy();
  });

  it('closeTimeout', async () => {
    const clock = new ManualClock();
    const { socket } = await open({ closeTimeout: 3000, clock, heartbeat: false });
    const close = closeOf(socket);
    socket.close(1000);
    clock.advance(2999);
    await turn();
    expect(socket.readyState).toBe(socket.CLOSING);
    clock.advance(1);
    expect(await close).toMatchObject({ code: 1006 });
  });

  it('maxMessageSize bounds what messageStreams hands out', async () => {
    const { client, socket, errors } = await open({ maxMessageSize: 10 });
    const close = closeOf(socket);
    const consume = (async () => {
      for await (const message of socket.messageStreams()) {
        for await (const _chunk of message);
      }
    })();
    client.socket.write(maskedFrame(BINARY, Buffer.alloc(11)));
    await expect(consume).rejects.toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED' });
    await close;
    expect(errors).toEqual(['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH']);
  });
});

describe('allowSynchronousEvents', () => {
  const messages = Buffer.concat([...'abc'].map((letter) => maskedFrame(TEXT, letter)));
  const turnsOf = async (allowSynchronousEvents: boolean) => {
    const { client, socket } = await open({ allowSynchronousEvents });
    const events: string[] = [];
    const done = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        events.push(String(data));
        setImmediate(() => events.push('turn'));
        if (String(data) === 'c') resolve();
      });
    });
    client.socket.write(messages);
    await done;
    client.socket.destroy();
    return events.join(' ');
  };

  it('true emits the messages of one read in one turn', async () => {
    expect(await turnsOf(true)).toBe('a b c');
  });

  it('false emits each in a turn of its own', async () => {
    expect(await turnsOf(false)).toMatch(/^a (turn )+b (turn )+c$/);
  });

  it('false loses nothing where the client goes away', async () => {
    const { client, socket } = await open({ allowSynchronousEvents: false });
    const events: string[] = [];
    const close = closeOf(socket);
    socket.on('message', (data) => {
      // Reading pauses meanwhile: it is by writing that the socket learns of the end.
      if (events.push(String(data)) === 1) client.reset();
      socket.send(data);
    });
    const letters = Array.from({ length: 300 }, (_, index) => String(index));
    client.socket.write(Buffer.concat(letters.map((letter) => maskedFrame(TEXT, letter))));
    expect(await close).toMatchObject({ code: 1006 });
    expect(events).toEqual(letters);
  });
});

describe('backpressure', () => {
  it('highWaterMark: send tells, and drain follows', async () => {
    const { client, socket } = await open({ highWaterMark: 1000 });
    expect(socket.send(Buffer.alloc(900))).toBe(true);
    expect(socket.send(Buffer.alloc(100))).toBe(false);
    await once(socket, 'drain');
    expect(socket.bufferedAmount).toBe(0);
    client.socket.destroy();
  });

  it('drain comes when a slow reader has read, and only once', async () => {
    const { client, socket } = await open({});
    client.socket.pause();
    let drains = 0;
    socket.on('drain', () => drains++);
    expect(socket.send(flood)).toBe(false);
    expect(socket.send('more')).toBe(false);
    await turn();
    expect(drains).toBe(0);
    expect(socket.bufferedAmount).toBeGreaterThan(0);
    const drained = once(socket, 'drain');
    client.socket.resume();
    await drained;
    await client.until(() => client.frames.length === 2);
    expect(drains).toBe(1);
    client.socket.destroy();
  });

  it('no drain comes after close', async () => {
    const { client, socket } = await open({});
    client.socket.pause();
    socket.on('drain', () => expect.unreachable());
    expect(socket.send(flood)).toBe(false);
    const close = closeOf(socket);
    socket.close();
    expect(socket.send('too late')).toBe(false);
    client.socket.destroy();
    await close;
  });

  it('nothing is limited by default', async () => {
    const { client, socket, errors } = await open({});
    client.socket.pause();
    for (let count = 0; count < 3; count++) socket.send(flood);
    expect(socket.bufferedAmount).toBeGreaterThan(2 * flood.length);
    expect(errors).toEqual([]);
    client.socket.destroy();
  });
});

describe('slow consumers', () => {
  it('are closed with 1006 by default', async () => {
    const { client, socket, errors, server } = await open({ maxBufferedAmount: 1_000_000 });
    client.socket.pause();
    const results: unknown[] = [];
    expect(socket.send(flood)).toBe(false);
    const close = closeOf(socket);
    expect(socket.send('one more', (error) => results.push(error))).toBe(false);
    expect(socket.readyState).toBe(socket.CLOSING);
    expect(await close).toEqual({ code: 1006, reason: '' });
    expect(errors).toEqual(['WS_ERR_SLOW_CONSUMER']);
    expect(results).toEqual([expect.objectContaining({ code: 'WS_ERR_SLOW_CONSUMER' })]);
    expect(server.clients.size).toBe(0);
  });

  it('may miss messages, which are counted', async () => {
    const { client, socket, errors } = await open({ maxBufferedAmount: 1_000_000, slowConsumer: 'drop' });
    client.socket.pause();
    socket.send(flood);
    const results: unknown[] = [];
    for (const message of ['a', Buffer.alloc(10), new Blob(['c'])]) {
      expect(socket.send(message, (error) => results.push(error))).toBe(false);
    }
    await turn();
    expect(socket.droppedMessages).toBe(3);
    expect(results).toEqual(Array(3).fill(expect.objectContaining({ code: 'WS_ERR_SLOW_CONSUMER' })));
    const drained = once(socket, 'drain');
    client.socket.resume();
    await drained;
    expect(socket.send('last')).toBe(true);
    await client.until(() => client.frames.length === 2);
    expect(String(client.frames[1].payload)).toBe('last');
    expect(errors).toEqual([]);
    client.socket.destroy();
  });

  it('are judged by a callback, message by message', async () => {
    const asked: number[] = [];
    const slowConsumer = (bytes: number) => {
      asked.push(bytes);
      return bytes > 5 ? ('drop' as const) : ('send' as const);
    };
    const { client, socket } = await open({ maxBufferedAmount: 1000, slowConsumer });
    client.socket.pause();
    socket.send(flood);
    socket.send('dropped');
    socket.send('sent');
    expect(asked).toEqual([7, 4]);
    client.socket.resume();
    await client.until(() => client.frames.length === 2);
    expect(String(client.frames[1].payload)).toBe('sent');
    client.socket.destroy();
  });

  it('an empty buffer takes a message of any size', async () => {
    const { client, socket, errors } = await open({ maxBufferedAmount: 10 });
    socket.send(Buffer.alloc(1000));
    await client.until(() => client.frames.length === 1);
    expect(errors).toEqual([]);
    client.socket.destroy();
  });
});

describe('a client that floods', () => {
  it('with pings and never reads has only its newest answered when it does', async () => {
    const { client, socket } = await open({ heartbeat: false });
    client.socket.pause();
    let pings = 0;
    socket.on('ping', () => pings++);
    socket.send(flood);
    const before = socket.bufferedAmount;
    const count = 20_000;
    const frames = Array.from({ length: count }, (_, index) => maskedFrame(0x89, String(index)));
    client.socket.write(Buffer.concat(frames));
    while (pings < count) await once(socket, 'ping');
    expect(socket.bufferedAmount).toBeLessThanOrEqual(before);
    client.socket.resume();
    const last = String(count - 1);
    await client.until(() => client.received.subarray(-last.length).toString() === last);
    const pongs = client.frames.filter(({ opcode }) => opcode === 10);
    expect(pongs.map(({ payload }) => String(payload))).toEqual([last]);
    client.socket.destroy();
  });

  it('with pings and reads has each answered in order', async () => {
    const { client } = await open({});
    const count = 5000;
    const frames = Array.from({ length: count }, (_, index) => maskedFrame(0x89, String(index)));
    client.socket.write(Buffer.concat(frames));
    await client.until(() => client.frames.length === count);
    expect(client.frames.map(({ payload }) => Number(payload))).toEqual(frames.map((_, index) => index));
    client.socket.destroy();
  });
});

describe('a server socket without a listener for error', () => {
  it.each([
    ['a reserved opcode', maskedFrame(0x83)],
    ['a frame without mask', Buffer.from([0x81, 0x00])],
    ['invalid UTF-8', maskedFrame(TEXT, Buffer.from([0xff]))],
    ['an invalid close code', maskedFrame(0x88, Buffer.from([0, 0]))],
  ])('survives %s', async (_name, bytes) => {
    const { server, port } = await start();
    const client = await RawClient.open(port);
    const [socket] = server.clients;
    const close = closeOf(socket);
    client.socket.write(bytes);
    expect(await close).toMatchObject({ code: 1006 });
    await connect({ url: `ws://127.0.0.1:${port}` });
  });

  it('survives RST', async () => {
    const { server, port } = await start();
    const client = await RawClient.open(port);
    const [socket] = server.clients;
    const close = closeOf(socket);
    client.reset();
    expect(await close).toMatchObject({ code: 1006 });
  });
});

it('heartbeat is on by default, and false turns it off', async () => {
  const pings = async (options: object) => {
    const clock = new ManualClock();
    const started = await start({ clock, ...options });
    const client = await RawClient.open(started.port);
    const [socket] = started.server.clients;
    for (let second = 0; second < 26; second++) clock.advance(1000);
    await new Promise((resolve) => socket.send('sentinel', resolve));
    await client.until(() => client.frames.some(({ opcode }) => opcode === 1));
    client.socket.destroy();
    return client.frames.filter(({ opcode }) => opcode === 9).length;
  };
  expect(await pings({})).toBe(1);
  expect(await pings({ heartbeat: { interval: 60_000, timeout: 10_000 } })).toBe(0);
  expect(await pings({ heartbeat: false })).toBe(0);
});
