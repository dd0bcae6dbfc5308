import { Buffer } from 'node:buffer';
import { createDeflateRaw, createInflateRaw, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  joinInTurns,
  joinOutput,
  unpinned,
  ZlibJob,
  type ZlibJobOptions,
  type ZlibJobResult,
} from '../../src/node/zlib-job.js';
import { ZlibLimiter } from '../../src/node/zlib-limiter.js';
import { randomBytes } from './sample-data.js';

type Settings = Partial<ZlibJobOptions> & Pick<ZlibJobOptions, 'input'>;

function run(settings: Settings): Promise<ZlibJobResult> {
  return new Promise((resolve, reject) => {
    new ZlibJob({
      limiter: new ZlibLimiter(),
      create: () => createInflateRaw(),
      maxOutput: Number.POSITIVE_INFINITY,
      ...settings,
      callback: (error, result) => (error ? reject(error) : resolve(result)),
    });
  });
}

describe('ZlibJob', () => {
  it('gives the output and how much input it took', async () => {
    const compressed = deflateRawSync(Buffer.from('Hello'));
    const result = await run({ input: Buffer.concat([compressed, Buffer.from('more')]) });
    expect(Buffer.concat(result.chunks).toString()).toBe('Hello');
    expect([result.length, result.consumed, result.overflow]).toEqual([5, compressed.length, false]);
  });

  it('tells the output of the trailer apart', async () => {
    const compressed = deflateRawSync(randomBytes(50_000, 1));
    for (const cut of [1, 9, 300]) {
      const input = compressed.subarray(0, -cut);
      const result = await run({ input, trailer: compressed.subarray(-cut) });
      expect([result.length, result.consumed]).toEqual([50_000, compressed.length]);
      expect(result.trailerOutput).toBe(cut);
    }
  });

  it('stops at the bound, not before it', async () => {
    const input = deflateRawSync(Buffer.alloc(1_000_000));
    expect((await run({ input, maxOutput: 1_000_000 })).overflow).toBe(false);
    const result = await run({ input, maxOutput: 999_999 });
    expect([result.overflow, result.chunks]).toEqual([true, []]);
    expect((await run({ input, maxOutput: 1000 })).length).toBeLessThan(100_000);
  });

  it('hands on the errors of zlib and of `create`, each time with the place given back', async () => {
    const limiter = new ZlibLimiter(1);
    await expect(run({ limiter, input: Buffer.from('ffff', 'hex') })).rejects.toThrow('invalid block type');
    await expect(run({ limiter, input: Buffer.alloc(0) })).rejects.toThrow('unexpected end of file');
    const create = () => createDeflateRaw({ level: 77 });
    await expect(run({ limiter, input: Buffer.alloc(0), create })).rejects.toThrow(RangeError);
    expect([limiter.active, limiter.waiting]).toEqual([0, 0]);
  });

  it('keeps its place after `cancel` until the thread has come back, and stops there', async () => {
    const limiter = new ZlibLimiter(1);
    const engine = createInflateRaw();
    let called = false;
    const job = new ZlibJob({
      limiter,
      create: () => engine,
      input: deflateRawSync(Buffer.alloc(50_000_000)),
      maxOutput: Number.POSITIVE_INFINITY,
      callback: () => {
        called = true;
      },
    });
    const closed = new Promise((resolve) => engine.once('close', resolve));
    job.cancel();
    expect(limiter.active).toBe(1);
    await closed;
    expect([limiter.active, called]).toEqual([0, false]);
    expect(engine.bytesWritten).toBeLessThan(1000);
  });
});

describe('joinInTurns', () => {
  const chunksOf = (count: number) =>
    Array.from({ length: count }, (_, index) => Buffer.alloc(300_000, index));

  it('joins what is short at once', () => {
    const joined: Buffer[] = [];
    joinInTurns(chunksOf(3), 900_000, (whole) => joined.push(whole));
    expect(joined).toEqual([Buffer.concat(chunksOf(3))]);
  });

  it('lets others have a turn after each mebibyte', async () => {
    const chunks = chunksOf(20);
    let turns = 0;
    let over = false;
    const count = () => {
      turns++;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    const whole = await new Promise<Buffer>((resolve) => joinInTurns(chunks, 6_000_000, resolve));
    over = true;
    expect(whole.equals(Buffer.concat(chunksOf(20)))).toBe(true);
    expect(turns).toBeGreaterThanOrEqual(4);
    expect(chunks.every(({ length }) => length === 0)).toBe(true);
  });
});

describe('joinOutput and unpinned', () => {
  it('joins chunks', () => {
    expect(joinOutput([Buffer.from('ab'), Buffer.from('c')], 3).toString()).toBe('abc');
    expect(joinOutput([], 0)).toHaveLength(0);
  });

  it('copies a small part of a large allocation and nothing else', () => {
    const large = Buffer.allocUnsafeSlow(100_000);
    expect(unpinned(large)).toBe(large);
    expect(unpinned(large.subarray(0, 60_000)).buffer).toBe(large.buffer);
    expect(unpinned(large.subarray(0, 40_000)).buffer.byteLength).toBe(40_000);
    expect(joinOutput([large.subarray(5, 10)], 5).buffer).not.toBe(large.buffer);
  });

  it('copies whatever the size of the pool that small Buffers come from', () => {
    const pool = Buffer.allocUnsafeSlow(65_600);
    expect(unpinned(pool.subarray(0, 16_384)).buffer).not.toBe(pool.buffer);
    const smallPool = Buffer.allocUnsafeSlow(8192);
    expect(unpinned(smallPool.subarray(0, 10)).buffer).toBe(smallPool.buffer);
  });
});
