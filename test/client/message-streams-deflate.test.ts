import { afterEach, describe, expect, it } from 'vitest';
import { compressed, noise, takeover } from './compressible.js';
import { Connections, next, turns } from './connections.js';
import { ManualClock } from './manual-clock.js';
import { closeCodeOf } from './raw-peer.js';
import { all, firstOf, whole } from './reading-streams.js';

const connections = new Connections();
afterEach(() => connections.close());

const MIB = 1024 * 1024;

describe('messageStreams with permessage-deflate', () => {
  it.each([true, takeover])('%j: messages of all sizes', async (perMessageDeflate) => {
    const { client, socket } = await connections.pair({ perMessageDeflate });
    const texts = [10, 2000, 20_000, 500_000].map((length) =>
      'the same words again '.repeat(length).slice(0, length),
    );
    const data = noise(300_000);
    const received = all(client);
    for (const text of texts) socket.send(text);
    socket.send(data);
    await socket.sendStream([texts[1], texts[2]], { binary: false, compress: true });
    socket.send('plain', { compress: false });
    socket.close();
    const messages = await received;
    expect(
      messages.map((message, index) => (index === 4 ? data.equals(message as Buffer) : message.length)),
    ).toEqual([10, 2000, 20_000, 500_000, true, 22_000, 5]);
    expect(messages.slice(0, 4)).toEqual(texts);
  });

  it('leaving a message keeps the context for the next', async () => {
    const { client, socket } = await connections.pair({ perMessageDeflate: takeover });
    const text = noise(30_000).toString('hex');
    for (let count = 0; count < 4; count++) socket.send(text);
    socket.close();
    const kept: unknown[] = [];
    for await (const message of client.messageStreams()) {
      if (kept.length % 2 === 0) {
        for await (const chunk of message) {
          kept.push(text.startsWith(chunk as string));
          break;
        }
      } else {
        kept.push((await whole(message)) === text);
      }
    }
    expect(kept).toEqual([true, true, true, true]);
  });

  it('messages behind the loop are whole again, with the same context', async () => {
    const { client, socket } = await connections.pair({ perMessageDeflate: takeover });
    const text = 'a text with a context '.repeat(1000);
    for await (const message of (() => {
      socket.send(text);
      return client.messageStreams();
    })()) {
      expect(await whole(message)).toBe(text);
      break;
    }
    const event = next(client, 'message');
    socket.send(text);
    expect(String((await event)[0])).toBe(text);
  });

  it('a bomb is held back by a consumer that rests', async () => {
    const { socket, peer } = await connections.rawClient({ perMessageDeflate: true }, 'permessage-deflate');
    const streams = socket.messageStreams();
    peer.write({ opcode: 2, rsv: 4, payload: compressed(Buffer.alloc(64 * MIB)) });
    const message = await firstOf(streams);
    const before = process.memoryUsage().arrayBuffers;
    await turns(200);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * MIB);
    let length = 0;
    for await (const chunk of message) length += chunk.length;
    expect(length).toBe(64 * MIB);
  });

  it('a consumer that rests is not held against the peer', async () => {
    const clock = new ManualClock();
    const { socket, peer } = await connections.rawClient(
      { perMessageDeflate: true, clock, heartbeat: { interval: 1000, timeout: 1000 } },
      'permessage-deflate',
    );
    socket.on('error', () => expect.unreachable());
    const streams = socket.messageStreams();
    peer.write({ opcode: 2, rsv: 4, payload: compressed(Buffer.alloc(MIB)) });
    const chunks = (await firstOf(streams))[Symbol.asyncIterator]();
    let { length } = (await chunks.next()).value as Buffer;
    for (let step = 0; step < 100; step++) clock.advance(100);
    expect(socket.readyState).toBe(socket.OPEN);
    for await (const chunk of chunks) length += chunk.length;
    expect(length).toBe(MIB);
  });

  it('corrupt data: 1007', async () => {
    const { socket, peer } = await connections.rawClient({ perMessageDeflate: true }, 'permessage-deflate');
    const error = next(socket, 'error');
    const received = expect(all(socket)).rejects.toMatchObject({ receivedCode: 1006, sentCode: 1007 });
    peer.write({ opcode: 2, rsv: 4, payload: Buffer.alloc(20, 0xff) });
    expect((await error)[0]).toMatchObject({ code: 'WS_ERR_INVALID_DEFLATE_DATA' });
    expect(closeCodeOf(await peer.frame())).toBe(1007);
    await received;
  });

  it('text that is not UTF-8: 1007', async () => {
    const { socket, peer } = await connections.rawClient({ perMessageDeflate: true }, 'permessage-deflate');
    const received = expect(all(socket)).rejects.toMatchObject({ sentCode: 1007 });
    peer.write({ opcode: 1, rsv: 4, payload: compressed(Buffer.from([0x61, 0xff])) });
    expect(closeCodeOf(await peer.frame())).toBe(1007);
    await received;
  });

  it('text that ends inside a code point: 1007', async () => {
    const { socket, peer } = await connections.rawClient({ perMessageDeflate: true }, 'permessage-deflate');
    const received = expect(all(socket)).rejects.toMatchObject({ sentCode: 1007 });
    peer.write({ opcode: 1, rsv: 4, payload: compressed(Buffer.from([0x61, 0xe2, 0x82])) });
    expect(closeCodeOf(await peer.frame())).toBe(1007);
    await received;
  });
});
