import { type Duplex, PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { PerMessageDeflate } from '../../src/client/per-message-deflate.js';
import { Receiver } from '../../src/client/receiver.js';
import { Sender, type SenderFrameOptions } from '../../src/client/sender.js';
import { vectors } from '../protocol/vectors.js';

const key = Buffer.from('37fa213d', 'hex');
const generateMask = (target: Buffer): void => void key.copy(target);
const frameHex = (data: Buffer | string, options: SenderFrameOptions): string =>
  Buffer.concat(Sender.frame(data, options)).toString('hex');

function vector(what: string): string {
  const found = vectors.frames.find((frame) => frame.what === what);
  return found?.hex as string;
}

/** Everything that was written; a `read` may give a part of it. */
function written(wire: PassThrough): string {
  const chunks: Buffer[] = [];
  for (let chunk = wire.read(); chunk !== null; chunk = wire.read()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('hex');
}
const refused = expect.objectContaining({ code: 'WS_ERR_INVALID_ARGUMENT' });
const tooLong = expect.objectContaining({ code: 'WS_ERR_CONTROL_DATA_TOO_LONG' });

describe('Sender.frame', () => {
  it('gives the frames of RFC 6455 §5.7', () => {
    expect(frameHex('Hello', { opcode: 1, fin: true })).toBe(vector('unmasked text Hello'));
    expect(frameHex('Hello', { opcode: 1, fin: true, mask: true, generateMask })).toBe(
      vector('masked text Hello'),
    );
    const pong = { opcode: 10, fin: true, mask: true, generateMask };
    expect(frameHex('Hello', pong)).toBe(vector('masked pong Hello'));
    const fragments = [frameHex('Hel', { opcode: 1 }), frameHex('lo', { opcode: 0, fin: true })];
    expect(fragments).toEqual(vector('fragmented unmasked text Hello'));
    expect(frameHex(Buffer.alloc(256), { opcode: 2, fin: true })).toMatch(
      new RegExp(`^${vector('binary 256 bytes header')}`),
    );
    expect(frameHex(Buffer.alloc(65_536), { opcode: 2, fin: true })).toMatch(
      new RegExp(`^${vector('binary 64 KiB header')}`),
    );
  });

  it.each([
    [0, '00'],
    [125, '7d'],
    [126, '7e007e'],
    [65_535, '7effff'],
    [65_536, '7f0000000000010000'],
  ])('writes the length of %d bytes minimally', (length, hex) => {
    const payload = Buffer.alloc(length);
    const [header, ...rest] = Sender.frame(payload, { opcode: 2, fin: true });
    expect(header?.toString('hex')).toBe(`82${hex}`);
    expect(rest).toEqual(length === 0 ? [] : [payload]);
    const [masked] = Sender.frame(payload, { opcode: 2, mask: true, generateMask });
    const withMask = Buffer.from(hex, 'hex');
    withMask[0] = (withMask[0] as number) | 0x80;
    expect(masked?.toString('hex')).toBe(`02${withMask.toString('hex')}37fa213d`);
  });

  it('sets FIN, RSV1 and opcode as it is told', () => {
    for (const opcode of [0, 1, 2, 8, 9, 10]) {
      expect(Sender.frame('', { opcode })[0]?.[0]).toBe(opcode);
      expect(Sender.frame('', { opcode, fin: true })[0]?.[0]).toBe(0x80 | opcode);
      expect(Sender.frame('', { opcode, rsv1: true })[0]?.[0]).toBe(0x40 | opcode);
    }
  });

  it('masks in place unless the payload is read-only', () => {
    const payload = Buffer.from('Hello');
    const copies = Sender.frame(payload, { opcode: 1, fin: true, mask: true, readOnly: true, generateMask });
    expect(copies.map((bytes) => bytes.toString('hex'))).toEqual([vector('masked text Hello')]);
    expect(String(payload)).toBe('Hello');
    const [, masked] = Sender.frame(payload, { opcode: 1, mask: true, readOnly: false, generateMask });
    expect(masked).toBe(payload);
    expect(payload.toString('hex')).toBe('7f9f4d5158');
  });

  it('puts the key where it is told', () => {
    const maskBuffer = Buffer.alloc(4);
    const [header] = Sender.frame('a', { opcode: 1, mask: true, maskBuffer });
    expect(header?.subarray(2)).toEqual(maskBuffer);
    expect(maskBuffer.equals(Buffer.alloc(4))).toBe(false);
  });
});

describe('a Sender', () => {
  it('writes messages, fragments and control frames', () => {
    const wire = new PassThrough();
    const sender = new Sender(wire);
    sender.send('hi', { fin: true });
    sender.send(Buffer.from('a'), { binary: true });
    sender.ping('p');
    sender.send(Buffer.from('b'), { binary: true, fin: true });
    sender.pong(Buffer.from('q'));
    sender.close(1000, 'bye');
    const frames = ['81026869', '020161', '890170', '800162', '8a0171', '880503e8627965'];
    expect(written(wire)).toBe(frames.join(''));
  });

  it('masks with the given source and leaves the payload alone', () => {
    const wire = new PassThrough();
    const payload = Buffer.from('Hello');
    new Sender(wire, {}, generateMask).send(payload, { fin: true, mask: true });
    expect(written(wire)).toBe(vector('masked text Hello'));
    expect(String(payload)).toBe('Hello');
  });

  it('refuses control frames that are too long and close codes that may not be sent', () => {
    const sender = new Sender(new PassThrough());
    expect(() => sender.ping(Buffer.alloc(126))).toThrow(tooLong);
    expect(() => sender.pong('é'.repeat(63))).toThrow(tooLong);
    expect(() => sender.close(1005)).toThrow(refused);
    expect(() => sender.close(1000, 'x'.repeat(124))).toThrow(tooLong);
  });

  it('refuses what is no data, and reasons of another type', () => {
    const sender = new Sender(new PassThrough());
    for (const data of [5, null, undefined, {}]) {
      expect(() => sender.send(data as never, { fin: true })).toThrow(TypeError);
      expect(() => sender.ping(data as never)).toThrow(TypeError);
    }
    for (const reason of [5, null, new Uint16Array(1), {}])
      expect(() => sender.close(1000, reason as never)).toThrow(refused);
  });

  it('takes a reason in bytes', () => {
    const wire = new PassThrough();
    new Sender(wire).close(1000, new Uint8Array([97]));
    expect(written(wire)).toBe('880303e861');
  });

  it('writes frames that were made before', async () => {
    const wire = new PassThrough();
    const sender = new Sender(wire);
    await new Promise((resolve) => sender.sendFrame(Sender.frame('hi', { opcode: 1, fin: true }), resolve));
    expect(written(wire)).toBe('81026869');
  });

  it('calls onerror when a Blob cannot be read, and destroys the socket', async () => {
    const wire = new PassThrough();
    const sender = new Sender(wire);
    const blob = new Blob(['x']);
    blob.arrayBuffer = () => Promise.reject(new Error('unreadable'));
    const told: string[] = [];
    sender.send(blob, { fin: true }, (error) => told.push(`callback: ${error?.message}`));
    await new Promise<void>((resolve) => {
      sender.onerror = (error) => {
        told.push(`onerror: ${error.message}`);
        resolve();
      };
    });
    expect(told).toEqual(['callback: unreadable', 'onerror: unreadable']);
    expect(wire.destroyed).toBe(true);
  });

  it('keeps the order while a Blob is read', async () => {
    const wire = new PassThrough();
    const sender = new Sender(wire);
    sender.send(new Blob(['one']), { fin: true });
    const done = new Promise((resolve) => sender.send('two!', { fin: true }, resolve));
    expect([sender._state, sender._bufferedBytes]).toEqual([2, 7]);
    await done;
    expect([sender._state, sender._bufferedBytes]).toEqual([0, 0]);
    expect(written(wire)).toBe(`8103${Buffer.from('one').toString('hex')}810474776f21`);
  });

  it('tells every callback, and writes nothing more, when a message cannot be compressed', async () => {
    const wire = new PassThrough();
    const deflate = new PerMessageDeflate({ isServer: true, threshold: 0 });
    deflate.accept([{}]);
    const sender = new Sender(wire, { [PerMessageDeflate.extensionName]: deflate });
    const first = new Promise((resolve) => sender.send('a', { fin: true, compress: true }, resolve));
    const second = new Promise((resolve) => sender.send('b', { fin: true }, resolve));
    deflate.cleanup();
    for (const error of await Promise.all([first, second])) {
      expect(error).toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED' });
    }
    expect(wire.destroyed).toBe(true);
    wire.on('error', () => {});
    const later = await new Promise((resolve) => sender.send('c', { fin: true }, resolve));
    expect(later).toMatchObject({ code: 'ERR_STREAM_DESTROYED' });
  });
});

describe('a Sender into a Receiver', () => {
  const options = { serverNoContextTakeover: false, clientNoContextTakeover: false };
  const messages = [
    '',
    'Hello',
    'é'.repeat(3_000),
    Buffer.alloc(200_000, 7),
    'Hello',
    Buffer.from([1, 2, 3]),
  ];

  function deflates(threshold: number): [PerMessageDeflate, PerMessageDeflate] {
    const client = new PerMessageDeflate({ threshold });
    const server = new PerMessageDeflate({ ...options, isServer: true });
    client.accept([server.accept([client.offer()])]);
    return [client, server];
  }

  it.each(['plain', 'compressed'])('gives the same messages in their order, %s', async (how) => {
    const compress = how === 'compressed';
    const [client, server] = deflates(0);
    const name = PerMessageDeflate.extensionName;
    const wire: Duplex = new PassThrough();
    const sizes: number[] = [];
    wire.on('data', (bytes: Buffer) => sizes.push(bytes.length));
    const receiver = new Receiver({ isServer: true, extensions: { [name]: server } });
    const received: (string | Buffer)[] = [];
    receiver.on('message', (data: Buffer, isBinary: boolean) => received.push(isBinary ? data : `${data}`));
    const pings: string[] = [];
    receiver.on('ping', (data: Buffer) => pings.push(`${data}`));
    const concluded = new Promise((resolve) => receiver.on('conclude', (code) => resolve(code)));
    wire.pipe(receiver);

    const sender = new Sender(wire, { [name]: client });
    for (const message of messages) {
      sender.send(message, { binary: typeof message !== 'string', fin: true, compress, mask: true });
    }
    sender.send('frag', { compress, mask: true });
    sender.ping('between', true);
    sender.send('mented', { fin: true, compress, mask: true });
    sender.close(1000, '', true);

    expect(await concluded).toBe(1000);
    expect(received).toEqual([...messages, 'fragmented']);
    expect(pings).toEqual(['between']);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(total < 10_000).toBe(compress);
  });

  it('sends short messages as they are where no later one gains', () => {
    const deflate = new PerMessageDeflate({ isServer: true, threshold: 10 });
    deflate.accept([{}]);
    const wire = new PassThrough();
    const sender = new Sender(wire, { [PerMessageDeflate.extensionName]: deflate });
    sender.send('short', { fin: true, compress: true });
    expect(written(wire)).toBe('810573686f7274');
  });
});
