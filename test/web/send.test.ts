import { mkdtempSync, openAsBlob, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { CloseEvent } from '../../src/web/events.js';
import { WebSocket } from '../../src/web/websocket.js';
import { messages, turns, until } from '../client/connections.js';
import { closeCodeOf } from '../client/raw-peer.js';
import { event, Faces, thrown } from './faces.js';

const faces = new Faces();
afterEach(() => faces.close());

/** Lets what the kernel takes at once leave, and the next task begin. */
const nextTask = (): Promise<void> => turns(2);

describe('send', () => {
  it('throws an InvalidStateError while CONNECTING, after the conversion of its argument', async () => {
    const { url } = await faces.raw();
    const face = new WebSocket(url);
    expect(thrown(() => face.send('early'))).toBe('InvalidStateError');
    expect(() => face.send('early')).toThrow(DOMException);
    expect(() => face.send(Symbol('early') as never)).toThrow(TypeError);
    expect(face.bufferedAmount).toBe(0);
    await event(face, 'open');
  });

  it('throws TypeErrors for a missing argument and for memory that is shared or can be resized', async () => {
    const { face, socket } = await faces.open();
    expect(() => (face.send as () => void)()).toThrow(TypeError);
    expect(() => face.send(new Uint8Array(new SharedArrayBuffer(4)))).toThrow(TypeError);
    const ResizableBuffer = ArrayBuffer as unknown as new (size: number, options: object) => ArrayBuffer;
    expect(() => face.send(new ResizableBuffer(1, { maxByteLength: 2 }))).toThrow(TypeError);
    const received = messages(socket, 1);
    face.send('the connection lives');
    expect(await received).toEqual(['the connection lives']);
    expect(face.bufferedAmount).toBe(0);
  });

  it('sends strings, and anything else as a string', async () => {
    const { face, socket } = await faces.open();
    const sent = [
      '',
      'h\u00e9llo \ud83d\ude00',
      'a\ud800b',
      undefined,
      null,
      42,
      {},
      [1, 2],
      new SharedArrayBuffer(4),
    ];
    const received = messages(socket, sent.length);
    for (const data of sent) face.send(data as string);
    expect(await received).toEqual([
      '',
      'h\u00e9llo \ud83d\ude00',
      'a\ufffdb',
      'undefined',
      'null',
      '42',
      '[object Object]',
      '1,2',
      '[object SharedArrayBuffer]',
    ]);
  });

  it('sends ArrayBuffers, every kind of view, and Blobs as binary messages', async () => {
    const { face, socket } = await faces.open();
    const memory = Uint8Array.from({ length: 64 }, (_, index) => index).buffer;
    const expected = [...new Uint8Array(memory, 16, 32)];
    const views = [
      new Int8Array(memory, 16, 32),
      new Uint8Array(memory, 16, 32),
      new Uint8ClampedArray(memory, 16, 32),
      new Int16Array(memory, 16, 16),
      new Uint16Array(memory, 16, 16),
      new Int32Array(memory, 16, 8),
      new Uint32Array(memory, 16, 8),
      new Float32Array(memory, 16, 8),
      new Float64Array(memory, 16, 4),
      new BigInt64Array(memory, 16, 4),
      new BigUint64Array(memory, 16, 4),
      new DataView(memory, 16, 32),
      Buffer.from(memory, 16, 32),
      memory.slice(16, 48),
      new Blob([new Uint8Array(memory, 16, 32)]),
    ];
    const received = messages(socket, views.length + 2);
    for (const view of views) face.send(view);
    face.send(new ArrayBuffer(0));
    face.send(new Blob([]));
    const bytes = (await received).map((message) => [...(message as Buffer)]);
    expect(bytes).toEqual([...views.map(() => expected), [], []]);
  });

  it.each([false, { threshold: 0 }])(
    'takes the bytes as they are at the call (perMessageDeflate %j)',
    async (perMessageDeflate) => {
      const { face, socket } = await faces.open({ perMessageDeflate });
      const received = messages(socket, 4);
      const small = new Uint8Array(10).fill(1);
      const large = new Uint8Array(200_000).fill(1);
      face.send(large);
      face.send(new Blob(['first']));
      face.send(small);
      face.send(large.buffer);
      small.fill(2);
      structuredClone(large.buffer, { transfer: [large.buffer] });
      const [one, , three, four] = (await received) as Buffer[];
      expect([one, three, four].map((message) => [message?.length, new Set(message)])).toEqual([
        [200_000, new Set([1])],
        [10, new Set([1])],
        [200_000, new Set([1])],
      ]);
    },
  );

  it('keeps the order of messages whatever they are made of', async () => {
    const { face, socket } = await faces.open({ perMessageDeflate: { threshold: 1_000 } });
    const part = fc.record({
      kind: fc.constantFrom('text', 'bytes', 'blob'),
      size: fc.constantFrom(0, 1, 200, 20_000, 80_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 12 }), async (parts) => {
        const received = messages(socket, parts.length);
        for (const [index, { kind, size }] of parts.entries()) {
          const text = `${index}:${'x'.repeat(size)}`;
          if (kind === 'text') face.send(text);
          else face.send(kind === 'bytes' ? Buffer.from(text) : new Blob([text]));
        }
        const lengths = (await received).map((message) => [String(message).split(':')[0], message.length]);
        expect(lengths).toEqual(parts.map(({ size }, index) => [String(index), `${index}:`.length + size]));
        await until(() => face.bufferedAmount === 0);
      }),
      { seed: 6455, numRuns: 40 },
    );
  });

  it('what was sent before close goes out before the close frame, Blobs too', async () => {
    const { face, peer } = await faces.openRaw();
    face.send(new Blob(['blob']));
    face.send('text');
    face.close(1000);
    face.send('too late');
    const frames = [await peer.frame(), await peer.frame(), await peer.frame()];
    expect(frames.map(({ opcode, payload }) => [opcode, opcode === 8 ? '' : payload.toString()])).toEqual([
      [2, 'blob'],
      [1, 'text'],
      [8, ''],
    ]);
    peer.close(1000);
    await event(face, 'close');
    expect(face.bufferedAmount).toBe('too late'.length);
  });

  it('a Blob that cannot be read fails the connection, and nothing follows in its place', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hawser-blob-'));
    try {
      const file = join(folder, 'file');
      writeFileSync(file, 'as it was');
      const blob = await openAsBlob(file);
      writeFileSync(file, 'changed, and longer than it was before');
      const { face, peer } = await faces.openRaw();
      const ended = Promise.all([event(face, 'error'), event<CloseEvent>(face, 'close')]);
      face.send('before');
      face.send(blob);
      face.send('behind');
      const frames = [await peer.frame(), await peer.frame()];
      expect([frames[0]?.payload.toString(), frames[1]?.opcode, closeCodeOf(frames[1] as never)]).toEqual([
        'before',
        8,
        1011,
      ]);
      peer.close(1011);
      const [, { wasClean, code }] = await ended;
      expect([wasClean, code]).toEqual([true, 1011]);
      expect(face.bufferedAmount).toBe(blob.size + 'behind'.length);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('bufferedAmount', () => {
  it('counts bytes of payload until the task is over, though they have left', async () => {
    const { face, socket } = await faces.open();
    const received = messages(socket, 3);
    face.send('h\u00e9');
    expect(face.bufferedAmount).toBe(3);
    face.send(new Uint16Array(5));
    expect(face.bufferedAmount).toBe(13);
    face.send(new Blob(['blob']));
    expect(face.bufferedAmount).toBe(17);
    await Promise.resolve();
    await new Promise((resolve) => process.nextTick(resolve));
    expect(face.bufferedAmount).toBe(17);
    await received;
    await nextTask();
    expect(face.bufferedAmount).toBe(0);
  });

  it('counts what the peer does not read, and falls to 0 when it does', async () => {
    const { face, socket } = await faces.open();
    socket.pause();
    const size = 1_000_000;
    let sent = 0;
    // What a kernel buffers is bounded; what is left stays here.
    while (face.bufferedAmount < 8 * size) {
      for (let count = 0; count < 16; count++) face.send(new Uint8Array(size));
      sent += 16;
      await turns(50);
    }
    expect(face.bufferedAmount % size).toBe(0);
    const received = messages(socket, sent);
    socket.resume();
    await received;
    await until(() => face.bufferedAmount === 0);
    expect(face.readyState).toBe(1);
  });

  it('grows after CLOSING and CLOSED, and is never reset', async () => {
    const { face } = await faces.open();
    face.close();
    face.send('12345');
    face.send(new Uint8Array(5));
    expect(face.bufferedAmount).toBe(10);
    await event(face, 'close');
    face.send(new Blob(['12345']));
    await nextTask();
    expect(face.bufferedAmount).toBe(15);
  });

  it('keeps what was cut off', async () => {
    const { face, socket } = await faces.open();
    socket.pause();
    const size = 4_000_000;
    while (face.bufferedAmount < 4 * size) {
      face.send(new Uint8Array(size));
      await turns(50);
    }
    const closed = event(face, 'close');
    socket.terminate();
    await closed;
    const amount = face.bufferedAmount;
    expect(amount).toBeGreaterThanOrEqual(4 * size);
    await turns(50);
    expect(face.bufferedAmount).toBe(amount);
  });
});
