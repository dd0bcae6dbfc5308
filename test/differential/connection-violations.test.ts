import { type RawFrame, rawFrame } from '../protocol/raw-frame.js';
import { acceptedFromRaw, clientOfRaw, closed, next, observe } from './connection-endpoints.js';
import { connection } from './connection-programs.js';
import { bothRoles, codeOf, receives } from './connection-receiving.js';
import type { Program } from './differential.js';

/** What a peer may not send, as a client's and as a server's frames. */
const violations: Readonly<Record<string, readonly RawFrame[]>> = {
  'RSV1 without an agreement': [{ opcode: 1, rsv: 4, payload: 'a' }],
  RSV2: [{ opcode: 1, rsv: 2, payload: 'a' }],
  RSV3: [{ opcode: 2, rsv: 1, payload: 'a' }],
  'RSV1 on a ping': [{ opcode: 9, rsv: 4, payload: 'a' }],
  'the opcode 3': [{ opcode: 3, payload: 'a' }],
  'the opcode 7': [{ opcode: 7 }],
  'the opcode 11': [{ opcode: 11, payload: 'a' }],
  'the opcode 15': [{ opcode: 15 }],
  'a ping without FIN': [{ opcode: 9, fin: false }],
  'a close without FIN': [{ opcode: 8, fin: false }],
  'a ping of 126 bytes': [{ opcode: 9, payload: Buffer.alloc(126) }],
  'a close of 126 bytes': [{ opcode: 8, payload: Buffer.alloc(126) }],
  'a close of 1 byte': [{ opcode: 8, payload: Buffer.of(3) }],
  'a close with a reason that is not UTF-8': [{ opcode: 8, payload: Buffer.of(3, 232, 0xff) }],
  'a continuation of nothing': [{ opcode: 0, payload: 'a' }],
  'a text inside a text': [
    { opcode: 1, fin: false, payload: 'a' },
    { opcode: 1, payload: 'b' },
  ],
  'a binary inside a text': [
    { opcode: 1, fin: false, payload: 'a' },
    { opcode: 2, payload: 'b' },
  ],
  'a continuation after the last': [
    { opcode: 1, fin: false, payload: 'a' },
    { opcode: 0, payload: 'b' },
    { opcode: 0, payload: 'c' },
  ],
  'text that is not UTF-8': [{ opcode: 1, payload: Buffer.of(0x61, 0xff) }],
  'text that ends inside a code point': [{ opcode: 1, payload: Buffer.of(0xe2, 0x82) }],
  'a message before the mistake': [
    { opcode: 1, payload: 'fine' },
    { opcode: 5, payload: 'not' },
    { opcode: 1, payload: 'too late' },
  ],
  'a length of 2^53': [{ opcode: 2, lengthBits: 64, announced: 2n ** 53n }],
  'more than maxPayload': [{ opcode: 2, announced: 101 }],
  'more than maxPayload in fragments': [
    { opcode: 2, fin: false, payload: Buffer.alloc(60) },
    { opcode: 0, payload: Buffer.alloc(60) },
  ],
};

const closeCodes = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];

connection(
  'what a peer may not send',
  [
    ...Object.entries(violations).flatMap(([name, frames]) => bothRoles(name, frames)),
    ...closeCodes.map(
      (code): Program => ({
        name: `a client gets the close code ${code}`,
        run: (implementation, trace) =>
          receives(clientOfRaw(implementation), trace, [
            { opcode: 8, payload: Buffer.of(code >> 8, code & 255) },
          ]),
      }),
    ),
    {
      name: 'the classes of the errors',
      async run(implementation, trace) {
        const connecting = () => acceptedFromRaw(implementation, { maxPayload: 100 });
        for (const frames of Object.values(violations)) {
          const { socket, peer, stop } = await connecting();
          const failed = next(socket, 'error');
          peer.write(...frames);
          const [error] = (await failed) as [Error];
          trace(String(codeOf(error)), error instanceof RangeError);
          await stop();
        }
      },
    },
    {
      name: 'a server gets a frame without a mask',
      run: (implementation, trace) =>
        receives(acceptedFromRaw(implementation), trace, rawFrame({ opcode: 1, payload: 'a' })),
    },
    {
      name: 'a client gets a frame with a mask',
      run: (implementation, trace) =>
        receives(clientOfRaw(implementation), trace, [
          { opcode: 1, payload: 'a', maskingKey: Uint8Array.of(1, 2, 3, 4) },
        ]),
    },
    {
      name: 'a client gets a length in 16 bits that 7 would hold',
      run: (implementation, trace) =>
        receives(clientOfRaw(implementation), trace, [
          { opcode: 1, payload: 'a', lengthBits: 16 },
          { opcode: 8, payload: Buffer.of(3, 232) },
        ]),
    },
    {
      name: 'a client gets a length in 64 bits that 16 would hold',
      run: (implementation, trace) =>
        receives(clientOfRaw(implementation), trace, [
          { opcode: 2, payload: Buffer.alloc(200), lengthBits: 64 },
          { opcode: 8, payload: Buffer.of(3, 232) },
        ]),
    },
    {
      name: 'a client gets a length with the top bit set',
      run: (implementation, trace) =>
        receives(clientOfRaw(implementation), trace, [{ opcode: 2, lengthBits: 64, announced: 2n ** 63n }]),
    },
    {
      name: 'a client gets text that breaks in its second fragment',
      run: (implementation, trace) =>
        receives(clientOfRaw(implementation), trace, [
          { opcode: 1, fin: false, payload: Buffer.of(0xe2) },
          { opcode: 0, payload: Buffer.of(0x41) },
        ]),
    },
    {
      name: 'a client gets the beginning of text that can become no UTF-8',
      async run(implementation, trace) {
        const { socket, peer, stop } = await clientOfRaw(implementation);
        observe(socket, trace, ['message', 'error', 'close', 'pong']);
        void peer.ended.then(() => peer.socket.end());
        const pong = Promise.race([next(socket, 'pong'), closed(socket)]);
        peer.write({ opcode: 1, fin: false, payload: Buffer.of(0xff) }, { opcode: 10, payload: 'between' });
        await pong;
        trace('state', socket.readyState);
        await stop();
      },
    },
  ],
  {
    'a client gets a length in 16 bits that 7 would hold': {
      because: 'minimal-lengths',
      ws: ['message Buffer <61> false 1', 'close 1000 Buffer <> 3', 'wire ["FIN masked 8 <03e8>"]'],
      hawser: [
        'error "WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING" "Invalid WebSocket frame: payload length is not minimally encoded" 2',
        'close 1006 Buffer <> 3',
        'wire ["FIN masked 8 <03ea>"]',
      ],
    },
    'a client gets a length in 64 bits that 16 would hold': {
      because: 'minimal-lengths',
      ws: [
        'message Buffer <200 bytes, 0000000000000000000000000000000000000000000000000000000000000000…> true 1',
        'close 1000 Buffer <> 3',
        'wire ["FIN masked 8 <03e8>"]',
      ],
      hawser: [
        'error "WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING" "Invalid WebSocket frame: payload length is not minimally encoded" 2',
        'close 1006 Buffer <> 3',
        'wire ["FIN masked 8 <03ea>"]',
      ],
    },
    'a client gets a length with the top bit set': {
      because: 'minimal-lengths',
      ws: [
        'error "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH" "Unsupported WebSocket frame: payload length > 2^53 - 1" 2',
        'close 1006 Buffer <> 3',
        'wire ["FIN masked 8 <03f1>"]',
      ],
      hawser: [
        'error "WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING" "Invalid WebSocket frame: payload length is not minimally encoded" 2',
        'close 1006 Buffer <> 3',
        'wire ["FIN masked 8 <03ea>"]',
      ],
    },
    'a client gets the beginning of text that can become no UTF-8': {
      because: 'utf8-at-once',
      ws: ['pong Buffer <6265747765656e> 1', 'state 1', 'close 1006 Buffer <> 3'],
      hawser: [
        'error "Invalid WebSocket frame: invalid UTF-8 sequence" 2',
        'close 1006 Buffer <> 3',
        'state 3',
      ],
    },
    'the classes of the errors': {
      because: 'utf8-error-class',
      ws: [
        'WS_ERR_UNEXPECTED_RSV_1 true',
        'WS_ERR_UNEXPECTED_RSV_2_3 true',
        'WS_ERR_UNEXPECTED_RSV_2_3 true',
        'WS_ERR_UNEXPECTED_RSV_1 true',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_EXPECTED_FIN true',
        'WS_ERR_EXPECTED_FIN true',
        'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH true',
        'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH true',
        'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH true',
        'WS_ERR_INVALID_UTF8 false',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_INVALID_UTF8 false',
        'WS_ERR_INVALID_UTF8 false',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH true',
        'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH true',
        'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH true',
      ],
      hawser: [
        'WS_ERR_UNEXPECTED_RSV_1 true',
        'WS_ERR_UNEXPECTED_RSV_2_3 true',
        'WS_ERR_UNEXPECTED_RSV_2_3 true',
        'WS_ERR_UNEXPECTED_RSV_1 true',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_EXPECTED_FIN true',
        'WS_ERR_EXPECTED_FIN true',
        'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH true',
        'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH true',
        'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH true',
        'WS_ERR_INVALID_UTF8 true',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_INVALID_UTF8 true',
        'WS_ERR_INVALID_UTF8 true',
        'WS_ERR_INVALID_OPCODE true',
        'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH true',
        'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH true',
        'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH true',
      ],
    },
  },
);
