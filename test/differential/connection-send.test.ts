import { type AgainstRaw, acceptedFromRaw, clientOfRaw, outcome } from './connection-endpoints.js';
import { connection } from './connection-programs.js';
import type { Program } from './differential.js';
import type { Implementation, WebSocket } from './implementations.js';
import type { Trace } from './trace.js';

type Send = (data: unknown, options?: unknown, callback?: unknown) => unknown;

const sendOf = (socket: WebSocket): Send => (socket.send as Send).bind(socket);

/** Each form of data that a message may have, or not. */
const forms: Readonly<Record<string, () => unknown>> = {
  'a string': () => 'héllo',
  'an empty string': () => '',
  'a lone surrogate': () => 'a\ud800b',
  'a number': () => 42.5,
  'the number 0': () => 0,
  'a Buffer': () => Buffer.from([1, 2, 3]),
  'an empty Buffer': () => Buffer.alloc(0),
  'a Uint8Array': () => Uint8Array.of(1, 2, 3),
  'a part of a Uint8Array': () => Uint8Array.of(1, 2, 3, 4, 5).subarray(1, 4),
  'a Float64Array': () => Float64Array.of(1.5, -2),
  'a Uint16Array in the middle of its buffer': () =>
    new Uint16Array(Uint8Array.of(1, 2, 3, 4, 5, 6).buffer, 2, 1),
  'a DataView': () => new DataView(Uint8Array.of(1, 2, 3, 4).buffer),
  'a DataView of a part': () => new DataView(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2),
  'an ArrayBuffer': () => Uint8Array.of(9, 8, 7).buffer,
  'a SharedArrayBuffer': () => {
    const shared = new SharedArrayBuffer(2);
    new Uint8Array(shared).set([5, 6]);
    return shared;
  },
  'an array of numbers': () => [1, 2, 300],
  'an empty array': () => [],
  null: () => null,
  undefined: () => undefined,
  'a Blob': () => new Blob(['blob ', Uint8Array.of(1)]),
  'an empty Blob': () => new Blob([]),
  'an object with valueOf': () => ({ valueOf: () => 'value' }),
  'an object with Symbol.toPrimitive': () => ({ [Symbol.toPrimitive]: () => 'primitive' }),
  'a String object': () => new String('boxed'),
  'an array-like object': () => ({ length: 2, 0: 7, 1: 8 }),
};

/** What cannot be sent. */
const refusedForms: Readonly<Record<string, () => unknown>> = {
  'a plain object': () => ({ a: 1 }),
  'a boolean': () => true,
  'a bigint': () => 1n,
  'a symbol': () => Symbol('s'),
  'a function': () => () => 1,
  'a Map': () => new Map(),
  'a regular expression': () => /x/,
};

/** Sends something from both ends to raw peers and tells the callback, and the bytes on the wire. */
async function sendFromBoth(
  implementation: Implementation,
  trace: Trace,
  send: (send: Send, done: (error?: Error) => void) => void,
): Promise<void> {
  const ends: [string, Promise<AgainstRaw>][] = [
    ['server', acceptedFromRaw(implementation)],
    ['client', clientOfRaw(implementation)],
  ];
  for (const [title, connecting] of ends) {
    const { socket, peer, stop } = await connecting;
    await new Promise<void>((resolve) => {
      send(sendOf(socket), (...args) => {
        trace(`${title} callback`, ...args, socket.bufferedAmount);
        resolve();
      });
    });
    socket.close();
    while (peer.frames.at(-1)?.opcode !== 8) await peer.received(peer.frames.length + 1);
    trace(`${title} sent`, peer.bytes);
    await stop();
  }
}

connection(
  'what can be sent',
  [
    ...Object.entries(forms).map(
      ([name, make]): Program => ({
        name: `send ${name}`,
        run: (implementation, trace) =>
          sendFromBoth(implementation, trace, (send, done) => send(make(), done)),
      }),
    ),
    ...Object.entries(refusedForms).map(
      ([name, make]): Program => ({
        name: `send ${name}`,
        async run(implementation, trace) {
          const { socket, peer, stop } = await acceptedFromRaw(implementation);
          trace(
            'thrown',
            outcome(() => sendOf(socket)(make(), () => trace('callback'))),
          );
          trace('still', socket.readyState, socket.bufferedAmount);
          sendOf(socket)('next');
          await peer.received(1);
          trace('wire', peer.bytes);
          await stop();
        },
      }),
    ),
    {
      name: 'send an array of Buffers',
      run: (implementation, trace) =>
        sendFromBoth(implementation, trace, (send, done) =>
          send([Buffer.from('ab'), Buffer.from('c')], done),
        ),
    },
    {
      name: 'send without any argument',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        (socket.send as () => void)();
        await peer.received(1);
        trace('wire', peer.bytes);
        await stop();
      },
    },
    ...[125, 126, 65_535, 65_536].map(
      (length): Program => ({
        name: `send ${length} bytes`,
        async run(implementation, trace) {
          for (const connecting of [acceptedFromRaw(implementation), clientOfRaw(implementation)]) {
            const { socket, peer, stop } = await connecting;
            sendOf(socket)(Buffer.alloc(length, 0x61));
            await peer.received(1);
            trace('header', peer.bytes.subarray(0, peer.bytes.length - length), peer.told);
            await stop();
          }
        },
      }),
    ),
  ],
  {
    'send an array of Buffers': {
      because: 'list-of-buffers',
      ws: [
        'server callback null 0',
        'server sent Buffer <820200008800>',
        'client callback null 0',
        'client sent Buffer <8282010203040102888001020304>',
      ],
      hawser: [
        'server callback null 0',
        'server sent Buffer <82036162638800>',
        'client callback null 0',
        'client sent Buffer <828301020304606060888001020304>',
      ],
    },
  },
);

/** Options of `send`, each with a text and with bytes. */
const options: Readonly<Record<string, unknown>> = {
  'binary true': { binary: true },
  'binary false': { binary: false },
  'compress true without an agreement': { compress: true },
  'compress false': { compress: false },
  'fin false': { fin: false },
  'mask as the role says': undefined,
  'an empty object': {},
  'unknown names': { what: 'ever' },
  'null as options': null,
};

connection(
  'options of send',
  [
    ...Object.entries(options).map(
      ([name, given]): Program => ({
        name,
        async run(implementation, trace) {
          for (const data of ['text', Buffer.from([1, 2]), new Blob(['b'])]) {
            await sendFromBoth(implementation, trace, (send, done) => send(data, given, done));
          }
        },
      }),
    ),
    {
      name: 'undefined as the value of an option',
      async run(implementation, trace) {
        for (const given of [{ binary: undefined }, { fin: undefined }, { compress: undefined }]) {
          await sendFromBoth(implementation, trace, (send, done) => send('text', given, done));
        }
      },
    },
    {
      name: 'mask against the role',
      async run(implementation, trace) {
        const server = await acceptedFromRaw(implementation);
        sendOf(server.socket)('x', { mask: true });
        const [fromServer] = await server.peer.received(1);
        trace('server', fromServer?.masked);
        await server.stop();
        const client = await clientOfRaw(implementation);
        sendOf(client.socket)('x', { mask: false });
        const [fromClient] = await client.peer.received(1);
        trace('client', fromClient?.masked);
        await client.stop();
      },
    },
    {
      name: 'what send, ping, pong, close, terminate, pause and resume return',
      async run(implementation, trace) {
        const { socket, stop } = await acceptedFromRaw(implementation);
        for (const name of ['ping', 'pong', 'pause', 'resume', 'close', 'terminate'] as const) {
          trace(name, socket[name]());
        }
        await stop();
      },
    },
    {
      name: 'what send returns',
      async run(implementation, trace) {
        const { socket, stop } = await acceptedFromRaw(implementation);
        trace('send', sendOf(socket)('x'));
        trace('send much', sendOf(socket)(Buffer.alloc(10_000_000)));
        socket.terminate();
        trace('send late', sendOf(socket)('x'));
        await stop();
      },
    },
    {
      name: 'send where a program says by a property that the socket is closing',
      async run(implementation, trace) {
        const { socket, stop } = await acceptedFromRaw(implementation);
        Object.defineProperty(socket, 'readyState', { value: 2 });
        await new Promise<void>((resolve) => {
          sendOf(socket)('x', {}, (error?: Error) => {
            trace('callback', error?.message);
            resolve();
          });
        });
        await stop();
      },
    },
  ],
  {
    'mask against the role': {
      because: 'mask-by-role',
      ws: ['server true', 'client false'],
      hawser: ['server false', 'client true'],
    },
    'undefined as the value of an option': {
      because: 'undefined-send-options',
      ws: [
        'server callback null 0',
        'server sent Buffer <8104746578748800>',
        'client callback null 0',
        'client sent Buffer <81840102030475677b70888001020304>',
        'server callback null 0',
        'server sent Buffer <0104746578748800>',
        'client callback null 0',
        'client sent Buffer <01840102030475677b70888001020304>',
        'server callback null 0',
        'server sent Buffer <8104746578748800>',
        'client callback null 0',
        'client sent Buffer <81840102030475677b70888001020304>',
      ],
      hawser: [
        'server callback null 0',
        'server sent Buffer <8104746578748800>',
        'client callback null 0',
        'client sent Buffer <81840102030475677b70888001020304>',
        'server callback null 0',
        'server sent Buffer <8104746578748800>',
        'client callback null 0',
        'client sent Buffer <81840102030475677b70888001020304>',
        'server callback null 0',
        'server sent Buffer <8104746578748800>',
        'client callback null 0',
        'client sent Buffer <81840102030475677b70888001020304>',
      ],
    },
    'what send returns': {
      because: 'send-returns',
      ws: ['send undefined', 'send much undefined', 'send late undefined'],
      hawser: ['send true', 'send much false', 'send late false'],
    },
    'send where a program says by a property that the socket is closing': {
      because: 'made-up-ready-state',
      ws: ['callback "WebSocket is not open: readyState 2 (CLOSING)"'],
      hawser: ['callback undefined'],
    },
  },
);

connection('fragments', [
  {
    name: 'text in three fragments',
    run: (implementation, trace) =>
      sendFromBoth(implementation, trace, (send, done) => {
        send('one ', { fin: false });
        send('two ', { fin: false });
        send('three', { fin: true }, done);
      }),
  },
  {
    name: 'binary in fragments; only the first decides',
    run: (implementation, trace) =>
      sendFromBoth(implementation, trace, (send, done) => {
        send(Buffer.from([1]), { fin: false });
        send('two', { fin: false, binary: false });
        send(Buffer.from([3]), { binary: true }, done);
      }),
  },
  {
    name: 'pings and pongs between fragments',
    async run(implementation, trace) {
      const { socket, peer, stop } = await acceptedFromRaw(implementation);
      socket.send('a', { fin: false });
      socket.ping('p');
      socket.send('b', { fin: false });
      socket.pong('q');
      socket.send('c');
      socket.send('whole');
      await peer.received(6);
      trace('wire', peer.bytes);
      await stop();
    },
  },
  {
    name: 'empty fragments',
    run: (implementation, trace) =>
      sendFromBoth(implementation, trace, (send, done) => {
        send('', { fin: false });
        send('', { fin: false });
        send('', { fin: true }, done);
      }),
  },
  {
    name: 'a close in the middle of a message',
    async run(implementation, trace) {
      const { socket, peer, stop } = await acceptedFromRaw(implementation);
      socket.send('begun', { fin: false });
      socket.close(1000);
      await peer.received(2);
      trace('wire', peer.bytes);
      await stop();
    },
  },
  {
    name: 'a Blob between texts keeps its place',
    async run(implementation, trace) {
      const { socket, peer, stop } = await acceptedFromRaw(implementation);
      sendOf(socket)('first');
      sendOf(socket)(new Blob(['second']));
      sendOf(socket)('third');
      sendOf(socket)(new Blob(['fourth']));
      socket.close(1000, 'fifth');
      await peer.received(5);
      trace('wire', peer.told);
      await stop();
    },
  },
]);
