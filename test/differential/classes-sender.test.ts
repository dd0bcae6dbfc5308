import { agreedDeflate, attempt, classesOf, fixedKey, recordingSocket } from './classes.js';
import { differential } from './differential.js';
import type { Implementation } from './implementations.js';
import { format, type Trace } from './trace.js';

const plain = { binary: false, compress: false, fin: true, mask: false };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A Sender over a socket that keeps what is written. */
function open(implementation: Implementation, extensions?: object, generateMask?: (key: Buffer) => void) {
  const wire = recordingSocket();
  const { Sender } = classesOf(implementation);
  return { ...wire, sender: new Sender(wire.socket, extensions as never, generateMask) };
}

/** Traces what `call` writes or throws, each time with a Sender of its own. */
function traceWritten(
  implementation: Implementation,
  trace: Trace,
  label: string,
  call: (sender: ReturnType<typeof open>['sender']) => void,
): void {
  const { sender, written } = open(implementation);
  attempt(trace, label, () => {
    call(sender);
    return written();
  });
}

const data: unknown[] = [
  'text',
  '',
  'é😀',
  Buffer.from('bytes'),
  new Uint8Array([1, 2]),
  new Uint16Array([1, 2]),
  new Float64Array([1]),
  new DataView(new ArrayBuffer(3)),
  new Uint8Array([1, 2, 3, 4]).subarray(1, 3),
  new Uint8Array([7, 8]).buffer,
  new SharedArrayBuffer(2),
  [1, 2, 300],
  { valueOf: () => 'value' },
  5,
  0,
  undefined,
  true,
  5n,
  Symbol('s'),
  {},
];

differential('Sender, what it writes', [
  {
    name: 'messages, fragments and control frames',
    run(implementation, trace) {
      const { sender, written, writes } = open(implementation);
      sender.send('a', plain);
      sender.send(Buffer.from('b'), { ...plain, binary: true });
      sender.send('c', { ...plain, fin: false });
      sender.ping('p', false);
      sender.send('d', { ...plain, binary: true, fin: false });
      sender.pong(Buffer.from('q'), false);
      sender.send('e', plain);
      sender.send('f', { ...plain, binary: true });
      sender.close(1000, 'bye', false);
      trace('written', written(), writes);
    },
  },
  {
    name: 'masked',
    run(implementation, trace) {
      const { sender, written, writes } = open(implementation, undefined, fixedKey);
      const bytes = Buffer.from('bytes');
      for (const value of ['', 'text', bytes, 'x'.repeat(200), Buffer.alloc(70_000, 'y')])
        sender.send(value, { ...plain, mask: true });
      sender.ping('p', true);
      sender.pong('', true);
      sender.close(1001, 'é', true);
      trace('written', written(), writes);
      trace('payload', bytes);
    },
  },
  {
    name: 'options that are missing, or no booleans',
    run(implementation, trace) {
      for (const options of [{}, { fin: 1, binary: 'yes' }, { fin: null }, { fin: true, compress: false }])
        traceWritten(implementation, trace, 'send', (sender) => sender.send('a', options as never));
      traceWritten(implementation, trace, 'ping', (sender) => sender.ping('p', 0 as never));
    },
  },
  {
    name: 'every type of data, for send',
    run(implementation, trace) {
      for (const value of data)
        traceWritten(implementation, trace, format(value), (sender) => sender.send(value as never, plain));
    },
  },
  {
    name: 'every type of data, for ping and pong',
    run(implementation, trace) {
      for (const value of data) {
        traceWritten(implementation, trace, 'ping', (sender) => sender.ping(value as never));
        traceWritten(implementation, trace, 'pong', (sender) => sender.pong(value as never, false));
      }
    },
  },
  {
    name: 'null is no data',
    run(implementation, trace) {
      for (const method of ['send', 'ping', 'pong'] as const) {
        const { sender, written } = open(implementation);
        try {
          sender[method](null as never, plain as never);
        } catch (error) {
          trace(method, error instanceof TypeError, written());
        }
      }
    },
  },
  {
    name: 'control frames of 125 and 126 bytes',
    run(implementation, trace) {
      for (const size of [125, 126]) {
        for (const value of ['x'.repeat(size), Buffer.alloc(size), new ArrayBuffer(size)]) {
          traceWritten(implementation, trace, 'ping', (sender) => sender.ping(value));
          traceWritten(implementation, trace, 'pong', (sender) => sender.pong(value));
        }
      }
      traceWritten(implementation, trace, 'é', (sender) => sender.ping('é'.repeat(63)));
      traceWritten(implementation, trace, 'Blob', (sender) => sender.ping(new Blob([Buffer.alloc(126)])));
    },
  },
  {
    name: 'close codes',
    run(implementation, trace) {
      const codes = [undefined, null, 0, 1, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1011, 1014];
      const others = [1015, 1016, 2999, 3000, 3999, 4000, 4999, 5000, 65_536, -1, Number.NaN, '1000', {}];
      for (const code of [...codes, ...others])
        traceWritten(implementation, trace, format(code), (sender) => sender.close(code as number));
    },
  },
  {
    name: 'close reasons',
    run(implementation, trace) {
      const reasons = ['', 'bye', 'é'.repeat(61), 'é'.repeat(62), Buffer.from('bytes'), new Uint8Array([97])];
      for (const reason of [undefined, ...reasons, 'x'.repeat(123), 'x'.repeat(124), Buffer.alloc(124)])
        traceWritten(implementation, trace, 'close', (sender) => sender.close(1000, reason));
      traceWritten(implementation, trace, 'no code', (sender) => sender.close(undefined, 'reason'));
    },
  },
  {
    name: 'sendFrame writes what Sender.frame gave',
    async run(implementation, trace) {
      const { sender, written, writes } = open(implementation);
      const { Sender } = classesOf(implementation);
      const options = { opcode: 1, fin: true, mask: false, readOnly: false, rsv1: false };
      const frames = Sender.frame(Buffer.from('shared'), options);
      const called = new Promise((resolve) => sender.sendFrame(frames, (...values) => resolve(values)));
      sender.sendFrame([Buffer.from('8900', 'hex')]);
      trace('callback', await called);
      trace('written', written(), writes);
    },
  },
]);

differential('Sender, when it calls back', [
  {
    name: 'callbacks of every method and their arguments',
    async run(implementation, trace) {
      const { sender } = open(implementation);
      const done = (label: string) =>
        function (this: unknown, ...values: unknown[]): void {
          trace(label, values);
        };
      sender.send('a', plain, done('send'));
      sender.ping('p', false, done('ping'));
      sender.pong('p', false, done('pong'));
      sender.send('', plain, done('empty'));
      sender.close(1000, '', false, done('close'));
      trace('returned');
      await turn();
    },
  },
  {
    name: 'a socket that fails',
    async run(implementation, trace) {
      const { Sender } = classesOf(implementation);
      const { socket } = recordingSocket(new Error('broken pipe'));
      socket.on('error', (error) => trace('socket error', error));
      const sender = new Sender(socket, {});
      sender.onerror = (error) => trace('onerror', error);
      sender.send('a', plain, (error) => trace('a', error));
      await new Promise<void>((resolve) => void socket.once('close', () => resolve()));
      sender.send('b', plain, (error) => trace('b', error));
      sender.ping('p', false, (error) => trace('p', error));
      await turn();
    },
  },
  {
    name: 'a string is taken as it is, bytes as they are when they are written',
    async run(implementation, trace) {
      const { sender, written } = open(implementation);
      const bytes = Buffer.from('before');
      const last = new Promise<void>((resolve) => {
        sender.send(new Blob(['blob']), { ...plain, binary: true });
        sender.send(bytes, { ...plain, binary: true }, () => resolve());
      });
      bytes.write('after!');
      await last;
      trace('written', written());
    },
  },
]);

differential('Sender, while something is compressed or read', [
  {
    name: 'order, callbacks, _state and _bufferedBytes',
    async run(implementation, trace) {
      const { deflate, extensions } = agreedDeflate(implementation, { threshold: 0 });
      const { sender, socket, written } = open(implementation, extensions);
      const told = (label: string) => () => trace(label, sender._bufferedBytes, sender._state);
      trace('socket', sender._socket === socket, deflate.params);
      sender.send('plain', plain, told('plain'));
      told('before')();
      sender.send('compressed', { ...plain, compress: true }, told('compressed'));
      told('compressing')();
      sender.send(new Blob(['blob']), { ...plain, binary: true }, told('blob'));
      sender.ping('p', false, told('ping'));
      sender.send(new Blob(['both']), { ...plain, binary: true, compress: true }, told('both'));
      sender.send('last', plain, told('last'));
      const closed = new Promise<void>((resolve) => sender.close(1000, '', false, () => resolve()));
      told('waiting')();
      await closed;
      told('closed')();
      trace('written', written());
    },
  },
  {
    name: 'a Blob alone',
    async run(implementation, trace) {
      const { sender, written } = open(implementation);
      const sent = new Promise((resolve) =>
        sender.send(new Blob(['one', 'two']), plain, (...values) => resolve(values)),
      );
      trace('reading', sender._bufferedBytes, sender._state);
      trace('callback', await sent, sender._bufferedBytes, sender._state);
      sender.ping(new Blob(['p']));
      sender.pong(new Blob(['q']), true);
      await new Promise<void>((resolve) => sender.close(1000, '', false, () => resolve()));
      trace('written', written().subarray(0, 12));
    },
  },
  {
    name: 'wrong data throws there too, and is not queued',
    async run(implementation, trace) {
      const { sender, written } = open(implementation);
      sender.send(new Blob(['blob']), plain);
      attempt(trace, 'send', () => sender.send({} as never, plain));
      attempt(trace, 'ping', () => sender.ping(Buffer.alloc(126)));
      attempt(trace, 'close', () => sender.close(1));
      trace('buffered', sender._bufferedBytes);
      await new Promise<void>((resolve) => sender.send('next', plain, () => resolve()));
      trace('written', written());
    },
  },
  {
    name: 'sendFrame overtakes',
    async run(implementation, trace) {
      const { sender, written } = open(implementation);
      const sent = new Promise<void>((resolve) => sender.send(new Blob(['blob']), plain, () => resolve()));
      sender.sendFrame([Buffer.from('8900', 'hex')]);
      await sent;
      trace('written', written());
    },
  },
]);

/** Sends the fragments in turn, each when the one before was written. */
async function sendInTurn(
  sender: ReturnType<typeof open>['sender'],
  fragments: readonly { value: string; compress: boolean; fin?: boolean }[],
): Promise<void> {
  for (const { value, compress, fin = true } of fragments)
    await new Promise<void>((resolve) => sender.send(value, { ...plain, compress, fin }, () => resolve()));
}

differential('Sender, what it compresses', [
  {
    name: 'threshold, with and without context takeover',
    async run(implementation, trace) {
      for (const threshold of [0, 10, undefined]) {
        for (const noTakeover of [false, true]) {
          const params = noTakeover ? { server_no_context_takeover: [true] } : {};
          const options = { threshold, serverNoContextTakeover: noTakeover };
          const { deflate, extensions } = agreedDeflate(implementation, options, params);
          const { sender, written } = open(implementation, extensions);
          for (const size of [0, 9, 10, 11, 1023, 1024])
            await sendInTurn(sender, [{ value: 'a'.repeat(size), compress: true }]);
          trace('written', threshold, deflate.params, written().length, written().toString('hex'));
        }
      }
    },
  },
  {
    name: 'the first fragment decides for its message',
    async run(implementation, trace) {
      const params = { server_no_context_takeover: [true] };
      const options = { threshold: 5, serverNoContextTakeover: true };
      const { extensions } = agreedDeflate(implementation, options, params);
      const { sender, written } = open(implementation, extensions);
      await sendInTurn(sender, [
        { value: 'short', compress: true, fin: false },
        { value: 'x', compress: false },
        { value: 'x', compress: true, fin: false },
        { value: 'longer', compress: true },
        { value: 'longer', compress: false, fin: false },
        { value: 'longer', compress: true },
      ]);
      trace('written', written());
    },
  },
  {
    name: 'a control frame inside a compressed message',
    async run(implementation, trace) {
      const { extensions } = agreedDeflate(implementation, { threshold: 0 });
      const { sender, written } = open(implementation, extensions);
      const done = new Promise<void>((resolve) => {
        sender.send('one', { ...plain, compress: true, fin: false });
        sender.ping('p', false);
        sender.send('two', { ...plain, compress: true }, () => resolve());
      });
      await done;
      trace('written', written());
    },
  },
]);

differential('Sender, its constructor', [
  {
    name: 'arguments',
    async run(implementation, trace) {
      const { Sender } = classesOf(implementation);
      for (const rest of [[], [{}], [undefined], [null], [{}, fixedKey], [{ other: 1 }]]) {
        const { socket, written } = recordingSocket();
        const make = Sender as unknown as new (...values: unknown[]) => InstanceType<typeof Sender>;
        const sender = new make(socket, ...rest);
        sender.send('a', plain);
        trace('written', written(), sender._bufferedBytes, typeof sender.onerror);
      }
      attempt(trace, 'without new', () => (Sender as unknown as (socket: unknown) => void)(null));
    },
  },
]);
