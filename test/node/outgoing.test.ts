import { once } from 'node:events';
import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DeflateAgreement } from '../../src/node/connection-settings.js';
import type { Outgoing } from '../../src/node/outgoing.js';
import { PreparedMessage } from '../../src/node/prepared-message.js';
import { connected, RecordingDuplex, startOn, turn } from './connected.js';
import { maskedFrame, parseFrames } from './raw-frames.js';

const text = { isBinary: false, compress: true, fin: true };
const binary = { isBinary: true, compress: true, fin: true };

const agreement = (contextTakeover: boolean, threshold = 0): DeflateAgreement => ({
  deflate: { windowBits: 15, contextTakeover },
  inflate: { windowBits: 15, contextTakeover, maxPayload: 0 },
  threshold,
});

function inMemory(options: Parameters<typeof startOn>[1] = {}) {
  const socket = new RecordingDuplex();
  const { connection, owner } = startOn(socket, options);
  const messages = () => parseFrames(socket.bytes).map(({ payload }) => String(payload));
  return { socket, connection, outgoing: connection.outgoing, owner, messages };
}

const sent = (outgoing: Outgoing, payload: string | Buffer, flags = text) =>
  new Promise<unknown>((resolve) => outgoing.send(payload, flags, resolve));

describe('at a client', () => {
  it('who waits for a message that is masked in a slab, or beside it, is told', async () => {
    const { outgoing, socket } = inMemory({ role: 'client' });
    for (const size of [5000, 65_536, 65_539, 200_000]) {
      expect(await sent(outgoing, Buffer.alloc(size), binary), String(size)).toBe(null);
    }
    expect(socket.bytes.length).toBe(8 + 5000 + 14 + 65_536 + 14 + 65_539 + 14 + 200_000);
  });
});

describe('frames of one turn', () => {
  it('leave in one write at its end', async () => {
    const { socket, outgoing, messages } = inMemory();
    for (let index = 0; index < 1000; index++) outgoing.send(String(index), text, undefined);
    expect(socket.writes).toHaveLength(0);
    expect(outgoing.bufferedAmount).toBe(2 * 1000 + 2890);
    await turn();
    expect(socket.writes).toHaveLength(1);
    expect(outgoing.bufferedAmount).toBe(0);
    expect(messages()).toEqual(Array.from({ length: 1000 }, (_, index) => String(index)));
  });

  it('that answer the messages of one read leave in one write', async () => {
    const { socket, owner, connection } = inMemory();
    owner.heard = (event) => connection.outgoing.send(event, text, undefined);
    socket.push(Buffer.concat(Array.from({ length: 100 }, () => maskedFrame(0x81, 'x'))));
    await turn();
    await turn();
    expect(socket.writes).toHaveLength(1);
    expect(parseFrames(socket.bytes)).toHaveLength(100);
  });

  it('pings, messages, pongs and the close frame keep their order', async () => {
    const { socket, connection } = inMemory();
    connection.outgoing.beginTurn();
    connection.engine.ping(Buffer.from('p'));
    connection.outgoing.send('m', text, undefined);
    connection.engine.pong(Buffer.from('q'));
    connection.startClose(1000);
    await turn();
    expect(parseFrames(socket.bytes).map(({ opcode }) => opcode)).toEqual([9, 1, 10, 8]);
    expect(socket.writes).toHaveLength(1);
  });

  it('a large payload is passed on by reference', async () => {
    const { socket, outgoing } = inMemory();
    const payload = Buffer.alloc(100_000);
    outgoing.send(payload, binary, undefined);
    await turn();
    expect(socket.writes).toHaveLength(1);
    expect(socket.writes[0][1]).toBe(payload);
  });
});

describe('callbacks', () => {
  it('come in order, and never at once', async () => {
    const { outgoing, socket } = inMemory();
    const calls: unknown[] = [];
    for (const name of ['a', 'b']) outgoing.send(name, text, (error) => calls.push([name, error ?? null]));
    outgoing.whenWritten(() => calls.push('written'));
    expect(calls).toEqual([]);
    await turn();
    expect(socket.writes).toHaveLength(1);
    expect(calls).toEqual([['a', null], ['b', null], 'written']);
  });

  it.each(['server', 'client'] as const)(
    'come in order for small and large messages of one turn: %s',
    async (role) => {
      const { outgoing, socket } = inMemory({ role });
      const sizes = [10, 200_000, 10, 70_000, 300_000, 10];
      for (const stall of [false, true]) {
        const calls: number[] = [];
        socket.stall = stall;
        sizes.forEach((size, index) => {
          outgoing.send(Buffer.alloc(size), binary, () => calls.push(index));
        });
        await turn();
        while (calls.length < sizes.length) {
          socket.proceed();
          await turn();
        }
        expect(calls).toEqual([0, 1, 2, 3, 4, 5]);
      }
    },
  );

  it('wait for bytes that pile up', async () => {
    const { outgoing, socket } = inMemory();
    socket.stall = true;
    const calls: string[] = [];
    outgoing.send('a', text, () => calls.push('a'));
    await turn();
    await turn();
    expect(calls).toEqual([]);
    while (calls.length === 0) {
      socket.proceed();
      await turn();
    }
  });

  it('get an error where the connection ends first', async () => {
    const { connection, outgoing, owner } = inMemory({ agreement: agreement(true) });
    const errors: unknown[] = [];
    // Long enough for the thread pool: the rest waits behind it.
    outgoing.send(Buffer.alloc(1_000_000), binary, (error) => errors.push(error));
    outgoing.send('b', text, (error) => errors.push(error));
    outgoing.sendBlob(new Blob(['c']), text, (error) => errors.push(error));
    connection.terminate();
    await owner.until('close');
    await turn();
    expect(errors).toEqual(Array(3).fill(expect.objectContaining({ code: 'WS_ERR_CONNECTION_CLOSED' })));
    expect([outgoing.bufferedAmount, outgoing.queueing]).toEqual([0, false]);
  });
});

describe('the order of messages', () => {
  it.each([true, false])('is kept among those of every kind, context takeover %s', async (takeover) => {
    const { outgoing, socket } = inMemory({ agreement: agreement(takeover, 100) });
    const long = 'compressed on the thread pool '.repeat(2000);
    outgoing.send('1', text, undefined);
    outgoing.send(`2${long}`, text, undefined);
    outgoing.sendBlob(new Blob(['3']), text, undefined);
    outgoing.send('4', text, undefined);
    outgoing.send(`5${long}`, text, undefined);
    await sent(outgoing, '6');
    await turn();
    const frames = parseFrames(socket.bytes);
    expect(frames).toHaveLength(6);
    expect(frames.map(({ rsv1 }) => rsv1)).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => takeover || n === 2 || n === 5),
    );
    const inflate = (payload: Buffer, dictionary?: Buffer) =>
      inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]), {
        finishFlush: 2,
        ...(dictionary && { dictionary }),
      });
    let history = Buffer.alloc(0);
    const received = frames.map(({ rsv1, payload }) => {
      const message = rsv1 ? inflate(payload, takeover && history.length > 0 ? history : undefined) : payload;
      history = Buffer.concat([history, message]).subarray(-32_768);
      return String(message);
    });
    expect(received).toEqual(['1', `2${long}`, '3', '4', `5${long}`, '6']);
  });

  it('control frames pass by', async () => {
    const { outgoing, connection, socket } = inMemory({ agreement: agreement(false) });
    const message = sent(outgoing, Buffer.alloc(1_000_000), binary);
    outgoing.beginTurn();
    connection.engine.ping();
    await message;
    expect(parseFrames(socket.bytes).map(({ opcode }) => opcode)).toEqual([9, 2]);
  });

  it('closing waits behind the messages', async () => {
    const { outgoing, connection, socket } = inMemory({ agreement: agreement(false) });
    outgoing.send(Buffer.alloc(1_000_000), binary, undefined);
    outgoing.send('last', text, undefined);
    connection.startClose(1000);
    expect(connection.closing).toBe(true);
    while (parseFrames(socket.bytes).length < 3) await turn();
    expect(parseFrames(socket.bytes).map(({ opcode }) => opcode)).toEqual([2, 1, 8]);
  });
});

describe('fragments', () => {
  it('are one message; the first decides on compression', async () => {
    for (const compress of [true, false]) {
      const { outgoing, socket } = inMemory({ agreement: agreement(false) });
      outgoing.send('a', { isBinary: false, compress, fin: false }, undefined);
      outgoing.send('b', { isBinary: true, compress: !compress, fin: false }, undefined);
      await sent(outgoing, 'c', { isBinary: true, compress: true, fin: true });
      const frames = parseFrames(socket.bytes);
      expect(frames.map(({ opcode, fin, rsv1 }) => [opcode, fin, rsv1])).toEqual([
        [1, false, compress],
        [0, false, false],
        [0, true, false],
      ]);
    }
  });

  it('keep their order where some are compressed on the thread pool', async () => {
    const { outgoing, socket } = inMemory({ agreement: agreement(false) });
    const long = 'x'.repeat(100_000);
    outgoing.send(long, { ...text, fin: false }, undefined);
    outgoing.send('b', { ...text, fin: false }, undefined);
    await sent(outgoing, 'c');
    await sent(outgoing, 'next');
    const frames = parseFrames(socket.bytes);
    const tail = Buffer.from([0, 0, 0xff, 0xff]);
    const message = Buffer.concat([...frames.slice(0, 3).map(({ payload }) => payload), tail]);
    expect(inflateRawSync(message, { finishFlush: 2 }).toString()).toBe(`${long}bc`);
    expect(frames.map(({ opcode, fin }) => [opcode, fin])).toEqual([
      [1, false],
      [0, false],
      [0, true],
      [1, true],
    ]);
  });
});

it('a prepared message that waits behind the fragments of another is a fragment as well', async () => {
  const { outgoing, socket } = inMemory();
  outgoing.sendBlob(new Blob(['a']), { ...text, fin: false }, undefined);
  outgoing.sendPrepared(new PreparedMessage(Buffer.from('b'), false), true, undefined);
  await sent(outgoing, 'c');
  expect(parseFrames(socket.bytes).map(({ opcode, fin, payload }) => [opcode, fin, `${payload}`])).toEqual([
    [1, false, 'a'],
    [0, true, 'b'],
    [1, true, 'c'],
  ]);
});

describe('highWaterMark', () => {
  it('send returns false from it on, and a drain follows when all has left', async () => {
    const { outgoing, owner } = inMemory({ highWaterMark: 100 });
    expect(outgoing.send(Buffer.alloc(97), binary, undefined)).toBe(true);
    expect(outgoing.send('', text, undefined)).toBe(false);
    expect(owner.events).toEqual([]);
    await turn();
    expect(owner.events).toEqual(['drain']);
    expect(outgoing.send('a', text, undefined)).toBe(true);
    await turn();
    expect(owner.events).toEqual(['drain']);
  });

  it('counts what waits for the thread pool', async () => {
    const { outgoing, owner } = inMemory({ agreement: agreement(false) });
    expect(outgoing.send(Buffer.alloc(70_000), binary, undefined)).toBe(false);
    expect(outgoing.bufferedAmount).toBe(70_000);
    await owner.until('drain');
    expect(outgoing.bufferedAmount).toBe(0);
  });

  it('a drain follows one write that takes its time, and a message that was dropped behind it', async () => {
    const { outgoing, owner, socket } = inMemory({
      highWaterMark: 10,
      maxBufferedAmount: 20,
      slowConsumer: 'drop',
    });
    const proceed = async (): Promise<void> => {
      socket.stall = false;
      socket.proceed();
      await turn();
      await turn();
    };
    socket.stall = true;
    expect(outgoing.send('x'.repeat(10), text, undefined)).toBe(false);
    await turn();
    expect(owner.events).toEqual([]);
    await proceed();
    expect(owner.events).toEqual(['drain']);
    socket.stall = true;
    expect(outgoing.send('small', text, undefined)).toBe(true);
    await turn();
    expect(outgoing.send('x'.repeat(20), text, undefined)).toBe(false);
    await proceed();
    expect(owner.events).toEqual(['drain', 'drain']);
  });

  it('a listener may send again and again', async () => {
    const { outgoing, owner, socket } = inMemory({ highWaterMark: 10 });
    let rounds = 0;
    owner.heard = (event) => {
      if (event === 'drain' && rounds++ < 100) outgoing.send('x'.repeat(20), text, undefined);
    };
    outgoing.send('x'.repeat(20), text, undefined);
    while (rounds <= 100) await turn();
    expect(parseFrames(socket.bytes)).toHaveLength(101);
  });
});

describe('maxBufferedAmount', () => {
  it.each(['drop', 'close', 'send'] as const)('then %s', async (slowConsumer) => {
    const { outgoing, owner, socket } = inMemory({ maxBufferedAmount: 100, slowConsumer });
    socket.stall = true;
    expect(outgoing.send(Buffer.alloc(98), binary, undefined)).toBe(true);
    await turn();
    expect(outgoing.bufferedAmount).toBe(100);
    const result = sent(outgoing, 'x');
    if (slowConsumer === 'send') {
      expect(outgoing.bufferedAmount).toBe(103);
      return;
    }
    expect(await result).toMatchObject({ code: 'WS_ERR_SLOW_CONSUMER', closeCode: 1008 });
    expect(outgoing.dropped).toBe(slowConsumer === 'drop' ? 1 : 0);
    if (slowConsumer === 'close') await owner.until('close');
    expect(owner.events).toEqual(
      slowConsumer === 'close' ? ['error WS_ERR_SLOW_CONSUMER', 'close 1006'] : [],
    );
  });

  it('drops a message with all of its fragments or not at all', async () => {
    const { outgoing, socket } = inMemory({ maxBufferedAmount: 100, slowConsumer: 'drop' });
    const fragment = { ...text, fin: false };
    socket.stall = true;
    outgoing.send('be', fragment, undefined);
    outgoing.send('x'.repeat(96), fragment, undefined);
    expect(outgoing.send('gun', text, undefined)).toBe(true);
    const dropped = [sent(outgoing, 'gone', fragment), sent(outgoing, '', fragment), sent(outgoing, 'gone')];
    for (const error of await Promise.all(dropped)) {
      expect(error).toMatchObject({ code: 'WS_ERR_SLOW_CONSUMER' });
    }
    expect(outgoing.dropped).toBe(1);
    socket.stall = false;
    socket.proceed();
    await turn();
    expect(outgoing.bufferedAmount).toBe(0);
    outgoing.send('next', text, undefined);
    await turn();
    expect(parseFrames(socket.bytes).map(({ opcode, fin }) => [opcode, fin])).toEqual([
      [1, false],
      [0, false],
      [0, true],
      [1, true],
    ]);
  });

  it('holds for frames that are ready, but not inside a message', async () => {
    const { outgoing, socket } = inMemory({ maxBufferedAmount: 100, slowConsumer: 'drop' });
    socket.stall = true;
    outgoing.send('be', { ...text, fin: false }, undefined);
    outgoing.sendFrames(Buffer.alloc(100), undefined);
    outgoing.send('gun', text, undefined);
    expect(outgoing.dropped).toBe(0);
    const dropped = new Promise((resolve) => outgoing.sendFrames(Buffer.alloc(100), resolve));
    expect(await dropped).toMatchObject({ code: 'WS_ERR_SLOW_CONSUMER' });
    expect(outgoing.dropped).toBe(1);
  });

  it('is exact', async () => {
    const { outgoing, socket } = inMemory({ maxBufferedAmount: 100, slowConsumer: 'drop' });
    socket.stall = true;
    outgoing.send(Buffer.alloc(48), binary, undefined);
    await turn();
    outgoing.send(Buffer.alloc(50), binary, undefined);
    expect(outgoing.dropped).toBe(0);
    outgoing.send('', text, undefined);
    expect(outgoing.dropped).toBe(1);
  });
});

it('what is sent before terminate leaves if the kernel takes it', async () => {
  const { connection, peer } = await connected();
  connection.outgoing.send('last words', text, undefined);
  connection.terminate();
  await once(peer.socket, 'end');
  expect(peer.frames.map(({ payload }) => String(payload))).toEqual(['last words']);
});

it('what is sent behind a close frame is told to its callback and goes nowhere', async () => {
  const { connection, outgoing, socket } = inMemory({ agreement: agreement(false, 100) });
  outgoing.send(Buffer.alloc(1_000_000), binary, undefined);
  const queued = sent(outgoing, 'queued');
  connection.closeAbruptly(1011);
  expect(await queued).toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED' });
  expect(parseFrames(socket.bytes).map(({ opcode }) => opcode)).toEqual([8]);
});
