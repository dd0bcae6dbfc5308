import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/client/websocket.js';
import { ConnectionClosedError } from '../../src/protocol/errors.js';
import { Connections, next, turns, until, urlOf } from './connections.js';

const connections = new Connections();
afterEach(() => connections.close());

const MIB = 1024 * 1024;

async function all(socket: WebSocket): Promise<(string | Buffer)[]> {
  const received: (string | Buffer)[] = [];
  for await (const message of socket) received.push(message);
  return received;
}

describe('for await', () => {
  it.each([1000, 1001, undefined])('gives strings and Buffers and ends on %s', async (code) => {
    const { client, socket } = await connections.pair();
    const received = all(client);
    socket.send('text');
    socket.send(Buffer.from('bytes'));
    socket.send('');
    socket.close(code);
    expect(await received).toEqual(['text', Buffer.from('bytes'), '']);
  });

  it('throws on another code, behind the messages', async () => {
    const { client, socket } = await connections.pair();
    const received: unknown[] = [];
    const loop = (async () => {
      for await (const message of client) received.push(message);
    })();
    socket.send('a');
    socket.send('b');
    socket.close(4000, 'my reason');
    const error = await loop.catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ConnectionClosedError);
    expect(error).toMatchObject({
      code: 'WS_ERR_CONNECTION_CLOSED',
      receivedCode: 4000,
      receivedReason: 'my reason',
      sentCode: 4000,
      closedFirst: 'peer',
    });
    expect(received).toEqual(['a', 'b']);
  });

  it('throws 1006 when the connection is cut off', async () => {
    const { client, socket } = await connections.pair();
    const received = all(client);
    socket.terminate();
    await expect(received).rejects.toMatchObject({
      receivedCode: 1006,
      sentCode: undefined,
      closedFirst: undefined,
    });
  });

  it('tells who closed first', async () => {
    const { client, socket } = await connections.pair();
    const received = Promise.allSettled([all(client), all(socket)]);
    client.close(3000);
    const [one, two] = await received;
    expect(one).toMatchObject({ reason: { receivedCode: 3000, sentCode: 3000, closedFirst: 'us' } });
    expect(two).toMatchObject({ reason: { receivedCode: 3000, sentCode: 3000, closedFirst: 'peer' } });
  });

  it('tells of a broken rule as 1006 with the code that was sent', async () => {
    const { client, peer } = await connections.rawServer();
    client.on('error', () => undefined);
    const received = all(client);
    peer.write({ opcode: 1, payload: 'a' }, { opcode: 7 });
    await peer.ended;
    peer.socket.end();
    await expect(received).rejects.toMatchObject({ receivedCode: 1006, sentCode: 1002, closedFirst: 'us' });
  });

  it('may begin before open', async () => {
    const server = await connections.server();
    server.on('connection', (socket: WebSocket) => {
      socket.send('first');
      socket.send('second');
      socket.close();
    });
    expect(await all(connections.client(server))).toEqual(['first', 'second']);
  });

  it('throws the error of a failed opening', async () => {
    const server = await connections.server({ path: '/served' });
    const client = new WebSocket(`${urlOf(server)}/other`);
    // No listener of `error`: the loop is one.
    await expect(all(client)).rejects.toMatchObject({ code: 'WS_ERR_UNEXPECTED_RESPONSE', status: 404 });
  });

  it('throws with the cause if the connection is failed', async () => {
    const { client, peer } = await connections.rawServer();
    const received = all(client);
    peer.write({ opcode: 3, payload: Buffer.alloc(0) });
    peer.socket.end();
    await expect(received).rejects.toMatchObject({
      code: 'WS_ERR_CONNECTION_CLOSED',
      sentCode: 1002,
      cause: { code: 'WS_ERR_INVALID_OPCODE' },
    });
  });

  it('on a closed connection ends at once', async () => {
    const { client, socket } = await connections.pair();
    socket.close(1000);
    await next(client, 'close');
    expect(await all(client)).toEqual([]);
    const cut = await connections.pair();
    cut.socket.terminate();
    await next(cut.client, 'close');
    await expect(all(cut.client)).rejects.toBeInstanceOf(ConnectionClosedError);
    await expect(all(cut.client)).rejects.toBeInstanceOf(ConnectionClosedError);
  });

  it('that ended with an error throws again', async () => {
    const { client, socket } = await connections.pair();
    const received = all(client);
    socket.terminate();
    await expect(received).rejects.toBeInstanceOf(ConnectionClosedError);
    await expect(all(client)).rejects.toBeInstanceOf(ConnectionClosedError);
  });

  it('does not keep messages from listeners', async () => {
    const { client, socket } = await connections.pair();
    const events: string[] = [];
    client.on('message', (data) => events.push(String(data)));
    const received = all(client);
    socket.send('a');
    socket.send('b');
    socket.close();
    expect(await received).toEqual(['a', 'b']);
    expect(events).toEqual(['a', 'b']);
  });

  it('has fragments joined, and text as strings, whatever binaryType', async () => {
    const { client, socket } = await connections.pair();
    client.binaryType = 'fragments';
    const received = all(client);
    socket.send(Buffer.from('a'), { fin: false });
    socket.send(Buffer.from('b'));
    socket.send('c', { fin: false });
    socket.send('d');
    socket.close();
    expect(await received).toEqual([Buffer.from('ab'), 'cd']);
  });

  it('sees what came with the opening handshake', async () => {
    const first = Buffer.from([0x81, 1, 0x41, 0x81, 1, 0x42, 0x88, 0]);
    let received: unknown;
    const { peer } = await connections.rawServer({}, '', first, (client) => {
      received = all(client);
    });
    await peer.ended;
    peer.socket.end();
    expect(await received).toEqual(['A', 'B']);
  });
});

describe('while the loop is busy', () => {
  it('or has not begun: nothing is decoded, also what came with the opening handshake', async () => {
    const first = Buffer.from([0x81, 1, 0x41]);
    const iterators: AsyncIterator<unknown>[] = [];
    const { client } = await connections.rawServer({}, '', first, (opening) => {
      iterators.push(opening[Symbol.asyncIterator]());
    });
    const message = next(client, 'message');
    let emitted = 0;
    client.on('message', () => emitted++);
    await turns();
    expect(emitted).toBe(0);
    expect(await iterators[0].next()).toEqual({ done: false, value: 'A' });
    await message;
  });

  it('nothing is read: a fast sender’s bytes stay with the sender', async () => {
    const { client, socket } = await connections.pair();
    const chunk = Buffer.alloc(MIB / 4);
    for (let number = 0; number < 256; number++) socket.send(chunk);
    const transport = client._socket as import('node:net').Socket;
    let count = 0;
    for await (const message of client) {
      count++;
      expect(message).toHaveLength(chunk.length);
      if (count > 1) {
        if (count === 256) break;
        continue;
      }
      await until(() => transport.isPaused());
      await turns(100);
      expect(transport.bytesRead).toBeLessThan(MIB);
      expect(socket.bufferedAmount).toBeGreaterThan(32 * MIB);
    }
    expect(socket.bufferedAmount).toBe(0);
  });

  it('messages of one chunk are emitted one by one, as they are asked for', async () => {
    const { socket, peer } = await connections.rawClient();
    let emitted = 0;
    socket.on('message', () => emitted++);
    const iterator = socket[Symbol.asyncIterator]();
    peer.write({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' }, { opcode: 1, payload: 'c' });
    for (const [index, text] of ['a', 'b', 'c'].entries()) {
      expect(await iterator.next()).toEqual({ done: false, value: text });
      await turns();
      expect(emitted).toBe(index + 1);
    }
  });

  it('pings are answered', async () => {
    const { socket, peer } = await connections.rawClient();
    const iterator = socket[Symbol.asyncIterator]();
    peer.write({ opcode: 1, payload: 'a' }, { opcode: 9, payload: '1' });
    await iterator.next();
    expect(await peer.frame()).toMatchObject({ opcode: 10, payload: Buffer.from('1') });
    peer.write({ opcode: 9, payload: '2' });
    expect(await peer.frame()).toMatchObject({ opcode: 10, payload: Buffer.from('2') });
  });

  it('a close is answered, unless a message is before it', async () => {
    const { socket, peer } = await connections.rawClient();
    const iterator = socket[Symbol.asyncIterator]();
    const close = next(socket, 'close');
    peer.write({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' }, { opcode: 8 });
    expect(await iterator.next()).toEqual({ done: false, value: 'a' });
    await turns();
    expect(socket.readyState).toBe(socket.OPEN);
    expect(await iterator.next()).toEqual({ done: false, value: 'b' });
    expect((await close)[0]).toBe(1005);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('the end of the connection is noticed', async () => {
    const { client, socket } = await connections.pair();
    const iterator = client[Symbol.asyncIterator]();
    const close = next(client, 'close');
    socket.send('a');
    expect(await iterator.next()).toEqual({ done: false, value: 'a' });
    socket.terminate();
    await close;
    await expect(iterator.next()).rejects.toBeInstanceOf(ConnectionClosedError);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });
});

describe('leaving the loop', () => {
  it('leaves the connection open, and messages are emitted again', async () => {
    const { client, socket } = await connections.pair();
    const loop = (async () => {
      for await (const message of client) return message;
      return undefined;
    })();
    socket.send('one');
    expect(await loop).toBe('one');
    expect(client.readyState).toBe(WebSocket.OPEN);
    const message = next(client, 'message');
    socket.send('two');
    expect(String((await message)[0])).toBe('two');
  });

  it('misses nothing if another loop follows', async () => {
    const { socket, peer } = await connections.rawClient();
    peer.write(
      { opcode: 1, payload: 'hello' },
      { opcode: 1, payload: 'a' },
      { opcode: 1, payload: 'b' },
      { opcode: 8 },
    );
    let first: unknown;
    for await (const message of socket) {
      first = message;
      break;
    }
    expect(first).toBe('hello');
    expect(await all(socket)).toEqual(['a', 'b']);
  });

  it('lets the closing handshake go on', async () => {
    const { client, socket } = await connections.pair();
    socket.send('a');
    socket.send('b');
    const close = next(client, 'close');
    for await (const _ of client) break;
    socket.close(1000);
    expect((await close)[0]).toBe(1000);
  });
});

describe('next by hand', () => {
  it('may be called ahead', async () => {
    const { client, socket } = await connections.pair();
    const iterator = client[Symbol.asyncIterator]();
    const results = [iterator.next(), iterator.next(), iterator.next()];
    socket.send('a');
    socket.send('b');
    socket.close();
    expect(await Promise.all(results)).toEqual([
      { done: false, value: 'a' },
      { done: false, value: 'b' },
      { done: true, value: undefined },
    ]);
  });

  it('return ends what waits, and may be called again', async () => {
    const { client } = await connections.pair();
    const iterator = client[Symbol.asyncIterator]();
    const waiting = iterator.next();
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await iterator.return?.();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('return of an iterator that was left before does not end the next one', async () => {
    const { client, socket } = await connections.pair();
    const first = client[Symbol.asyncIterator]();
    await first.return?.();
    const second = client[Symbol.asyncIterator]();
    expect(second).not.toBe(first);
    await first.return?.();
    socket.send('a');
    expect(await second.next()).toEqual({ done: false, value: 'a' });
  });

  it('two loops at a time share the messages', async () => {
    const { client, socket } = await connections.pair();
    const loops = Promise.all([all(client), all(client)]);
    for (let number = 0; number < 10; number++) socket.send(String(number));
    socket.close();
    const [one, two] = await loops;
    expect([...one, ...two].sort()).toEqual(Array.from({ length: 10 }, (_, number) => String(number)));
  });
});
