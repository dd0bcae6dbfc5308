import { acceptedFromRaw, clientOfRaw, closed, next, turns } from './connection-endpoints.js';
import { connection } from './connection-programs.js';
import { receives } from './connection-receiving.js';
import type { Program } from './differential.js';
import type { Implementation } from './implementations.js';

connection(
  'options of receiving',
  [
    {
      name: 'skipUTF8Validation',
      run: (implementation, trace) =>
        receives(acceptedFromRaw(implementation, { skipUTF8Validation: true }), trace, [
          { opcode: 1, payload: Buffer.of(0x61, 0xff) },
          { opcode: 8, payload: Buffer.of(3, 232, 0xff) },
        ]),
    },
    {
      name: 'skipUTF8Validation of a client',
      run: (implementation, trace) =>
        receives(clientOfRaw(implementation, { skipUTF8Validation: true }), trace, [
          { opcode: 1, fin: false, payload: Buffer.of(0xe2) },
          { opcode: 0, payload: Buffer.of(0x61) },
          { opcode: 8, payload: Buffer.of(3, 232) },
        ]),
    },
    ...[true, false].flatMap((autoPong): Program[] => [
      {
        name: `autoPong ${autoPong} at a server`,
        run: (implementation, trace) =>
          receives(acceptedFromRaw(implementation, { autoPong }), trace, [
            { opcode: 9, payload: 'p' },
            { opcode: 9 },
            { opcode: 8 },
          ]),
      },
      {
        name: `autoPong ${autoPong} at a client`,
        run: (implementation, trace) =>
          receives(clientOfRaw(implementation, { autoPong }), trace, [
            { opcode: 9, payload: 'p' },
            { opcode: 9 },
            { opcode: 8 },
          ]),
      },
    ]),
    ...[true, false, undefined].map(
      (allowSynchronousEvents): Program => ({
        name: `allowSynchronousEvents ${allowSynchronousEvents}: messages of one read, microtasks and turns`,
        async run(implementation, trace) {
          const options = allowSynchronousEvents === undefined ? {} : { allowSynchronousEvents };
          const { socket, peer, stop } = await acceptedFromRaw(implementation, options);
          for (const name of ['message', 'ping', 'pong'] as const) {
            socket.on(name, (data: unknown) => {
              const text = String(data);
              trace(name, text);
              queueMicrotask(() => trace('microtask of', text));
              process.nextTick(() => trace('tick of', text));
              setImmediate(() => trace('immediate of', text));
            });
          }
          socket.on('close', () => trace('close'));
          const close = closed(socket);
          void peer.ended.then(() => peer.socket.end());
          peer.write(
            { opcode: 1, payload: '1' },
            { opcode: 1, payload: '2' },
            { opcode: 9, payload: '3' },
            { opcode: 10, payload: '4' },
            { opcode: 1, payload: '5' },
            { opcode: 8 },
          );
          await close;
          await turns();
          await stop();
        },
      }),
    ),
    {
      name: 'a hundred pings in one read',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        let pings = 0;
        socket.on('ping', () => pings++);
        const ended = Promise.race([peer.received(100), peer.ended]);
        peer.write(...Array.from({ length: 100 }, (_, index) => ({ opcode: 9, payload: String(index) })));
        await ended;
        trace('pings', pings, 'pongs', peer.frames.length, 'state', socket.readyState);
        await stop();
      },
    },
    {
      name: 'maxPendingAutoPongs',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation, { maxPendingAutoPongs: 3 });
        socket.on('ping', (data) => trace('ping', data, socket.readyState));
        const ended = Promise.race([peer.received(6), peer.ended]);
        peer.write(...Array.from({ length: 6 }, (_, index) => ({ opcode: 9, payload: String(index) })));
        await ended;
        trace('pongs', peer.frames.length);
        await stop();
      },
    },
    ...(['nodebuffer', 'arraybuffer', 'fragments', 'blob'] as const).map(
      (binaryType): Program => ({
        name: `binaryType ${binaryType}`,
        async run(implementation, trace) {
          const { socket, peer, stop } = await acceptedFromRaw(implementation);
          (socket as { binaryType: string }).binaryType = binaryType;
          trace('type', socket.binaryType);
          const close = closed(socket);
          void peer.ended.then(() => peer.socket.end());
          socket.on('message', (data: unknown, isBinary) => {
            trace('message', data, isBinary, data instanceof Blob ? data.size : '');
          });
          peer.write(
            { opcode: 2, payload: Buffer.of(1, 2, 3) },
            { opcode: 2 },
            { opcode: 2, fin: false, payload: Buffer.of(4) },
            { opcode: 0, fin: false },
            { opcode: 0, payload: Buffer.of(5, 6) },
            { opcode: 1, fin: false, payload: 'te' },
            { opcode: 0, payload: 'xt' },
            { opcode: 8 },
          );
          await close;
          await stop();
        },
      }),
    ),
    {
      name: 'a binaryType that does not exist, and a change between messages',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        (socket as { binaryType: string }).binaryType = 'what';
        trace('type', socket.binaryType);
        const close = closed(socket);
        void peer.ended.then(() => peer.socket.end());
        socket.on('message', (data: unknown) => {
          trace('message', data);
          socket.binaryType = 'arraybuffer';
        });
        peer.write({ opcode: 2, payload: Buffer.of(1) }, { opcode: 2, payload: Buffer.of(2) }, { opcode: 8 });
        await close;
        await stop();
      },
    },
    {
      name: 'a listener that throws, and the message behind it',
      async run(implementation, trace) {
        const { socket, peer, server } = await acceptedFromRaw(implementation);
        const uncaught = new Promise<Error>((resolve) => {
          const listeners = process.listeners('uncaughtException');
          process.removeAllListeners('uncaughtException');
          process.once('uncaughtException', (error) => {
            for (const listener of listeners) process.on('uncaughtException', listener);
            resolve(error);
          });
        });
        socket.once('message', () => {
          socket.on('message', (data) => trace('message', data));
          throw new Error('from the listener');
        });
        peer.write({ opcode: 1, payload: '1' });
        trace('uncaught', await uncaught, socket.readyState);
        peer.write({ opcode: 1, payload: '2' });
        await roundTrip(implementation);
        peer.socket.destroy();
        socket.terminate();
        server.close();
      },
    },
  ],
  {
    'a hundred pings in one read': {
      because: 'server-max-pending-auto-pongs',
      ws: ['pings 100 "pongs" 60 "state" 3'],
      hawser: ['pings 100 "pongs" 100 "state" 1'],
    },
    'a listener that throws, and the message behind it': {
      because: 'listener-exceptions',
      ws: ['uncaught Error(from the listener) 1'],
      hawser: ['uncaught Error(from the listener) 1', 'message Buffer <32>'],
    },
    maxPendingAutoPongs: {
      because: 'server-max-pending-auto-pongs',
      ws: [
        'ping Buffer <30> 1',
        'ping Buffer <31> 1',
        'ping Buffer <32> 1',
        'ping Buffer <33> 2',
        'ping Buffer <34> 2',
        'ping Buffer <35> 2',
        'pongs 3',
      ],
      hawser: [
        'ping Buffer <30> 1',
        'ping Buffer <31> 1',
        'ping Buffer <32> 1',
        'ping Buffer <33> 1',
        'ping Buffer <34> 1',
        'ping Buffer <35> 1',
        'pongs 6',
      ],
    },
  },
);

/** Bytes that were written before it have been read after it. */
async function roundTrip(implementation: Implementation): Promise<void> {
  const { socket, peer, stop } = await acceptedFromRaw(implementation);
  for (let trip = 0; trip < 3; trip++) {
    const message = next(socket, 'message');
    peer.write({ opcode: 1, payload: 'x' });
    await message;
    await turns();
  }
  await stop();
}
