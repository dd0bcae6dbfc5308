import { rawFrame } from '../protocol/raw-frame.js';
import {
  acceptedFromRaw,
  clientOfRaw,
  closed,
  next,
  observe,
  socketOf,
  turns,
} from './connection-endpoints.js';
import { connection } from './connection-programs.js';
import { bothRoles, receives } from './connection-receiving.js';
import type { Program } from './differential.js';

connection('what a peer may send', [
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map(
    (code): Program => ({
      name: `the close code ${code}`,
      run: (implementation, trace) =>
        receives(acceptedFromRaw(implementation), trace, [
          { opcode: 8, payload: Buffer.concat([Buffer.of(code >> 8, code & 255), Buffer.from('why é')]) },
        ]),
    }),
  ),
  ...bothRoles('a close without a code', [{ opcode: 8 }]),
  ...bothRoles('a close with a reason of 123 bytes', [
    { opcode: 8, payload: Buffer.concat([Buffer.of(3, 232), Buffer.alloc(123, 0x61)]) },
  ]),
  ...bothRoles('messages of every kind', [
    { opcode: 1, payload: 'text é' },
    { opcode: 1, payload: '' },
    { opcode: 2, payload: Buffer.of(1, 2) },
    { opcode: 2 },
    { opcode: 1, fin: false, payload: 'one ' },
    { opcode: 9, payload: 'ping' },
    { opcode: 0, fin: false, payload: 'two ' },
    { opcode: 10, payload: 'pong' },
    { opcode: 0, payload: 'three' },
    { opcode: 8, payload: Buffer.of(3, 232) },
  ]),
  ...bothRoles('empty fragments', [
    { opcode: 1, fin: false },
    { opcode: 0, fin: false },
    { opcode: 0 },
    { opcode: 2, fin: false, payload: 'a' },
    { opcode: 0 },
    { opcode: 8 },
  ]),
  ...bothRoles('code points cut by fragments', [
    { opcode: 1, fin: false, payload: Buffer.of(0xe2) },
    { opcode: 0, fin: false, payload: Buffer.of(0x82) },
    { opcode: 0, payload: Buffer.of(0xac) },
    { opcode: 8 },
  ]),
  ...bothRoles('a byte order mark', [{ opcode: 1, payload: '\ufeffx' }, { opcode: 8 }]),
  ...bothRoles('a message as long as maxPayload', [{ opcode: 2, payload: Buffer.alloc(100) }, { opcode: 8 }]),
  {
    name: 'frames byte by byte',
    async run(implementation, trace) {
      const { socket, peer, stop } = await acceptedFromRaw(implementation);
      observe(socket, trace);
      const close = closed(socket);
      const mask = Uint8Array.of(9, 8, 7, 6);
      const bytes = Buffer.concat(
        [
          { opcode: 1, fin: false, payload: 'hé' },
          { opcode: 9, payload: 'p' },
          { opcode: 0, payload: 'llo' },
          { opcode: 2, payload: Buffer.alloc(130, 7) },
          { opcode: 8, payload: Buffer.of(15, 160, 0x62) },
        ].map((frame) => rawFrame({ ...frame, maskingKey: mask })),
      );
      peer.socket.setNoDelay(true);
      void peer.ended.then(() => peer.socket.end());
      for (const byte of bytes) {
        peer.socket.write(Buffer.of(byte));
        await turns(1);
      }
      await close;
      trace('wire', peer.told);
      await stop();
    },
  },
  {
    name: 'frames behind the close frame are not read',
    run: (implementation, trace) =>
      receives(acceptedFromRaw(implementation), trace, [
        { opcode: 8, payload: Buffer.of(3, 232) },
        { opcode: 1, payload: 'too late' },
        { opcode: 5 },
      ]),
  },
  {
    name: 'frames in one piece with the 101',
    async run(implementation, trace) {
      const first = Buffer.concat([
        rawFrame({ opcode: 1, payload: 'first' }),
        rawFrame({ opcode: 9, payload: 'p' }),
      ]);
      const { peer, stop } = await clientOfRaw(
        implementation,
        {},
        {
          first,
          prepare: (socket) => observe(socket, trace, ['open', 'message', 'ping']),
        },
      );
      await peer.received(1);
      trace('wire', peer.told);
      await stop();
    },
  },
]);

connection(
  'limits',
  [
    ...bothRoles(
      'more fragments than maxFragments',
      [
        { opcode: 2, fin: false, payload: 'a' },
        { opcode: 0, fin: false, payload: 'b' },
        { opcode: 0, fin: false, payload: 'c' },
      ],
      { maxFragments: 2 },
    ),
    ...bothRoles(
      'as many fragments as maxFragments',
      [{ opcode: 2, fin: false, payload: 'a' }, { opcode: 0, payload: 'b' }, { opcode: 8 }],
      { maxFragments: 2 },
    ),
    {
      name: 'maxPayload 0 is no limit, maxFragments 0 neither',
      run: (implementation, trace) =>
        receives(acceptedFromRaw(implementation, { maxPayload: 0, maxFragments: 0 }), trace, [
          { opcode: 2, fin: false, payload: Buffer.alloc(300) },
          { opcode: 0, fin: false, payload: 'b' },
          { opcode: 0, payload: 'b' },
          { opcode: 8 },
        ]),
    },
    {
      name: '20,000 fragments without a maxFragments',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        socket.on('message', (data) => trace('message', (data as Buffer).length));
        socket.on('error', (error) => trace('error', error, socket.readyState));
        socket.on('close', (code) => trace('close', code));
        const close = closed(socket);
        void peer.ended.then(() => peer.socket.end());
        const middle = rawFrame({
          opcode: 0,
          fin: false,
          payload: 'x',
          maskingKey: Uint8Array.of(1, 2, 3, 4),
        });
        peer.write({ opcode: 2, fin: false, payload: 'x' });
        peer.socket.write(Buffer.concat(Array.from({ length: 19_998 }, () => middle)));
        peer.write({ opcode: 0, payload: 'x' }, { opcode: 8 });
        await close;
        await stop();
      },
    },
    {
      name: 'more pieces of one frame than maxBufferedChunks',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation, { maxBufferedChunks: 2 });
        observe(socket, trace, ['message', 'close']);
        socket.on('error', (error) => trace('error', error, socket.readyState));
        const close = closed(socket);
        void peer.ended.then(() => peer.socket.end());
        const frame = rawFrame({ opcode: 1, payload: 'piecemeal', maskingKey: Uint8Array.of(1, 2, 3, 4) });
        peer.socket.setNoDelay(true);
        for (const byte of frame) {
          const read = Promise.race([next(socketOf(socket), 'data'), close]);
          peer.socket.write(Buffer.of(byte));
          await read;
        }
        peer.write({ opcode: 8 });
        await close;
        trace('wire', peer.told);
        await stop();
      },
    },
  ],
  {
    '20,000 fragments without a maxFragments': {
      because: 'server-max-fragments',
      ws: ['error RangeError(WS_ERR_TOO_MANY_BUFFERED_PARTS: Too many message fragments) 2', 'close 1006'],
      hawser: ['message 20000', 'close 1005'],
    },
    'more pieces of one frame than maxBufferedChunks': {
      because: 'server-max-buffered-chunks',
      ws: [
        'error RangeError(WS_ERR_TOO_MANY_BUFFERED_PARTS: Too many buffered chunks) 2',
        'close 1006 Buffer <> 3',
        'wire ["FIN 8 <03f0>"]',
      ],
      hawser: ['message Buffer <70696563656d65616c> false 1', 'close 1005 Buffer <> 3', 'wire ["FIN 8 <>"]'],
    },
  },
);
