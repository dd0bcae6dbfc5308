import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/client/websocket.js';
import { createWebSocketStream } from '../../src/client/websocket-stream.js';
import { Connections, messages, next, turns } from './connections.js';

const connections = new Connections();
afterEach(() => connections.close());

const MIB = 1024 * 1024;

/** Names of a stream's events in their order. */
function eventsOf(stream: NodeJS.EventEmitter): string[] {
  const log: string[] = [];
  for (const name of ['finish', 'end', 'error', 'close']) stream.on(name, () => log.push(name));
  return log;
}

describe('writing', () => {
  it('sends each chunk as a binary message', async () => {
    const { client, socket } = await connections.pair();
    const stream = createWebSocketStream(client);
    const received = messages(socket, 3);
    stream.write('text');
    stream.write(Buffer.from('bytes'));
    stream.write(new Uint8Array([1]));
    expect(await received).toEqual([Buffer.from('text'), Buffer.from('bytes'), Buffer.from([1])]);
  });

  it('sends strings as text with decodeStrings off', async () => {
    const { client, socket } = await connections.pair();
    const received = messages(socket, 1);
    createWebSocketStream(client, { decodeStrings: false }).write('text');
    expect(await received).toEqual(['text']);
  });

  it('waits for open', async () => {
    const server = await connections.server();
    const client = connections.client(server);
    const stream = createWebSocketStream(client);
    stream.write('a');
    stream.end('b');
    const [socket] = await next(server, 'connection');
    expect((await messages(socket, 2)).map(String)).toEqual(['a', 'b']);
    expect((await next(socket, 'close'))[0]).toBe(1005);
  });

  it('may be ended before open without a word', async () => {
    const server = await connections.server();
    const stream = createWebSocketStream(connections.client(server));
    stream.resume().end();
    const [socket] = await next(server, 'connection');
    expect((await next(socket, 'close'))[0]).toBe(1005);
    await finished(stream);
  });

  it('has backpressure', async () => {
    const { client, socket } = await connections.pair();
    client.pause();
    const stream = createWebSocketStream(socket);
    let given = 0;
    const source = Readable.from(
      (function* () {
        const chunk = Buffer.alloc(MIB);
        for (; given < 64; given++) yield chunk;
      })(),
      { objectMode: false },
    );
    const piped = pipeline(source, stream);
    await turns(300);
    expect(given).toBeLessThan(48);
    stream.resume();
    let length = 0;
    client.on('message', (data) => {
      length += (data as Buffer).length;
    });
    client.resume();
    await piped;
    expect(length).toBe(64 * MIB);
  });

  it('tells an error when it is too late', async () => {
    const { client, socket } = await connections.pair();
    const stream = createWebSocketStream(client).resume();
    const log = eventsOf(stream);
    socket.close();
    await once(stream, 'end');
    const written = new Promise((resolve) => stream.write('late', resolve));
    expect(await written).toMatchObject({ code: 'WS_ERR_NOT_OPEN' });
    await turns(2);
    expect(log).toEqual(['end', 'error', 'close']);
  });
});

describe('reading', () => {
  it('gives a chunk per message', async () => {
    const { client, socket } = await connections.pair();
    const stream = createWebSocketStream(client);
    socket.send('text');
    socket.send(Buffer.from('bytes'));
    socket.close();
    const chunks: unknown[] = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    await once(stream, 'end');
    expect(chunks).toEqual([Buffer.from('text'), Buffer.from('bytes')]);
  });

  it('gives text as strings in object mode', async () => {
    const { client, socket } = await connections.pair();
    const stream = createWebSocketStream(client, { readableObjectMode: true });
    socket.send('text');
    socket.send('');
    socket.send(Buffer.from('bytes'));
    socket.close();
    const chunks: unknown[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks).toEqual(['text', '', Buffer.from('bytes')]);
  });

  it('decodes with an encoding', async () => {
    const { client, socket } = await connections.pair();
    const stream = createWebSocketStream(client, { encoding: 'utf8' });
    socket.send(Buffer.from('é').subarray(0, 1));
    socket.send(Buffer.from('é').subarray(1));
    socket.close();
    expect(await text(stream)).toBe('é');
  });

  it('has backpressure, within one chunk of the connection too', async () => {
    const { client, socket } = await connections.pair();
    const stream = createWebSocketStream(client, { readableHighWaterMark: 1000 });
    let emitted = 0;
    client.on('message', () => emitted++);
    for (let count = 0; count < 20_000; count++) socket.send(Buffer.alloc(500));
    await turns(100);
    expect(emitted).toBeLessThanOrEqual(3);
    expect(client.isPaused).toBe(true);
    expect((client._socket as Socket).bytesRead).toBeLessThan(MIB);
    socket.close();
    expect(await buffer(stream)).toHaveLength(20_000 * 500);
  });
});

describe('the end', () => {
  it('of the stream closes the connection, and both streams end', async () => {
    const { client, socket } = await connections.pair();
    const one = createWebSocketStream(client).resume();
    const two = createWebSocketStream(socket).resume();
    const logs = [eventsOf(one), eventsOf(two)];
    const closes = Promise.all([once(one, 'close'), once(two, 'close')]);
    two.on('end', () => two.end());
    one.end('last');
    await closes;
    // As with ws: what was written is out when both close frames are.
    expect(logs).toEqual([
      ['finish', 'end', 'close'],
      ['end', 'finish', 'close'],
    ]);
    expect([client.readyState, one.destroyed, two.destroyed]).toEqual([WebSocket.CLOSED, true, true]);
  });

  it('of the connection ends reading; writing is the user’s to end', async () => {
    const { client, socket } = await connections.pair();
    const stream = createWebSocketStream(client).resume();
    const log = eventsOf(stream);
    socket.close();
    await once(stream, 'end');
    await turns();
    expect(log).toEqual(['end']);
    stream.end();
    await once(stream, 'close');
    expect(log).toEqual(['end', 'finish', 'close']);
  });

  it('cut off by the peer ends reading as well', async () => {
    const { client, socket } = await connections.pair();
    const stream = createWebSocketStream(client).resume();
    socket.terminate();
    await once(stream, 'end');
    expect(client.readyState).toBe(WebSocket.CLOSED);
  });

  it('comes behind what has not been read yet', async () => {
    const { client, socket } = await connections.pair();
    const stream = createWebSocketStream(client);
    socket.send('a');
    const close = next(client, 'close');
    socket.close();
    await close;
    expect(await text(stream)).toBe('a');
  });

  it('sends what is still to be written', async () => {
    const { client, socket } = await connections.pair();
    let length = 0;
    socket.on('message', (data) => {
      length += (data as Buffer).length;
    });
    const close = next(socket, 'close');
    const stream = createWebSocketStream(client);
    for (let count = 0; count < 64; count++) stream.write(Buffer.alloc(100_000));
    stream.end();
    await close;
    expect(length).toBe(6_400_000);
  });
});

describe('destroy', () => {
  it.each([undefined, new Error('mine')])('terminates: %s', async (reason) => {
    const { client, socket } = await connections.pair();
    const close = next(socket, 'close');
    const stream = createWebSocketStream(client);
    const log = eventsOf(stream);
    stream.destroy(reason);
    await once(stream, 'close').catch((error) => expect(error).toBe(reason));
    expect((await close)[0]).toBe(1006);
    await turns(2);
    expect(log).toEqual(reason === undefined ? ['close'] : ['error', 'close']);
  });

  it('before open gives the handshake up', async () => {
    const server = await connections.server();
    const client = connections.client(server);
    const stream = createWebSocketStream(client);
    stream.destroy();
    await once(stream, 'close');
    expect(client.readyState).toBe(WebSocket.CLOSED);
  });

  it('after the end is nothing', async () => {
    const { client, socket } = await connections.pair();
    const stream = createWebSocketStream(client);
    const close = next(client, 'close');
    socket.close();
    await close;
    stream.destroy();
    await once(stream, 'close');
  });
});

describe('an error of the connection', () => {
  it('destroys the stream, once the connection has ended', async () => {
    const { client, peer } = await connections.rawServer();
    const stream = createWebSocketStream(client);
    const log = eventsOf(stream);
    const error = once(stream, 'end').catch((thrown) => thrown);
    peer.write({ opcode: 7 });
    expect((await peer.frame()).opcode).toBe(8);
    peer.socket.end();
    expect(await error).toMatchObject({ code: 'WS_ERR_INVALID_OPCODE' });
    await turns(2);
    expect(log).toEqual(['error', 'close']);
  });

  it('in the opening handshake too', async () => {
    const server = await connections.server({ path: '/none' });
    const stream = createWebSocketStream(connections.client(server));
    stream.write('x');
    await expect(finished(stream)).rejects.toMatchObject({ code: 'WS_ERR_UNEXPECTED_RESPONSE' });
  });
});

it('pipes both ways: an echo', async () => {
  const { client, socket } = await connections.pair();
  const echo = createWebSocketStream(socket);
  const echoed = pipeline(echo, echo);
  const stream = createWebSocketStream(client);
  const data = Buffer.alloc(3 * MIB, 'all the words ');
  let length = 0;
  const complete = new Promise<void>((resolve) => {
    stream.on('data', (chunk: Buffer) => {
      expect(chunk.equals(data.subarray(length, length + chunk.length))).toBe(true);
      length += chunk.length;
      if (length === data.length) resolve();
    });
  });
  for (let offset = 0; offset < data.length; offset += 10_000)
    stream.write(data.subarray(offset, offset + 10_000));
  await complete;
  stream.end();
  await echoed;
});
