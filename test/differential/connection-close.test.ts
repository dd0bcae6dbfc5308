import { acceptedFromRaw, closed, observe, outcome, record } from './connection-endpoints.js';
import { connection } from './connection-programs.js';
import type { Program } from './differential.js';
import { connected, stop } from './endpoints.js';
import type { Implementation, WebSocket } from './implementations.js';
import type { Trace } from './trace.js';

type Close = (code?: unknown, reason?: unknown) => void;
const CLOSE_1000 = { opcode: 8, payload: Buffer.of(3, 232) };

/** Closes one end and tells the events of both, and how each sees the end. */
async function closesBoth(
  implementation: Implementation,
  trace: Trace,
  close: (client: WebSocket, accepted: WebSocket) => void,
): Promise<void> {
  const { server, accepted, client } = await connected(implementation);
  const ends = { client: record(), server: record() };
  observe(client, ends.client.note);
  observe(accepted, ends.server.note);
  const both = Promise.all([closed(client), closed(accepted)]);
  close(client, accepted);
  ends.client.note('after', client.readyState);
  await both;
  ends.client.tell(trace, 'client');
  ends.server.tell(trace, 'server');
  await stop(server);
}

/** Arguments of `close` that are right. */
const accepted: Readonly<Record<string, readonly unknown[]>> = {
  nothing: [],
  undefined: [undefined],
  '1000': [1000],
  '1000 and a reason': [1000, 'done é'],
  '1001': [1001],
  '1003': [1003],
  '1007': [1007],
  '1014': [1014],
  '3000': [3000],
  '4999': [4999, 'mine'],
  'a Buffer as reason': [1000, Buffer.from('bytes')],
  'a reason of 123 bytes': [1000, `${'é'.repeat(61)}a`],
  'an empty reason': [1000, ''],
  'undefined as reason': [1000, undefined],
};

/** Arguments of `close` that are wrong. */
const refused: Readonly<Record<string, readonly unknown[]>> = {
  '0': [0],
  '999': [999],
  '1004': [1004],
  '1005': [1005],
  '1006': [1006],
  '1015': [1015],
  '1016': [1016],
  '2999': [2999],
  '5000': [5000],
  'a code as string': ['1000'],
  'NaN as code': [Number.NaN],
  'null as code': [null],
  'a reason of 124 bytes': [1000, 'a'.repeat(124)],
  'a Buffer of 124 bytes as reason': [1000, Buffer.alloc(124)],
};

connection(
  'arguments of close',
  [
    ...Object.entries(accepted).map(
      ([name, args]): Program => ({
        name: `close with ${name}`,
        run: (implementation, trace) =>
          closesBoth(implementation, trace, (client) => (client.close as Close)(...args)),
      }),
    ),
    ...Object.entries(refused).map(
      ([name, args]): Program => ({
        name: `close with ${name}`,
        async run(implementation, trace) {
          const { socket, peer, stop } = await acceptedFromRaw(implementation);
          const error = outcome(() => (socket.close as Close)(...args)) as Error;
          trace('thrown', error instanceof RangeError, error instanceof TypeError, error.message);
          trace('state', socket.readyState);
          socket.send('still there');
          await peer.received(1);
          trace('wire', peer.told);
          await stop();
        },
      }),
    ),
    {
      name: 'a reason that is neither text nor a Buffer',
      async run(implementation, trace) {
        for (const reason of [12, Uint8Array.of(0x61), null, ['a'], { a: 1 }]) {
          const { socket, peer, stop } = await acceptedFromRaw(implementation);
          const error = outcome(() => (socket.close as Close)(1000, reason));
          trace('thrown', error instanceof Error ? error.constructor.name : error, socket.readyState);
          if (error === undefined) trace('wire', (await peer.received(1)).length);
          await stop();
        }
      },
    },
    {
      name: 'a code that is no integer',
      async run(implementation, trace) {
        const { socket, stop } = await acceptedFromRaw(implementation);
        trace(
          'thrown',
          outcome(() => socket.close(1000.5)),
        );
        await stop();
      },
    },
    {
      name: 'a reason without a code',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        socket.close(undefined, 'lost');
        await peer.received(1);
        trace('wire', peer.told);
        await stop();
      },
    },
    {
      name: 'the codes of the errors',
      async run(implementation, trace) {
        const { socket, stop } = await acceptedFromRaw(implementation);
        trace(
          'code',
          outcome(() => socket.close(1005)),
        );
        trace(
          'reason',
          outcome(() => socket.close(1000, 'a'.repeat(124))),
        );
        trace(
          'ping',
          outcome(() => socket.ping(Buffer.alloc(126))),
        );
        trace(
          'pong',
          outcome(() => socket.pong('a'.repeat(126))),
        );
        await stop();
      },
    },
  ],
  {
    'a code that is no integer': {
      because: 'close-arguments',
      ws: ['thrown undefined'],
      hawser: ['thrown TypeError(WS_ERR_INVALID_ARGUMENT: First argument must be a valid error code number)'],
    },
    'a reason that is neither text nor a Buffer': {
      because: 'close-arguments',
      ws: [
        'thrown undefined 2',
        'wire 1',
        'thrown undefined 2',
        'wire 1',
        'thrown "TypeError" 1',
        'thrown "TypeError" 1',
        'thrown undefined 2',
        'wire 1',
      ],
      hawser: [
        'thrown "UsageError" 1',
        'thrown undefined 2',
        'wire 1',
        'thrown "UsageError" 1',
        'thrown "UsageError" 1',
        'thrown "UsageError" 1',
      ],
    },
    'the codes of the errors': {
      because: 'usage-errors',
      ws: [
        'code TypeError(First argument must be a valid error code number)',
        'reason RangeError(The message must not be greater than 123 bytes)',
        'ping RangeError(The data size must not be greater than 125 bytes)',
        'pong RangeError(The data size must not be greater than 125 bytes)',
      ],
      hawser: [
        'code TypeError(WS_ERR_INVALID_ARGUMENT: First argument must be a valid error code number)',
        'reason RangeError(WS_ERR_CONTROL_DATA_TOO_LONG: The message must not be greater than 123 bytes)',
        'ping RangeError(WS_ERR_CONTROL_DATA_TOO_LONG: The data size must not be greater than 125 bytes)',
        'pong RangeError(WS_ERR_CONTROL_DATA_TOO_LONG: The data size must not be greater than 125 bytes)',
      ],
    },
  },
);

connection(
  'who closes when',
  [
    {
      name: 'the server closes',
      run: (implementation, trace) =>
        closesBoth(implementation, trace, (_, socket) => socket.close(1001, 'away')),
    },
    {
      name: 'close twice',
      run: (implementation, trace) =>
        closesBoth(implementation, trace, (client) => {
          client.close(1000, 'first');
          client.close(1001, 'second');
          client.close();
        }),
    },
    {
      name: 'both sides in one turn',
      run: (implementation, trace) =>
        closesBoth(implementation, trace, (client, socket) => {
          client.close(1000, 'from the client');
          socket.close(1001, 'from the server');
        }),
    },
    {
      name: 'terminate at the client',
      run: (implementation, trace) => closesBoth(implementation, trace, (client) => client.terminate()),
    },
    {
      name: 'terminate at the server, twice',
      run: (implementation, trace) =>
        closesBoth(implementation, trace, (_, socket) => {
          socket.terminate();
          socket.terminate();
        }),
    },
    {
      name: 'close and terminate at once',
      run: (implementation, trace) =>
        closesBoth(implementation, trace, (client) => {
          client.on('newListener', () => undefined);
          client.terminate();
          client.close(1000);
        }),
    },
    {
      name: 'messages in front of the close',
      run: (implementation, trace) =>
        closesBoth(implementation, trace, (client) => {
          client.send('1');
          client.send(Buffer.of(2));
          client.ping('3');
          client.close(4000);
          client.send('too late');
        }),
    },
    {
      name: 'close in a message listener; what came with it is still received',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        observe(socket, trace);
        socket.once('message', () => socket.close(1000, 'enough'));
        const close = closed(socket);
        peer.write({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' }, { opcode: 9, payload: 'p' });
        await peer.received(1);
        peer.write({ opcode: 1, payload: 'c' }, CLOSE_1000);
        void peer.ended.then(() => peer.socket.end());
        await close;
        trace('wire', peer.told);
        await stop();
      },
    },
    {
      name: 'terminate in a message listener; what came with it',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        observe(socket, trace);
        socket.once('message', () => socket.terminate());
        const close = closed(socket);
        peer.write({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' }, CLOSE_1000);
        await close;
        trace('wire', peer.told);
        await stop();
      },
    },
    {
      name: 'close in a ping listener',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        observe(socket, trace);
        socket.once('ping', () => socket.close(1001));
        const close = closed(socket);
        peer.write({ opcode: 9, payload: 'p' });
        await peer.received(2);
        peer.write({ opcode: 8, payload: Buffer.of(3, 233) });
        void peer.ended.then(() => peer.socket.end());
        await close;
        trace('wire', peer.told);
        await stop();
      },
    },
    {
      name: 'close, terminate, send and pause in a close listener',
      run: (implementation, trace) =>
        closesBoth(implementation, trace, (client) => {
          client.on('close', () => {
            client.close(1000);
            client.terminate();
            client.pause();
            client.resume();
            client.send('late');
            trace('in the listener', client.readyState, client.isPaused, client.bufferedAmount);
          });
          client.close();
        }),
    },
    {
      name: 'close in an error listener',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        observe(socket, trace);
        socket.on('error', () => socket.close(1000));
        const close = closed(socket);
        peer.write({ opcode: 3 });
        void peer.ended.then(() => peer.socket.end());
        await close;
        trace('wire', peer.told);
        await stop();
      },
    },
    {
      name: 'send in a listener of close frames: the answer is out already',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        observe(socket, trace);
        const close = closed(socket);
        peer.write({ opcode: 1, payload: 'last' }, CLOSE_1000);
        socket.on('message', () => socket.send('answer'));
        void peer.ended.then(() => peer.socket.end());
        await close;
        trace('wire', peer.told);
        await stop();
      },
    },
  ],
  {
    'terminate in a message listener; what came with it': {
      because: 'terminate-at-once',
      ws: ['message Buffer <61> false 1', 'message Buffer <62> false 2', 'close 1000 Buffer <> 3', 'wire []'],
      hawser: ['message Buffer <61> false 1', 'close 1006 Buffer <> 3', 'wire []'],
    },
  },
);
