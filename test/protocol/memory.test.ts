/** What a peer can make an engine hold: measured after garbage collection, on the memory of this process. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../src/protocol/errors.js';
import type { WebSocketProtocol } from '../../src/protocol/websocket-protocol.js';
import { seededBytes } from './every-cut.js';
import { type RawFrame, rawFrame } from './raw-frame.js';
import { engine, fromPeer, RecordingHandler, roles, words } from './recording-handler.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const KiB = 1024;
const MiB = 1024 * KiB;
/**
 * What the heap may waver between two measurements: compiled code and the test runner's own. Up to 320 KiB were
 * seen; each test is about a mebibyte or more.
 */
const noise = 640 * KiB;

/** Bytes on the heap and in buffers that are still reachable: the least of several looks. */
function reachable(): number {
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 5; look++) {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    least = Math.min(least, heapUsed + external);
  }
  return least;
}

/** How many bytes an engine and its handler hold more after `feed` than before. */
function heldAfter(protocol: WebSocketProtocol, feed: (protocol: WebSocketProtocol) => void): number {
  const before = reachable();
  feed(protocol);
  return reachable() - before;
}

/** An engine whose handler keeps nothing but the digest of the message. */
function measured(role: (typeof roles)[number], options: Parameters<typeof engine>[1] = {}) {
  const handler = new RecordingHandler();
  return { handler, protocol: engine(role, options)(handler) };
}

/** A read as a socket makes it: memory of its own. */
function read(bytes: Uint8Array, size = bytes.length): Buffer {
  const memory = Buffer.allocUnsafeSlow(size);
  memory.set(bytes);
  return memory.subarray(0, bytes.length);
}

describe.each(roles)('a %s', (role) => {
  it('holds a million 1-byte fragments as their bytes', () => {
    const count = 1_000_000;
    const { handler, protocol } = measured(role, { maxFragments: 0 });
    const first = fromPeer(role, { opcode: 2, fin: false, payload: 'x' });
    const next = fromPeer(role, { opcode: 0, fin: false, payload: 'x' });
    const block = Buffer.concat(Array<Buffer>(1_000).fill(next));
    const held = heldAfter(protocol, () => {
      protocol.receive(read(first));
      for (let sent = 1; sent < count - 1_000; sent += 1_000) protocol.receive(read(block));
    });
    expect(held).toBeLessThan(2 * count + 64 * KiB + noise);
    protocol.receive(read(block.subarray(0, next.length * 999)));
    expect(handler.events).toEqual([]);
    protocol.receive(read(fromPeer(role, { opcode: 0, payload: 'y' })));
    const payload = Buffer.alloc(count + 1, 'x');
    payload[count] = 0x79;
    expect(handler.events[0]).toBe(`binary ${words(payload)}`);
  });

  it('stops a million 1-byte fragments at its limit', () => {
    const { handler, protocol } = measured(role);
    const next = fromPeer(role, { opcode: 0, fin: false, payload: 'x' });
    const block = Buffer.concat(Array<Buffer>(1_000).fill(next));
    const held = heldAfter(protocol, () => {
      protocol.receive(read(fromPeer(role, { opcode: 1, fin: false, payload: 'x' })));
      for (let sent = 0; sent < 1_000_000; sent += 1_000) protocol.receive(read(block));
    });
    expect(handler.events).toEqual(['failed WS_ERR_TOO_MANY_BUFFERED_PARTS 1008', 'closable']);
    expect(held).toBeLessThan(64 * KiB + noise);
  });

  it.each(['binary', 'text'])('holds a legal 1 MiB %s frame in 1-byte reads as its bytes', (kind) => {
    const payload = kind === 'text' ? Buffer.alloc(MiB, '我是阿宝哥.') : seededBytes(MiB);
    const { handler, protocol } = measured(role);
    const frame = fromPeer(role, { opcode: kind === 'text' ? 1 : 2, payload });
    const held = heldAfter(protocol, () => {
      for (let at = 0; at < frame.length - 1; at++) protocol.receive(read(frame.subarray(at, at + 1)));
    });
    expect(held).toBeLessThan(2 * MiB + 64 * KiB + noise);
    protocol.receive(read(frame.subarray(-1)));
    expect(handler.events).toEqual([`${kind} ${words(payload)}`]);
  });

  it.each<[string, bigint, string[]]>([
    ['2^63 - 1 bytes', (1n << 63n) - 1n, ['failed WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH 1009', 'closable']],
    ['2^53 - 1 bytes', (1n << 53n) - 1n, ['failed WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 1009', 'closable']],
    ['100 MiB and one byte', 104_857_601n, ['failed WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 1009', 'closable']],
    ['100 MiB', 104_857_600n, []],
  ])('allocates nothing for an announced %s', (_name, announced, events) => {
    for (const opcode of [1, 2]) {
      const { handler, protocol } = measured(role);
      const frame = fromPeer(role, { opcode, announced, payload: 'some' });
      const held = heldAfter(protocol, () => protocol.receive(read(frame)));
      expect(handler.events).toEqual(events);
      expect(held).toBeLessThan(64 * KiB + noise);
    }
  });

  it('allocates nothing for an unlimited message of 2^53 - 1 bytes', () => {
    const { handler, protocol } = measured(role, { maxPayload: 0 });
    const frame = fromPeer(role, { opcode: 2, announced: (1n << 53n) - 1n, payload: 'some' });
    const held = heldAfter(protocol, () => protocol.receive(read(frame)));
    expect(handler.events).toEqual([]);
    expect(held).toBeLessThan(64 * KiB + noise);
  });

  /** Each read brings `share` bytes of the message and fills up with other frames. */
  it.each([1, 100, 1_023, 1_024, 16_384, 32_767, 32_769, 65_000])(
    'pins at most twice the payload and 64 KiB when each read brings %i bytes of it',
    (share) => {
      const { handler, protocol } = measured(role, { maxFragments: 0 });
      const reads = share < 1_000 ? 300 : Math.ceil((3 * MiB) / share);
      const frame = (list: RawFrame[]) => fromPeer(role, ...list);
      const payload = Buffer.alloc(share, 'p');
      const held = heldAfter(protocol, () => {
        for (let count = 0; count < reads; count++) {
          const fragment = frame([{ opcode: count === 0 ? 2 : 0, fin: false, payload }]);
          protocol.receive(read(fragment, 65_536));
        }
      });
      expect(held).toBeLessThan(2 * share * reads + 64 * KiB + noise);
      protocol.receive(read(frame([{ opcode: 0, payload: 'end' }])));
      const whole = Buffer.concat([Buffer.alloc(share * reads, 'p'), Buffer.from('end')]);
      expect(handler.events).toEqual([`binary ${words(whole)}`]);
    },
  );

  it('keeps fragments of 1 byte in mode fragments without a segment for each', () => {
    const count = 20_000;
    const { handler, protocol } = measured(role);
    protocol.messageMode = 'fragments';
    const next = fromPeer(role, { opcode: 0, fin: false, payload: 'x' });
    const block = Buffer.concat(Array<Buffer>(1_000).fill(next));
    const held = heldAfter(protocol, () => {
      protocol.receive(read(fromPeer(role, { opcode: 2, fin: false, payload: 'x' })));
      for (let sent = 0; sent < count; sent += 1_000) protocol.receive(read(block));
    });
    expect(held).toBeLessThan(300 * count);
    protocol.receive(read(fromPeer(role, { opcode: 0 })));
    expect(handler.events).toHaveLength(1);
  });

  it.each<[string, (protocol: WebSocketProtocol) => void]>([
    ['is failed by its peer', (protocol) => protocol.receive(fromPeer(role, { opcode: 3 }))],
    ['is closed by its peer', (protocol) => protocol.receive(fromPeer(role, { opcode: 8 }))],
    ['is cut off', (protocol) => protocol.receiveEnd()],
    [
      'is failed by its driver',
      (protocol) => protocol.fail(new ProtocolError('WS_ERR_INVALID_DEFLATE_DATA')),
    ],
  ])('holds nothing of an incomplete message when it %s', (_name, end) => {
    for (const messageMode of ['whole', 'fragments'] as const) {
      const { protocol } = measured(role);
      protocol.messageMode = messageMode;
      const held = heldAfter(protocol, () => {
        const payload = Buffer.alloc(MiB, 'x');
        protocol.receive(read(fromPeer(role, { opcode: 2, fin: false, payload })));
        protocol.receive(read(fromPeer(role, { opcode: 0, fin: false, payload })));
        end(protocol);
      });
      expect(held).toBeLessThan(64 * KiB + noise);
    }
  });

  it('holds nothing of a text that is refused', () => {
    const { handler, protocol } = measured(role);
    const payload = Buffer.alloc(MiB, 'x');
    payload[MiB - 1] = 0xff;
    const held = heldAfter(protocol, () => protocol.receive(read(fromPeer(role, { opcode: 1, payload }))));
    expect(handler.events).toEqual(['failed WS_ERR_INVALID_UTF8 1007', 'closable']);
    expect(held).toBeLessThan(64 * KiB + noise);
  });

  it('holds nothing after a message', () => {
    const { handler, protocol } = measured(role);
    const held = heldAfter(protocol, () => {
      const payload = Buffer.alloc(4 * MiB, 'x');
      const frame = fromPeer(role, { opcode: 2, payload });
      for (let at = 0; at < frame.length; at += 1_000) protocol.receive(read(frame.subarray(at, at + 1_000)));
    });
    expect(handler.events).toHaveLength(1);
    expect(held).toBeLessThan(64 * KiB + noise);
  });

  it('takes time linear in the bytes for 1-byte reads and fragments', () => {
    const time = (fragments: number): number => {
      const { protocol } = measured(role, { maxFragments: 0 });
      const key = role === 'server' ? Buffer.of(1, 2, 3, 4) : null;
      const bytes = rawFrame({ opcode: 0, fin: false, payload: 'x', maskingKey: key });
      protocol.receive(read(rawFrame({ opcode: 2, fin: false, maskingKey: key })));
      const started = process.cpuUsage();
      for (let count = 0; count < fragments; count++) {
        for (let at = 0; at < bytes.length; at++) protocol.receive(bytes.subarray(at, at + 1));
      }
      const { user, system } = process.cpuUsage(started);
      return user + system;
    };
    time(20_000);
    const few = Math.min(time(20_000), time(20_000), time(20_000));
    const many = Math.min(time(160_000), time(160_000));
    // Eight times the bytes; quadratic work would take 64 times as long.
    expect(many / few).toBeLessThan(24);
  });
});
