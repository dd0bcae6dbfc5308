import {
  type AgainstRaw,
  acceptedFromRaw,
  clientOfRaw,
  closed,
  next,
  observe,
  socketOf,
  turns,
} from './connection-endpoints.js';
import { connection } from './connection-programs.js';
import type { Program } from './differential.js';
import type { Implementation } from './implementations.js';
import type { Trace } from './trace.js';

const CLOSE_1000 = { opcode: 8, payload: Buffer.of(3, 232) };

/** Tells what a socket says when its peer's TCP connection ends in some way. */
async function peerEnds(
  connecting: Promise<AgainstRaw>,
  trace: Trace,
  end: (against: AgainstRaw) => unknown,
): Promise<void> {
  const against = await connecting;
  const { socket, peer, stop } = against;
  observe(socket, trace);
  const close = closed(socket);
  await end(against);
  await close;
  await peer.ended;
  trace('wire', peer.told);
  await stop();
}

const ends = (implementation: Implementation): [string, Promise<AgainstRaw>][] => [
  ['server', acceptedFromRaw(implementation)],
  ['client', clientOfRaw(implementation)],
];

/** Ways in which a connection ends without a closing handshake, or with half of one. */
const abruptEnds: Readonly<Record<string, (against: AgainstRaw) => unknown>> = {
  'FIN without a close frame': ({ peer }) => peer.socket.end(),
  'FIN inside a frame': ({ peer }) => peer.socket.end(Buffer.of(0x81)),
  'FIN behind a message': ({ peer }) => {
    peer.write({ opcode: 1, payload: 'last' });
    peer.socket.end();
  },
  'FIN inside a message': ({ peer }) => {
    peer.write({ opcode: 1, fin: false, payload: 'half' });
    peer.socket.end();
  },
  'a reset': ({ peer }) => peer.socket.resetAndDestroy(),
  'a close frame and FIN at once': ({ peer }) => {
    peer.write(CLOSE_1000);
    peer.socket.end();
  },
  'FIN as the answer to our close': async ({ socket, peer }) => {
    socket.close(1000);
    await peer.received(1);
    peer.socket.end();
  },
  'a reset as the answer to our close': async ({ socket, peer }) => {
    socket.close(1000);
    await peer.received(1);
    peer.socket.resetAndDestroy();
  },
  'a mistake as the answer to our close': async ({ socket, peer }) => {
    socket.close(1000);
    await peer.received(1);
    peer.write({ opcode: 3 });
    void peer.ended.then(() => peer.socket.end());
  },
  'another code as the answer to our close': async ({ socket, peer }) => {
    socket.close(1000, 'ours');
    await peer.received(1);
    peer.write({ opcode: 8, payload: Buffer.from([15, 161, 0x74]) });
    void peer.ended.then(() => peer.socket.end());
  },
  'messages and pings between our close and the answer': async ({ socket, peer }) => {
    socket.close(1000);
    await peer.received(1);
    peer.write(
      { opcode: 1, payload: 'a' },
      { opcode: 9, payload: 'p' },
      { opcode: 2, payload: 'b' },
      CLOSE_1000,
    );
    void peer.ended.then(() => peer.socket.end());
  },
  'messages behind the close frame': ({ peer }) => {
    peer.write(CLOSE_1000, { opcode: 1, payload: 'late' });
    peer.write({ opcode: 1, payload: 'later' });
    void peer.ended.then(() => peer.socket.end());
  },
  'the socket is destroyed from outside': ({ socket }) => socketOf(socket).destroy(),
  'the socket is destroyed with an error': ({ socket }) => socketOf(socket).destroy(new Error('outside')),
  'the socket is ended from outside': ({ socket, peer }) => {
    void peer.ended.then(() => peer.socket.end());
    socketOf(socket).end();
  },
  'the socket times out and is destroyed': ({ socket }) => {
    socketOf(socket).setTimeout(1, () => socketOf(socket).destroy());
  },
};

connection('the end without a handshake', [
  ...Object.entries(abruptEnds).map(
    ([name, end]): Program => ({
      name,
      async run(implementation, trace) {
        for (const [title, connecting] of ends(implementation)) {
          trace(title);
          await peerEnds(connecting, trace, end);
        }
      },
    }),
  ),
  {
    name: 'closeTimeout: no answer to our close',
    run: (implementation, trace) =>
      peerEnds(acceptedFromRaw(implementation, { closeTimeout: 30 }), trace, ({ socket }) =>
        socket.close(1000),
      ),
  },
  {
    name: 'closeTimeout: no FIN after both close frames, at a client',
    run: (implementation, trace) =>
      peerEnds(clientOfRaw(implementation, { closeTimeout: 30 }), trace, ({ peer }) =>
        peer.write(CLOSE_1000),
      ),
  },
  {
    name: 'closeTimeout: no FIN after both close frames, at a server',
    run: (implementation, trace) =>
      peerEnds(acceptedFromRaw(implementation, { closeTimeout: 30 }), trace, ({ peer }) =>
        peer.write(CLOSE_1000),
      ),
  },
  {
    name: 'closeTimeout: no FIN after a mistake',
    run: (implementation, trace) =>
      peerEnds(acceptedFromRaw(implementation, { closeTimeout: 30 }), trace, ({ peer }) =>
        peer.write({ opcode: 4 }),
      ),
  },
  {
    name: 'who sends FIN first after the close frames',
    async run(implementation, trace) {
      const server = await acceptedFromRaw(implementation);
      server.peer.write(CLOSE_1000);
      await server.peer.ended;
      trace('server', server.peer.told);
      await server.stop();
      const client = await clientOfRaw(implementation);
      client.peer.write(CLOSE_1000);
      await client.peer.received(1);
      const first = Promise.race([client.peer.ended.then(() => 'client'), turns(50).then(() => 'nobody')]);
      trace('first', await first);
      await client.stop();
    },
  },
]);

connection(
  'pause',
  [
    {
      name: 'isPaused in each state',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        const step = (name: 'pause' | 'resume' | 'close' | 'terminate') => {
          socket[name]();
          trace(name, socket.isPaused, socket.readyState, socketOf(socket).isPaused());
        };
        for (const name of ['pause', 'pause', 'resume', 'resume', 'pause'] as const) step(name);
        socket.resume();
        step('close');
        peer.write(CLOSE_1000);
        void peer.ended.then(() => peer.socket.end());
        await closed(socket);
        step('pause');
        step('resume');
        await stop();
      },
    },
    {
      name: 'nothing is emitted while paused; all of it afterwards',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        observe(socket, trace);
        socket.pause();
        peer.write({ opcode: 1, payload: 'a' }, { opcode: 9, payload: 'p' }, { opcode: 1, payload: 'b' });
        await turns(50);
        trace('resume');
        socket.resume();
        await peer.received(1);
        trace('wire', peer.told);
        await stop();
      },
    },
    {
      name: 'pause in a message listener: what came in the same read',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        observe(socket, trace, ['message', 'ping']);
        socket.once('message', () => socket.pause());
        const first = next(socket, 'message');
        peer.write({ opcode: 1, payload: 'a' }, { opcode: 9, payload: 'p' }, { opcode: 1, payload: 'b' });
        await first;
        await turns();
        trace('resume', socket.isPaused);
        socket.resume();
        await peer.received(1);
        await stop();
      },
    },
    {
      name: 'terminate while paused',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        observe(socket, trace);
        socket.pause();
        const close = closed(socket);
        socket.terminate();
        await close;
        trace('wire', peer.told, socket.isPaused);
        await stop();
      },
    },
    {
      name: 'close while paused, and resume',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        observe(socket, trace);
        socket.pause();
        const close = closed(socket);
        socket.close(1000);
        await peer.received(1);
        peer.write({ opcode: 1, payload: 'held' }, CLOSE_1000);
        void peer.ended.then(() => peer.socket.end());
        await turns(20);
        trace('resume', socket.readyState);
        socket.resume();
        await close;
        await stop();
      },
    },
  ],
  {
    'pause in a message listener: what came in the same read': {
      because: 'pause-at-once',
      ws: ['message Buffer <61> false 1', 'ping Buffer <70> 1', 'message Buffer <62> false 1', 'resume true'],
      hawser: [
        'message Buffer <61> false 1',
        'resume true',
        'ping Buffer <70> 1',
        'message Buffer <62> false 1',
      ],
    },
  },
);
