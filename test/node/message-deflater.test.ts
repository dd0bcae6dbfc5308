import { Buffer } from 'node:buffer';
import { constants } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DEFLATE_SYNC_THRESHOLD,
  MessageDeflater,
  type MessageDeflaterOptions,
} from '../../src/node/message-deflater.js';
import { ZlibLimiter } from '../../src/node/zlib-limiter.js';
import { PersistentInflater } from './persistent-zlib.js';
import { randomBytes, sampleMessage, textBytes } from './sample-data.js';
import { strictInflate } from './strict-inflate.js';

const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const windows = [8, 9, 10, 11, 12, 13, 14, 15];

function deflater(options: Partial<MessageDeflaterOptions> = {}): MessageDeflater {
  return new MessageDeflater({ windowBits: 15, contextTakeover: false, ...options });
}

function deflateAsync(target: MessageDeflater, payload: Buffer, fin: boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    target.deflate(payload, fin, (error, compressed) => (error ? reject(error) : resolve(compressed)));
  });
}

function strict(payload: Buffer, history?: Buffer): Buffer {
  return strictInflate(Buffer.concat([payload, tail]), history).output;
}

describe('MessageDeflater', () => {
  it('gives the bytes of RFC 7692 §7.2.3.1 and, with the window kept, §7.2.3.2', () => {
    const target = deflater({ contextTakeover: true });
    expect(target.deflateSync(Buffer.from('Hello'), true).toString('hex')).toBe('f248cdc9c90700');
    expect(target.deflateSync(Buffer.from('Hello'), true).toString('hex')).toBe('f200110000');
  });

  it('forgets the message without context takeover', () => {
    const target = deflater();
    expect(target.deflateSync(Buffer.from('Hello'), true).toString('hex')).toBe('f248cdc9c90700');
    expect(target.deflateSync(Buffer.from('Hello'), true).toString('hex')).toBe('f248cdc9c90700');
  });

  it('sends an empty message as one 0x00 (§7.2.3.6), by both ways', async () => {
    expect(deflater().deflateSync(Buffer.alloc(0), true).toString('hex')).toBe('00');
    expect((await deflateAsync(deflater(), Buffer.alloc(0), true)).toString('hex')).toBe('00');
  });

  it('keeps the tail of fragments that others follow, and removes it from the last (§7.2.1)', () => {
    const target = deflater();
    expect(target.deflateSync(Buffer.from('Hello'), false).subarray(-4)).toEqual(tail);
    expect(target.deflateSync(Buffer.alloc(0), false)).toHaveLength(0);
    expect(target.deflateSync(Buffer.from('Hello'), true).toString('hex')).toBe('f200110000');
    expect(target.deflateSync(Buffer.from('Hello'), true).toString('hex')).toBe('f248cdc9c90700');
  });

  it('ends a message whose last fragment is empty', () => {
    const target = deflater();
    const parts = [
      target.deflateSync(Buffer.from('Hello'), false),
      target.deflateSync(Buffer.alloc(0), true),
    ];
    expect(strict(Buffer.concat(parts)).toString()).toBe('Hello');
  });

  it('compresses an asynchronous payload to the same bytes as a synchronous one', async () => {
    const [one, other] = [deflater({ contextTakeover: true }), deflater({ contextTakeover: true })];
    for (let n = 0; n < 12; n++) {
      const message = sampleMessage(n);
      const compressed = await deflateAsync(one, message, n % 3 !== 0);
      expect(compressed.equals(other.deflateSync(message, n % 3 !== 0))).toBe(true);
    }
  });

  it.each(windows)('feeds a peer with one zlib stream and a window of 2^%i bytes', async (windowBits) => {
    const target = deflater({ windowBits, contextTakeover: true });
    const peer = new PersistentInflater(windowBits);
    for (let n = 0; n < 60; n++) {
      const message = sampleMessage(n);
      const payload =
        n % 4 === 0 ? await deflateAsync(target, message, true) : target.deflateSync(message, true);
      expect((await peer.inflate(payload)).equals(message)).toBe(true);
    }
    peer.close();
  });

  // The farthest possible temptation: every few bytes were seen before at each distance around the limit.
  it.each(windows)('never refers back further than 2^%i bytes', (windowBits) => {
    const size = 2 ** windowBits;
    for (const strategy of [constants.Z_DEFAULT_STRATEGY, constants.Z_FILTERED, constants.Z_RLE]) {
      for (const level of [1, 3, 6, 9]) {
        const target = deflater({ windowBits, contextTakeover: true, zlib: { level, strategy } });
        let sent = Buffer.alloc(0);
        for (let n = 0; n < 10; n++) {
          const period = randomBytes(Math.max(1, size - 270 + n * 30), n % 3);
          const message = Buffer.concat([period, period, randomBytes(size, n, 3)]).subarray(0, 5000 + n);
          const payload = target.deflateSync(message, true);
          const { output, maxDistance } = strictInflate(Buffer.concat([payload, tail]), sent.subarray(-size));
          expect(output.equals(message)).toBe(true);
          expect(maxDistance).toBeLessThanOrEqual(size);
          sent = Buffer.concat([sent, message]);
        }
      }
    }
  });

  it('does refer back across messages as far as a window of 256 bytes allows', () => {
    const target = deflater({ windowBits: 8, contextTakeover: true });
    const message = randomBytes(200, 1);
    target.deflateSync(message, true);
    expect(target.deflateSync(message, true).length).toBeLessThan(20);
  });

  it('gives every payload in every number of fragments as valid DEFLATE data', () => {
    const fragments = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 6 });
    const options = fc.record({
      windowBits: fc.integer({ min: 8, max: 15 }),
      contextTakeover: fc.boolean(),
      zlib: fc.record({
        level: fc.integer({ min: 0, max: 9 }),
        memLevel: fc.integer({ min: 1, max: 9 }),
        chunkSize: fc.integer({ min: 64, max: 300 }),
      }),
    });
    const roundTrip = fc.property(options, fc.array(fragments, { maxLength: 5 }), (settings, messages) => {
      const target = deflater(settings);
      let history = Buffer.alloc(0);
      for (const message of messages) {
        const payload = message.map((part, i) =>
          target.deflateSync(Buffer.from(part), i === message.length - 1),
        );
        expect(strict(Buffer.concat(payload), history).equals(Buffer.concat(message))).toBe(true);
        if (settings.contextTakeover) history = Buffer.concat([history, ...message]);
      }
    });
    fc.assert(roundTrip, { seed: 6455, numRuns: 150 });
  });

  it('compresses a large payload on the thread pool', async () => {
    const message = textBytes(300_000, 1);
    const compressed = await deflateAsync(deflater(), message, true);
    expect(strict(compressed).equals(message)).toBe(true);
    expect(compressed.length).toBeLessThan(150_000);
  });

  it('names the lengths that are meant for the synchronous call', () => {
    expect(deflater().isSync(DEFLATE_SYNC_THRESHOLD)).toBe(true);
    expect(deflater().isSync(DEFLATE_SYNC_THRESHOLD + 1)).toBe(false);
    expect(deflater({ syncThreshold: 5 }).isSync(6)).toBe(false);
  });

  it('does not pin a large allocation for a small result', async () => {
    const zeros = Buffer.alloc(60_000);
    for (const compressed of [
      deflater().deflateSync(zeros, true),
      await deflateAsync(deflater(), zeros, true),
    ]) {
      expect(compressed.length).toBeLessThan(400);
      expect(compressed.buffer.byteLength).toBeLessThanOrEqual(Buffer.allocUnsafe(1).buffer.byteLength);
    }
  });

  it('takes a waiting job back when cancelled, and never calls back', async () => {
    const limiter = new ZlibLimiter(1);
    const [running, waiting, last] = [deflater({ limiter }), deflater({ limiter }), deflater({ limiter })];
    const called: string[] = [];
    running.deflate(textBytes(100_000, 1), true, () => called.push('running'));
    waiting.deflate(textBytes(100_000, 1), true, () => called.push('waiting'));
    const finished = deflateAsync(last, textBytes(100_000, 1), true);
    expect([limiter.active, limiter.waiting]).toEqual([1, 2]);
    waiting.cancel();
    expect([limiter.active, limiter.waiting]).toEqual([1, 1]);
    running.cancel();
    expect((await finished).length).toBeGreaterThan(0);
    expect(called).toEqual([]);
    expect([limiter.active, limiter.waiting]).toEqual([0, 0]);
  });

  it('hands an error of zlib to the callback and frees the place', async () => {
    const limiter = new ZlibLimiter(1);
    const target = deflater({ limiter, zlib: { level: 99 } });
    await expect(deflateAsync(target, Buffer.from('Hello'), true)).rejects.toThrow(RangeError);
    expect(limiter.active).toBe(0);
  });
});
