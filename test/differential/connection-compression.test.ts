import { constants, inflateRawSync } from 'node:zlib';
import { acceptedFromRaw, clientOfRaw, closed, next, type RawEnd } from './connection-endpoints.js';
import { connection } from './connection-programs.js';
import type { Program } from './differential.js';
import { connected, stop } from './endpoints.js';
import type { Implementation } from './implementations.js';
import type { Trace } from './trace.js';

const noTakeover = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';

/** A server's socket that compresses without context takeover, whatever the implementation's default is. */
const accepted = (implementation: Implementation, options: object = {}) =>
  acceptedFromRaw(implementation, { perMessageDeflate: options }, { extensions: noTakeover });

/** The data of a compressed message without its tail (RFC 7692 §7.2.2). */
function inflateMessage(...payloads: Buffer[]): Buffer {
  const data = Buffer.concat([...payloads, Buffer.of(0, 0, 255, 255)]);
  return inflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH });
}

/** What a peer has got: opcode, RSV1 and the inflated payload of each frame. */
function inflated(peer: RawEnd): string[] {
  return peer.frames.map(({ fin, rsv, opcode, payload }) => {
    const data = rsv === 4 && fin ? inflateMessage(payload) : payload;
    const shown =
      data.length > 40 ? `${data.length} bytes of ${data.toString('latin1', 0, 4)}` : data.toString();
    return `${fin ? 'FIN ' : ''}${rsv === 4 ? 'RSV1 ' : ''}${opcode} ${shown}`;
  });
}

/** A text on which the levels of zlib differ. */
const prices = JSON.stringify(
  Array.from({ length: 200 }, (_, index) => ({
    id: (index * 7919) % 1009,
    price: (index * index) % 997,
    name: `item ${index % 13} of ${(index * 31) % 101}`,
  })),
);

/** Sends, waits for as many frames, and tells them. */
const sending = (
  name: string,
  count: number,
  options: object,
  send: (socket: Awaited<ReturnType<typeof accepted>>['socket'], trace: Trace) => void,
): Program => ({
  name,
  async run(implementation, trace) {
    const { socket, peer, stop } = await accepted(implementation, options);
    send(socket, trace);
    await peer.received(count);
    trace('wire', inflated(peer));
    await stop();
  },
});

connection(
  'permessage-deflate',
  [
    sending('threshold: 1024 bytes by default', 4, {}, (socket) => {
      socket.send('a'.repeat(1023));
      socket.send('a'.repeat(1024));
      socket.send(Buffer.alloc(1023));
      socket.send(Buffer.alloc(1024));
    }),
    sending('threshold 0, also for nothing', 3, { threshold: 0 }, (socket) => {
      socket.send('');
      socket.send('a');
      socket.send(Buffer.alloc(0));
    }),
    sending('threshold counts bytes, not characters', 2, { threshold: 10 }, (socket) => {
      socket.send('é'.repeat(4));
      socket.send('é'.repeat(5));
    }),
    sending('compress false', 2, { threshold: 0 }, (socket) => {
      socket.send('plain', { compress: false });
      socket.send('compressed', { compress: true });
    }),
    sending('order of large and small, compressed and plain', 6, { threshold: 0 }, (socket) => {
      socket.send('x'.repeat(200_000));
      socket.send('small');
      socket.send('plain', { compress: false });
      socket.send(Buffer.alloc(100_000));
      socket.send('last', { compress: false });
      socket.close(1000, 'end');
    }),
    sending('a Blob between compressed messages', 4, { threshold: 0 }, (socket) => {
      socket.send('y'.repeat(50_000));
      socket.send(new Blob(['blob']));
      socket.send('after');
      socket.close(1000);
    }),
    sending(
      'memLevel, level, windowBits and concurrencyLimit',
      3,
      {
        threshold: 0,
        concurrencyLimit: 1,
        zlibDeflateOptions: { level: 9, memLevel: 3, chunkSize: 1024 },
      },
      (socket) => {
        socket.send('z'.repeat(100_000));
        socket.send('z');
        socket.close();
      },
    ),
    {
      name: 'the level of zlib by default',
      async run(implementation, trace) {
        const compressed = async (zlibDeflateOptions: object): Promise<Buffer | undefined> => {
          const { socket, peer, stop } = await accepted(implementation, { zlibDeflateOptions });
          socket.send(prices);
          await peer.received(1);
          await stop();
          return peer.frames[0]?.payload;
        };
        const byDefault = await compressed({});
        for (const level of [1, 3, 6, 9]) {
          trace(`level ${level}`, byDefault?.equals((await compressed({ level })) as Buffer));
        }
      },
      differs: {
        because: 'deflate-level',
        ws: ['level 1 false', 'level 3 false', 'level 6 true', 'level 9 false'],
        hawser: ['level 1 false', 'level 3 true', 'level 6 false', 'level 9 false'],
      },
    },
    {
      name: 'order of callbacks',
      async run(implementation, trace) {
        const { socket, peer, stop } = await accepted(implementation, { threshold: 0 });
        await new Promise<void>((resolve) => {
          socket.send('x'.repeat(100_000), () => trace('first'));
          socket.send('small', () => trace('second'));
          socket.send('plain', { compress: false }, () => {
            trace('third');
            resolve();
          });
        });
        await peer.received(3);
        trace('wire', inflated(peer));
        await stop();
      },
    },
    {
      name: 'a ping behind a large compressed message',
      async run(implementation, trace) {
        const { socket, peer, stop } = await accepted(implementation, { threshold: 0 });
        socket.send('x'.repeat(100_000));
        socket.ping('p');
        socket.pong('q');
        await peer.received(3);
        trace('wire', inflated(peer));
        await stop();
      },
    },
    {
      name: 'bufferedAmount of what waits for compression',
      async run(implementation, trace) {
        const { socket, peer, stop } = await accepted(implementation, { threshold: 0 });
        socket.send('x'.repeat(100_000));
        trace('one', socket.bufferedAmount);
        socket.send('y'.repeat(50));
        trace('two', socket.bufferedAmount);
        await peer.received(2);
        trace('none', socket.bufferedAmount);
        await stop();
      },
    },
    {
      name: 'close behind a large compressed message: readyState, and late sends',
      async run(implementation, trace) {
        const { socket, peer, stop } = await accepted(implementation, { threshold: 0 });
        socket.send('x'.repeat(100_000));
        socket.close(1000);
        trace('state', socket.readyState);
        const late = new Promise<void>((resolve) =>
          socket.send('late', (error) => {
            trace('late', error?.message);
            resolve();
          }),
        );
        await late;
        await peer.received(2);
        trace('wire', inflated(peer));
        await stop();
      },
    },
    {
      name: 'the peer closes while a message is compressed',
      async run(implementation, trace) {
        const { socket, peer, stop } = await accepted(implementation, { threshold: 0 });
        const close = closed(socket);
        socket.send('x'.repeat(300_000), (error) => trace('callback', error?.message));
        peer.write({ opcode: 8, payload: Buffer.of(3, 232) });
        void peer.ended.then(() => peer.socket.end());
        socket.on('close', (code) => trace('close', code));
        await close;
        trace('wire', inflated(peer));
        await stop();
      },
    },
    {
      name: 'terminate while a message is compressed',
      async run(implementation, trace) {
        const { socket, peer, stop } = await accepted(implementation, { threshold: 0 });
        const called = new Promise<void>((resolve) => {
          socket.send('x'.repeat(300_000), (error) => {
            trace('callback', error instanceof Error);
            resolve();
          });
        });
        socket.send('behind', (error) => trace('behind', error instanceof Error));
        socket.terminate();
        await called;
        trace('wire', inflated(peer));
        await stop();
      },
    },
    {
      name: 'the error of a message that was being compressed',
      async run(implementation, trace) {
        const { socket, stop } = await accepted(implementation, { threshold: 0 });
        const called = new Promise<void>((resolve) => {
          socket.send('x'.repeat(300_000), (error) => {
            trace('callback', error);
            resolve();
          });
        });
        socket.terminate();
        await called;
        await stop();
      },
    },
    {
      name: 'fragments of a compressed message',
      async run(implementation, trace) {
        const { socket, peer, stop } = await accepted(implementation, { threshold: 0 });
        socket.send('one ', { fin: false });
        socket.send('two ', { fin: false });
        socket.send('three');
        await peer.received(3);
        const payloads = peer.frames.map(({ payload }) => payload);
        trace(
          'bits',
          peer.frames.map(({ fin, rsv, opcode }) => [fin, rsv, opcode]),
        );
        trace('data', inflateMessage(...payloads).toString());
        await stop();
      },
    },
    sending('the first fragment decides about compression', 4, { threshold: 10 }, (socket) => {
      socket.send('short', { fin: false });
      socket.send('longer than the threshold', { fin: true });
      socket.send('plain', { fin: false, compress: false });
      socket.send('plain, too', { fin: true, compress: true });
    }),
    {
      name: 'between two of one implementation, both directions',
      async run(implementation, trace) {
        const {
          server,
          accepted: socket,
          client,
        } = await connected(implementation, {
          server: { perMessageDeflate: { threshold: 0 } },
          client: { perMessageDeflate: { threshold: 0 } },
        });
        trace('extensions', client.extensions, socket.extensions);
        socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
        for (const data of ['hello hello', '', Buffer.alloc(70_000, 1), 'é'.repeat(40_000)]) {
          client.send(data);
          const [received, isBinary] = await next(client, 'message');
          trace(
            'message',
            (received as Buffer).length,
            isBinary,
            (received as Buffer).equals(Buffer.from(data)),
          );
        }
        client.close();
        await closed(socket);
        await stop(server);
      },
    },
    {
      name: 'a client that offers, and a server that does not agree',
      async run(implementation, trace) {
        const { socket, peer, stop } = await clientOfRaw(implementation, {
          perMessageDeflate: { threshold: 0 },
        });
        trace('extensions', socket.extensions);
        socket.send('plain');
        await peer.received(1);
        trace('wire', peer.told);
        await stop();
      },
    },
    {
      name: 'a client’s compressed frames are masked',
      async run(implementation, trace) {
        const { socket, peer, stop } = await clientOfRaw(
          implementation,
          { perMessageDeflate: { threshold: 0 } },
          { extensions: noTakeover },
        );
        trace('extensions', socket.extensions);
        socket.send('hello hello hello');
        await peer.received(1);
        trace('wire', inflated(peer), peer.frames[0]?.masked);
        await stop();
      },
    },
  ],
  {
    'a ping behind a large compressed message': {
      because: 'control-frames-pass',
      ws: ['wire ["FIN RSV1 1 100000 bytes of xxxx", "FIN 9 p", "FIN 10 q"]'],
      hawser: ['wire ["FIN 9 p", "FIN 10 q", "FIN RSV1 1 100000 bytes of xxxx"]'],
    },
    'the error of a message that was being compressed': {
      because: 'closed-errors',
      ws: ['callback Error(The socket was closed while data was being compressed)'],
      hawser: ['callback Error(WS_ERR_CONNECTION_CLOSED: The connection was closed: 1006)'],
    },
  },
);
