import { afterEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/protocol/errors.js';
import { takeover } from './compressible.js';
import { Connections, messages, next, turns } from './connections.js';
import { ManualClock } from './manual-clock.js';
import { closeCodeOf } from './raw-peer.js';

const connections = new Connections();
afterEach(() => connections.close());

const MIB = 1024 * 1024;

/** A source that yields what it is told and remembers how it was left. */
class Source implements AsyncIterableIterator<string | Uint8Array> {
  returned = false;
  asked = 0;
  readonly #ready: (string | Uint8Array)[] = [];
  #wake: () => void = () => undefined;
  #over = false;

  give(...chunks: (string | Uint8Array)[]): void {
    this.#ready.push(...chunks);
    this.#wake();
  }

  end(): void {
    this.#over = true;
    this.#wake();
  }

  async next(): Promise<IteratorResult<string | Uint8Array>> {
    this.asked++;
    while (this.#ready.length === 0 && !this.#over) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const value = this.#ready.shift();
    return value === undefined ? { done: true, value } : { done: false, value };
  }

  async return(): Promise<IteratorResult<string | Uint8Array>> {
    this.returned = true;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

describe('a stream', () => {
  it('is one message, a fragment per chunk', async () => {
    const { socket, peer } = await connections.rawClient();
    await socket.sendStream(['a', '', Buffer.from('bc'), new Uint8Array([0x64])], { binary: false });
    const frames = await peer.framesUntil((frame) => frame.fin);
    expect(frames.map(({ opcode, fin, payload }) => [opcode, fin, String(payload)])).toEqual([
      [1, false, 'a'],
      [0, false, 'bc'],
      [0, false, 'd'],
      [0, true, ''],
    ]);
  });

  it.each([[[]], [['']], [new Set<string>()]])('that is empty is an empty message: %#', async (source) => {
    const { client, socket } = await connections.pair();
    const received = messages(socket, 2);
    await client.sendStream(source, { binary: true });
    await client.sendStream(source, { binary: false });
    expect(await received).toEqual([Buffer.alloc(0), '']);
  });

  it('is text if its first chunk is, and binary otherwise, unless the caller decides', async () => {
    const { client, socket } = await connections.pair();
    const received = messages(socket, 4);
    await client.sendStream(['a', Buffer.from('b')]);
    await client.sendStream([Buffer.from('a'), 'b']);
    await client.sendStream(['ab'], { binary: true });
    await client.sendStream([Buffer.from('ab')], { binary: false });
    expect(await received).toEqual(['ab', Buffer.from('ab'), Buffer.from('ab'), 'ab']);
  });

  it('may come from a generator, a Readable, a ReadableStream or a file', async () => {
    const { client, socket } = await connections.pair();
    const { Readable } = await import('node:stream');
    const sources = [
      (function* () {
        yield 'a';
        yield 'b';
      })(),
      (async function* () {
        yield 'a';
        yield Buffer.from('b');
      })(),
      Readable.from([Buffer.from('a'), Buffer.from('b')]),
      new Blob(['ab']).stream() as unknown as AsyncIterable<Uint8Array>,
    ];
    const received = messages(socket, sources.length);
    for (const source of sources) await client.sendStream(source);
    expect((await received).map(String)).toEqual(['ab', 'ab', 'ab', 'ab']);
  });

  it.each([true, takeover])('compressed: %j', async (perMessageDeflate) => {
    const { client, socket } = await connections.pair({ perMessageDeflate });
    const text = 'words and words '.repeat(1000);
    for (const [from, to] of [
      [client, socket],
      [socket, client],
    ]) {
      const received = messages(to, 3);
      await from.sendStream([text, 'short', text], { binary: false, compress: true });
      await from.sendStream([text, 'short', text], { binary: false, compress: true });
      from.send('behind');
      const [one, two, three] = await received;
      expect([one === `${text}short${text}`, two === one, three]).toEqual([true, true, 'behind']);
    }
  });

  it('compressed on the wire: RSV1 on the first fragment', async () => {
    const { socket, peer } = await connections.rawClient({ perMessageDeflate: true }, 'permessage-deflate');
    await socket.sendStream(['x'.repeat(5000), 'x'.repeat(20_000)], { compress: true });
    const frames = await peer.framesUntil((frame) => frame.fin);
    expect(frames.map(({ rsv, opcode }) => [rsv, opcode])).toEqual([
      [4, 1],
      [0, 0],
      [0, 0],
    ]);
    expect(frames.reduce((sum, { payload }) => sum + payload.length, 0)).toBeLessThan(500);
  });

  it('has messages wait behind it, pings not', async () => {
    const { socket, peer } = await connections.rawClient();
    const source = new Source();
    const finished = socket.sendStream(source);
    source.give('1');
    expect(String((await peer.frame()).payload)).toBe('1');
    expect(socket.bufferedAmount).toBe(0);
    expect(socket.send('behind')).toBe(true);
    expect(socket.bufferedAmount).toBe(6);
    const second = socket.sendStream(['second']);
    socket.ping();
    expect((await peer.frame()).opcode).toBe(9);
    peer.write({ opcode: 9 });
    expect((await peer.frame()).opcode).toBe(10);
    source.give('2');
    expect(await peer.frame()).toMatchObject({ opcode: 0, fin: false });
    source.end();
    expect(await peer.frame()).toMatchObject({ opcode: 0, fin: true });
    await finished;
    expect(await peer.frame()).toMatchObject({ opcode: 1, fin: true, payload: Buffer.from('behind') });
    await second;
    expect(socket.bufferedAmount).toBe(0);
  });

  it('is read no faster than the peer reads', async () => {
    const { socket, client } = await connections.pair();
    client.pause();
    let given = 0;
    const finished = socket.sendStream(
      (async function* () {
        const chunk = Buffer.alloc(MIB / 4);
        for (; given < 256; given++) yield chunk;
      })(),
    );
    await turns(500);
    expect(given).toBeLessThan(128);
    expect(socket.bufferedAmount).toBeLessThan(MIB);
    const received = messages(client, 1);
    client.resume();
    await finished;
    expect((await received)[0]).toHaveLength(64 * MIB);
  });

  it('has close wait behind it', async () => {
    const { socket, client } = await connections.pair();
    const source = new Source();
    const finished = socket.sendStream(source);
    const received = messages(client, 1);
    const close = next(client, 'close');
    socket.close(4000);
    source.give('a');
    source.end();
    await finished;
    expect(await received).toEqual(['a']);
    expect((await close)[0]).toBe(4000);
  });
});

describe('a source that fails', () => {
  const failing = async function* () {
    yield 'a';
    throw new Error('no more');
  };

  it('closes with 1011 and rejects with the cause', async () => {
    const { socket, peer } = await connections.rawClient();
    const error = await socket.sendStream(failing()).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ code: 'WS_ERR_SOURCE_FAILED', cause: { message: 'no more' } });
    expect(socket.readyState).toBe(socket.CLOSING);
    expect(socket.send('x')).toBe(false);
    const frames = await peer.framesUntil((frame) => frame.opcode === 8);
    expect(frames.map(({ opcode, fin }) => [opcode, fin])).toEqual([
      [1, false],
      [8, true],
    ]);
    expect(closeCodeOf(frames[1])).toBe(1011);
  });

  it('takes what waits behind it along', async () => {
    const { socket, client, server } = await connections.pair({ perMessageDeflate: true });
    client.on('message', () => expect.unreachable());
    const close = next(client, 'close');
    const stream = socket.sendStream(failing()).catch((error) => error);
    const behind = ['text', Buffer.alloc(20_000), server.prepareMessage('prepared'), new Blob(['x'])].map(
      (data) => new Promise((resolve) => socket.send(data as string, resolve)),
    );
    for (const error of await Promise.all(behind)) {
      expect(error).toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED' });
    }
    expect(await stream).toMatchObject({ code: 'WS_ERR_SOURCE_FAILED' });
    expect((await close)[0]).toBe(1011);
  });

  it('does not leave the connection hanging if the peer does not answer', async () => {
    const clock = new ManualClock();
    const { client, peer } = await connections.rawServer({ clock });
    const close = next(client, 'close');
    await expect(client.sendStream(failing())).rejects.toThrow();
    await peer.framesUntil((frame) => frame.opcode === 8);
    clock.advance(30_000);
    expect((await close)[0]).toBe(1006);
  });

  it('beats a close that waits behind it', async () => {
    const { socket, client } = await connections.pair();
    const close = next(client, 'close');
    const stream = expect(socket.sendStream(failing())).rejects.toThrow();
    socket.close(4000);
    await stream;
    expect((await close)[0]).toBe(1011);
  });

  it('by a chunk that is neither text nor bytes: and the source is left', async () => {
    const { socket, client } = await connections.pair();
    const source = new Source();
    const close = next(client, 'close');
    source.give(42 as never);
    await expect(socket.sendStream(source)).rejects.toMatchObject({ code: 'WS_ERR_SOURCE_FAILED' });
    expect(source.returned).toBe(true);
    expect((await close)[0]).toBe(1011);
  });
});

describe('a connection that ends during a stream', () => {
  it.each(['peer', 'us'])('cut off by %s: rejects, and the source is left', async (who) => {
    const { socket, client } = await connections.pair();
    const source = new Source();
    const stream = socket.sendStream(source);
    const waiting = new Source();
    const second = socket.sendStream(waiting);
    const failures = Promise.all(
      [stream, second].map((promise) =>
        expect(promise).rejects.toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED', receivedCode: 1006 }),
      ),
    );
    source.give('a');
    await turns(1);
    (who === 'us' ? socket : client).terminate();
    await failures;
    expect([source.returned, waiting.returned, waiting.asked]).toEqual([true, true, 0]);
  });

  it('closed by the peer: the close is answered at once', async () => {
    const { socket, client } = await connections.pair();
    const source = new Source();
    const stream = expect(socket.sendStream(source)).rejects.toMatchObject({
      receivedCode: 4000,
      receivedReason: 'enough',
      closedFirst: 'peer',
    });
    source.give('a');
    const close = next(client, 'close');
    client.close(4000, 'enough');
    await stream;
    expect((await close)[0]).toBe(4000);
    expect(source.returned).toBe(true);
  });

  it('closed by the peer while the stream still waits behind a Blob', async () => {
    const { socket, peer } = await connections.rawClient();
    const source = new Source();
    socket.on('message', () => {
      socket.send(new Blob(['x']));
      void socket.sendStream(source).catch(() => undefined);
    });
    peer.write({ opcode: 1, payload: 'go' }, { opcode: 8 });
    const frames = await peer.framesUntil((frame) => frame.opcode === 8);
    expect(frames.length).toBeGreaterThan(0);
    expect(source.returned).toBe(true);
  });

  it('by a peer that does not read: rejects once it is cut off', async () => {
    const { socket, client } = await connections.pair();
    client.pause();
    const stream = socket.sendStream(
      (function* () {
        for (;;) yield Buffer.alloc(MIB);
      })(),
    );
    const failure = expect(stream).rejects.toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED' });
    await turns(50);
    socket.terminate();
    await failure;
  });

  it('before it began: rejects', async () => {
    const { client } = await connections.pair();
    const source = new Source();
    client.terminate();
    await expect(client.sendStream(source)).rejects.toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED' });
    expect(source.asked).toBe(0);
  });
});
