import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../src/node/connection.js';
import { StreamSender, type StreamSource } from '../../src/node/stream-sender.js';
import { connected, RecordingDuplex, startOn, turn } from './connected.js';
import { maskedFrame, parseFrames } from './raw-frames.js';

const text = { isBinary: false, compress: false, fin: true };

function inMemory(options: Parameters<typeof startOn>[1] = {}) {
  const socket = new RecordingDuplex();
  return { socket, ...startOn(socket, options) };
}

function stream(connection: Connection, source: StreamSource, isBinary = false, compress = false) {
  const failures: string[] = [];
  const failed = () => {
    failures.push('failed');
    connection.closeAbruptly(1011);
  };
  const sender = new StreamSender(connection.outgoing, source, { isBinary, compress, failed });
  connection.outgoing.enqueue(sender);
  return { finished: sender.finished, failures };
}

async function* chunks(...values: (string | Uint8Array)[]) {
  yield* values;
}

/** A source that gives what it is told, and notes that it was left. */
function controlled() {
  const waiting: ((result: IteratorResult<string>) => void)[] = [];
  const state = { asked: 0, returned: 0 };
  const source: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        state.asked++;
        return new Promise((resolve) => waiting.push(resolve));
      },
      return: async () => {
        state.returned++;
        return { done: true, value: undefined };
      },
    }),
  };
  const give = (value: string) => waiting.shift()?.({ done: false, value });
  const end = () => waiting.shift()?.({ done: true, value: undefined });
  return { source, state, give, end };
}

describe('a stream', () => {
  it.each([
    ['asynchronous', chunks('a', 'bc', 'd')],
    ['synchronous', ['a', 'bc', 'd']],
    ['of bytes', chunks(Buffer.from('a'), new Uint8Array([98, 99]), Buffer.from('d'))],
  ])('that is %s is one message with a fragment per chunk', async (_name, source) => {
    const { socket, connection } = inMemory();
    await stream(connection, source).finished;
    await turn();
    expect(
      parseFrames(socket.bytes).map(({ opcode, fin, payload }) => [opcode, fin, String(payload)]),
    ).toEqual([
      [1, false, 'a'],
      [0, false, 'bc'],
      [0, false, 'd'],
      [0, true, ''],
    ]);
  });

  it('without chunks is an empty message', async () => {
    const { socket, connection } = inMemory();
    await stream(connection, [], true).finished;
    await stream(connection, ['', ''], true).finished;
    await turn();
    const [one, two] = parseFrames(socket.bytes);
    for (const frame of [one, two])
      expect(frame).toMatchObject({ opcode: 2, fin: true, payload: Buffer.alloc(0) });
  });

  it('may be compressed', async () => {
    const { socket, connection } = inMemory({
      agreement: {
        deflate: { windowBits: 15, contextTakeover: false },
        inflate: { windowBits: 15, contextTakeover: false, maxPayload: 0 },
        threshold: 0,
      },
    });
    const parts = ['text '.repeat(10), 'text '.repeat(10_000), 'end'];
    await stream(connection, parts, false, true).finished;
    await turn();
    const frames = parseFrames(socket.bytes);
    expect(frames.map(({ rsv1 }) => rsv1)).toEqual([true, false, false, false]);
    const message = Buffer.concat([...frames.map(({ payload }) => payload), Buffer.from([0, 0, 0xff, 0xff])]);
    expect(inflateRawSync(message, { finishFlush: 2 }).toString()).toBe(parts.join(''));
  });
});

describe('meanwhile', () => {
  it('messages wait behind it, control frames do not', async () => {
    const { socket, connection } = inMemory();
    const { source, give, end } = controlled();
    const { finished } = stream(connection, source);
    connection.outgoing.send('behind', text, undefined);
    expect(connection.outgoing.bufferedAmount).toBe(6);
    give('a');
    await turn();
    connection.outgoing.beginTurn();
    connection.engine.ping();
    await turn();
    end();
    await finished;
    await turn();
    expect(parseFrames(socket.bytes).map(({ opcode, payload }) => [opcode, String(payload)])).toEqual([
      [1, 'a'],
      [9, ''],
      [0, ''],
      [1, 'behind'],
    ]);
  });

  it('the source is asked only as fast as the peer reads', async () => {
    const { connection, far } = await connected({ highWaterMark: 65_536 });
    far.pause();
    let asked = 0;
    const chunk = Buffer.alloc(65_536);
    const total = 500;
    async function* source() {
      while (asked++ < total) yield chunk;
    }
    const { finished } = stream(connection, source(), true);
    let before = -1;
    while (before !== asked) {
      before = asked;
      for (let round = 0; round < 20; round++) await turn();
    }
    expect(asked).toBeLessThan(total);
    expect(connection.outgoing.bufferedAmount).toBeLessThan(4 * 65_536);
    far.resume();
    await finished;
  });
});

describe('a source that fails', () => {
  it.each<[string, () => StreamSource]>([
    [
      'by throwing',
      async function* () {
        yield 'a';
        throw new Error('no more');
      },
    ],
    [
      'synchronously',
      function* () {
        yield 'a';
        throw new Error('no more');
      },
    ],
    ['with a chunk of another type', () => ['a', 42] as never],
  ])('%s closes with 1011 and rejects; nothing follows', async (_name, source) => {
    const { socket, connection } = inMemory();
    const { finished, failures } = stream(connection, source());
    const behind = new Promise((resolve) => connection.outgoing.send('behind', text, resolve));
    await expect(finished).rejects.toMatchObject({ code: 'WS_ERR_SOURCE_FAILED' });
    expect(failures).toEqual(['failed']);
    expect(await behind).toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED' });
    await turn();
    expect(parseFrames(socket.bytes).map(({ opcode, payload }) => [opcode, payload.toString('hex')])).toEqual(
      [
        [1, '61'],
        [8, '03f3'],
      ],
    );
  });

  it('tells why', async () => {
    const { connection } = inMemory();
    const cause = new Error('no more');
    const { finished } = stream(
      connection,
      // biome-ignore lint/correctness/useYield: it fails before
      (async function* () {
        throw cause;
      })(),
    );
    await expect(finished).rejects.toMatchObject({ cause });
  });
});

describe('text that is cut inside a surrogate pair', () => {
  it.each([
    ['is put together', ['a\ud83d', '\ude00', '\ud83d', '', '\ude00b'], 'a😀😀b'],
    ['without a second half is U+FFFD', ['a\ud83d', 'b', '\ud83d'], 'a\ufffdb\ufffd'],
    ['before bytes is U+FFFD', ['a\ud83d', Buffer.from('b')], 'a\ufffdb'],
  ])('%s', async (_name, source, expected) => {
    const { socket, connection } = inMemory();
    await stream(connection, source).finished;
    await turn();
    const frames = parseFrames(socket.bytes);
    expect(Buffer.concat(frames.map(({ payload }) => payload)).toString()).toBe(expected);
  });
});

describe('a connection that ends', () => {
  it('rejects and leaves the source, although it is stuck', async () => {
    const { connection, owner } = inMemory();
    const { source, state, give } = controlled();
    const { finished, failures } = stream(connection, source);
    give('a');
    await turn();
    expect(state.asked).toBe(2);
    connection.terminate();
    await expect(finished).rejects.toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED' });
    expect(state.returned).toBe(1);
    expect(failures).toEqual([]);
    await owner.until('close');
  });

  it('by the close frame of the peer does not wait for the stream', async () => {
    const { connection, owner, far, peer } = await connected();
    const { source } = controlled();
    const { finished } = stream(connection, source);
    far.end(maskedFrame(0x88, Buffer.from([0x03, 0xe8])));
    await expect(finished).rejects.toMatchObject({ receivedCode: 1000 });
    await owner.until('close');
    expect(peer.frames.map(({ opcode }) => opcode)).toEqual([8]);
  });

  it('leaves a source that yields when nothing can be sent any more', async () => {
    const { socket, connection } = inMemory();
    const { source, state, give } = controlled();
    const { finished } = stream(connection, source);
    socket.stall = true;
    give('a');
    await turn();
    // The peer ends without a close frame, and takes nothing: our own end waits.
    connection.receiveEnd();
    give('b');
    await expect(finished).rejects.toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED' });
    expect(state.returned).toBe(1);
    connection.terminate();
  });

  it('rejects a stream that has not begun', async () => {
    const { connection } = inMemory();
    const first = stream(connection, controlled().source);
    const { source, state } = controlled();
    const second = stream(connection, source);
    connection.terminate();
    await expect(first.finished).rejects.toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED' });
    await expect(second.finished).rejects.toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED' });
    expect(state).toEqual({ asked: 0, returned: 1 });
  });

  it('survives a source whose return throws', async () => {
    const { connection, owner } = inMemory();
    const source: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: () => {
          throw new Error('in return');
        },
      }),
    };
    const { finished } = stream(connection, source);
    const rejected = expect(finished).rejects.toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED' });
    connection.terminate();
    await rejected;
    await owner.until('close');
  });
});
