import { describe, expect, it } from 'vitest';
import {
  FrameEncoder,
  type FrameSink,
  frameHeaderLength,
  writeFrameHeader,
} from '../../src/protocol/frame-encoder.js';
import { SlabPool } from '../../src/protocol/slab-pool.js';
import { seededBytes } from './every-cut.js';
import { rawFrame, readRawFrames } from './raw-frame.js';
import { countingKeys } from './recording-handler.js';

const lengths = [
  0, 1, 2, 124, 125, 126, 127, 128, 129, 4095, 4096, 4097, 65_534, 65_535, 65_536, 65_537, 200_000,
];

/** Keeps a copy of what each `write` got. */
class RecordingSink implements FrameSink {
  readonly writes: Buffer[] = [];
  /** What `write` was handed, not copied. */
  readonly handed: (Buffer | undefined)[] = [];
  mayReuse = true;
  onWrite: () => void = () => {};

  write(bytes: Buffer, payload?: Buffer): boolean {
    this.writes.push(payload === undefined ? Buffer.from(bytes) : Buffer.concat([bytes, payload]));
    this.handed.push(bytes, payload);
    this.onWrite();
    return this.mayReuse;
  }

  get output(): Buffer {
    return Buffer.concat(this.writes);
  }
}

function encoderFor(role: 'server' | 'client', pool = new SlabPool()) {
  const sink = new RecordingSink();
  return { sink, encoder: new FrameEncoder(sink, pool, role === 'client' ? countingKeys() : null) };
}

describe.each(['server', 'client'] as const)('as a %s', (role) => {
  it.each(lengths)('a payload of %i bytes has the shortest header', (length) => {
    const { sink, encoder } = encoderFor(role);
    const payload = seededBytes(length);
    const untouched = Buffer.from(payload);
    encoder.encode(0x82, payload);
    const key = role === 'client' ? Buffer.of(0, 0, 0, 1) : null;
    expect(sink.output.equals(rawFrame({ opcode: 2, payload, maskingKey: key }))).toBe(true);
    expect(payload.equals(untouched)).toBe(true);
    expect(sink.writes).toHaveLength(1);
  });

  it.each(lengths)('text of %i characters is UTF-8', (length) => {
    for (const unit of ['x', 'é', '€', '😀', '\ud800']) {
      const { sink, encoder } = encoderFor(role);
      const text = unit.repeat(length);
      encoder.encodeText(0x81, text);
      const { frames, rest } = readRawFrames(sink.output);
      expect(rest.length).toBe(0);
      expect(frames).toHaveLength(1);
      const expected = Buffer.from(new TextEncoder().encode(text));
      expect(frames[0].payload.equals(expected), unit).toBe(true);
      expect(frames[0].masked).toBe(role === 'client');
    }
  });

  it('writes the first octet as it is told', () => {
    const { sink, encoder } = encoderFor(role);
    for (const head of [0x00, 0x80, 0x01, 0xc1, 0x88, 0x8a]) encoder.encode(head, Buffer.from('p'));
    const { frames } = readRawFrames(sink.output);
    expect(frames.map(({ fin, rsv, opcode }) => [fin, rsv, opcode])).toEqual([
      [false, 0, 0],
      [true, 0, 0],
      [false, 0, 1],
      [true, 4, 1],
      [true, 0, 8],
      [true, 0, 10],
    ]);
  });

  it('gathers small frames between cork and uncork into one write', () => {
    const { sink, encoder } = encoderFor(role);
    encoder.cork();
    encoder.encode(0x82, Buffer.from('first'));
    encoder.encodeText(0x81, 'second');
    encoder.encoded(rawFrame({ opcode: 9, payload: 'third' }));
    expect(sink.writes).toEqual([]);
    expect(encoder.pending).toBeGreaterThan(0);
    encoder.uncork();
    expect(encoder.pending).toBe(0);
    expect(sink.writes).toHaveLength(1);
    expect(readRawFrames(sink.output).frames.map(({ payload }) => payload.toString())).toEqual([
      'first',
      'second',
      'third',
    ]);
    encoder.uncork();
    expect(sink.writes).toHaveLength(1);
    encoder.encode(0x82, Buffer.from('after'));
    expect(sink.writes).toHaveLength(2);
  });

  it('keeps the order of small and large frames within a cork, whatever the slab holds', () => {
    const { sink, encoder } = encoderFor(role);
    const sizes = [10, 4096, 4097, 0, 70_000, 65_535, ...Array<number>(40).fill(4000), 5];
    const payloads = sizes.map((size, index) => seededBytes(size, index + 1));
    encoder.cork();
    for (const payload of payloads) encoder.encode(0x82, payload);
    encoder.uncork();
    const { frames, rest } = readRawFrames(sink.output);
    expect(rest.length).toBe(0);
    expect(frames.map(({ payload }, index) => payload.equals(payloads[index]))).toEqual(
      sizes.map(() => true),
    );
  });

  it('passes encoded frames on unchanged, large ones without a copy', () => {
    const { sink, encoder } = encoderFor(role);
    const small = rawFrame({ opcode: 1, payload: 'prepared' });
    const large = rawFrame({ opcode: 2, payload: seededBytes(5000) });
    encoder.encoded(small);
    encoder.encoded(large);
    expect(sink.output.equals(Buffer.concat([small, large]))).toBe(true);
    expect(sink.handed).toContain(large);
  });
});

describe('at a server', () => {
  it('a large payload is passed on by reference behind its header', () => {
    const { sink, encoder } = encoderFor('server');
    const payload = seededBytes(5000);
    encoder.encode(0x82, payload);
    expect(sink.handed[1]).toBe(payload);
  });
});

describe('at a client', () => {
  it('every frame has a key of its own', () => {
    const { sink, encoder } = encoderFor('client');
    for (const size of [3, 3, 5000, 3]) encoder.encode(0x82, Buffer.alloc(size));
    const keys = [0, 9, 18, 18 + 8 + 5000].map((at, index) => {
      const start = at + (index === 2 ? 4 : 2);
      return sink.output.readUInt32BE(start);
    });
    expect(keys).toEqual([1, 2, 3, 4]);
  });
});

describe('slabs', () => {
  it('are given back when the sink says so', () => {
    const pool = new SlabPool();
    const { sink, encoder } = encoderFor('server', pool);
    encoder.encode(0x82, Buffer.from('a'));
    encoder.encode(0x82, Buffer.from('b'));
    expect(sink.handed[0]!.buffer).toBe(sink.handed[2]!.buffer);
  });

  it('are given up while the sink still needs them', () => {
    const { sink, encoder } = encoderFor('server');
    sink.mayReuse = false;
    encoder.encode(0x82, Buffer.from('a'));
    encoder.encode(0x82, Buffer.from('b'));
    const [first, , second] = sink.handed as Buffer[];
    expect([first.buffer, first.byteOffset]).not.toEqual([second.buffer, second.byteOffset]);
    expect(first.toString('latin1')).toBe('\x82\x01a');
  });

  it('are not given up while the sink is blocked: small outputs are copied', () => {
    const pool = new SlabPool();
    const { sink, encoder } = encoderFor('server', pool);
    sink.mayReuse = false;
    encoder.setSinkBlocked(true);
    encoder.encode(0x82, Buffer.from('a'));
    encoder.encode(0x82, Buffer.from('b'));
    const [first, , second] = sink.handed as Buffer[];
    expect([first, second].map((bytes) => bytes.toString('latin1'))).toEqual(['\x82\x01a', '\x82\x01b']);
    const slab = pool.take(1);
    for (const bytes of [first, second]) expect(bytes.buffer).not.toBe(slab.bytes.buffer);
    encoder.setSinkBlocked(false);
    pool.give(slab);
    encoder.encode(0x82, Buffer.from('c'));
    expect(sink.handed[4]!.buffer).toBe(slab.bytes.buffer);
  });

  it('lent to a blocked sink come back when it has taken all, if they were most of a slab', () => {
    const pool = new SlabPool();
    const { sink, encoder } = encoderFor('client', pool);
    sink.mayReuse = false;
    encoder.setSinkBlocked(true);
    encoder.encode(0x82, Buffer.alloc(60_000));
    encoder.encode(0x82, Buffer.alloc(10_000));
    expect(encoder.idle).toBe(false);
    const [lent, , copied] = sink.handed as Buffer[];
    expect(copied.buffer).not.toBe(lent.buffer);
    const spare = pool.take(60_000);
    expect(spare.bytes.buffer).not.toBe(lent.buffer);
    encoder.setSinkBlocked(false);
    expect(encoder.idle).toBe(true);
    expect(pool.take(60_000).bytes.buffer).toBe(lent.buffer);
  });

  it('are used again at once for what a client masks, up to 64 KiB', () => {
    const { sink, encoder } = encoderFor('client');
    for (let count = 0; count < 3; count++) encoder.encode(0x82, Buffer.alloc(65_536));
    expect(new Set([0, 2, 4].map((index) => sink.handed[index]?.buffer)).size).toBe(1);
  });

  it('are small for small outputs, and what is held back moves when they are full', () => {
    const pool = new SlabPool();
    const small = pool.take(1);
    pool.give(small);
    const { sink, encoder } = encoderFor('server', pool);
    encoder.encode(0x82, Buffer.from('a'));
    expect(sink.handed[0]!.byteOffset).toBe(small.bytes.byteOffset);
    encoder.cork();
    const payload = Buffer.alloc(1000, 'b');
    for (let count = 0; count < 5; count++) encoder.encode(0x82, payload);
    encoder.uncork();
    expect(sink.handed).toHaveLength(4);
    expect(sink.handed[2]).toEqual(
      Buffer.concat(Array.from({ length: 5 }, () => [Buffer.of(0x82, 126, 3, 232), payload]).flat()),
    );
    expect(pool.take(1)).toBe(small);
  });

  it('are large at once where much was sent before', () => {
    const pool = new SlabPool();
    const { sink, encoder } = encoderFor('server', pool);
    for (let round = 0; round < 2; round++) {
      encoder.cork();
      for (let count = 0; count < 5; count++) encoder.encode(0x82, Buffer.alloc(1000));
      encoder.uncork();
    }
    const small = pool.take(1);
    encoder.encode(0x82, Buffer.from('a'));
    expect(sink.handed[4]!.buffer).not.toBe(small.bytes.buffer);
    encoder.encode(0x82, Buffer.from('a'));
    expect(sink.handed[6]!.buffer).toBe(small.bytes.buffer);
  });

  it('survive a sink that sends within write', () => {
    const { sink, encoder } = encoderFor('server');
    let depth = 0;
    sink.onWrite = () => {
      if (depth++ > 0) return;
      for (let i = 0; i < 16; i++) encoder.encode(0x82, Buffer.alloc(4096 - 14, 0x62));
    };
    encoder.cork();
    for (let i = 0; i < 17; i++) encoder.encode(0x82, Buffer.alloc(4096 - 14, 0x61));
    encoder.uncork();
    const { frames, rest } = readRawFrames(sink.output);
    expect(rest.length).toBe(0);
    expect(frames).toHaveLength(33);
    for (const { payload } of frames) {
      expect(payload.length).toBe(4082);
      expect(payload.every((octet) => octet === payload[0])).toBe(true);
    }
  });
});

describe('frame headers', () => {
  it.each([
    [0, 2],
    [125, 2],
    [126, 4],
    [65_535, 4],
    [65_536, 10],
    [2 ** 32, 10],
    [2 ** 53 - 1, 10],
  ])('for %i bytes take %i octets, 4 more with a key', (length, octets) => {
    expect(frameHeaderLength(length, false)).toBe(octets);
    expect(frameHeaderLength(length, true)).toBe(octets + 4);
    const target = Buffer.alloc(20, 0xee);
    expect(writeFrameHeader(target, 3, 0x82, length, true)).toBe(3 + octets + 4);
    const expected = rawFrame({ opcode: 2, announced: length, maskingKey: Buffer.alloc(4, 0xee) });
    expect(target.subarray(3, 3 + octets + 4).equals(expected)).toBe(true);
    expect(target[2]).toBe(0xee);
  });
});
