import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  acceptedFromRaw,
  closed,
  outcome,
  record,
  socketOf,
  turns,
  unopened,
} from './connection-endpoints.js';
import { connection } from './connection-programs.js';
import type { Program } from './differential.js';
import { connected, stop } from './endpoints.js';
import type { WebSocket } from './implementations.js';

type Send = (data: unknown, options?: unknown, callback?: unknown) => unknown;

const sendOf = (socket: WebSocket): Send => (socket.send as Send).bind(socket);

connection(
  'callbacks of send',
  [
    {
      name: 'their order, after what is synchronous',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        const done = new Promise<void>((resolve) => {
          socket.send('1', (...args: unknown[]) => trace('callback 1', args.length, ...args));
          socket.ping('2', false, (...args: unknown[]) => trace('callback 2', args.length, ...args));
          socket.send('3', { binary: true }, (...args: unknown[]) =>
            trace('callback 3', args.length, ...args),
          );
          socket.pong('4', undefined, (...args: unknown[]) => {
            trace('callback 4', args.length, ...args);
            resolve();
          });
          trace('sent');
        });
        await done;
        await peer.received(4);
        trace('wire', peer.told);
        await stop();
      },
    },
    {
      name: 'when the bytes of a turn leave',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        const { bytesWritten } = socketOf(socket);
        const left = () => [socketOf(socket).bytesWritten - bytesWritten, socket.bufferedAmount];
        socket.send('first');
        trace('sent', ...left());
        socket.send('second');
        trace('sent', ...left());
        await turns(1);
        trace('the next turn', ...left());
        await peer.received(2);
        await stop();
      },
    },
    {
      name: 'a Blob that cannot be read',
      async run(implementation, trace) {
        const folder = await mkdtemp(join(tmpdir(), 'blob-'));
        const file = join(folder, 'blob');
        await writeFile(file, 'before');
        const blob = await openAsBlob(file);
        await writeFile(file, 'changed meanwhile');
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        socket.on('error', (error) => trace('error', error instanceof Error, socket.readyState));
        socket.on('close', (code) => trace('close', code));
        const close = closed(socket);
        void peer.ended.then(() => peer.socket.end());
        sendOf(socket)('in front');
        await peer.received(1);
        await new Promise<void>((resolve) => {
          sendOf(socket)(blob, (error: Error) => {
            trace('callback', error instanceof Error, socket.readyState);
            resolve();
          });
        });
        await close;
        await peer.ended;
        trace('wire', peer.told);
        await stop();
        await rm(folder, { recursive: true });
      },
    },
    {
      name: 'a callback that sends',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        socket.send('1', () => socket.send('2', () => socket.send('3')));
        await peer.received(3);
        trace('wire', peer.told);
        await stop();
      },
    },
    {
      name: 'in each state that is too late',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        socket.close(1000);
        for (const state of ['closing', 'closed']) {
          for (const name of ['send', 'ping', 'pong'] as const) {
            await new Promise<void>((resolve) => {
              const callback = (error?: Error) => {
                trace(`${state} ${name}`, error?.message);
                resolve();
              };
              if (name === 'send') socket.send('late', callback);
              else socket[name]('late', undefined, callback);
              trace('after', socket.readyState);
            });
          }
          if (state === 'closed') continue;
          const close = closed(socket);
          peer.write({ opcode: 8, payload: Buffer.from([3, 232]) });
          peer.socket.end();
          await close;
        }
        await stop();
      },
    },
    {
      name: 'too late and without a callback: nothing',
      async run(implementation, trace) {
        const { socket, stop } = await acceptedFromRaw(implementation);
        socket.terminate();
        for (const name of ['send', 'ping', 'pong'] as const) {
          trace(
            name,
            outcome(() => void socket[name]('late')),
          );
        }
        await stop();
      },
    },
    {
      name: 'the class and the code of the error that is too late',
      async run(implementation, trace) {
        const { socket, stop } = await acceptedFromRaw(implementation);
        socket.terminate();
        trace('error', await new Promise((resolve) => socket.send('late', resolve)));
        await stop();
      },
    },
    {
      name: 'bufferedAmount counts what was too late',
      async run(implementation, trace) {
        const { socket, stop } = await acceptedFromRaw(implementation);
        socket.terminate();
        await closed(socket);
        const late: [string, unknown][] = [
          ['text', 'héllo'],
          ['number', 12],
          ['bytes', Buffer.alloc(10)],
          ['view', new Uint16Array(3)],
          ['blob', new Blob(['abc'])],
          ['null', null],
          ['nothing', undefined],
        ];
        for (const [name, data] of late) {
          sendOf(socket)(data);
          trace(name, socket.bufferedAmount);
        }
        socket.ping('12');
        socket.pong(Buffer.alloc(3));
        trace('controls', socket.bufferedAmount);
        await stop();
      },
    },
    {
      name: 'a terminate right behind a send',
      async run(implementation, trace) {
        const { server, accepted, client } = await connected(implementation);
        const log = record();
        accepted.send('x', (error?: Error) => log.note('callback', error === undefined || error === null));
        accepted.terminate();
        await Promise.all([closed(accepted), closed(client)]);
        await turns();
        log.tell(trace, 'server');
        await stop(server);
      },
    },
  ],
  {
    'a Blob that cannot be read': {
      because: 'unreadable-blob',
      ws: ['callback true 1', 'error true 2', 'close 1006', 'wire ["FIN 1 <696e2066726f6e74>"]'],
      hawser: ['error true 2', 'callback true 2', 'close 1006', 'wire ["FIN 1 <696e2066726f6e74>"]'],
    },
    'the class and the code of the error that is too late': {
      because: 'usage-errors',
      ws: ['error Error(WebSocket is not open: readyState 2 (CLOSING))'],
      hawser: ['error TypeError(WS_ERR_NOT_OPEN: WebSocket is not open: readyState 2 (CLOSING))'],
    },
    'when the bytes of a turn leave': {
      because: 'one-write-per-turn',
      ws: ['sent 7 0', 'sent 15 0', 'the next turn 15 0'],
      hawser: ['sent 0 7', 'sent 0 15', 'the next turn 15 0'],
    },
  },
);

/** Everything that is sent while CONNECTING. */
connection(
  'sending while CONNECTING',
  [
    ...(['send', 'ping', 'pong'] as const).map(
      (name): Program => ({
        name: `${name} throws`,
        run(implementation, trace) {
          const socket = unopened(implementation);
          trace('message', (outcome(() => void socket[name]('x')) as Error).message);
          trace(
            'with a callback',
            (
              outcome(
                () => void (socket[name] as Send).call(socket, 'x', undefined, () => trace('callback')),
              ) as Error
            ).message,
          );
          trace('state', socket.readyState);
        },
      }),
    ),
    {
      name: 'the class and the code of the error',
      run(implementation, trace) {
        const socket = unopened(implementation);
        for (const name of ['send', 'ping', 'pong'] as const)
          trace(
            name,
            outcome(() => void socket[name]('x')),
          );
      },
    },
    {
      name: 'close, terminate, pause and resume of a socket that never opens',
      run(implementation, trace) {
        const socket = unopened(implementation);
        for (const name of ['pause', 'resume'] as const) {
          trace(
            name,
            outcome(() => socket[name]()),
            socket.isPaused,
            socket.readyState,
          );
        }
      },
    },
  ],
  {
    'the class and the code of the error': {
      because: 'usage-errors',
      ws: [
        'send Error(WebSocket is not open: readyState 0 (CONNECTING))',
        'ping Error(WebSocket is not open: readyState 0 (CONNECTING))',
        'pong Error(WebSocket is not open: readyState 0 (CONNECTING))',
      ],
      hawser: [
        'send TypeError(WS_ERR_NOT_OPEN: WebSocket is not open: readyState 0 (CONNECTING))',
        'ping TypeError(WS_ERR_NOT_OPEN: WebSocket is not open: readyState 0 (CONNECTING))',
        'pong TypeError(WS_ERR_NOT_OPEN: WebSocket is not open: readyState 0 (CONNECTING))',
      ],
    },
  },
);
