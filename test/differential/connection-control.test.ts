import {
  acceptedFromRaw,
  clientOfRaw,
  closed,
  next,
  observe,
  outcome,
  turns,
} from './connection-endpoints.js';
import { connection } from './connection-programs.js';
import type { Program } from './differential.js';
import { connected, stop } from './endpoints.js';

type Control = (...args: unknown[]) => unknown;

/** Arguments of `ping` and `pong`; the last is the callback where there is one. */
const argumentLists: Readonly<Record<string, (done: () => void) => unknown[]>> = {
  nothing: () => [],
  'a callback alone': (done) => [done],
  'data and a callback': (done) => ['data', done],
  'data, a mask and a callback': (done) => ['data', undefined, done],
  'a number': () => [12],
  'the number 0': () => [0],
  'a Buffer': () => [Buffer.of(1, 2)],
  'a Uint16Array': () => [Uint16Array.of(1, 2)],
  'an ArrayBuffer': () => [Uint8Array.of(3).buffer],
  'an array': () => [[1, 2, 3]],
  null: () => [null],
  undefined: () => [undefined, undefined, undefined],
  '125 bytes': () => [Buffer.alloc(125, 0x61)],
  '125 bytes of text': () => [`${'é'.repeat(62)}a`],
};

/** Data of pings and pongs that is refused. */
const refused: Readonly<Record<string, unknown>> = {
  '126 bytes': Buffer.alloc(126),
  '126 bytes of text': 'é'.repeat(63),
  'an object': { a: 1 },
  true: true,
};

connection(
  'pings and pongs',
  (['ping', 'pong'] as const).flatMap((name): Program[] => [
    ...Object.entries(argumentLists).map(
      ([what, make]): Program => ({
        name: `${name} with ${what}`,
        async run(implementation, trace) {
          for (const connecting of [acceptedFromRaw(implementation), clientOfRaw(implementation)]) {
            const { socket, peer, stop } = await connecting;
            const called = new Promise<void>((resolve) => {
              const args = make(resolve);
              trace('returned', (socket[name] as Control)(...args));
              if (!args.includes(resolve)) resolve();
            });
            await called;
            await peer.received(1);
            trace('wire', peer.bytes);
            await stop();
          }
        },
      }),
    ),
    ...Object.entries(refused).map(
      ([what, data]): Program => ({
        name: `${name} with ${what}`,
        async run(implementation, trace) {
          const { socket, peer, stop } = await acceptedFromRaw(implementation);
          const error = outcome(() => (socket[name] as Control)(data)) as Error;
          trace('thrown', error instanceof RangeError, error instanceof TypeError, error.message);
          socket.send('next');
          await peer.received(1);
          trace('wire', peer.told);
          await stop();
        },
      }),
    ),
    {
      name: `${name} with data and a mask`,
      async run(implementation, trace) {
        for (const connecting of [acceptedFromRaw(implementation), clientOfRaw(implementation)]) {
          const { socket, peer, stop } = await connecting;
          (socket[name] as Control)('data', true);
          (socket[name] as Control)('data', false);
          await peer.received(2);
          trace('wire', peer.told);
          await stop();
        }
      },
    },
    {
      name: `a ${name} from each end arrives at the other`,
      async run(implementation, trace) {
        const { server, accepted, client } = await connected(implementation);
        for (const [from, to] of [
          [accepted, client],
          [client, accepted],
        ] as const) {
          const arrived = next(to, name);
          from[name]('hé');
          trace(name, ...(await arrived));
        }
        client.terminate();
        await closed(accepted);
        await stop(server);
      },
    },
  ]),
  {
    'ping with data and a mask': {
      because: 'mask-by-role',
      ws: [
        'wire ["FIN masked 9 <64617461>", "FIN 9 <64617461>"]',
        'wire ["FIN masked 9 <64617461>", "FIN 9 <64617461>"]',
      ],
      hawser: [
        'wire ["FIN 9 <64617461>", "FIN 9 <64617461>"]',
        'wire ["FIN masked 9 <64617461>", "FIN masked 9 <64617461>"]',
      ],
    },
    'pong with data and a mask': {
      because: 'mask-by-role',
      ws: [
        'wire ["FIN masked 10 <64617461>", "FIN 10 <64617461>"]',
        'wire ["FIN masked 10 <64617461>", "FIN 10 <64617461>"]',
      ],
      hawser: [
        'wire ["FIN 10 <64617461>", "FIN 10 <64617461>"]',
        'wire ["FIN masked 10 <64617461>", "FIN masked 10 <64617461>"]',
      ],
    },
  },
);

connection(
  'answers to pings',
  [
    {
      name: 'answers come in order, between messages',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        socket.on('message', (data) => socket.send(String(data)));
        peer.write(
          { opcode: 1, payload: 'a' },
          { opcode: 9, payload: '1' },
          { opcode: 1, payload: 'b' },
          { opcode: 9, payload: '2' },
          { opcode: 9, payload: '3' },
        );
        await peer.received(5);
        trace('wire', peer.told);
        await stop();
      },
    },
    {
      name: 'what a ping listener sends comes behind the pong',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        socket.on('ping', (data) => socket.send(data));
        peer.write({ opcode: 9, payload: '1' });
        await peer.received(2);
        trace('wire', peer.told);
        await stop();
      },
    },
    {
      name: 'no answer behind our close frame',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        observe(socket, trace);
        socket.close(1000);
        await peer.received(1);
        const close = closed(socket);
        void peer.ended.then(() => peer.socket.end());
        peer.write({ opcode: 9, payload: '1' }, { opcode: 8 });
        await close;
        trace('wire', peer.told);
        await stop();
      },
    },
    {
      name: 'a pong that nobody asked for',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        observe(socket, trace);
        const pong = next(socket, 'pong');
        peer.write({ opcode: 10, payload: 'unasked' });
        await pong;
        await turns();
        trace('wire', peer.told);
        await stop();
      },
    },
    {
      name: 'a subclass that overrides pong',
      async run(implementation, trace) {
        class Quiet extends implementation.WebSocket {
          override pong(...args: unknown[]): void {
            trace('pong is called', args.length);
          }
        }
        const { peer, stop } = await acceptedFromRaw(implementation, { WebSocket: Quiet });
        peer.write({ opcode: 9, payload: '1' }, { opcode: 9, payload: '2' }, { opcode: 8 });
        await peer.ended;
        trace('wire', peer.told);
        await stop();
      },
    },
  ],
  {
    'a subclass that overrides pong': {
      because: 'automatic-answers',
      ws: ['pong is called 3', 'pong is called 3', 'wire ["FIN 8 <>"]'],
      hawser: ['wire ["FIN 10 <31>", "FIN 10 <32>", "FIN 8 <>"]'],
    },
  },
);
