import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { MessageStream } from '../../src/client/message-streams.js';
import { compressed, noise } from './compressible.js';
import { Connections, next, turns, until } from './connections.js';
import { closeCodeOf } from './raw-peer.js';
import { all, firstOf, whole } from './reading-streams.js';

const connections = new Connections();
afterEach(() => connections.close());

const MIB = 1024 * 1024;

describe('messageStreams', () => {
  it('hands out messages, and no events', async () => {
    const { client, socket } = await connections.pair();
    client.on('message', () => expect.unreachable());
    const received = all(client);
    socket.send('text');
    socket.send(Buffer.from('bytes'));
    socket.send('');
    socket.send('a', { fin: false });
    socket.send('');
    socket.send('x'.repeat(200_000));
    socket.close(1000);
    expect(await received).toEqual(['text', Buffer.from('bytes'), '', 'a', 'x'.repeat(200_000)]);
  });

  it('throws where the connection ends otherwise', async () => {
    const { client, socket } = await connections.pair();
    const received = all(client);
    socket.send('a');
    socket.close(4000);
    await expect(received).rejects.toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED', receivedCode: 4000 });
  });

  it('needs an open connection', async () => {
    const { client } = await connections.pair();
    client.terminate();
    await next(client, 'close');
    expect(() => client.messageStreams()).toThrow('WebSocket is not open: readyState 3 (CLOSED)');
  });

  it('hands out chunks as they come', async () => {
    const { socket, peer } = await connections.rawClient();
    const streams = socket.messageStreams();
    peer.write({ opcode: 2, fin: false, payload: 'a' });
    const message = await firstOf(streams);
    const chunks = message[Symbol.asyncIterator]();
    expect(await chunks.next()).toEqual({ done: false, value: Buffer.from('a') });
    peer.write({ opcode: 0, fin: false, payload: '' }, { opcode: 0, fin: false, payload: 'bc' });
    expect(await chunks.next()).toEqual({ done: false, value: Buffer.from('bc') });
    peer.write({ opcode: 0 });
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });

  it('hands out the payload of a frame before the frame is complete', async () => {
    const { client, peer } = await connections.rawServer();
    const streams = client.messageStreams();
    peer.socket.write(Buffer.from([0x82, 10, 1, 2, 3]));
    const chunks = (await firstOf(streams))[Symbol.asyncIterator]();
    expect(await chunks.next()).toEqual({ done: false, value: Buffer.from([1, 2, 3]) });
    peer.socket.write(Buffer.from([4, 5, 6, 7, 8, 9, 10]));
    expect(await chunks.next()).toEqual({ done: false, value: Buffer.from([4, 5, 6, 7, 8, 9, 10]) });
    expect((await chunks.next()).done).toBe(true);
  });

  it('cuts text between code points', async () => {
    const { socket, peer } = await connections.rawClient();
    const streams = socket.messageStreams();
    const text = Buffer.from('a€😀b');
    peer.write(
      { opcode: 1, fin: false, payload: text.subarray(0, 2) },
      { opcode: 0, fin: false, payload: text.subarray(2, 6) },
      { opcode: 0, payload: text.subarray(6) },
    );
    const chunks: unknown[] = [];
    for await (const chunk of await firstOf(streams)) chunks.push(chunk);
    expect(chunks).toEqual(['a', '€', '😀b']);
  });

  it('keeps a byte order mark', async () => {
    const { client, socket } = await connections.pair();
    const received = all(client);
    socket.send('\ufeffa');
    socket.close();
    expect(await received).toEqual(['\ufeffa']);
  });

  it('emits the message that was under way as an event', async () => {
    const { socket, peer } = await connections.rawClient();
    const message = next(socket, 'message');
    socket.once('ping', () => {
      const streams = socket.messageStreams();
      void streams.next().then(async ({ value }) => {
        socket.emit('streamed', await whole(value as MessageStream));
      });
    });
    const streamed = next(socket, 'streamed');
    peer.write(
      { opcode: 1, fin: false, payload: 'a' },
      { opcode: 9 },
      { opcode: 0, payload: 'b' },
      { opcode: 1, payload: 'c' },
    );
    expect(String((await message)[0])).toBe('ab');
    expect(await streamed).toEqual(['c']);
  });
});

describe('limits', () => {
  it('maxMessageSize bounds the whole: 1009', async () => {
    const { socket, peer } = await connections.rawClient({ maxMessageSize: 1000 });
    const error = next(socket, 'error');
    const received = expect(all(socket)).rejects.toMatchObject({ sentCode: 1009 });
    peer.write(
      { opcode: 2, fin: false, payload: Buffer.alloc(600) },
      { opcode: 0, payload: Buffer.alloc(401) },
    );
    expect((await error)[0]).toMatchObject({ code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' });
    expect(closeCodeOf(await peer.frame())).toBe(1009);
    await received;
  });

  it('maxMessageSize counts what is inflated', async () => {
    const options = { maxMessageSize: 100_000, perMessageDeflate: true };
    const { socket, peer } = await connections.rawClient(options, 'permessage-deflate');
    const received = expect(all(socket)).rejects.toMatchObject({ sentCode: 1009 });
    peer.write({ opcode: 2, rsv: 4, payload: compressed(Buffer.alloc(100_001)) });
    expect(closeCodeOf(await peer.frame())).toBe(1009);
    await received;
  });

  it('maxPayload and maxFragments do not apply', async () => {
    const { client, socket } = await connections.pair({}, { maxPayload: 1000, maxFragments: 10 });
    const received = all(client);
    await socket.sendStream(Array.from({ length: 100 }, () => Buffer.alloc(100)));
    socket.close();
    expect((await received)[0]).toHaveLength(10_000);
  });

  it('apply again behind the loop', async () => {
    const { client, socket } = await connections.pair({}, { maxPayload: 1000 });
    client.on('error', () => undefined);
    socket.send(Buffer.alloc(2000));
    for await (const message of client.messageStreams()) {
      expect(await whole(message)).toHaveLength(2000);
      break;
    }
    socket.send(Buffer.alloc(2000));
    expect((await next(socket, 'close'))[0]).toBe(1009);
  });

  it('text that is not UTF-8: what was valid, then 1007', async () => {
    const { socket, peer } = await connections.rawClient();
    const streams = socket.messageStreams();
    peer.write({ opcode: 1, fin: false, payload: Buffer.from([0x61, 0x62, 0xff]) });
    const chunks = (await firstOf(streams))[Symbol.asyncIterator]();
    expect(await chunks.next()).toEqual({ done: false, value: 'ab' });
    await expect(chunks.next()).rejects.toMatchObject({ sentCode: 1007 });
    expect(closeCodeOf(await peer.frame())).toBe(1007);
  });

  it('skipUTF8Validation: whatever comes', async () => {
    const { socket, peer } = await connections.rawClient({ skipUTF8Validation: true });
    const received = all(socket);
    peer.write({ opcode: 1, payload: Buffer.from([0x61, 0xff, 0xe2, 0x82]) }, { opcode: 8 });
    expect(await received).toEqual(['a\ufffd\ufffd']);
  });
});

describe('a consumer that is slow', () => {
  it('has the peer wait: 64 MiB with bounded memory', async () => {
    const { client, peer } = await connections.rawServer({ maxPayload: MIB });
    const streams = client.messageStreams();
    const header = Buffer.alloc(10);
    header.set([0x82, 127]);
    header.writeUInt32BE(64 * MIB, 6);
    peer.socket.write(header);
    const piece = Buffer.alloc(MIB);
    for (let count = 0; count < 64; count++) peer.socket.write(piece);
    const message = await firstOf(streams);
    const transport = client._socket as Socket;
    let length = 0;
    let behind = 0;
    for await (const chunk of message) {
      length += chunk.length;
      behind = Math.max(behind, transport.bytesRead - length);
      if (length % MIB < 65_536) await turns(1);
    }
    expect(length).toBe(64 * MIB);
    expect(behind).toBeLessThan(MIB);
  });

  it('rests between messages: nothing of the next is read, pings are answered', async () => {
    const { socket, peer } = await connections.rawClient();
    const streams = socket.messageStreams();
    peer.write({ opcode: 1, payload: 'a' }, { opcode: 9 });
    expect(await whole(await firstOf(streams))).toBe('a');
    expect((await peer.frame()).opcode).toBe(10);
    for (let count = 0; count < 32; count++) peer.write({ opcode: 2, payload: Buffer.alloc(MIB) });
    await until(() => (socket._socket as Socket).isPaused());
    await turns(50);
    expect((socket._socket as Socket).bytesRead).toBeLessThan(MIB);
    expect(await whole(await firstOf(streams))).toHaveLength(MIB);
  });
});

describe('leaving', () => {
  it('a message early discards its rest', async () => {
    const { client, socket } = await connections.pair();
    socket.send(Buffer.alloc(10 * MIB, 1));
    socket.send('next');
    socket.close();
    const seen: unknown[] = [];
    for await (const message of client.messageStreams()) {
      for await (const chunk of message) {
        seen.push(typeof chunk === 'string' ? chunk : chunk[0]);
        break;
      }
    }
    expect(seen).toEqual([1, 'next']);
  });

  it('a message by asking for the next', async () => {
    const { client, socket } = await connections.pair();
    socket.send(Buffer.alloc(10 * MIB));
    socket.send('b');
    const streams = client.messageStreams();
    const first = await firstOf(streams);
    const waiting = first[Symbol.asyncIterator]();
    expect(await whole(await firstOf(streams))).toBe('b');
    expect(await waiting.next()).toEqual({ done: true, value: undefined });
    socket.close();
    expect(await streams.next()).toEqual({ done: true, value: undefined });
  });

  it('the loop returns to events, and loses no message', async () => {
    const { socket, peer } = await connections.rawClient();
    socket.binaryType = 'fragments';
    peer.write(
      { opcode: 1, payload: 'streamed' },
      { opcode: 2, fin: false, payload: 'a' },
      { opcode: 0, payload: 'b' },
    );
    const event = next(socket, 'message');
    for await (const message of socket.messageStreams()) {
      expect(await whole(message)).toBe('streamed');
      break;
    }
    expect(await event).toEqual([[Buffer.from('a'), Buffer.from('b')], true]);
  });

  it('the loop discards the rest of the message under way', async () => {
    const { client, socket } = await connections.pair();
    socket.send(Buffer.alloc(10 * MIB));
    socket.send('event');
    const event = next(client, 'message');
    for await (const message of client.messageStreams()) {
      for await (const _ of message) break;
      break;
    }
    expect(String((await event)[0])).toBe('event');
  });

  it('and coming back misses nothing', async () => {
    const { socket, peer } = await connections.rawClient();
    peer.write(
      { opcode: 1, payload: 'a' },
      { opcode: 1, payload: 'b' },
      { opcode: 1, payload: 'c' },
      { opcode: 8 },
    );
    for await (const message of socket.messageStreams()) {
      expect(await whole(message)).toBe('a');
      break;
    }
    expect(await all(socket)).toEqual(['b', 'c']);
  });

  it('binaryType set meanwhile counts from then on', async () => {
    const { client, socket } = await connections.pair();
    socket.send('a');
    for await (const message of client.messageStreams()) {
      client.binaryType = 'fragments';
      expect(await whole(message)).toBe('a');
      break;
    }
    const event = next(client, 'message');
    socket.send(Buffer.from('x'), { fin: false });
    socket.send(Buffer.from('y'));
    expect((await event)[0]).toEqual([Buffer.from('x'), Buffer.from('y')]);
  });

  it('binaryType set meanwhile does not end the loop', async () => {
    const { client, socket } = await connections.pair();
    const received: unknown[] = [];
    socket.send('a');
    socket.send('b');
    socket.close();
    for await (const message of client.messageStreams()) {
      client.binaryType = 'arraybuffer';
      received.push(await whole(message));
    }
    expect(received).toEqual(['a', 'b']);
  });

  it('while waiting for a message', async () => {
    const { client, socket } = await connections.pair();
    const streams = client.messageStreams();
    const waiting = streams.next();
    await turns(1);
    await streams.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    const event = next(client, 'message');
    socket.send('x');
    await event;
  });
});

describe('a connection that is lost within a message', () => {
  it('while the consumer rests: close comes all the same', async () => {
    const { socket, peer } = await connections.rawClient({ perMessageDeflate: true }, 'permessage-deflate');
    const streams = socket.messageStreams();
    const close = next(socket, 'close');
    peer.write({ opcode: 2, rsv: 4, fin: false, payload: compressed(Buffer.alloc(MIB)) });
    const chunks = (await firstOf(streams))[Symbol.asyncIterator]();
    await chunks.next();
    peer.socket.resetAndDestroy();
    expect((await close)[0]).toBe(1006);
    const rest = (async () => {
      for await (const chunk of chunks) expect(chunk.length).toBeGreaterThan(0);
    })();
    await expect(rest).rejects.toMatchObject({ receivedCode: 1006 });
  });

  it('throws in the message', async () => {
    const { socket, peer } = await connections.rawClient();
    const streams = socket.messageStreams();
    peer.write({ opcode: 2, fin: false, payload: 'a' });
    const chunks = (await firstOf(streams))[Symbol.asyncIterator]();
    expect((await chunks.next()).value).toEqual(Buffer.from('a'));
    const chunk = expect(chunks.next()).rejects.toMatchObject({ receivedCode: 1006 });
    peer.socket.resetAndDestroy();
    await chunk;
    await expect(streams.next()).rejects.toMatchObject({ receivedCode: 1006 });
    expect((await streams.next()).done).toBe(true);
  });

  it('also where it is compressed and waits for its consumer: close comes all the same', async () => {
    const { socket, peer } = await connections.rawClient({ perMessageDeflate: true }, 'permessage-deflate');
    const streams = socket.messageStreams();
    const close = next(socket, 'close');
    peer.write({ opcode: 2, rsv: 4, fin: false, payload: compressed(noise(MIB)) });
    const message = await firstOf(streams);
    await turns(50);
    socket.terminate();
    expect((await close)[0]).toBe(1006);
    await expect(whole(message)).rejects.toMatchObject({ receivedCode: 1006 });
  });
});
