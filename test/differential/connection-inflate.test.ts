import { deflateRawSync } from 'node:zlib';
import { closed, next, observe } from './connection-endpoints.js';
import { connection } from './connection-programs.js';
import { compressing, deflated, receives } from './connection-receiving.js';

connection(
  'compressed messages that come',
  [
    {
      name: 'text, binary, fragments and uncompressed ones',
      run: (implementation, trace) =>
        receives(compressing(implementation), trace, [
          { opcode: 1, rsv: 4, payload: deflated('hello hello hello') },
          { opcode: 2, rsv: 4, payload: deflated(Buffer.alloc(50)) },
          { opcode: 1, payload: 'plain' },
          { opcode: 1, rsv: 4, fin: false, payload: deflated('cut in two').subarray(0, 5) },
          { opcode: 9, payload: 'between' },
          { opcode: 0, payload: deflated('cut in two').subarray(5) },
          { opcode: 1, rsv: 4, payload: Buffer.of(0) },
          { opcode: 8, payload: Buffer.of(3, 232) },
        ]),
    },
    {
      name: 'corrupt data: close code and what is on the wire',
      async run(implementation, trace) {
        const { socket, peer, stop } = await compressing(implementation);
        observe(socket, trace, ['message', 'close']);
        const close = closed(socket);
        void peer.ended.then(() => peer.socket.end());
        peer.write({ opcode: 1, rsv: 4, payload: Buffer.of(0xff, 0xff, 0xff) });
        await close;
        await peer.ended;
        trace('wire', peer.told);
        await stop();
      },
    },
    {
      name: 'text that is not UTF-8 once inflated',
      run: (implementation, trace) =>
        receives(compressing(implementation), trace, [
          { opcode: 1, rsv: 4, payload: deflated(Buffer.of(0x61, 0xff)) },
        ]),
    },
    {
      name: 'more than maxPayload once inflated',
      run: (implementation, trace) =>
        receives(compressing(implementation, { maxPayload: 1000 }), trace, [
          { opcode: 2, rsv: 4, payload: deflated(Buffer.alloc(1001)) },
        ]),
    },
    {
      name: 'RSV1 on a continuation',
      run: (implementation, trace) =>
        receives(compressing(implementation), trace, [
          { opcode: 1, rsv: 4, fin: false, payload: deflated('ab') },
          { opcode: 0, rsv: 4, payload: '' },
        ]),
    },
    {
      name: 'RSV1 on a close',
      run: (implementation, trace) =>
        receives(compressing(implementation), trace, [{ opcode: 8, rsv: 4, payload: Buffer.of(3, 232) }]),
    },
    {
      name: 'the error of corrupt data',
      async run(implementation, trace) {
        const { socket, peer, stop } = await compressing(implementation);
        const failed = next(socket, 'error');
        peer.write({ opcode: 1, rsv: 4, payload: Buffer.of(0xff, 0xff, 0xff) });
        trace('error', ...(await failed));
        await stop();
      },
    },
    {
      name: 'a close right behind a compressed message',
      run: (implementation, trace) =>
        receives(compressing(implementation), trace, [
          { opcode: 1, rsv: 4, payload: deflated('x'.repeat(100_000)) },
          { opcode: 8, payload: Buffer.of(3, 232) },
        ]),
    },
    {
      name: 'bytes behind a final block',
      run: (implementation, trace) =>
        receives(compressing(implementation), trace, [
          { opcode: 1, rsv: 4, payload: Buffer.concat([deflateRawSync('final'), deflated(' and more')]) },
          { opcode: 8, payload: Buffer.of(3, 232) },
        ]),
    },
    {
      name: 'a message that ends inside a block',
      run: (implementation, trace) =>
        receives(compressing(implementation), trace, [
          { opcode: 2, rsv: 4, payload: deflated(Buffer.from('cut short, cut short')).subarray(0, 8) },
          { opcode: 8, payload: Buffer.of(3, 232) },
        ]),
    },
  ],
  {
    'a message that ends inside a block': {
      because: 'incomplete-blocks',
      ws: ['message Buffer <6375742073686f70> true 1', 'close 1000 Buffer <> 3', 'wire ["FIN 8 <03e8>"]'],
      hawser: [
        'error "WS_ERR_INVALID_DEFLATE_DATA" "Invalid permessage-deflate payload: invalid stored block lengths" 2',
        'close 1006 Buffer <> 3',
        'wire ["FIN 8 <03ef>"]',
      ],
    },
    'bytes behind a final block': {
      because: 'final-blocks',
      ws: ['message Buffer <66696e616c> false 1', 'close 1000 Buffer <> 3', 'wire ["FIN 8 <03e8>"]'],
      hawser: [
        'message Buffer <66696e616c20616e64206d6f7265> false 1',
        'close 1000 Buffer <> 3',
        'wire ["FIN 8 <03e8>"]',
      ],
    },
    'the error of corrupt data': {
      because: 'deflate-errors',
      ws: ['error Error(Z_DATA_ERROR: invalid block type)'],
      hawser: [
        'error RangeError(WS_ERR_INVALID_DEFLATE_DATA: Invalid permessage-deflate payload: invalid block type)',
      ],
    },
  },
);
