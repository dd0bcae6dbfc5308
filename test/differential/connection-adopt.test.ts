import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { type RawFrame, rawFrame } from '../protocol/raw-frame.js';
import {
  adopt,
  closed,
  duplexPair,
  fixedMask,
  messages,
  next,
  observe,
  record,
  socketOf,
  streamPair,
  turns,
  unopened,
} from './connection-endpoints.js';
import { connection } from './connection-programs.js';
import type { Implementation, WebSocket } from './implementations.js';

const EMPTY = Buffer.alloc(0);

/** Frames as a client writes them. */
const masked = (...frames: RawFrame[]): Buffer =>
  Buffer.concat(frames.map((frame) => rawFrame({ ...frame, maskingKey: Uint8Array.of(1, 2, 3, 4) })));

/** All that is written to a stream. */
function written(stream: NodeJS.ReadableStream): () => Buffer {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks);
}

/** A socket that was told of permessage-deflate where `ws` keeps what was agreed. */
function agreedByHand(implementation: Implementation): WebSocket {
  const { PerMessageDeflate } = implementation as unknown as {
    PerMessageDeflate: new (options: object) => { accept(configurations: object[]): void };
  };
  const options = { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 };
  const deflate = new PerMessageDeflate({ ...options, isServer: true });
  deflate.accept([{ server_no_context_takeover: [true], client_no_context_takeover: [true] }]);
  return Object.assign(unopened(implementation), { _extensions: { 'permessage-deflate': deflate } });
}

connection(
  'setSocket',
  [
    {
      name: 'two ends on a pair of streams',
      async run(implementation, trace) {
        const { accepted, client } = streamPair(implementation);
        const ends = { accepted: record(), client: record() };
        observe(accepted, ends.accepted.note);
        observe(client, ends.client.note);
        trace('states', accepted.readyState, client.readyState);
        const both = Promise.all([closed(accepted), closed(client)]);
        accepted.on('message', (data, isBinary) => accepted.send(data, { binary: isBinary }));
        client.send('text');
        await next(client, 'message');
        client.send(Buffer.of(1, 2));
        client.ping('p');
        await next(client, 'pong');
        client.close(1000, 'done');
        await both;
        ends.accepted.tell(trace, 'accepted');
        ends.client.tell(trace, 'client');
      },
    },
    {
      name: 'bytes of a server and of a client on a stream',
      async run(implementation, trace) {
        for (const isServer of [true, false]) {
          const { near, far } = duplexPair();
          const socket = unopened(implementation, isServer);
          adopt(socket, near, EMPTY, fixedMask);
          const bytes = written(far);
          socket.send('a');
          socket.send(Buffer.of(1));
          socket.ping();
          await turns(20);
          trace(isServer ? 'server' : 'client', bytes());
          near.destroy();
          await closed(socket);
        }
      },
    },
    {
      name: 'head: bytes that came already',
      async run(implementation, trace) {
        const { near, far } = duplexPair();
        const socket = unopened(implementation);
        observe(socket, trace);
        const frames = masked({ opcode: 1, payload: 'one' }, { opcode: 1, payload: 'two' });
        adopt(socket, near, frames.subarray(0, 12));
        trace('adopted', socket.readyState);
        const both = messages(socket, 2);
        far.write(frames.subarray(12));
        await both;
        near.destroy();
        await closed(socket);
      },
    },
    {
      name: 'maxPayload of setSocket',
      async run(implementation, trace) {
        const { near, far } = duplexPair();
        const socket = unopened(implementation);
        observe(socket, trace);
        const bytes = written(far);
        adopt(socket, near, masked({ opcode: 2, payload: Buffer.alloc(11) }), { maxPayload: 10 });
        const close = closed(socket);
        await Promise.race([once(far, 'end'), close]);
        trace('wire', bytes());
        far.end();
        await close;
      },
    },
    {
      name: 'skipUTF8Validation and maxFragments of setSocket',
      async run(implementation, trace) {
        const { near } = duplexPair();
        const socket = unopened(implementation);
        observe(socket, trace, ['message', 'error']);
        const frames = masked(
          { opcode: 1, payload: Buffer.of(0xff) },
          { opcode: 1, fin: false, payload: 'a' },
          { opcode: 0, fin: false, payload: 'b' },
          { opcode: 0, payload: 'c' },
        );
        const failed = next(socket, 'error');
        adopt(socket, near, frames, { skipUTF8Validation: true, maxFragments: 2 });
        await failed;
        near.destroy();
        await closed(socket);
      },
    },
    {
      name: 'a ping without the option autoPong',
      async run(implementation, trace) {
        const { near, far } = duplexPair();
        const socket = unopened(implementation, true, {});
        const bytes = written(far);
        const close = closed(socket);
        adopt(socket, near, masked({ opcode: 9, payload: 'p' }, { opcode: 8 }));
        await once(far, 'end');
        trace('wire', bytes());
        far.end();
        await close;
      },
    },
    {
      name: 'isServer false as an option',
      run({ WebSocket }, trace) {
        const Class = WebSocket as unknown as new (a: null, b: undefined, c: object) => WebSocket;
        const socket = new Class(null, undefined, { isServer: false });
        trace('_isServer', (socket as unknown as { _isServer: boolean })._isServer);
      },
    },
    {
      name: '_isServer set by hand before setSocket',
      async run(implementation, trace) {
        const { near, far } = duplexPair();
        const socket = unopened(implementation);
        (socket as unknown as { _isServer: boolean })._isServer = false;
        observe(socket, trace, ['message', 'error']);
        const message = next(socket, 'message');
        adopt(socket, near, rawFrame({ opcode: 1, payload: 'from a server' }), fixedMask);
        await message;
        const bytes = written(far);
        socket.send('a');
        await turns(20);
        trace('wire', bytes());
        near.destroy();
        await closed(socket);
      },
    },
    {
      name: 'a stream that ends, is destroyed, or fails',
      async run(implementation, trace) {
        for (const end of ['end', 'destroy', 'error'] as const) {
          const { near, far } = duplexPair();
          const socket = unopened(implementation);
          observe(socket, trace);
          adopt(socket, near, EMPTY);
          const close = closed(socket);
          if (end === 'end') far.end();
          else near.destroy(end === 'error' ? new Error('broken') : undefined);
          await close;
          trace(end, near.destroyed);
        }
      },
    },
    {
      name: 'a PassThrough that loops back',
      async run(implementation, trace) {
        // What a client writes it reads itself: the frame has a mask and must not.
        const loop = new PassThrough();
        const socket = unopened(implementation, false);
        const failed = next(socket, 'error');
        const close = closed(socket);
        adopt(socket, loop, EMPTY, fixedMask);
        socket.send('to myself');
        const [error] = (await failed) as [Error];
        trace('error', error.message);
        loop.destroy();
        await close;
      },
    },
    {
      name: 'a socket of node:net',
      async run(implementation, trace) {
        const server = createServer().listen(0, '127.0.0.1');
        await once(server, 'listening');
        const accepting = once(server, 'connection') as Promise<[Socket]>;
        const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
        const [far] = await accepting;
        near.setTimeout(60_000);
        const accepted = unopened(implementation);
        const client = unopened(implementation, false);
        adopt(accepted, far, EMPTY);
        adopt(client, near, EMPTY, fixedMask);
        trace('timeout', near.timeout);
        observe(client, trace);
        const both = Promise.all([closed(client), closed(accepted)]);
        accepted.send('hello');
        accepted.close(1001);
        await both;
        server.close();
        trace('socket', socketOf(client) === near, near.destroyed);
      },
    },
    {
      name: 'listeners on the stream while open, and afterwards',
      async run(implementation, trace) {
        const { accepted, client, near } = streamPair(implementation);
        const names = ['data', 'end', 'close', 'error', 'drain', 'timeout', 'readable'];
        trace(
          'open',
          names.map((name) => near.listenerCount(name) > 0),
        );
        const both = Promise.all([closed(accepted), closed(client)]);
        client.close();
        await both;
        trace('closed', near.destroyed);
      },
    },
    {
      name: 'bufferedAmount of a stream that takes nothing',
      async run(implementation, trace) {
        let go: () => void = () => undefined;
        const stuck = new Duplex({
          read: () => undefined,
          write: (_chunk, _encoding, callback) => {
            go = callback;
          },
        });
        const socket = unopened(implementation);
        adopt(socket, stuck, EMPTY);
        socket.send('abc');
        await turns();
        trace('one', socket.bufferedAmount);
        socket.send(Buffer.alloc(1000));
        await turns();
        trace('two', socket.bufferedAmount);
        while (socket.bufferedAmount > 0) {
          go();
          await turns();
        }
        trace('none', socket.bufferedAmount);
        stuck.destroy();
        await closed(socket);
      },
    },
    {
      name: 'an agreement on compression in the field _extensions',
      async run(implementation, trace) {
        const { near, far } = duplexPair();
        const socket = agreedByHand(implementation);
        adopt(socket, near, EMPTY);
        trace('extensions', socket.extensions);
        const bytes = written(far);
        const message = once(socket, 'message');
        far.write(masked({ opcode: 1, rsv: 4, payload: Buffer.from('f248cdc9c90700', 'hex') }));
        trace('message', ...(await message));
        await new Promise<void>((resolve) => socket.send('Hello', () => resolve()));
        trace('wire', bytes());
        near.destroy();
        await closed(socket);
      },
    },
    {
      name: 'an agreement on compression in the field _extensions is bounded by maxPayload',
      async run(implementation, trace) {
        const { near, far } = duplexPair();
        const socket = agreedByHand(implementation);
        adopt(socket, near, EMPTY, { maxPayload: 4 });
        const error = once(socket, 'error');
        far.write(masked({ opcode: 1, rsv: 4, payload: Buffer.from('f248cdc9c90700', 'hex') }));
        trace('error', ...(await error));
        near.destroy();
        await closed(socket);
      },
    },
    {
      name: 'setSocket does not tell of open twice',
      async run(implementation, trace) {
        const { near } = duplexPair();
        const socket = unopened(implementation);
        socket.on('open', () => trace('open', socket.readyState));
        adopt(socket, near, EMPTY);
        trace('adopted', socket.readyState);
        near.destroy();
        await closed(socket);
      },
    },
  ],
  {
    'a ping without the option autoPong': {
      because: 'auto-pong-adopted',
      ws: ['wire Buffer <8800>'],
      hawser: ['wire Buffer <8a01708800>'],
    },
    'isServer false as an option': {
      because: 'is-server-option',
      ws: ['_isServer true'],
      hawser: ['_isServer false'],
    },
  },
);
