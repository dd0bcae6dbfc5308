import type { Duplex } from 'node:stream';
import { acceptedFromRaw, clientOfRaw, closed, next, observe, record } from './connection-endpoints.js';
import { connection } from './connection-programs.js';
import { connected, stop } from './endpoints.js';
import type { WebSocket } from './implementations.js';

/** Fields that begin with `_` and that software is known to touch. */
interface Fields {
  _socket: Duplex | null;
  _sender: {
    _socket: Duplex;
    _bufferedBytes: number;
    sendFrame(list: Buffer[], callback?: (error?: Error) => void): void;
    send(data: unknown, options: object, callback?: (error?: Error) => void): void;
    ping(data: unknown, mask: boolean, callback?: (error?: Error) => void): void;
    pong(data: unknown, mask: boolean, callback?: (error?: Error) => void): void;
    close(code: number, data: string, mask: boolean, callback?: (error?: Error) => void): void;
  } | null;
  _receiver: { _maxPayload: number; _isServer: boolean; on?: unknown } | null;
  _isServer: boolean;
  _readyState: number;
  _closeCode: number;
  _closeMessage: Buffer;
  _closeFrameSent: boolean;
  _closeFrameReceived: boolean;
  _req: object | null;
  _url: string;
  _protocol: string;
  _binaryType: string;
}

const fieldsOf = (socket: WebSocket): Fields => socket as unknown as Fields;

connection(
  'fields that begin with _',
  [
    {
      name: 'in each state of a connection',
      async run(implementation, trace) {
        const { socket, peer, stop } = await clientOfRaw(
          implementation,
          {},
          {
            prepare: (connecting) => {
              const fields = fieldsOf(connecting);
              trace('connecting', fields._socket, fields._sender, fields._receiver, fields._req !== null);
              trace('more', fields._isServer, fields._readyState, fields._closeCode, fields._closeMessage);
            },
          },
        );
        const fields = fieldsOf(socket);
        const tell = (label: string) => {
          const { _readyState, _closeCode, _closeMessage, _closeFrameSent, _closeFrameReceived } = fields;
          trace(label, _readyState, _closeCode, _closeMessage, _closeFrameReceived);
          if (label !== 'closing') trace('sent', _closeFrameSent);
        };
        tell('open');
        trace(
          'more',
          fields._req,
          fields._protocol,
          fields._binaryType,
          fields._sender?._socket === fields._socket,
        );
        trace('kinds', typeof fields._sender, typeof fields._receiver, fields._receiver?._isServer);
        socket.close(1000, 'ours');
        tell('closing');
        await peer.received(1);
        const close = closed(socket);
        peer.write({ opcode: 8, payload: Buffer.from([15, 160, 0x62]) });
        peer.socket.end();
        await close;
        tell('closed');
        trace('after', fields._socket !== null, fields._sender !== null);
        await stop();
      },
    },
    {
      name: '_sender._socket is the socket, on each of many',
      async run(implementation, trace) {
        const { server, accepted, client } = await connected(implementation);
        for (const socket of [accepted, client]) {
          const { _sender, _socket } = fieldsOf(socket);
          trace('same', _sender?._socket === _socket, fieldsOf(socket)._sender === _sender);
          trace(
            'address',
            (_sender?._socket as unknown as { remoteAddress?: string } | undefined)?.remoteAddress,
          );
        }
        client.terminate();
        await closed(accepted);
        await stop(server);
      },
    },
    {
      name: '_sender.sendFrame writes what Sender.frame gave, in its place',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        const { Sender } = implementation as unknown as {
          Sender: { frame(data: Buffer, options: object): Buffer[] };
        };
        const options = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false };
        const frames = Sender.frame(Buffer.from('framed once'), options);
        socket.send('before');
        await new Promise<void>((resolve) => {
          fieldsOf(socket)._sender?.sendFrame(frames, (...args) => {
            trace('callback', ...args);
            resolve();
          });
          socket.send('after');
        });
        fieldsOf(socket)._sender?.sendFrame(Sender.frame(Buffer.alloc(0), options));
        fieldsOf(socket)._sender?.sendFrame(Sender.frame(Buffer.alloc(10_000), options));
        await peer.received(5);
        trace('wire', peer.told);
        await stop();
      },
    },
    {
      name: 'the other methods of _sender',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        const { _sender: sender } = fieldsOf(socket);
        if (sender === null) return;
        const log = record();
        sender.send('text', { fin: true, binary: false, compress: false, mask: false }, () =>
          log.note('send'),
        );
        sender.send('bytes', { fin: false, binary: true, compress: false, mask: false });
        sender.ping(Buffer.from('p'), false, () => log.note('ping'));
        sender.pong(Buffer.from('q'), false, () => log.note('pong'));
        sender.send('end', { fin: true, binary: true, compress: false, mask: false });
        trace('buffered', sender._bufferedBytes >= 0);
        await peer.received(5);
        sender.close(1000, 'bye', false, () => log.note('close'));
        await peer.received(6);
        trace('wire', peer.told);
        log.tell(trace, 'callbacks');
        await stop();
      },
    },
    {
      name: '_receiver._maxPayload, read and raised',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation, { maxPayload: 10 });
        observe(socket, trace, ['message']);
        const { _receiver: receiver } = fieldsOf(socket);
        trace('limit', receiver?._maxPayload, receiver?._isServer);
        if (receiver !== null) receiver._maxPayload = 20;
        const message = next(socket, 'message');
        peer.write({ opcode: 2, payload: Buffer.alloc(20) });
        await message;
        const failed = next(socket, 'error');
        peer.write({ opcode: 2, payload: Buffer.alloc(21) });
        trace('error', (await failed)[0]);
        await stop();
      },
    },
    {
      name: '_receiver as an EventEmitter',
      async run(implementation, trace) {
        const { socket, stop } = await acceptedFromRaw(implementation);
        trace('on', typeof fieldsOf(socket)._receiver?.on);
        await stop();
      },
    },
    {
      name: 'fields that only ws has',
      async run(implementation, trace) {
        const { socket, stop } = await acceptedFromRaw(implementation);
        const names = [
          '_extensions',
          '_autoPong',
          '_closeTimer',
          '_closeTimeout',
          '_paused',
          '_errorEmitted',
        ];
        for (const name of names) trace(name, name in socket);
        await stop();
      },
    },
    {
      name: 'fields that an application overwrites',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        for (const name of ['_req', '_closeMessage']) {
          (socket as unknown as Record<string, unknown>)[name] = 'mine';
          trace(name, (socket as unknown as Record<string, unknown>)[name]);
        }
        socket.send('still');
        await peer.received(1);
        trace('wire', peer.told);
        await stop();
      },
    },
  ],
  {
    '_receiver as an EventEmitter': {
      because: 'receiver-face',
      ws: ['on "function"'],
      hawser: ['on "undefined"'],
    },
    'fields that only ws has': {
      because: 'other-fields',
      ws: [
        '_extensions true',
        '_autoPong true',
        '_closeTimer true',
        '_closeTimeout true',
        '_paused true',
        '_errorEmitted true',
      ],
      hawser: [
        '_extensions false',
        '_autoPong false',
        '_closeTimer false',
        '_closeTimeout false',
        '_paused false',
        '_errorEmitted false',
      ],
    },
  },
);
