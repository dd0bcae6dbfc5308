import { constants, deflateRawSync } from 'node:zlib';
import type { WebSocket } from '../../../src/client/websocket.js';
import { seededBytes } from '../../protocol/every-cut.js';
import type { RawFrame } from '../../protocol/raw-frame.js';
import { binary, continuation, type FrameCase, more, ping, pong, text } from '../frame-case.js';

const section = '§5.4';
const kilo = 'x'.repeat(1_000);
const prose = 'It was the best of times, it was the worst of times. '.repeat(700);
const large = seededBytes(300_000);
const compression = {
  extensions: 'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  options: { perMessageDeflate: true, maxMessageSize: 40_000 },
} as const;
const tooBig = { ends: 1009, error: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' } as const;
const notUtf8 = { ends: 1007, error: 'WS_ERR_INVALID_UTF8' } as const;

/** The application takes each message chunk by chunk and sends it back, plain. */
function echoStreams(socket: WebSocket): void {
  const echo = async () => {
    for await (const message of socket.messageStreams()) {
      const chunks: Buffer[] = [];
      for await (const chunk of message) chunks.push(Buffer.from(chunk));
      socket.send(Buffer.concat(chunks), { binary: message.isBinary, compress: false });
    }
  };
  // What ends the connection is in the close event.
  echo().catch(() => undefined);
}

function deflated(frame: RawFrame): RawFrame {
  const payload = deflateRawSync(frame.payload ?? '', { finishFlush: constants.Z_SYNC_FLUSH }).subarray(
    0,
    -4,
  );
  return { ...frame, rsv: 4, payload };
}

const rows: readonly Omit<FrameCase, 'acts'>[] = [
  { name: 'text', section, sends: [text('Hello')], receives: [text('Hello')], ends: 'open' },
  { name: 'binary', section, sends: [binary('Hello')], receives: [binary('Hello')], ends: 'open' },
  {
    name: 'empty messages',
    section,
    sends: [text(''), binary('')],
    receives: [text(''), binary('')],
    ends: 'open',
  },
  { name: 'a large message', section, sends: [binary(large)], receives: [binary(large)], ends: 'open' },
  {
    name: 'messages in a row',
    section,
    sends: ['1', '2', '3', '4'].map((payload) => text(payload)),
    receives: ['1', '2', '3', '4'].map((payload) => text(payload)),
    ends: 'open',
  },
  {
    name: 'fragments, and code points that they cut',
    section,
    sends: [...Buffer.from('a€😀')].map((octet, index, { length }) => {
      const options = { fin: index === length - 1 };
      return index === 0 ? text(Buffer.of(octet), options) : continuation(Buffer.of(octet), options);
    }),
    receives: [text('a€😀')],
    ends: 'open',
  },
  {
    name: 'a ping before and within a message',
    section,
    sends: [ping('1'), text('a', more), ping('2'), continuation('b')],
    receives: [pong('1'), pong('2'), text('ab')],
    ends: 'open',
  },
  {
    name: 'more than maxPayload and maxFragments',
    section: '§10.4',
    options: { maxPayload: 1_000, maxFragments: 2 },
    sends: [text(kilo, more), continuation(kilo, more), continuation(kilo, more), continuation()],
    receives: [text(kilo.repeat(3))],
    ends: 'open',
  },
  {
    name: 'exactly maxMessageSize',
    section: '§10.4',
    options: { maxMessageSize: 2_000 },
    sends: [text(kilo, more), continuation(kilo)],
    receives: [text(kilo.repeat(2))],
    ends: 'open',
  },
  {
    name: 'more than maxMessageSize',
    section: '§10.4',
    options: { maxMessageSize: 2_000 },
    sends: [text('before'), text(kilo, more), continuation(kilo, more), continuation('x')],
    receives: [text('before')],
    ...tooBig,
  },
  {
    name: 'text that is not UTF-8',
    section: '§8.1',
    sends: [text('before'), text(Buffer.from('61ed', 'hex'), more), continuation(Buffer.from('a080', 'hex'))],
    receives: [text('before')],
    ...notUtf8,
  },
  {
    name: 'text that ends within a code point',
    section: '§8.1',
    sends: [text(Buffer.from('61f09f98', 'hex'))],
    receives: [],
    ...notUtf8,
  },
  {
    name: 'a broken frame within a message',
    section,
    sends: [text('before'), text('a', more), text('b')],
    receives: [text('before')],
    ends: 1002,
    error: 'WS_ERR_INVALID_OPCODE',
  },
  {
    name: 'compressed messages between plain ones',
    section: 'RFC 7692 §6.2',
    ...compression,
    sends: [text('plain'), deflated(text(prose)), deflated(text('')), binary('plain')],
    receives: [text('plain'), text(prose), text(''), binary('plain')],
    ends: 'open',
  },
  {
    name: 'a compressed message in fragments',
    section: 'RFC 7692 §6.2',
    ...compression,
    sends: [
      text(Buffer.from('f248cd', 'hex'), { rsv: 4, ...more }),
      continuation(Buffer.from('c9c90700', 'hex')),
    ],
    receives: [text('Hello')],
    ends: 'open',
  },
  {
    name: 'a bomb',
    section: '§10.4',
    ...compression,
    sends: [deflated(text('before')), deflated(binary(Buffer.alloc(5_000_000)))],
    receives: [text('before')],
    ...tooBig,
  },
  {
    name: 'corrupt data',
    section: 'RFC 7692 §7.2.2',
    ...compression,
    sends: [deflated(text('before')), binary(Buffer.from('f248cdc9ffffffff', 'hex'), { rsv: 4 })],
    receives: [text('before')],
    ends: 1007,
    error: 'WS_ERR_INVALID_DEFLATE_DATA',
  },
  {
    name: 'compressed text that is not UTF-8',
    section: '§8.1',
    ...compression,
    sends: [deflated(text(Buffer.of(0x61, 0xff, 0x62)))],
    receives: [],
    ...notUtf8,
  },
];

/** The same rules where the application takes messages as streams. */
export const streamedMessages: readonly FrameCase[] = rows.map((row) => ({ ...row, acts: echoStreams }));
