import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import type { BinaryType } from '../../src/client/payload.js';
import { WebSocket } from '../../src/client/websocket.js';
import { ProtocolError, UsageError, UsageSyntaxError } from '../../src/protocol/errors.js';
import { Connections, messages, next, turns, urlOf } from './connections.js';

const connections = new Connections();
afterEach(() => connections.close());

describe('the class', () => {
  it('has the states as constants, on itself and on instances', () => {
    const states = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
    expect({ ...WebSocket }).toMatchObject(states);
    expect(new WebSocket(null)).toMatchObject(states);
    expect(() => {
      (new WebSocket(null) as { OPEN: number }).OPEN = 5;
    }).toThrow(TypeError);
  });

  it('is that of both ends and of a subclass given as option', async () => {
    class Session extends WebSocket {
      readonly name = 'mine';
    }
    const { socket, client } = await connections.pair({ WebSocket: Session as typeof WebSocket });
    expect(client).toBeInstanceOf(WebSocket);
    expect(client).not.toBeInstanceOf(Session);
    expect(socket).toBeInstanceOf(WebSocket);
    expect((socket as Session).name).toBe('mine');
  });

  it('refuses a bad URL and bad subprotocols at once', () => {
    expect(() => new WebSocket('ftp://example.org')).toThrow(UsageSyntaxError);
    expect(() => new WebSocket('ws://example.org', ['a', 'a'])).toThrow(UsageSyntaxError);
  });
});

describe('a connection', () => {
  it('goes through the states', async () => {
    const server = await connections.server();
    const client = connections.client(server);
    expect(client.readyState).toBe(WebSocket.CONNECTING);
    await next(client, 'open');
    expect(client.readyState).toBe(WebSocket.OPEN);
    client.close();
    expect(client.readyState).toBe(WebSocket.CLOSING);
    await next(client, 'close');
    expect(client.readyState).toBe(WebSocket.CLOSED);
  });

  it('tells its URL, the subprotocol and the extensions', async () => {
    const server = await connections.server({ perMessageDeflate: true });
    const connection = next(server, 'connection');
    const client = new WebSocket(`${urlOf(server)}/a/../chat?x=1`, ['v2', 'v1']);
    expect([client.url, client.protocol, client.extensions]).toEqual([`${urlOf(server)}/chat?x=1`, '', '']);
    await next(client, 'open');
    const [socket] = await connection;
    expect([client.protocol, client.extensions]).toEqual(['v2', 'permessage-deflate']);
    expect([socket.url, socket.protocol, socket.extensions]).toEqual(['', 'v2', 'permessage-deflate']);
    expect([socket.remoteAddress, socket.latency, socket.droppedMessages]).toEqual([
      '127.0.0.1',
      undefined,
      0,
    ]);
    client.terminate();
  });

  it('has no extensions where the server declines them', async () => {
    const { client, socket } = await connections.pair();
    expect([client.extensions, socket.extensions]).toEqual(['', '']);
  });

  it('takes options in place of subprotocols, and null for none', async () => {
    const server = await connections.server();
    const one = new WebSocket(urlOf(server), { textType: 'string' });
    const two = new WebSocket(urlOf(server), null as never, { textType: 'string' });
    await Promise.all([next(one, 'open'), next(two, 'open')]);
    const texts = Promise.all([next(one, 'message'), next(two, 'message')]);
    for (const socket of server.clients) socket.send('a');
    expect(await texts).toEqual([
      ['a', false],
      ['a', false],
    ]);
    one.terminate();
    two.terminate();
  });

  it('that does not come about is an error and a close', async () => {
    const closed = net.createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as net.AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const client = new WebSocket(`ws://127.0.0.1:${port}`);
    const events: unknown[] = [];
    client.on('error', (error) => events.push((error as NodeJS.ErrnoException).code, client.readyState));
    client.on('close', (code, reason) => events.push(code, reason.length, client.readyState));
    await next(client, 'close');
    expect(events).toEqual(['ECONNREFUSED', 2, 1006, 0, 3]);
    expect(client.url).toBe(`ws://127.0.0.1:${port}/`);
  });

  it.each(['close', 'terminate'] as const)('may be given up by %s before it is open', async (method) => {
    const server = await connections.server();
    const client = connections.client(server);
    const error = next(client, 'error');
    const close = next(client, 'close');
    client[method]();
    client[method]();
    expect(client.readyState).toBe(WebSocket.CLOSING);
    expect((await error)[0]).toMatchObject({
      code: 'WS_ERR_CLOSED_BEFORE_OPEN',
      message: 'WebSocket was closed before the connection was established',
    });
    expect((await close)[0]).toBe(1006);
  });

  it('on a Duplex of the user: setSocket', async () => {
    const [left, right] = duplexPair();
    const server = new WebSocket(null);
    const client = new WebSocket(null, undefined, { isServer: false });
    expect(server.readyState).toBe(WebSocket.CONNECTING);
    server.close();
    server.terminate();
    server.pause();
    expect([server.readyState, server.isPaused]).toEqual([WebSocket.CONNECTING, false]);
    server.setSocket(left, Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x41]), { maxPayload: 10 });
    client.setSocket(right, Buffer.alloc(0));
    expect(await messages(server, 1)).toEqual(['A']);
    expect(server.remoteAddress).toBeUndefined();
    const error = next(server, 'error');
    const close = next(client, 'close');
    client.send('longer than ten');
    expect((await error)[0]).toMatchObject({ code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' });
    expect((await close)[0]).toBe(1009);
  });
});

describe('binaryType', () => {
  it('is nodebuffer at first, and ignores what it does not know', () => {
    const socket = new WebSocket(null);
    expect(socket.binaryType).toBe('nodebuffer');
    socket.binaryType = 'arraybuffer';
    socket.binaryType = 'string' as BinaryType;
    expect(socket.binaryType).toBe('arraybuffer');
  });

  it.each([
    ['nodebuffer', (data: unknown) => expect(data).toEqual(Buffer.from('abc'))],
    ['arraybuffer', (data: unknown) => expect(data).toEqual(new Uint8Array([97, 98, 99]).buffer)],
    ['fragments', (data: unknown) => expect(data).toEqual([Buffer.from('abc')])],
  ] as const)('%s, and set before open', async (type, check) => {
    const server = await connections.server();
    const client = connections.client(server);
    client.binaryType = type;
    const message = next(client, 'message');
    const [socket] = await next(server, 'connection');
    socket.send(Buffer.from('abc'));
    const [data, isBinary] = await message;
    expect(isBinary).toBe(true);
    check(data);
    client.terminate();
  });

  it('blob', async () => {
    const { socket, client } = await connections.pair();
    client.binaryType = 'blob';
    const message = next(client, 'message');
    socket.send(Buffer.from('abc'));
    const [data] = await message;
    expect(data).toBeInstanceOf(Blob);
    expect(await data.text()).toBe('abc');
  });

  it('arraybuffer holds the bytes of the message and no others', async () => {
    const { socket, client } = await connections.pair();
    client.binaryType = 'arraybuffer';
    const sizes: number[] = [];
    client.on('message', (data) => sizes.push((data as ArrayBuffer).byteLength));
    const lengths = [0, 1, 5, 4097, 70_000];
    for (const length of lengths) socket.send(Buffer.alloc(length));
    socket.close();
    await next(client, 'close');
    expect(sizes).toEqual(lengths);
  });

  it('fragments: an entry per fragment, and text whole', async () => {
    const { socket, client } = await connections.pair();
    client.binaryType = 'fragments';
    const received: unknown[] = [];
    client.on('message', (data, isBinary) => received.push(isBinary ? (data as Buffer[]).map(String) : data));
    socket.send(Buffer.from('a'), { fin: false });
    socket.send(Buffer.from('bc'), { fin: false });
    socket.send(Buffer.from('d'));
    socket.send('x', { fin: false });
    socket.send('y');
    socket.close();
    await next(client, 'close');
    expect(received).toEqual([['a', 'bc', 'd'], Buffer.from('xy')]);
  });

  it.each([
    ['nodebuffer', Buffer.from('abc')],
    ['arraybuffer', new Uint8Array([97, 98, 99]).buffer],
  ] as const)('changed from fragments to %s within a message', async (type, expected) => {
    const { client, peer } = await connections.rawServer();
    client.binaryType = 'fragments';
    client.on('ping', () => {
      client.binaryType = type;
    });
    const message = next(client, 'message');
    peer.write({ opcode: 2, fin: false, payload: 'ab' }, { opcode: 9 }, { opcode: 0, payload: 'c' });
    expect((await message)[0]).toEqual(expected);
  });

  it('leaves text alone', async () => {
    const { socket, client } = await connections.pair();
    client.binaryType = 'arraybuffer';
    const message = next(client, 'message');
    socket.send('text');
    expect(await message).toEqual([Buffer.from('text'), false]);
  });
});

describe('errors', () => {
  it('of the protocol: an event, 1002 on the wire, close 1006', async () => {
    const { client, peer } = await connections.rawServer();
    const error = next(client, 'error');
    const close = next(client, 'close');
    peer.write({ opcode: 1, payload: 'x', rsv: 1 }, { opcode: 1, payload: 'not read' });
    expect((await error)[0]).toBeInstanceOf(ProtocolError);
    const frame = await peer.frame();
    expect([frame.opcode, frame.payload]).toEqual([8, Buffer.from([0x03, 0xea])]);
    await peer.ended;
    peer.socket.end();
    expect(await close).toEqual([1006, Buffer.alloc(0)]);
    expect(client.readyState).toBe(WebSocket.CLOSED);
  });

  it('do not hurt a server without a listener', async () => {
    const { socket, peer } = await connections.rawClient();
    const close = next(socket, 'close');
    peer.write({ opcode: 3 });
    expect((await close)[0]).toBe(1006);
  });

  it('of a listener are the application’s, and the connection goes on', async () => {
    const { socket, client } = await connections.pair();
    const uncaught = new Promise((resolve) => {
      const others = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', (error) => {
        for (const other of others) process.on('uncaughtException', other);
        resolve(error);
      });
    });
    const received: string[] = [];
    client.on('message', (data) => {
      received.push(String(data));
      if (received.length === 1) throw new Error('of the listener');
    });
    socket.send('one');
    socket.send('two');
    expect(await uncaught).toMatchObject({ message: 'of the listener' });
    socket.close();
    await next(client, 'close');
    expect(received).toEqual(['one', 'two']);
  });
});

describe('pause', () => {
  it('stops messages at once, also those of the same chunk, and pings', async () => {
    const { socket, peer } = await connections.rawClient();
    const events: string[] = [];
    socket.on('message', (data) => {
      events.push(String(data));
      socket.pause();
    });
    socket.on('ping', () => events.push('ping'));
    const first = next(socket, 'message');
    peer.write(
      { opcode: 1, payload: 'a' },
      { opcode: 9 },
      { opcode: 1, payload: 'b' },
      { opcode: 1, payload: 'c' },
    );
    await first;
    await turns();
    expect(events).toEqual(['a']);
    expect(socket.isPaused).toBe(true);
    socket.resume();
    expect(events).toEqual(['a', 'ping', 'b']);
    expect(socket.isPaused).toBe(true);
    socket.resume();
    expect(events).toEqual(['a', 'ping', 'b', 'c']);
    expect(socket.isPaused).toBe(true);
  });

  it('may be taken back within the listener', async () => {
    const { socket, peer } = await connections.rawClient();
    const events: string[] = [];
    socket.on('message', (data) => {
      events.push(String(data));
      socket.pause();
      socket.resume();
      expect(events).toEqual(events.slice().sort());
    });
    peer.write({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' }, { opcode: 8 });
    await next(socket, 'close');
    expect(events).toEqual(['a', 'b']);
  });

  it('lets the peer feel it', async () => {
    const { socket, client } = await connections.pair();
    client.pause();
    const chunk = Buffer.alloc(1024 * 1024);
    let sent = 0;
    while (socket.send(chunk)) await turns(1);
    for (; sent < 31; sent++) socket.send(chunk);
    await turns(100);
    expect(socket.bufferedAmount).toBeGreaterThan(8 * chunk.length);
    const drain = next(socket, 'drain');
    client.resume();
    await drain;
    expect(socket.bufferedAmount).toBe(0);
  });

  it('does not keep the own close from being answered by a cut', async () => {
    const { socket, client } = await connections.pair();
    client.pause();
    socket.terminate();
    client.resume();
    expect((await next(client, 'close'))[0]).toBe(1006);
    client.pause();
    expect(client.isPaused).toBe(false);
  });
});

describe('terminate', () => {
  it('within a listener ends messages of the same chunk', async () => {
    const { socket, peer } = await connections.rawClient();
    const received: string[] = [];
    socket.on('message', (data) => {
      received.push(String(data));
      socket.terminate();
    });
    peer.write({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' });
    expect((await next(socket, 'close'))[0]).toBe(1006);
    expect(received).toEqual(['a']);
    await peer.ended;
    socket.terminate();
  });

  it('is CLOSING until close comes', async () => {
    const { client, socket } = await connections.pair();
    client.terminate();
    expect(client.readyState).toBe(WebSocket.CLOSING);
    expect(() => client.terminate()).not.toThrow();
    await Promise.all([next(client, 'close'), next(socket, 'close')]);
    expect(client.readyState).toBe(WebSocket.CLOSED);
  });
});

describe('allowSynchronousEvents: false', () => {
  it('emits one message per turn', async () => {
    const { socket, peer } = await connections.rawClient({ allowSynchronousEvents: false });
    const log: string[] = [];
    socket.on('message', (data) => {
      log.push(String(data));
      setImmediate(() => log.push('turn'));
    });
    peer.write({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' }, { opcode: 8 });
    await next(socket, 'close');
    expect(log.slice(0, 3)).toEqual(['a', 'turn', 'b']);
  });
});

describe('textType: string', () => {
  it('gives text as strings', async () => {
    const { socket, client } = await connections.pair({}, { textType: 'string' });
    const message = next(client, 'message');
    socket.send('我是阿宝哥');
    expect(await message).toEqual(['我是阿宝哥', false]);
  });
});

describe('iterating and streaming before open', () => {
  it('messageStreams throws', () => {
    expect(() => new WebSocket(null).messageStreams()).toThrow(UsageError);
  });
});

/** The transport of a WebSocket is there for those who know `ws`. */
it('_socket is the transport', async () => {
  const { client } = await connections.pair();
  expect((client._socket as Duplex & net.Socket).remoteAddress).toBe('127.0.0.1');
});
