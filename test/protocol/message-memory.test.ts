import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnginePool } from '../../src/protocol/engine-pool.js';
import { MessageMemory } from '../../src/protocol/message-memory.js';
import type { ProtocolHandler } from '../../src/protocol/protocol-handler.js';
import { WebSocketProtocol } from '../../src/protocol/websocket-protocol.js';
import { seededBytes } from './every-cut.js';
import type { RawFrame } from './raw-frame.js';
import { fromPeer } from './recording-handler.js';

const KiB = 1024;

describe('MessageMemory', () => {
  it('puts the next message where a read was', () => {
    const memory = new MessageMemory();
    const read = Buffer.alloc(64 * KiB, 'old');
    memory.give(read);
    expect(memory.take(64 * KiB) === read).toBe(true);
    expect(memory.take(64 * KiB)).not.toBe(read);
  });

  it('leaves nothing of the read behind a shorter message', () => {
    const memory = new MessageMemory();
    const read = Buffer.alloc(64 * KiB, 'old');
    memory.give(read);
    const message = memory.take(40 * KiB);
    expect([message.buffer, message.byteOffset, message.length]).toEqual([read.buffer, 0, 40 * KiB]);
    expect(read.subarray(40 * KiB).equals(Buffer.alloc(24 * KiB))).toBe(true);
  });

  it.each([
    ['longer than the read', 64 * KiB + 1],
    ['shorter than its half', 32 * KiB - 1],
  ])('is not used for a message %s', (_what, length) => {
    const memory = new MessageMemory();
    const read = Buffer.alloc(64 * KiB);
    memory.give(read);
    expect(memory.take(length).buffer).not.toBe(read.buffer);
    // It is gone, too: the next may fit.
    expect(memory.take(64 * KiB)).not.toBe(read);
  });

  it('is no part of other memory: what stands in front might be a secret', () => {
    const memory = new MessageMemory();
    const read = Buffer.alloc(70 * KiB).subarray(KiB, 65 * KiB);
    memory.give(read);
    expect(memory.take(64 * KiB).buffer).not.toBe(read.buffer);
  });

  it('keeps eight reads of 16 KiB or more', () => {
    const memory = new MessageMemory();
    memory.give(Buffer.alloc(16 * KiB - 1));
    const reads = Array.from({ length: 9 }, () => Buffer.alloc(16 * KiB));
    for (const read of reads) memory.give(read);
    const taken = Array.from({ length: 9 }, () => memory.take(16 * KiB));
    expect(taken.filter((message) => (reads as Buffer[]).includes(message))).toHaveLength(8);
  });
});

/** Keeps all that it is given as it is given, and what it was then. */
class KeepingHandler implements ProtocolHandler {
  readonly kept: { readonly given: Buffer; readonly copy: Buffer }[] = [];

  keep(given: Buffer): void {
    this.kept.push({ given, copy: Buffer.from(given) });
  }
  message(payload: Buffer): void {
    this.keep(payload);
  }
  compressedMessage(payload: Buffer): void {
    this.keep(payload);
  }
  fragments(fragments: Buffer[]): void {
    for (const fragment of fragments) this.keep(fragment);
  }
  messageData(piece: Buffer): void {
    this.keep(piece);
  }
  ping(payload: Buffer): void {
    this.keep(payload);
  }
  pong(payload: Buffer): void {
    this.keep(payload);
  }
  write(): boolean {
    return true;
  }
  failed(error: Error): void {
    throw error;
  }
  closable(): void {}
}

const size = fc.constantFrom(5, 900, 33_000, 50_000, 64 * KiB - 14, 64 * KiB, 64 * KiB, 64 * KiB + 1);
/** A message in one frame or two, with a ping between or behind, as text or binary, or compressed. */
const message = fc.record({
  size,
  kind: fc.constantFrom('text', 'binary', 'compressed'),
  cut: fc.constantFrom(0, 0, 1, 20_000),
  ping: fc.constantFrom(true, false, false, false),
});

function framesOf({ size, kind, cut, ping }: { size: number; kind: string; cut: number; ping: boolean }) {
  const payload = kind === 'text' ? Buffer.alloc(size, 'text é ') : seededBytes(size, size + cut);
  // A code point that is cut by the end would be an error.
  if (kind === 'text') payload.fill('.', Math.max(0, size - 9));
  const first = { opcode: kind === 'text' ? 1 : 2, rsv: kind === 'compressed' ? 4 : 0 };
  const pings: RawFrame[] = ping ? [{ opcode: 9, payload: seededBytes(100, 3) }] : [];
  if (cut === 0 || cut >= size) return [{ ...first, payload }, ...pings];
  const parts: RawFrame[] = [
    { ...first, fin: false, payload: payload.subarray(0, cut) },
    { opcode: 0, payload: payload.subarray(cut) },
  ];
  return [parts[0], ...pings, parts[1]] as RawFrame[];
}

describe('memory of reads that is used again', () => {
  const modes = fc.constantFrom('whole' as const, 'fragments' as const, 'streaming' as const);
  const reads = fc.array(fc.constantFrom(64 * KiB, 64 * KiB, 64 * KiB, 40_000, 16 * KiB, 700), {
    minLength: 1,
    maxLength: 6,
  });

  it('never changes what somebody was given', () => {
    let reused = 0;
    const property = fc.property(
      fc.array(message, { minLength: 2, maxLength: 9 }),
      reads,
      modes,
      (all, sizes, mode) => {
        const pool = new EnginePool();
        // Two connections in turn, which share what is spared.
        const ends = [0, 1].map(() => {
          const handler = new KeepingHandler();
          const protocol = new WebSocketProtocol(handler, { role: 'server', perMessageDeflate: true, pool });
          protocol.messageMode = mode;
          return {
            handler,
            protocol,
            rest: fromPeer('server', ...all.flatMap(framesOf)),
            seen: new Set<ArrayBufferLike>(),
          };
        });
        for (let turn = 0; ends.some(({ rest }) => rest.length > 0); turn++) {
          const end = ends[turn % 2] as (typeof ends)[0];
          const count = sizes[(turn >> 1) % sizes.length] as number;
          // Memory of its own, as TCP's reads have.
          const read = Buffer.allocUnsafeSlow(Math.min(count, end.rest.length));
          end.rest.copy(read);
          end.rest = end.rest.subarray(read.length);
          for (const { seen } of ends) seen.add(read.buffer);
          const before = end.handler.kept.length;
          end.protocol.receive(read, true);
          for (const { given } of end.handler.kept.slice(before)) {
            if (given.buffer !== read.buffer && end.seen.has(given.buffer)) reused++;
          }
        }
        for (const { handler } of ends) {
          for (const { given, copy } of handler.kept) expect(given.equals(copy)).toBe(true);
        }
      },
    );
    fc.assert(property, { seed: 6455, numRuns: 250 });
    expect(reused).toBeGreaterThan(50);
  });

  it('is not what a stream was given, when whole messages follow in the same read', () => {
    const handler = new KeepingHandler();
    const protocol = new WebSocketProtocol(handler, { role: 'server' });
    protocol.streamMessages(0);
    Object.assign(handler, {
      messageEnd: () => {
        protocol.messageMode = 'whole';
      },
    });
    const sizes = [20 * KiB, 60 * KiB, 60 * KiB, 60 * KiB];
    const frames = sizes.map((length, index) => ({ opcode: 2, payload: seededBytes(length, index) }));
    const bytes = fromPeer('server', ...frames);
    for (let at = 0; at < bytes.length; at += 64 * KiB) {
      const read = Buffer.allocUnsafeSlow(Math.min(64 * KiB, bytes.length - at));
      bytes.copy(read, 0, at);
      protocol.receive(read, true);
    }
    expect(handler.kept.map(({ given }) => given.length)).toEqual(sizes);
    for (const { given, copy } of handler.kept) expect(given.equals(copy)).toBe(true);
  });
});
