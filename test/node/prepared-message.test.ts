import { inflateRawSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import type { DeflateAgreement } from '../../src/node/connection-settings.js';
import { PreparedMessage } from '../../src/node/prepared-message.js';
import { connected, RecordingDuplex, startOn, turn } from './connected.js';
import { parseFrames } from './raw-frames.js';

const compressedFrame = (message: PreparedMessage, windowBits: number) =>
  new Promise<Buffer | null>((resolve) => message.compressedFrame(windowBits, resolve));

const inflate = (payload: Buffer, windowBits: number) =>
  inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]), { windowBits, finishFlush: 2 });

describe('the frame', () => {
  it.each([
    ['text', false, 0x81],
    ['binary', true, 0x82],
  ])('of %s is unmasked and made once', (_name, isBinary, head) => {
    const message = new PreparedMessage(Buffer.from('abc'), isBinary);
    expect(message.frame).toEqual(Buffer.from([head, 3, 97, 98, 99]));
    expect(message.frame).toBe(message.frame);
  });

  it.each([0, 125, 126, 65_535, 65_536])('of %i bytes has the shortest length', (length) => {
    const payload = Buffer.alloc(length, 'x');
    const { frame } = new PreparedMessage(payload, true);
    const size = length < 126 ? 2 : length < 65_536 ? 4 : 10;
    expect(frame).toHaveLength(size + length);
    expect(parseFrames(frame)).toEqual([{ fin: true, rsv1: false, opcode: 2, payload }]);
  });
});

describe('the compressed frame', () => {
  it.each([100, 100_000])('of %i bytes is made once for each window size', async (length) => {
    const payload = Buffer.alloc(length, 'some text ');
    const message = new PreparedMessage(payload, false);
    const [one, same, other] = await Promise.all([
      compressedFrame(message, 15),
      compressedFrame(message, 15),
      compressedFrame(message, 9),
    ]);
    expect(one).toBe(same);
    expect(one).not.toBe(other);
    expect(await compressedFrame(message, 15)).toBe(one);
    for (const [frame, windowBits] of [
      [one, 15],
      [other, 9],
    ] as const) {
      const [parsed] = parseFrames(frame as Buffer);
      expect(parsed).toMatchObject({ fin: true, rsv1: true, opcode: 1 });
      expect(inflate(parsed.payload, windowBits)).toEqual(payload);
    }
  });

  it('that is known is handed out at once', async () => {
    const message = new PreparedMessage(Buffer.alloc(100_000), true);
    const frame = await compressedFrame(message, 15);
    let known: Buffer | null = null;
    message.compressedFrame(15, (result) => {
      known = result;
    });
    expect(known).toBe(frame);
  });

  it('is compressed at once up to the length that it is told, longer ones on the thread pool', async () => {
    const payload = Buffer.from('abcabcabc'.repeat(100));
    for (const [threshold, isSync] of [
      [900, true],
      [899, false],
    ] as const) {
      let frame: Buffer | null | undefined;
      const compressed = new Promise((resolve) => {
        new PreparedMessage(payload, true, undefined, threshold).compressedFrame(15, (result) => {
          frame = result;
          resolve(result);
        });
      });
      expect(frame !== undefined, String(threshold)).toBe(isSync);
      await compressed;
    }
  });

  it('takes settings of zlib', async () => {
    const payload = Buffer.from('abcabcabc'.repeat(100));
    const stored = await compressedFrame(new PreparedMessage(payload, true, { level: 0 }), 15);
    expect((stored as Buffer).length).toBeGreaterThan(payload.length);
  });
});

describe('sent to several connections', () => {
  const agreement = (contextTakeover: boolean, windowBits = 15): DeflateAgreement => ({
    deflate: { windowBits, contextTakeover },
    inflate: { windowBits, contextTakeover, maxPayload: 0 },
    threshold: 100,
  });
  const open = (agreed?: DeflateAgreement) => {
    const socket = new RecordingDuplex();
    const { connection } = startOn(socket, agreed ? { agreement: agreed } : {});
    return { socket, outgoing: connection.outgoing };
  };
  const lines = Array.from({ length: 2000 }, (_, index) => `${index * 7919} is a number`);
  const large = new PreparedMessage(Buffer.from(lines.join('\n')), false);
  const small = new PreparedMessage(Buffer.from('small'), false);

  async function received(message: PreparedMessage, agreed?: DeflateAgreement, compress = true) {
    const { socket, outgoing } = open(agreed);
    await new Promise((resolve) => outgoing.sendPrepared(message, compress, resolve));
    await turn();
    return socket;
  }

  it('the bytes are the same', async () => {
    const plain = [await received(large), await received(large)];
    for (const socket of plain) expect(socket.bytes).toEqual(large.frame);
    const compressed = [await received(large, agreement(false)), await received(large, agreement(false))];
    expect(compressed[0].bytes).toEqual(compressed[1].bytes);
    expect(compressed[0].bytes).toEqual(await compressedFrame(large, 15));
  });

  it('a TCP socket gets the very buffer, not a copy of it', async () => {
    const { connection, near, peer } = await connected();
    const write = vi.spyOn(near, 'write');
    connection.outgoing.sendPrepared(large, true, undefined);
    const [frame] = await peer.received(1);
    expect(write.mock.calls[0][0]).toBe(large.frame);
    expect(frame.payload).toEqual(large.payload);
  });

  it('the compressed form is used only without context takeover', async () => {
    const rsv1 = async (...args: Parameters<typeof received>) =>
      parseFrames((await received(...args)).bytes)[0].rsv1;
    expect(await rsv1(large, agreement(false))).toBe(true);
    expect(await rsv1(large, agreement(false), false)).toBe(false);
    expect(await rsv1(small, agreement(false))).toBe(false);
    expect(await rsv1(large)).toBe(false);
  });

  it('with context takeover each connection compresses for itself', async () => {
    const { socket, outgoing } = open(agreement(true));
    // Shorter than the window, so that it can be referred to as a whole.
    const message = new PreparedMessage(Buffer.from(lines.slice(0, 1000).join('\n')), false);
    for (let count = 0; count < 2; count++) {
      await new Promise((resolve) => outgoing.sendPrepared(message, true, resolve));
    }
    const [first, second] = parseFrames(socket.bytes);
    expect([first.rsv1, second.rsv1]).toEqual([true, true]);
    expect(second.payload.length).toBeLessThan(first.payload.length / 2);
  });

  it('each gets the window that it agreed to', async () => {
    const [socket, other] = [
      await received(large, agreement(false, 9)),
      await received(large, agreement(false)),
    ];
    const [frame] = parseFrames(socket.bytes);
    expect(inflate(frame.payload, 9)).toEqual(large.payload);
    expect(inflate(parseFrames(other.bytes)[0].payload, 15)).toEqual(large.payload);
  });
});
