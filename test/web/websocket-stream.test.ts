import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketError } from '../../src/web/websocket-error.js';
import { WebSocketStream } from '../../src/web/websocket-stream.js';
import { messages, next, turns, until, urlOf } from '../client/connections.js';
import { closeCodeOf, type RawPeer } from '../client/raw-peer.js';
import { Faces, thrown } from './faces.js';

const faces = new Faces();
afterEach(() => faces.close());

/** What a promise is rejected with. */
async function rejection(promise: Promise<unknown>): Promise<WebSocketError> {
  try {
    await promise;
  } catch (error) {
    return error as WebSocketError;
  }
  throw new Error('It was not rejected');
}

/** Whether a promise is still pending after some turns. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  const settled = (): void => {
    pending = false;
  };
  promise.then(settled, settled);
  await turns(50);
  return pending;
}

/** Code and reason of the next frame, which has to be a close frame. */
async function closeFrame(peer: RawPeer): Promise<[number | undefined, string]> {
  const frame = await peer.frame();
  expect(frame.opcode).toBe(8);
  return [closeCodeOf(frame), frame.payload.toString('utf8', 2)];
}

describe('the constructor', () => {
  it.each([
    ['no URL', () => new WebSocketStream('no URL'), 'SyntaxError'],
    ['a fragment', () => new WebSocketStream('ws://127.0.0.1/#a'), 'SyntaxError'],
    [
      'duplicated subprotocols',
      () => new WebSocketStream('ws://127.0.0.1', { protocols: ['a', 'a'] }),
      'SyntaxError',
    ],
    ['no argument', () => new (WebSocketStream as unknown as new () => object)(), 'TypeError'],
    ['options that are none', () => new WebSocketStream('ws://127.0.0.1', 'chat' as never), 'TypeError'],
    [
      'protocols that are a string',
      () => new WebSocketStream('ws://127.0.0.1', { protocols: 'chat' }),
      'TypeError',
    ],
    [
      'a signal that is none',
      () => new WebSocketStream('ws://127.0.0.1', { signal: {} as AbortSignal }),
      'TypeError',
    ],
    ['signal null', () => new WebSocketStream('ws://127.0.0.1', { signal: null as never }), 'TypeError'],
  ])('throws for %s', (_name, construct, name) => {
    expect(thrown(construct)).toBe(name);
  });

  it('opens, and tells what was agreed on', async () => {
    const server = await faces.connections.server({
      handleProtocols: () => 'v2.chat',
      perMessageDeflate: true,
    });
    const url = `${urlOf(server).replace('ws:', 'http:')}/a`;
    const stream = new WebSocketStream(new URL(url), { protocols: new Set(['v1.chat', 'v2.chat']) });
    expect(stream.url).toBe(url.replace('http:', 'ws:'));
    const { extensions, protocol, readable, writable } = await stream.opened;
    expect(protocol).toBe('v2.chat');
    expect(extensions).toContain('permessage-deflate');
    expect(readable).toBeInstanceOf(ReadableStream);
    expect(writable).toBeInstanceOf(WritableStream);
    expect([stream.opened, stream.closed]).toEqual([stream.opened, stream.closed]);
  });

  it('rejects both promises where no connection can be made', async () => {
    const answering = await faces.servers.answering((_request, response) => response.writeHead(403).end());
    for (const url of [`ws://127.0.0.1:${answering.port}`, 'ws://127.0.0.1:6666']) {
      const stream = new WebSocketStream(url);
      const [opened, closed] = await Promise.all([rejection(stream.opened), rejection(stream.closed)]);
      expect(opened).toBeInstanceOf(WebSocketError);
      expect(closed).toBeInstanceOf(WebSocketError);
      expect([opened.closeCode, closed.closeCode]).toEqual([null, 1006]);
    }
  });
});

describe('signal', () => {
  it('that is aborted already: nothing is connected', async () => {
    const server = await faces.connections.server();
    const signal = AbortSignal.abort();
    const stream = new WebSocketStream(urlOf(server), { signal });
    expect((await rejection(stream.opened)).name).toBe('AbortError');
    expect(await rejection(stream.closed)).toBe(signal.reason);
    expect(thrown(() => stream.close())).toBe(null);
    expect(thrown(() => stream.close({ closeCode: 999 }))).toBe('InvalidAccessError');
    expect(thrown(() => new WebSocketStream('no URL', { signal }))).toBe('SyntaxError');
    await turns(50);
    expect(server.metrics().handshakes.accepted).toBe(0);
  });

  it('aborts the handshake', async () => {
    const silent = await faces.servers.silent((socket) => socket.resume());
    const controller = new AbortController();
    const stream = new WebSocketStream(`ws://127.0.0.1:${silent.port}`, { signal: controller.signal });
    await until(() => silent.sockets.length === 1);
    const reason = new Error('too slow');
    controller.abort(reason);
    expect(await rejection(stream.opened)).toBe(reason);
    expect(await rejection(stream.closed)).toBe(reason);
    await silent.closed();
  });

  it('has no effect once the connection is established', async () => {
    const { url } = await faces.raw();
    const controller = new AbortController();
    const stream = new WebSocketStream(url, { signal: controller.signal });
    await stream.opened;
    controller.abort();
    expect(await isPending(stream.closed)).toBe(true);
  });
});

describe('messages', () => {
  it('are strings and Uint8Arrays', async () => {
    const { socket, readable } = await faces.openStream();
    const reader = readable.getReader();
    socket.send('h\u00e9llo');
    socket.send(Buffer.from([1, 2, 3]));
    expect(await reader.read()).toEqual({ done: false, value: 'h\u00e9llo' });
    const { value } = await reader.read();
    expect(value).toEqual(Uint8Array.of(1, 2, 3));
    expect(value).not.toBeInstanceOf(Buffer);
    expect((value as Uint8Array).buffer.byteLength).toBe(3);
  });

  it('are not read faster than they are asked for', async () => {
    const { socket, readable } = await faces.openStream();
    const size = 1_000_000;
    let sent = 0;
    // What two kernels buffer is bounded; then nothing moves any more.
    while (socket.bufferedAmount < 8 * size) {
      for (let count = 0; count < 16; count++) socket.send(Buffer.alloc(size, sent++ % 256));
      await turns(50);
    }
    const stuck = socket.bufferedAmount;
    await turns(100);
    expect(socket.bufferedAmount).toBe(stuck);
    const reader = readable.getReader();
    for (let index = 0; index < sent; index++) {
      const { value } = (await reader.read()) as { value: Uint8Array };
      expect([value.length, value[0], value[size - 1]]).toEqual([size, index % 256, index % 256]);
    }
    await until(() => socket.bufferedAmount === 0);
  });

  it('that were read before the end are still there after it', async () => {
    const { socket, readable, stream } = await faces.openStream();
    socket.send('last words');
    socket.close(3001, 'bye');
    expect(await stream.closed).toEqual({ closeCode: 3001, reason: 'bye' });
    const reader = readable.getReader();
    expect(await reader.read()).toEqual({ done: false, value: 'last words' });
    expect(await reader.read()).toEqual({ done: true, value: undefined });
  });
});

describe('writing', () => {
  it('sends strings as text, memory as binary, and anything else as a string', async () => {
    const { socket, writable } = await faces.openStream();
    const writer = writable.getWriter();
    const memory = Uint8Array.of(0, 1, 2, 3).buffer;
    const chunks = [
      'a\ud800',
      memory,
      new Uint16Array(memory, 2),
      new DataView(memory, 1, 1),
      42,
      null,
      new Blob(['x']),
    ];
    const received = messages(socket, chunks.length);
    for (const chunk of chunks) await writer.write(chunk as string);
    expect((await received).map((message) => (typeof message === 'string' ? message : [...message]))).toEqual(
      ['a\ufffd', [0, 1, 2, 3], [2, 3], [1], '42', 'null', '[object Blob]'],
    );
  });

  it.each([Symbol('chunk'), new Uint8Array(new SharedArrayBuffer(1))])('rejects %o', async (chunk) => {
    const { writable } = await faces.openStream();
    expect(await rejection(writable.getWriter().write(chunk as never))).toBeInstanceOf(TypeError);
  });

  it('waits for a peer that does not read', async () => {
    const { socket, writable } = await faces.openStream();
    socket.pause();
    const writer = writable.getWriter();
    let written = 0;
    let blocked: Promise<void>;
    const chunk = new Uint8Array(1_000_000);
    do {
      blocked = writer.write(chunk);
      written++;
      // Enough for what the kernels take; a write that stays pending after that is held back.
    } while (!(await isPending(blocked)));
    expect(writer.desiredSize).toBe(0);
    expect(written).toBeLessThan(64);
    // What waits is a copy.
    chunk.fill(1);
    const received = messages(socket, written);
    socket.resume();
    await blocked;
    const contents = (await received).map((message) => [message.length, (message as Buffer)[0]]);
    expect(new Set(contents.map(String))).toEqual(new Set(['1000000,0']));
  });

  it('that waits is over, and not sent, once the closing handshake has started', async () => {
    const { socket, writable, stream } = await faces.openStream();
    socket.pause();
    const writer = writable.getWriter();
    let blocked: Promise<void>;
    let written = 0;
    do blocked = writer.write(`${written++} ${'x'.repeat(1_000_000)}`);
    while (!(await isPending(blocked)));
    stream.close();
    expect(await blocked).toBe(undefined);
    expect(await isPending(stream.closed)).toBe(true);
    const received: string[] = [];
    socket.on('message', (data) => received.push(String(data).split(' ')[0] as string));
    socket.resume();
    expect(await stream.closed).toEqual({ closeCode: 1005, reason: '' });
    expect(received).toEqual(Array.from({ length: written - 1 }, (_, index) => String(index)));
  });

  it('that waits ends with the connection', async () => {
    const { socket, writable, stream } = await faces.openStream();
    socket.pause();
    const writer = writable.getWriter();
    let blocked: Promise<void>;
    do blocked = writer.write(new Uint8Array(1_000_000));
    while (!(await isPending(blocked)));
    socket.terminate();
    const error = await rejection(stream.closed);
    expect(error.closeCode).toBe(1006);
    await Promise.allSettled([blocked]);
    expect(await rejection(writer.write('late'))).toBe(error);
  });
});

describe('closing', () => {
  it.each([
    [undefined, undefined, ''],
    [{}, undefined, ''],
    [{ reason: '' }, undefined, ''],
    [{ closeCode: 3456, reason: 'pizza' }, 3456, 'pizza'],
    [{ reason: 'no code' }, 1000, 'no code'],
  ])('close(%j) sends %s', async (closeInfo, code, reason) => {
    const { stream, peer, writable, readable } = await faces.openRawStream();
    stream.close(closeInfo);
    expect(await closeFrame(peer)).toEqual([code, reason]);
    peer.close(4000, 'theirs');
    expect(await stream.closed).toEqual({ closeCode: 4000, reason: 'theirs' });
    expect((await rejection(writable.getWriter().closed)).name).toBe('InvalidStateError');
    expect(await readable.getReader().read()).toEqual({ done: true, value: undefined });
  });

  it.each([
    [{ closeCode: 999 }, 'InvalidAccessError'],
    [{ closeCode: 1001 }, 'InvalidAccessError'],
    [{ closeCode: 5000 }, 'InvalidAccessError'],
    [{ closeCode: 65_536 }, 'TypeError'],
    [{ reason: 'r'.repeat(124) }, 'SyntaxError'],
    [true, 'TypeError'],
  ])('close(%j) throws', async (closeInfo, name) => {
    const { stream } = await faces.openStream();
    expect(thrown(() => stream.close(closeInfo as object))).toBe(name);
    expect(await isPending(stream.closed)).toBe(true);
  });

  it('before the connection is established fails it', async () => {
    const { url } = await faces.raw();
    const stream = new WebSocketStream(url);
    stream.close();
    const errors = await Promise.all([rejection(stream.opened), rejection(stream.closed)]);
    for (const error of errors) expect(error).toBeInstanceOf(WebSocketError);
  });

  it('by the peer is clean', async () => {
    const { socket, stream, readable, writable } = await faces.openStream();
    const read = readable.getReader().read();
    socket.close(4001, 'enough');
    expect(await stream.closed).toEqual({ closeCode: 4001, reason: 'enough' });
    expect(await read).toEqual({ done: true, value: undefined });
    expect((await rejection(writable.getWriter().write('late'))).name).toBe('InvalidStateError');
  });

  it('by the peer without a code is 1005', async () => {
    const { peer, stream } = await faces.openRawStream();
    peer.write({ opcode: 8, payload: Buffer.alloc(0) });
    expect(await stream.closed).toEqual({ closeCode: 1005, reason: '' });
  });

  it('a peer that dies rejects everything with one WebSocketError', async () => {
    const { peer, stream, readable, writable } = await faces.openRawStream();
    const reader = readable.getReader();
    const read = rejection(reader.read());
    const writer = writable.getWriter();
    peer.socket.destroy();
    const error = await rejection(stream.closed);
    expect(error).toBeInstanceOf(WebSocketError);
    expect([error.closeCode, error.reason]).toEqual([1006, '']);
    expect(await read).toBe(error);
    expect(await rejection(reader.closed)).toBe(error);
    expect(await rejection(writer.closed)).toBe(error);
  });

  it('the writable closes without a code, and is closed when the connection is', async () => {
    const { peer, stream, writable } = await faces.openRawStream();
    const writer = writable.getWriter();
    await writer.write('last');
    const closed = writer.close();
    expect((await peer.frame()).payload.toString()).toBe('last');
    expect(await closeFrame(peer)).toEqual([undefined, '']);
    expect(await isPending(closed)).toBe(true);
    peer.write({ opcode: 8, payload: Buffer.alloc(0) });
    await closed;
    expect(await stream.closed).toEqual({ closeCode: 1005, reason: '' });
  });

  it('the writable is not closed cleanly where the connection is not', async () => {
    const { peer, stream, writable } = await faces.openRawStream();
    const closed = rejection(writable.getWriter().close());
    await closeFrame(peer);
    peer.socket.destroy();
    expect(await closed).toBe(await rejection(stream.closed));
  });

  it.each(['abort', 'cancel'] as const)(
    '%s closes with what a WebSocketError says, and else without a code',
    async (how) => {
      const reasons: [unknown, number | undefined, string][] = [
        [undefined, undefined, ''],
        [new WebSocketError('', { closeCode: 3333, reason: 'robot' }), 3333, 'robot'],
        [new WebSocketError('', { reason: 'robot' }), 1000, 'robot'],
        [new WebSocketError('robot'), undefined, ''],
        [{ closeCode: 3333, reason: 'robot' }, undefined, ''],
        [new DOMException('robot', 'DataCloneError'), undefined, ''],
      ];
      for (const [given, code, reason] of reasons) {
        const { peer, stream, readable, writable } = await faces.openRawStream();
        await (how === 'abort' ? writable.abort(given) : readable.cancel(given));
        expect(await closeFrame(peer)).toEqual([code, reason]);
        peer.close(1000);
        expect(await stream.closed).toEqual({ closeCode: 1000, reason: '' });
      }
    },
  );

  it('a pipe hands on that the other end has died, without its code', async () => {
    const source = await faces.openRawStream();
    const target = await faces.openRawStream();
    const piped = rejection(source.readable.pipeTo(target.writable));
    source.peer.write({ opcode: 1, payload: Buffer.from('piped') });
    expect((await target.peer.frame()).payload.toString()).toBe('piped');
    source.peer.socket.destroy();
    expect((await piped).closeCode).toBe(1006);
    expect(await closeFrame(target.peer)).toEqual([undefined, '']);
    target.peer.close(1000);
    expect(await target.stream.closed).toEqual({ closeCode: 1000, reason: '' });
  });

  it('while nobody reads what has come does not hang', async () => {
    const { socket, stream } = await faces.openStream();
    for (let count = 0; count < 10; count++) socket.send(Buffer.alloc(100_000));
    await turns(50);
    const closed = next(socket, 'close');
    stream.close({ closeCode: 3000 });
    expect((await closed)[0]).toBe(3000);
    expect(await stream.closed).toEqual({ closeCode: 3000, reason: '' });
  });

  it('nobody has to handle the rejections', async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listener);
    const { peer } = await faces.openRawStream();
    peer.socket.destroy();
    new WebSocketStream('ws://127.0.0.1:6666').close();
    new WebSocketStream('ws://127.0.0.1:6666', { signal: AbortSignal.abort() }).close();
    await peer.ended;
    await turns(50);
    process.off('unhandledRejection', listener);
    expect(unhandled).toEqual([]);
  });
});
