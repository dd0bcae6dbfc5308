import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { takeover } from '../client/compressible.js';
import { Connections, messages } from '../client/connections.js';

const connections = new Connections();
afterEach(() => connections.close());

const SIZE = 16 * 1024 * 1024;

/** Half of it can be compressed. */
function sample(): Buffer {
  const bytes = Buffer.alloc(SIZE, 'all the words ');
  for (let index = 0; index < SIZE / 2; index += 4) bytes.writeUInt32LE((index * 2_654_435_761) >>> 0, index);
  return bytes;
}

const hash = (data: unknown): string =>
  createHash('sha1')
    .update(data as Buffer)
    .digest('hex');

describe.each([
  ['plain', false],
  ['compressed', true],
  ['compressed with context takeover', takeover],
] as const)('16 MiB, %s', (_, perMessageDeflate) => {
  it('binary, there and back, twice', async () => {
    const { client, socket } = await connections.pair({ perMessageDeflate });
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    const data = sample();
    const before = hash(data);
    const received = messages(client, 2);
    client.send(data);
    client.send(data);
    expect((await received).map(hash)).toEqual([before, before]);
    expect(hash(data)).toBe(before);
  });

  it('text', async () => {
    const { client, socket } = await connections.pair({ perMessageDeflate }, { textType: 'string' });
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    const text = '我是阿宝哥 and more '.repeat(SIZE / 25);
    const received = messages(client, 1);
    client.send(text);
    expect((await received)[0] === text).toBe(true);
  });

  it('as a stream, read as a stream', async () => {
    const { client, socket } = await connections.pair({ perMessageDeflate });
    const data = sample();
    const sum = createHash('sha1');
    const sent = client.sendStream(
      (function* () {
        for (let offset = 0; offset < SIZE; offset += 100_000) yield data.subarray(offset, offset + 100_000);
      })(),
      { compress: true },
    );
    for await (const message of socket.messageStreams()) {
      for await (const chunk of message) sum.update(chunk);
      break;
    }
    await sent;
    expect(sum.digest('hex')).toBe(hash(data));
  });
});
