import { agreedDeflate, attempt, classesOf, recordingSocket } from './classes.js';
import { differential } from './differential.js';

const plain = { binary: false, compress: false, fin: true, mask: false };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

differential('Sender, where it differs', [
  {
    name: 'a Blob that cannot be read',
    async run(implementation, trace) {
      const { socket, written } = recordingSocket();
      const { Sender } = classesOf(implementation);
      const sender = new Sender(socket);
      const blob = new Blob(['blob']);
      blob.arrayBuffer = () => Promise.reject(new Error('unreadable'));
      sender.send(blob, plain, (error) => trace('blob', error));
      sender.send('next', plain, (error) => trace('next', error));
      await new Promise<void>((resolve) => {
        sender.onerror = (error) => {
          trace('onerror', error);
          resolve();
        };
      });
      sender.send('later', plain, (error) => trace('later', error));
      await turn();
      trace('after', sender._state, sender._bufferedBytes, socket.destroyed, written());
    },
    differs: {
      because: 'sender-failure-destroys',
      ws: [
        'blob Error(unreadable)',
        'next Error(unreadable)',
        'onerror Error(unreadable)',
        'after 2 13 false Buffer <>',
      ],
      hawser: [
        'blob Error(unreadable)',
        'next Error(unreadable)',
        'onerror Error(unreadable)',
        'later Error(ERR_STREAM_DESTROYED: Cannot call write after a stream was destroyed)',
        'after 0 0 true Buffer <>',
      ],
    },
  },
  {
    name: 'a socket that is destroyed while a Blob is read',
    async run(implementation, trace) {
      const { socket } = recordingSocket();
      const { Sender } = classesOf(implementation);
      const sender = new Sender(socket);
      sender.onerror = (error) => trace('onerror', error);
      const told = new Promise<void>((resolve) => {
        sender.send(new Blob(['blob']), plain, (error) => trace('blob', error));
        sender.send('next', plain, (error) => {
          trace('next', error);
          resolve();
        });
      });
      socket.destroy();
      await told;
    },
    differs: {
      because: 'sender-socket-destroyed',
      ws: [
        'blob Error(The socket was closed while the blob was being read)',
        'next Error(The socket was closed while the blob was being read)',
      ],
      hawser: [
        'blob Error(ERR_STREAM_DESTROYED: Cannot call write after a stream was destroyed)',
        'next Error(ERR_STREAM_DESTROYED: Cannot call write after a stream was destroyed)',
      ],
    },
  },
  {
    name: 'a socket that is destroyed while a message is compressed',
    async run(implementation, trace) {
      const { extensions } = agreedDeflate(implementation, { threshold: 0 });
      const { socket } = recordingSocket();
      const { Sender } = classesOf(implementation);
      const sender = new Sender(socket, extensions);
      const told = new Promise<void>((resolve) =>
        sender.send('x'.repeat(100_000), { ...plain, compress: true }, (error) => {
          trace('compressed', error);
          resolve();
        }),
      );
      socket.destroy();
      await told;
    },
    differs: {
      because: 'sender-socket-destroyed',
      ws: ['compressed Error(The socket was closed while data was being compressed)'],
      hawser: ['compressed Error(ERR_STREAM_DESTROYED: Cannot call write after a stream was destroyed)'],
    },
  },
  {
    name: 'compression that is cleaned up meanwhile',
    async run(implementation, trace) {
      const { deflate, extensions } = agreedDeflate(implementation, { threshold: 0 });
      const { socket } = recordingSocket();
      const { Sender } = classesOf(implementation);
      const sender = new Sender(socket, extensions);
      sender.send('x'.repeat(100_000), { ...plain, compress: true }, (error) => trace('sent', error));
      attempt(trace, 'cleanup', () => deflate.cleanup());
      await turn();
      trace('destroyed', socket.destroyed);
    },
    differs: {
      because: ['deflate-cleanup', 'sender-failure-destroys'],
      ws: [
        `cleanup "throws" TypeError(Cannot read properties of undefined (reading 'length'))`,
        'destroyed false',
      ],
      hawser: [
        'sent Error(WS_ERR_CONNECTION_CLOSED: The connection was closed: 1006)',
        'cleanup undefined',
        'destroyed true',
      ],
    },
  },
  {
    name: 'compress without permessage-deflate',
    run(implementation, trace) {
      const { Sender } = classesOf(implementation);
      for (const extensions of [undefined, {}, null]) {
        const { socket, written } = recordingSocket();
        attempt(trace, 'send', () => {
          new Sender(socket, extensions).send('a', { ...plain, compress: true });
          return written();
        });
      }
    },
    differs: {
      because: 'sender-compress-without-extension',
      ws: [
        `send "throws" TypeError(Cannot read properties of undefined (reading 'compress'))`,
        `send "throws" TypeError(Cannot read properties of undefined (reading 'compress'))`,
        `send "throws" TypeError(Cannot read properties of undefined (reading 'compress'))`,
      ],
      hawser: ['send Buffer <810161>', 'send Buffer <810161>', 'send Buffer <810161>'],
    },
  },
  {
    name: 'a list of Buffers',
    run(implementation, trace) {
      const { socket, written } = recordingSocket();
      const { Sender } = classesOf(implementation);
      new Sender(socket).send([Buffer.from('a'), Buffer.from('b')], plain);
      trace('written', written());
    },
    differs: {
      because: 'list-of-buffers',
      ws: ['written Buffer <81020000>'],
      hawser: ['written Buffer <81026162>'],
    },
  },
  {
    name: 'close codes with a fraction, and reasons of another type',
    run(implementation, trace) {
      const { Sender } = classesOf(implementation);
      const arguments_: [number, unknown?][] = [
        [1000.5],
        [1000, 5],
        [1000, new ArrayBuffer(2)],
        [1000, null],
      ];
      for (const [code, reason] of arguments_) {
        const { socket, written } = recordingSocket();
        attempt(trace, 'close', () => {
          new Sender(socket).close(code, reason as string);
          return written();
        });
      }
    },
    differs: {
      because: 'close-arguments',
      ws: [
        'close Buffer <880203e8>',
        'close Buffer <880203e8>',
        'close Buffer <880203e8>',
        `close "throws" TypeError(Cannot read properties of null (reading 'length'))`,
      ],
      hawser: [
        'close "throws" TypeError(First argument must be a valid error code number)',
        'close "throws" TypeError(Second argument must be a string or a Uint8Array)',
        'close "throws" TypeError(Second argument must be a string or a Uint8Array)',
        'close "throws" TypeError(Second argument must be a string or a Uint8Array)',
      ],
    },
  },
  {
    name: 'the code of an error that a wrong argument gives',
    run(implementation, trace) {
      const { Sender } = classesOf(implementation);
      const sender = new Sender(recordingSocket().socket);
      const calls = [
        () => sender.close(1005),
        () => sender.close(1000, 'x'.repeat(124)),
        () => sender.ping('x'.repeat(126)),
        () => sender.close(1000, new Uint16Array(1) as never),
      ];
      for (const call of calls) {
        try {
          call();
        } catch (error) {
          trace('thrown', error);
        }
      }
    },
    differs: {
      because: 'usage-errors',
      ws: [
        'thrown TypeError(First argument must be a valid error code number)',
        'thrown RangeError(The message must not be greater than 123 bytes)',
        'thrown RangeError(The data size must not be greater than 125 bytes)',
        'thrown TypeError(Second argument must be a string or a Uint8Array)',
      ],
      hawser: [
        'thrown TypeError(WS_ERR_INVALID_ARGUMENT: First argument must be a valid error code number)',
        'thrown RangeError(WS_ERR_CONTROL_DATA_TOO_LONG: The message must not be greater than 123 bytes)',
        'thrown RangeError(WS_ERR_CONTROL_DATA_TOO_LONG: The data size must not be greater than 125 bytes)',
        'thrown TypeError(WS_ERR_INVALID_ARGUMENT: Second argument must be a string or a Uint8Array)',
      ],
    },
  },
]);
