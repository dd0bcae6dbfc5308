import { afterEach, describe, expect, it } from 'vitest';
import { type BufferLike, bytesOf, sizeOf } from '../../src/client/payload.js';
import type { WebSocket } from '../../src/client/websocket.js';
import { Connections, messages, type Pair } from './connections.js';

const connections = new Connections();
afterEach(() => connections.close());

const octets = [0, 1, 127, 128, 254, 255, 7, 9, 33, 44, 55, 66, 77, 88, 99, 111];
const bytes = Uint8Array.from(octets);
/** A view on the middle of a larger memory: nothing around it may be sent. */
const embedded = (): ArrayBuffer =>
  Uint8Array.from([9, 9, 9, 9, 9, 9, 9, 9, ...octets, 9, 9, 9, 9, 9, 9, 9, 9]).buffer;

const views = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

function shared(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(octets.length);
  new Uint8Array(buffer).set(octets);
  return buffer;
}

const binaries: [string, BufferLike][] = [
  ['Buffer', Buffer.from(octets)],
  ['ArrayBuffer', bytes.slice().buffer],
  ['SharedArrayBuffer', shared()],
  ...views.map((View): [string, BufferLike] => [
    View.name,
    new View(embedded(), 8, octets.length / View.BYTES_PER_ELEMENT),
  ]),
  ['DataView', new DataView(embedded(), 8, octets.length)],
  ['DataView on shared memory', new DataView(shared())],
  ['Blob', new Blob([bytes.slice(0, 5), bytes.slice(5)])],
  ['array of octets', octets],
  ['array of Buffers', [Buffer.from(octets.slice(0, 3)), Buffer.alloc(0), Buffer.from(octets.slice(3))]],
  ['object whose value is an ArrayBuffer', { valueOf: () => bytes.slice().buffer }],
  ['object whose value is an array', { valueOf: () => octets }],
];

const objects: [string, unknown, string][] = [
  ['object whose value is a string', { valueOf: () => 'value' }, 'value'],
  ['object that becomes a string', { [Symbol.toPrimitive]: () => 'primitive' }, 'primitive'],
  ['null', null, ''],
  ['undefined', undefined, ''],
  ['empty array', [], ''],
];

async function through(send: (socket: WebSocket) => void, { socket, client }: Pair): Promise<unknown> {
  const there = messages(client, 1);
  send(socket);
  const back = messages(socket, 1);
  send(client);
  const [[one], [two]] = await Promise.all([there, back]);
  expect(two).toEqual(one);
  return one;
}

describe('send', () => {
  it.each(binaries)('%s', async (_, data) => {
    expect(await through((socket) => socket.send(data), await connections.pair())).toEqual(
      Buffer.from(octets),
    );
  });

  it.each(objects)('%s', async (_, data, expected) => {
    const received = await through((socket) => socket.send(data as BufferLike), await connections.pair());
    expect(received).toEqual(Buffer.from(expected));
  });

  it.each<[BufferLike, string]>([
    ['text', 'text'],
    ['', ''],
    ['\ud800 lone', '\ufffd lone'],
    ['我是阿宝哥'.repeat(2000), '我是阿宝哥'.repeat(2000)],
    [0, '0'],
    [-1.5, '-1.5'],
  ])('text: %#', async (data, expected) => {
    expect(await through((socket) => socket.send(data), await connections.pair())).toBe(expected);
  });

  it('as the option `binary` says', async () => {
    const pair = await connections.pair();
    expect(await through((socket) => socket.send('a', { binary: true }), pair)).toEqual(Buffer.from('a'));
    expect(await through((socket) => socket.send(Buffer.from('a'), { binary: false }), pair)).toBe('a');
    expect(await through((socket) => socket.send(new Blob(['b']), { binary: false }), pair)).toBe('b');
    expect(await through((socket) => socket.send('a', { binary: undefined }), pair)).toBe('a');
  });

  it('throws a TypeError for anything else', async () => {
    const { client } = await connections.pair();
    expect(() => client.send(true as never)).toThrow(TypeError);
    expect(() => client.send(Symbol('x') as never)).toThrow(TypeError);
  });

  it.each([10, 4096, 4097, 100_000])(
    'does not change %i bytes of the caller, masked or compressed',
    async (length) => {
      const { client, socket } = await connections.pair({ perMessageDeflate: true });
      const data = Buffer.from(Array.from({ length }, (_, index) => index % 251));
      const before = Buffer.from(data);
      for (const compress of [true, false]) {
        const received = messages(socket, 1);
        client.send(data, { compress });
        expect(await received).toEqual([before]);
        expect(data.equals(before)).toBe(true);
      }
    },
  );

  it('does not change what is sent as ping or as array', async () => {
    const { client, socket } = await connections.pair();
    const data = Buffer.from('0123456789');
    const part = [Buffer.from('abc')];
    const received = messages(socket, 1);
    client.ping(data);
    client.pong(data);
    client.send(part);
    expect(await received).toEqual([Buffer.from('abc')]);
    expect([String(data), String(part[0])]).toEqual(['0123456789', 'abc']);
  });
});

describe('bytesOf and sizeOf', () => {
  it.each(binaries.filter(([name]) => name !== 'Blob'))('%s', (_, data) => {
    expect(bytesOf(data)).toEqual(Buffer.from(octets));
    expect(sizeOf(data)).toBe(octets.length);
  });

  it('view memory where they can', () => {
    const view = new Uint8Array(embedded(), 8, 4);
    expect(bytesOf(view).buffer).toBe(view.buffer);
  });

  it('count text in bytes', () => {
    expect([sizeOf('é'), sizeOf(12), sizeOf(null), sizeOf(new Blob(['abc']))]).toEqual([2, 2, 0, 3]);
  });
});
