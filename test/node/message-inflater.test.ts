import { Buffer } from 'node:buffer';
import { constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageDeflater } from '../../src/node/message-deflater.js';
import {
  INFLATE_SYNC_MAX_OUTPUT,
  INFLATE_SYNC_THRESHOLD,
  type InflateError,
  MAX_INFLATE_RESTARTS,
  MessageInflater,
  type MessageInflaterOptions,
} from '../../src/node/message-inflater.js';
import { type StartZlibJob, type ZlibJobHandle, ZlibLimiter } from '../../src/node/zlib-limiter.js';
import { LimitError, ProtocolError } from '../../src/protocol/errors.js';
import { PersistentDeflater } from './persistent-zlib.js';
import { randomBytes, sampleMessage, textBytes } from './sample-data.js';

const windows = [8, 9, 10, 11, 12, 13, 14, 15];
const onPool = { syncThreshold: -1 };
const ways: [string, Partial<MessageInflaterOptions>][] = [
  ['synchronously', { syncThreshold: 2 ** 24, syncMaxOutput: 2 ** 24 }],
  ['on the thread pool', onPool],
];

function inflater(options: Partial<MessageInflaterOptions> = {}): MessageInflater {
  return new MessageInflater({ windowBits: 15, contextTakeover: false, maxPayload: 0, ...options });
}

function inflate(target: MessageInflater, payload: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    target.inflate(payload, (error, message) => (error ? reject(error) : resolve(message)));
  });
}

async function failure(target: MessageInflater, payload: Buffer): Promise<InflateError> {
  return inflate(target, payload).then(
    (message) => Promise.reject(new Error(`inflated to ${message.length} bytes`)),
    (error) => error,
  );
}

function hex(...parts: string[]): Buffer {
  return Buffer.from(parts.join(''), 'hex');
}

/** A message as it is sent: flushed, without the tail. */
function compressed(message: Buffer, options: object = {}): Buffer {
  return deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH, ...options }).subarray(0, -4);
}

describe.each(ways)('MessageInflater, %s', (_way, way) => {
  it('reads the examples of RFC 7692 §7.2.3.1 to §7.2.3.4 and §7.2.3.6', async () => {
    const target = inflater({ ...way, contextTakeover: true });
    const examples = ['f248cdc9c90700', 'f200110000', '000500faff48656c6c6f00', 'f348cdc9c9070000'];
    for (const example of examples) expect((await inflate(target, hex(example))).toString()).toBe('Hello');
    expect(await inflate(target, hex('00'))).toHaveLength(0);
    expect((await inflate(target, hex('f200110000'))).toString()).toBe('Hello');
  });

  it('reads two blocks in one message (§7.2.3.5)', async () => {
    expect((await inflate(inflater(way), hex('f24805000000ffffcac9c90700'))).toString()).toBe('Hello');
  });

  it('does not carry the window over without context takeover', async () => {
    const target = inflater(way);
    await inflate(target, hex('f248cdc9c90700'));
    const error = await failure(target, hex('f200110000'));
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error.message).toBe('Invalid permessage-deflate payload: invalid distance too far back');
  });

  it.each(windows)('reads a peer with one zlib stream and a window of 2^%i bytes', async (windowBits) => {
    const target = inflater({ ...way, windowBits, contextTakeover: true });
    const peer = new PersistentDeflater(windowBits);
    for (let n = 0; n < 60; n++) {
      const message = sampleMessage(n);
      expect((await inflate(target, await peer.deflate(message))).equals(message)).toBe(true);
    }
    expect(target.window?.length).toBeLessThanOrEqual(2 ** windowBits);
    peer.close();
  });

  it('inverts MessageDeflater for all settings', async () => {
    const messages = fc.array(fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 4 }), {
      maxLength: 5,
    });
    const roundTrip = fc.asyncProperty(
      fc.integer({ min: 8, max: 15 }),
      fc.boolean(),
      messages,
      async (windowBits, contextTakeover, list) => {
        const target = inflater({ ...way, windowBits, contextTakeover });
        const peer = new MessageDeflater({ windowBits, contextTakeover });
        for (const fragments of list) {
          const parts = fragments.map((part, i) =>
            peer.deflateSync(Buffer.from(part), i === fragments.length - 1),
          );
          const message = await inflate(target, Buffer.concat(parts));
          expect(message.equals(Buffer.concat(fragments))).toBe(true);
        }
      },
    );
    await fc.assert(roundTrip, { seed: 6455, numRuns: 100 });
  });

  it('fails for any message with one block that is cut short, wherever it is cut', async () => {
    const stored = compressed(randomBytes(60, 1), { level: 0 });
    const fixed = compressed(textBytes(60, 1), { strategy: constants.Z_FIXED });
    const dynamic = compressed(textBytes(600, 1));
    const finals: Buffer[] = [stored, fixed, dynamic].map((block) => Buffer.from(block));
    for (const block of finals) block[0] |= 1;
    for (const whole of [stored, fixed, dynamic, ...finals]) {
      // Without its last byte, the header of an empty block, a message with a final block is complete.
      const end = finals.includes(whole) ? whole.length - 1 : whole.length;
      for (let length = 0; length < end; length++) {
        const part = whole.subarray(0, length);
        // One 0x00 is the header of an empty block: a complete message, and an empty one.
        if (part.equals(hex('00'))) continue;
        const error = await failure(inflater(way), part);
        expect(error).toBeInstanceOf(ProtocolError);
        expect(error.closeCode).toBe(1007);
      }
      await inflate(inflater(way), whole);
    }
  });

  it('is not misled by data that looks like the tail', async () => {
    const messages = ['0000ffff', '410000ffff', '0000ffff010000ffff', '0000ffff0000ffff0000ffff'].map((m) =>
      hex(m),
    );
    for (const message of messages) {
      for (const level of [0, 6]) {
        expect(await inflate(inflater(way), compressed(message, { level }))).toEqual(message);
      }
      const withFinal = Buffer.concat([deflateRawSync(message, { level: 0 }), hex('00')]);
      expect(await inflate(inflater(way), withFinal)).toEqual(message);
    }
  });

  it('decodes what follows a final block, with everything before it in the window (§7.2.3.4)', async () => {
    const target = inflater({ ...way, contextTakeover: true });
    await inflate(target, compressed(Buffer.from('before the message ')));
    const words = ['one two three ', 'one two three ', 'before the message '];
    let sent = 'before the message ';
    const parts = words.map((word) => {
      const part = deflateRawSync(Buffer.from(word), { dictionary: Buffer.from(sent) });
      sent += word;
      return part;
    });
    expect(Buffer.concat(parts).length).toBeLessThan(words.join('').length);
    const message = await inflate(target, Buffer.concat([...parts, hex('00')]));
    expect(message.toString()).toBe(words.join(''));
    const next = compressed(Buffer.from(sent), { dictionary: Buffer.from(sent) });
    expect((await inflate(target, next)).toString()).toBe(sent);
  });

  it('takes a final block as the end of the payload, and garbage after it as an error', async () => {
    const final = deflateRawSync(Buffer.from('Hello'));
    expect((await inflate(inflater(way), final)).toString()).toBe('Hello');
    for (const garbage of ['ff', '07', '01', '0000', '0000ffff', '48656c6c6f', '00000000']) {
      const error = await failure(inflater(way), Buffer.concat([final, hex(garbage)]));
      expect(error.code).toBe('WS_ERR_INVALID_DEFLATE_DATA');
    }
  });

  it(`follows at most ${MAX_INFLATE_RESTARTS} final blocks`, async () => {
    const final = deflateRawSync(Buffer.from('a'));
    const blocks = (count: number) => Buffer.concat([...new Array(count).fill(final), hex('00')]);
    expect((await inflate(inflater(way), blocks(MAX_INFLATE_RESTARTS))).length).toBe(MAX_INFLATE_RESTARTS);
    const error = await failure(inflater(way), blocks(MAX_INFLATE_RESTARTS + 1));
    expect(error.message).toBe('Invalid permessage-deflate payload: more than 16 final blocks');
  });

  it('fails with 1007 for data that is not DEFLATE, and names the reason', async () => {
    const error = await failure(inflater(way), hex('ff'));
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({
      code: 'WS_ERR_INVALID_DEFLATE_DATA',
      closeCode: 1007,
      message: 'Invalid permessage-deflate payload: invalid block type',
    });
    expect((error.cause as NodeJS.ErrnoException).code).toBe('Z_DATA_ERROR');
    expect(await failure(inflater(way), Buffer.alloc(0))).toBeInstanceOf(ProtocolError);
  });

  it('gives a message or a documented error for any payload', async () => {
    const anything = fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.nat(3), async (bytes, kind) => {
      const payload = Buffer.from(bytes);
      if (kind > 0 && payload.length > 0) payload[0] = (payload[0] & 0xf8) | (kind << 1);
      const outcome = await inflate(inflater({ ...way, maxPayload: 1000 }), payload).catch((error) => error);
      if (Buffer.isBuffer(outcome)) expect(outcome.length).toBeLessThanOrEqual(1000);
      else expect(['ProtocolError', 'LimitError']).toContain(outcome.name);
    });
    await fc.assert(anything, { seed: 6455, numRuns: 400 });
  });

  it('takes a message of exactly maxPayload bytes and refuses one byte more with 1009', async () => {
    for (const maxPayload of [1, 5, 1000, 100_000]) {
      const target = inflater({ ...way, maxPayload });
      expect(await inflate(target, compressed(Buffer.alloc(maxPayload)))).toHaveLength(maxPayload);
      const error = await failure(target, compressed(Buffer.alloc(maxPayload + 1)));
      expect(error).toBeInstanceOf(LimitError);
      expect(error).toMatchObject({ code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', closeCode: 1009 });
    }
  });

  it('counts all runs of a message with final blocks against maxPayload', async () => {
    const blocks = Buffer.concat([
      deflateRawSync(Buffer.alloc(6)),
      deflateRawSync(Buffer.alloc(4)),
      hex('00'),
    ]);
    expect(await inflate(inflater({ ...way, maxPayload: 10 }), blocks)).toHaveLength(10);
    expect(await failure(inflater({ ...way, maxPayload: 9 }), blocks)).toBeInstanceOf(LimitError);
    expect(await failure(inflater({ ...way, maxPayload: 6 }), blocks)).toBeInstanceOf(LimitError);
    const oneMore = Buffer.concat([
      deflateRawSync(Buffer.alloc(6)),
      deflateRawSync(Buffer.alloc(1)),
      hex('00'),
    ]);
    expect(await failure(inflater({ ...way, maxPayload: 6 }), oneMore)).toBeInstanceOf(LimitError);
  });

  it('has no bound with 0 or Infinity', async () => {
    const payload = compressed(Buffer.alloc(3_000_000));
    for (const maxPayload of [0, Number.POSITIVE_INFINITY]) {
      expect(await inflate(inflater({ ...way, maxPayload }), payload)).toHaveLength(3_000_000);
    }
  });

  it('pins little more memory than the message has bytes', async () => {
    const pool = Buffer.allocUnsafe(1).buffer.byteLength;
    for (const length of [5, 1000, 20_000, 33_000, 70_000, 300_000]) {
      const message = await inflate(inflater(way), compressed(Buffer.alloc(length, 'x')));
      expect(message).toHaveLength(length);
      expect(message.buffer.byteLength).toBeLessThanOrEqual(2 * length + pool);
    }
  });

  it('cuts a bomb off while it is inflated', async () => {
    const bomb = compressed(Buffer.alloc(10 * 2 ** 20));
    const before = process.memoryUsage().arrayBuffers;
    let peak = before;
    const watch = () => {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers);
    };
    class WatchedLimiter extends ZlibLimiter {
      override run(start: StartZlibJob): ZlibJobHandle {
        return super.run((done) =>
          start(() => {
            watch();
            done();
          }),
        );
      }
    }
    const limiter = new WatchedLimiter(1);
    const target = inflater({ ...way, maxPayload: 2 ** 20, limiter });
    const timer = setInterval(watch, 1);
    expect(await failure(target, bomb)).toBeInstanceOf(LimitError);
    watch();
    clearInterval(timer);
    expect(peak - before).toBeLessThan(3 * 2 ** 20);
    expect(limiter.active).toBe(0);
  });
});

describe('MessageInflater', () => {
  it('calls back before it returns for short messages, and later for all others', async () => {
    const limiter = new ZlibLimiter(1);
    const when = async (message: Buffer) => {
      let returned = false;
      const result = new Promise<string>((resolve, reject) => {
        inflater({ limiter }).inflate(compressed(message), (error, output) => {
          if (error || !output.equals(message)) reject(error ?? new Error('wrong message'));
          else resolve(returned ? 'later' : 'at once');
        });
      });
      returned = true;
      return result;
    };
    expect(await when(textBytes(4000, 1))).toBe('at once');
    expect(await when(Buffer.alloc(INFLATE_SYNC_MAX_OUTPUT))).toBe('at once');
    expect(await when(Buffer.alloc(INFLATE_SYNC_MAX_OUTPUT + 1))).toBe('later');
    expect(await when(randomBytes(INFLATE_SYNC_THRESHOLD + 1, 1))).toBe('later');
    expect([limiter.active, limiter.waiting]).toEqual([0, 0]);
  });

  it('fails at once when it is maxPayload that a short message exceeds', () => {
    const limiter = new ZlibLimiter(1);
    const errors: unknown[] = [];
    inflater({ limiter, maxPayload: 1000 }).inflate(compressed(Buffer.alloc(1001)), (error) =>
      errors.push(error),
    );
    expect(errors).toEqual([expect.any(LimitError)]);
  });

  it('keeps the window across messages that take either way', async () => {
    const target = inflater({ contextTakeover: true });
    const peer = new PersistentDeflater(15);
    for (const length of [10, 50_000, 400_000, 7, 100_000, 20]) {
      const message = Buffer.concat([textBytes(length >> 1, length), randomBytes(length >> 1, 2)]);
      expect((await inflate(target, await peer.deflate(message))).equals(message)).toBe(true);
    }
    peer.close();
  });

  it('leaves no job behind and never calls back after cancel', async () => {
    const limiter = new ZlibLimiter(1);
    const payload = compressed(randomBytes(200_000, 1));
    const [running, waiting, last] = [inflater({ limiter }), inflater({ limiter }), inflater({ limiter })];
    const called: string[] = [];
    running.inflate(payload, () => called.push('running'));
    waiting.inflate(payload, () => called.push('waiting'));
    const finished = inflate(last, payload);
    waiting.cancel();
    expect([limiter.active, limiter.waiting]).toEqual([1, 1]);
    running.cancel();
    expect(await finished).toHaveLength(200_000);
    expect(called).toEqual([]);
    expect([limiter.active, limiter.waiting]).toEqual([0, 0]);
  });

  it('stays silent for a message that comes after cancel', () => {
    const target = inflater();
    target.cancel();
    let called = false;
    target.inflate(hex('f248cdc9c90700'), () => {
      called = true;
    });
    expect(called).toBe(false);
  });

  it('serves the connections in the order of their arrival', async () => {
    const limiter = new ZlibLimiter(1);
    const order: number[] = [];
    const payload = compressed(randomBytes(40_000, 1));
    const connections = Array.from({ length: 60 }, (_, i) => i);
    await Promise.all(
      connections.map((i) => inflate(inflater({ limiter }), payload).then(() => order.push(i))),
    );
    expect(order).toEqual(connections);
    expect([limiter.active, limiter.waiting]).toEqual([0, 0]);
  });

  it('does not block when many more messages are on their way than the limit allows', async () => {
    const limiter = new ZlibLimiter(3);
    const payload = compressed(randomBytes(40_000, 1));
    const messages = await Promise.all(
      Array.from({ length: 200 }, () => inflate(inflater({ limiter }), payload)),
    );
    expect(messages.every((message) => message.length === 40_000)).toBe(true);
    expect([limiter.active, limiter.waiting]).toEqual([0, 0]);
  });
});
