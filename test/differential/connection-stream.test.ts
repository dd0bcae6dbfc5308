import { finished } from 'node:stream';
import { acceptedFromRaw, adopt, closed, duplexPair, next, turns, unopened } from './connection-endpoints.js';
import { connection } from './connection-programs.js';
import type { Program } from './differential.js';
import { connected, stop } from './endpoints.js';
import type { Implementation } from './implementations.js';
import type { Trace } from './trace.js';

type Stream = ReturnType<Implementation['createWebSocketStream']>;

/** Tells the events of a stream. */
function observeStream(stream: Stream, trace: Trace): void {
  for (const name of ['data', 'end', 'finish', 'close'] as const) {
    stream.on(name, (...args: unknown[]) => trace(name, ...args));
  }
  stream.on('error', (error) => trace('error', error.message));
}

/** A stream over a server's socket whose peer is raw. */
const streaming = (
  name: string,
  options: object | undefined,
  run: (
    against: Awaited<ReturnType<typeof acceptedFromRaw>> & {
      stream: Stream;
      gone: Promise<void>;
      read: Promise<void>;
    },
    trace: Trace,
  ) => Promise<unknown>,
  differs?: Program['differs'],
): Program => ({
  name,
  async run(implementation, trace) {
    const against = await acceptedFromRaw(implementation);
    const stream = implementation.createWebSocketStream(against.socket, options);
    const gone = new Promise<void>((resolve) => void stream.on('close', resolve));
    const read = new Promise<void>((resolve) => void stream.on('end', resolve));
    void against.peer.ended.then(() => against.peer.socket.end());
    observeStream(stream, trace);
    await run({ ...against, stream, gone, read }, trace);
    trace('is', stream.destroyed, stream.readableEnded, stream.writableFinished, against.socket.readyState);
    await against.stop();
  },
  ...(differs && { differs }),
});

const CLOSE_1000 = { opcode: 8, payload: Buffer.of(3, 232) };

connection('createWebSocketStream', [
  streaming('each message is a chunk, until the peer closes', undefined, async ({ peer, read }, trace) => {
    peer.write(
      { opcode: 1, payload: 'text' },
      { opcode: 2, payload: Buffer.of(1) },
      { opcode: 1 },
      CLOSE_1000,
    );
    await read;
    trace('wire', peer.told);
  }),
  streaming('readableObjectMode', { readableObjectMode: true }, async ({ peer, read }) => {
    peer.write({ opcode: 1, payload: 'text' }, { opcode: 2, payload: Buffer.of(1) }, CLOSE_1000);
    await read;
  }),
  streaming(
    'objectMode and writableObjectMode',
    { objectMode: true, writableObjectMode: true },
    async (a, trace) => {
      const { peer, read, stream } = a;
      trace('modes', stream.readableObjectMode, stream.writableObjectMode);
      peer.write({ opcode: 1, payload: 'text' }, CLOSE_1000);
      await read;
    },
  ),
  streaming('encoding', { encoding: 'utf8' }, async ({ peer, read }) => {
    peer.write({ opcode: 1, payload: 'é' }, { opcode: 2, payload: Buffer.of(0x62) }, CLOSE_1000);
    await read;
  }),
  streaming('each chunk is a message, binary for bytes', undefined, async ({ peer, stream }, trace) => {
    stream.write('text');
    stream.write(Buffer.of(1, 2));
    stream.write(Uint8Array.of(3));
    await peer.received(3);
    trace('wire', peer.told);
  }),
  streaming('decodeStrings false', { decodeStrings: false }, async ({ peer, stream }, trace) => {
    stream.write('text');
    stream.write(Buffer.of(1, 2));
    await peer.received(2);
    trace('wire', peer.told);
  }),
  streaming('callbacks of write', undefined, async ({ peer, stream }, trace) => {
    await new Promise<void>((resolve) => {
      stream.write('a', () => trace('first'));
      stream.write('b', () => {
        trace('second');
        resolve();
      });
    });
    await peer.received(2);
  }),
  streaming('end closes', undefined, async ({ peer, stream, gone }, trace) => {
    stream.end('last');
    await peer.received(2);
    trace('wire', peer.told);
    peer.write(CLOSE_1000);
    await gone;
  }),
  streaming('end, and messages that still come', undefined, async ({ peer, stream, gone }) => {
    stream.end();
    await peer.received(1);
    peer.write({ opcode: 1, payload: 'late' }, CLOSE_1000);
    await gone;
  }),
  streaming('destroy', undefined, async ({ stream, gone, peer }, trace) => {
    stream.destroy();
    await gone;
    await peer.ended;
    trace('wire', peer.told);
  }),
  streaming('destroy with an error', undefined, async ({ stream, gone }) => {
    stream.destroy(new Error('mine'));
    await gone;
  }),
  streaming('destroy after end', undefined, async ({ stream, gone }) => {
    stream.end();
    stream.destroy();
    await gone;
  }),
  streaming('the peer is gone', undefined, async ({ peer, read }) => {
    peer.socket.destroy();
    await read;
  }),
  streaming('the peer makes a mistake', undefined, async ({ peer, gone }, trace) => {
    peer.write({ opcode: 3 });
    await gone;
    trace('wire', peer.told);
  }),
  streaming('terminate of the socket', undefined, async ({ socket, read }) => {
    socket.terminate();
    await read;
  }),
  streaming('close of the socket', undefined, async ({ socket, peer, read }) => {
    socket.close(1000);
    await peer.received(1);
    peer.write(CLOSE_1000);
    await read;
  }),
  streaming('a write after the end of the socket', undefined, async ({ socket, stream, gone }) => {
    const close = closed(socket);
    socket.terminate();
    await close;
    stream.write('late');
    await gone;
  }),
  streaming('allowHalfOpen false', { allowHalfOpen: false }, async ({ peer, gone }) => {
    peer.write({ opcode: 1, payload: 'x' }, CLOSE_1000);
    await gone;
  }),
  streaming(
    'emitClose and autoDestroy cannot be turned off',
    { emitClose: false, autoDestroy: false },
    (a) => {
      a.stream.end();
      a.peer.write(CLOSE_1000);
      return a.gone;
    },
  ),
  streaming('finished', undefined, async ({ peer, stream, read }, trace) => {
    finished(stream, (error) => trace('finished', error?.message));
    peer.write(CLOSE_1000);
    await read;
    await turns();
  }),
  {
    name: 'a reader that waits: the socket is paused',
    async run(implementation, trace) {
      const { socket, peer, stop } = await acceptedFromRaw(implementation);
      const stream = implementation.createWebSocketStream(socket, { readableHighWaterMark: 10 });
      const first = next(socket, 'message');
      peer.write({ opcode: 2, payload: Buffer.alloc(20, 1) });
      await first;
      await turns();
      trace('paused', socket.isPaused, stream.readableLength);
      const second = next(socket, 'message');
      peer.write({ opcode: 2, payload: Buffer.alloc(5, 2) });
      trace('read', stream.read());
      await second;
      await turns();
      trace('resumed', socket.isPaused, stream.read());
      await stop();
    },
  },
  {
    name: 'pause of the stream holds messages back',
    async run(implementation, trace) {
      const { socket, peer, stop } = await acceptedFromRaw(implementation);
      const stream = implementation.createWebSocketStream(socket);
      stream.on('data', (data) => trace('data', data));
      stream.pause();
      const message = next(socket, 'message');
      peer.write({ opcode: 1, payload: 'held' });
      await message;
      await turns();
      trace('resume', stream.isPaused());
      const data = next(stream, 'data');
      stream.resume();
      await data;
      await stop();
    },
  },
  {
    name: 'made while CONNECTING: writes wait, end too',
    async run(implementation, trace) {
      const { near, far } = duplexPair();
      const socket = unopened(implementation);
      const stream = implementation.createWebSocketStream(socket);
      stream.write('early', () => trace('written'));
      stream.end();
      await turns();
      trace('nothing', socket.readyState, stream.writableLength);
      const chunks: Buffer[] = [];
      far.on('data', (chunk: Buffer) => chunks.push(chunk));
      adopt(socket, near, Buffer.alloc(0));
      while (Buffer.concat(chunks).length < 9) await turns(1);
      trace('wire', Buffer.concat(chunks));
      near.destroy();
      await closed(socket);
    },
  },
  {
    name: 'from one stream to another',
    async run(implementation, trace) {
      const { server, accepted, client } = await connected(implementation);
      const echo = implementation.createWebSocketStream(accepted);
      echo.pipe(echo);
      const stream = implementation.createWebSocketStream(client, { encoding: 'utf8' });
      const received: unknown[] = [];
      stream.on('data', (data) => received.push(data));
      for (const text of ['one ', 'two ', 'three']) stream.write(text);
      while (received.join('').length < 13) await next(stream, 'data');
      const both = Promise.all([closed(client), closed(accepted)]);
      stream.end();
      await both;
      trace('received', received.join(''), stream.destroyed, echo.destroyed);
      await stop(server);
    },
  },
]);
