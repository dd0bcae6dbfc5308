import { Buffer } from 'node:buffer';
import { constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_INFLATE_RESTARTS, MessageInflater } from '../../src/node/message-inflater.js';
import { SlidingWindow } from '../../src/node/sliding-window.js';
import { StreamingInflater, type StreamingInflaterOptions } from '../../src/node/streaming-inflater.js';
import { ZlibLimiter } from '../../src/node/zlib-limiter.js';
import { LimitError, ProtocolError } from '../../src/protocol/errors.js';
import { PersistentDeflater } from './persistent-zlib.js';
import { randomBytes, sampleMessage, textBytes } from './sample-data.js';

function compressed(message: Buffer, options: object = {}): Buffer {
  return deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH, ...options }).subarray(0, -4);
}

function write(target: StreamingInflater, piece: Buffer): Promise<void> {
  return new Promise((resolve, reject) =>
    target.write(piece, (error) => (error ? reject(error) : resolve())),
  );
}

function end(target: StreamingInflater): Promise<void> {
  return new Promise((resolve, reject) => target.end((error) => (error ? reject(error) : resolve())));
}

function cut(payload: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let i = 0; i < payload.length; i += size) pieces.push(payload.subarray(i, i + size));
  return pieces;
}

async function inflate(pieces: Buffer[], options: Partial<StreamingInflaterOptions> = {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const target = new StreamingInflater({
    window: undefined,
    onData: (chunk) => chunks.push(chunk),
    ...options,
  });
  for (const piece of pieces) await write(target, piece);
  await end(target);
  return Buffer.concat(chunks);
}

interface Pausing {
  payload: Buffer;
  limiter?: ZlibLimiter;
  /** Pauses when the first chunk is handed out. */
  pause?: (target: StreamingInflater) => void;
}

/** An inflater that was given `payload` and pauses at its first chunk. */
function pausing({ payload, limiter, pause = (target) => target.pause() }: Pausing) {
  const state = { received: 0, isWritten: false };
  let chunkCame = () => {};
  const paused = new Promise<void>((resolve) => {
    chunkCame = resolve;
  });
  const onData = (chunk: Buffer) => {
    if (state.received === 0) pause(target);
    state.received += chunk.length;
    chunkCame();
  };
  const target = new StreamingInflater({ window: undefined, limiter, onData });
  const written = write(target, payload).then(() => {
    state.isWritten = true;
  });
  return Object.assign(state, { target, paused, written });
}

describe('StreamingInflater', () => {
  it('gives the same message for every way of cutting the payload', async () => {
    const message = Buffer.concat([textBytes(3000, 1), randomBytes(500, 2)]);
    const payload = compressed(message);
    for (const size of [1, 2, 7, 100, payload.length]) {
      expect((await inflate(cut(payload, size))).equals(message)).toBe(true);
    }
  });

  it('accepts empty pieces and an empty message', async () => {
    const payload = compressed(Buffer.from('Hello'));
    const nothing = Buffer.alloc(0);
    expect((await inflate([nothing, payload.subarray(0, 3), nothing, payload.subarray(3)])).toString()).toBe(
      'Hello',
    );
    expect(await inflate([Buffer.from([0])])).toHaveLength(0);
  });

  it.each([8, 9, 12, 15])('shares a window of 2^%i bytes with MessageInflater', async (windowBits) => {
    const whole = new MessageInflater({ windowBits, contextTakeover: true, maxPayload: 0 });
    const peer = new PersistentDeflater(windowBits);
    for (let n = 0; n < 40; n++) {
      const message = n === 20 ? textBytes(100_000, n) : sampleMessage(n);
      const payload = await peer.deflate(message);
      const output =
        n % 3 === 0
          ? await new Promise<Buffer>((resolve, reject) =>
              whole.inflate(payload, (error, result) => (error ? reject(error) : resolve(result))),
            )
          : await inflate(cut(payload, 100 + n), { window: whole.window });
      expect(output.equals(message)).toBe(true);
    }
    peer.close();
  });

  it('agrees with MessageInflater on any payload, however it is cut', async () => {
    const sources = fc.record({
      bytes: fc.uint8Array({ maxLength: 40 }),
      kind: fc.nat(4),
      size: fc.integer({ min: 1, max: 20 }),
    });
    const agreement = fc.asyncProperty(sources, async ({ bytes, kind, size }) => {
      let payload: Buffer = Buffer.from(bytes);
      if (kind === 3) payload = compressed(payload);
      if (kind === 4) payload = Buffer.concat([deflateRawSync(payload), deflateRawSync(payload)]);
      if (kind < 3 && payload.length > 0) payload[0] = (payload[0] & 0xf8) | (kind << 1);
      const whole = new MessageInflater({
        windowBits: 15,
        contextTakeover: false,
        maxPayload: 0,
        syncThreshold: -1,
      });
      const expected = await new Promise((resolve) =>
        whole.inflate(payload, (error, message) => resolve(error?.code ?? message)),
      );
      const actual = await inflate(cut(payload, size)).catch((error) => error.code);
      expect(actual).toEqual(expected);
    });
    await fc.assert(agreement, { seed: 6455, numRuns: 300 });
  });

  it('decodes what follows final blocks, however the pieces are cut (§7.2.3.4)', async () => {
    const words = ['one two three ', 'one two three ', 'two three one '];
    const parts = words.map((word, i) =>
      deflateRawSync(
        Buffer.from(word),
        i === 0 ? {} : { dictionary: Buffer.from(words.slice(0, i).join('')) },
      ),
    );
    for (const closing of [Buffer.from([0]), Buffer.alloc(0)]) {
      const payload = Buffer.concat([...parts, closing]);
      for (let size = 1; size <= payload.length; size++) {
        expect((await inflate(cut(payload, size))).toString()).toBe(words.join(''));
      }
    }
  });

  it('follows no more final blocks than MessageInflater', async () => {
    const final = deflateRawSync(Buffer.from('a'));
    const blocks = (count: number) => Buffer.concat([...new Array(count).fill(final), Buffer.from([0])]);
    expect(await inflate([blocks(MAX_INFLATE_RESTARTS)])).toHaveLength(MAX_INFLATE_RESTARTS);
    await expect(inflate([blocks(MAX_INFLATE_RESTARTS + 1)])).rejects.toThrow('more than 16 final blocks');
  });

  it('fails for a message that is cut short, wherever it is cut', async () => {
    for (const whole of [compressed(randomBytes(40, 1), { level: 0 }), compressed(textBytes(300, 1))]) {
      for (let length = 0; length < whole.length; length++) {
        // One 0x00 is the header of an empty block: a complete message, and an empty one.
        const part = whole.subarray(0, length);
        if (!part.equals(Buffer.from([0]))) await expect(inflate([part])).rejects.toThrow(ProtocolError);
      }
    }
  });

  it('fails with 1007 for data that is not DEFLATE', async () => {
    await expect(inflate([Buffer.from([0xff])])).rejects.toMatchObject({
      code: 'WS_ERR_INVALID_DEFLATE_DATA',
      closeCode: 1007,
    });
  });

  it('hands out no byte more than maxMessageSize allows, and fails with 1009', async () => {
    const limiter = new ZlibLimiter(1);
    const payload = compressed(Buffer.alloc(10 * 2 ** 20));
    let received = 0;
    const onData = (chunk: Buffer) => {
      received += chunk.length;
    };
    await inflate([payload], { maxMessageSize: 10 * 2 ** 20, onData, limiter });
    expect(received).toBe(10 * 2 ** 20);
    received = 0;
    await expect(inflate([payload], { maxMessageSize: 2 ** 20, onData, limiter })).rejects.toThrow(
      LimitError,
    );
    expect(received).toBeLessThanOrEqual(2 ** 20);
    await expect(inflate([payload], { maxMessageSize: 10 * 2 ** 20 - 1, onData, limiter })).rejects.toThrow(
      LimitError,
    );
    expect(limiter.active).toBe(0);
  });

  it('stops inflating while it is paused, and calls back once everything was handed out', async () => {
    const limiter = new ZlibLimiter(1);
    let received = 0;
    let pauses = 0;
    const onData = (chunk: Buffer) => {
      received += chunk.length;
      if (pauses++ < 10) {
        const sofar = received;
        target.pause();
        expect(limiter.active).toBe(0);
        setImmediate(() => {
          expect(received).toBe(sofar);
          target.resume();
        });
      }
    };
    const target = new StreamingInflater({ window: undefined, onData, limiter });
    await write(target, compressed(Buffer.alloc(4 * 2 ** 20)));
    expect(received).toBe(4 * 2 ** 20);
    await end(target);
    expect([pauses > 10, limiter.active, limiter.waiting]).toEqual([true, 0, 0]);
  });

  it('lets others work while it is paused, and hands out nothing meanwhile', async () => {
    const limiter = new ZlibLimiter(1);
    const sleeper = pausing({ limiter, payload: compressed(Buffer.alloc(2 ** 22)) });
    await sleeper.paused;
    const { received } = sleeper;
    for (let i = 0; i < 10; i++) {
      expect(await inflate([compressed(textBytes(50_000, i))], { limiter })).toHaveLength(50_000);
    }
    expect(sleeper.received).toBe(received);
    sleeper.target.destroy();
    expect([limiter.active, limiter.waiting]).toEqual([0, 0]);
  });

  it('calls back for a piece only when its last byte was handed out', async () => {
    const sleeper = pausing({ payload: compressed(Buffer.alloc(24 * 1024)) });
    await sleeper.paused;
    for (let i = 0; i < 10; i++) await inflate([compressed(textBytes(50_000, i))]);
    expect(sleeper.received).toBeLessThan(24 * 1024);
    expect(sleeper.isWritten).toBe(false);
    sleeper.target.resume();
    await sleeper.written;
    expect(sleeper.received).toBe(24 * 1024);
  });

  it('does not go on behind a final block while it is paused', async () => {
    const limiter = new ZlibLimiter(1);
    const [first, second] = [deflateRawSync(Buffer.from('first')), deflateRawSync(Buffer.from('second'))];
    const payload = Buffer.concat([first, second]);
    const sleeper = pausing({ limiter, payload, pause: (target) => process.nextTick(() => target.pause()) });
    await sleeper.paused;
    for (let i = 0; i < 10; i++) await inflate([compressed(textBytes(50_000, i))], { limiter });
    expect([sleeper.received, limiter.active]).toEqual(['first'.length, 0]);
    sleeper.target.resume();
    await sleeper.written;
    expect(sleeper.received).toBe('firstsecond'.length);
  });

  it('does not pin a large allocation for a small chunk', async () => {
    const chunks: Buffer[] = [];
    await inflate([compressed(Buffer.from('Hello'))], { onData: (chunk) => chunks.push(chunk) });
    expect(chunks).toHaveLength(1);
    expect(chunks[0].buffer.byteLength).toBeLessThanOrEqual(Buffer.allocUnsafe(1).buffer.byteLength);
  });

  it('waits with a piece that is written while paused', async () => {
    const limiter = new ZlibLimiter(1);
    const chunks: Buffer[] = [];
    const target = new StreamingInflater({
      window: undefined,
      limiter,
      onData: (chunk) => chunks.push(chunk),
    });
    target.pause();
    const written = write(target, compressed(Buffer.from('Hello')));
    expect([limiter.active, limiter.waiting]).toEqual([0, 0]);
    target.resume();
    await written;
    await end(target);
    expect(Buffer.concat(chunks).toString()).toBe('Hello');
  });

  it('keeps no place at the limiter between pieces', async () => {
    const limiter = new ZlibLimiter(1);
    const target = new StreamingInflater({ window: undefined, limiter, onData: () => {} });
    await write(target, compressed(textBytes(500, 1)).subarray(0, 50));
    expect([limiter.active, limiter.waiting]).toEqual([0, 0]);
    target.destroy();
  });

  it('calls nothing after destroy, and takes a waiting job back', async () => {
    const limiter = new ZlibLimiter(1);
    const called: string[] = [];
    const make = (name: string) => {
      const target = new StreamingInflater({ window: undefined, limiter, onData: () => called.push(name) });
      target.write(compressed(textBytes(100_000, 1)), () => called.push(name));
      return target;
    };
    const [running, waiting] = [make('running'), make('waiting')];
    expect([limiter.active, limiter.waiting]).toEqual([1, 1]);
    waiting.destroy();
    expect(limiter.waiting).toBe(0);
    running.destroy();
    running.write(Buffer.alloc(1), () => called.push('write'));
    running.end(() => called.push('end'));
    expect(await inflate([compressed(textBytes(100_000, 1))], { limiter })).toHaveLength(100_000);
    expect(called).toEqual([]);
    expect([limiter.active, limiter.waiting]).toEqual([0, 0]);
  });

  it('reads what refers to the window it was given, and adds to it', async () => {
    const window = new SlidingWindow(15);
    window.append(Buffer.from('Hello'));
    expect((await inflate([Buffer.from('f200110000', 'hex')], { window })).toString()).toBe('Hello');
    expect(window.dictionary?.toString()).toBe('HelloHello');
  });

  it('reports settings that zlib refuses through the callback, with the place given back', async () => {
    const limiter = new ZlibLimiter(1);
    await expect(inflate([Buffer.alloc(1)], { limiter, zlib: { chunkSize: 1 } })).rejects.toThrow(
      'chunkSize',
    );
    expect(limiter.active).toBe(0);
  });
});
