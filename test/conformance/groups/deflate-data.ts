import { constants, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { seededBytes } from '../../protocol/every-cut.js';
import type { RawFrame } from '../../protocol/raw-frame.js';
import { vectors } from '../../protocol/vectors.js';
import { binary, close, continuation, type FrameCase, more, ping, pong, text } from '../frame-case.js';

const rsv = 4;
const RSV1 = { rsv };
const both = { serverNoContextTakeover: false, clientNoContextTakeover: false };
/** Both ends keep their windows. */
const takeover = {
  extensions: 'permessage-deflate',
  options: { perMessageDeflate: { ...both, threshold: 0 } },
} as const;
/** Each message stands for itself. */
const noTakeover = {
  extensions: 'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  options: { perMessageDeflate: { threshold: 0 } },
} as const;
const corrupt = { ends: 1007, error: 'WS_ERR_INVALID_DEFLATE_DATA' } as const;
const tooBig = { ends: 1009, error: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' } as const;
const noRsv1 = { ends: 1002, error: 'WS_ERR_UNEXPECTED_RSV_1' } as const;

/** RFC 7692 §7.2.1. */
function deflate(payload: string | Uint8Array, options: ZlibOptions = {}): Buffer {
  return flushed(payload, options).subarray(0, -4);
}

/** With the tail that a message does not have. */
function flushed(payload: string | Uint8Array, options: ZlibOptions = {}): Buffer {
  return deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH, ...options });
}

/** The same frame, compressed. */
function deflated(frame: RawFrame, options: ZlibOptions = {}): RawFrame {
  return { ...frame, rsv, payload: deflate(frame.payload ?? '', options) };
}

/** A compressed message in fragments of `size` bytes: RSV1 stands on the first. */
function inFragments(frame: RawFrame, size: number): RawFrame[] {
  const payload = deflate(frame.payload ?? '');
  const starts = Array.from({ length: Math.ceil(payload.length / size) }, (_, index) => index * size);
  return starts.map((start, index) => {
    const part = payload.subarray(start, start + size);
    const fin = index === starts.length - 1;
    return index === 0 ? { ...frame, rsv, fin, payload: part } : continuation(part, { fin });
  });
}

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const echoOf = (frame: RawFrame): RawFrame => ({ ...frame, rsv });
const vector = (index: number): Buffer => hex(vectors.deflate[index].hex.slice(4));
const section = 'RFC 7692 §7.2';
/** Compresses to more than what is inflated at once. */
const large = seededBytes(60_000).toString('base64');
const prose = 'It was the best of times, it was the worst of times. '.repeat(700);

const contents: readonly [string, RawFrame][] = [
  ['text', text('Hello')],
  ['empty text', text('')],
  ['empty binary', binary('')],
  ['binary', binary(Buffer.of(0, 1, 2, 255))],
  ['text of many languages', text('Hello, 我是阿宝哥, привет, 😀')],
  ['repetitive text', text(prose)],
  ['random binary', binary(seededBytes(5_000))],
  ['a large text', text(large)],
  ['1 MiB of zeros', binary(Buffer.alloc(1_048_576))],
  ['1 MiB of random bytes', binary(seededBytes(1_048_576))],
];
const levels: readonly [string, ZlibOptions][] = [
  ['stored blocks', { level: 0 }],
  ['fixed Huffman codes', { strategy: constants.Z_FIXED }],
  ['Huffman codes only', { strategy: constants.Z_HUFFMAN_ONLY }],
  ['runs only', { strategy: constants.Z_RLE }],
  ['level 9', { level: 9 }],
];

/** RFC 7692 §6 and §7.2: what goes over a connection that agreed on permessage-deflate. */
export const deflateData: readonly FrameCase[] = [
  ...[takeover, noTakeover].flatMap((agreed) => {
    const how = agreed === takeover ? 'with context takeover' : 'without context takeover';
    return contents.map(
      ([name, frame]): FrameCase => ({
        name: `${name}, ${how}`,
        section,
        ...agreed,
        sends: [deflated(frame)],
        receives: [echoOf(frame)],
        ends: 'open',
      }),
    );
  }),
  ...levels.map(
    ([name, options]): FrameCase => ({
      name: `a message of ${name}`,
      section,
      ...noTakeover,
      sends: [deflated(text(prose), options)],
      receives: [echoOf(text(prose))],
      ends: 'open',
    }),
  ),
  ...vectors.deflate.map(
    ({ what, source }, index): FrameCase => ({
      name: `the example "${what}"`,
      section: source,
      ...takeover,
      sends: [text(vector(0), RSV1), text(vector(index), RSV1)],
      receives: [echoOf(text('Hello')), echoOf(text('Hello'))],
      ends: 'open',
    }),
  ),
  {
    name: 'two blocks in one message',
    section: 'RFC 7692 §7.2.3.5',
    ...noTakeover,
    sends: [text(hex('f24805000000ffffcac9c90700'), RSV1)],
    receives: [echoOf(text('Hello'))],
    ends: 'open',
  },
  {
    name: 'an empty message as one octet',
    section: 'RFC 7692 §7.2.3.6',
    ...noTakeover,
    sends: [text(hex('00'), RSV1), text(hex('0200'), RSV1)],
    receives: [echoOf(text('')), echoOf(text(''))],
    ends: 'open',
  },
  {
    name: 'a payload of no octet, which is no block',
    section: 'RFC 7692 §7.2.2',
    ...noTakeover,
    sends: [deflated(text('before')), text('', RSV1)],
    receives: [echoOf(text('before'))],
    ...corrupt,
  },
  {
    name: 'bytes after a final block are further blocks',
    section: 'RFC 7692 §7.2.3.4',
    ...noTakeover,
    sends: [text(hex('f348cdc9c90700f248cdc9c90700'), RSV1)],
    receives: [echoOf(text('HelloHello'))],
    ends: 'open',
  },
  {
    name: 'a final block does not end the window',
    section: 'RFC 7692 §7.2.3.4',
    ...takeover,
    sends: [text(hex('f348cdc9c9070000'), RSV1), text(hex('f200110000'), RSV1)],
    receives: [echoOf(text('Hello')), echoOf(text('Hello'))],
    ends: 'open',
  },
  {
    name: 'a reference to the message before, although the window is not kept',
    section: 'RFC 7692 §7.1.1',
    ...noTakeover,
    sends: [text(vector(0), RSV1), text(vector(1), RSV1)],
    receives: [echoOf(text('Hello'))],
    ...corrupt,
  },
  {
    name: 'fifty messages that share a window',
    section: 'RFC 7692 §7.1.1',
    ...takeover,
    sends: Array.from({ length: 50 }, (_, index) => {
      const before = Array.from({ length: index }, (__, each) => `message ${each} of fifty`).join('');
      const options = before === '' ? {} : { dictionary: Buffer.from(before) };
      return deflated(text(`message ${index} of fifty`), options);
    }),
    receives: Array.from({ length: 50 }, (_, index) => echoOf(text(`message ${index} of fifty`))),
    ends: 'open',
  },
  {
    name: 'messages that are not compressed',
    section: 'RFC 7692 §6.1',
    ...noTakeover,
    sends: [text('plain'), deflated(text('packed')), binary('plain')],
    receives: [echoOf(text('plain')), echoOf(text('packed')), echoOf(binary('plain'))],
    ends: 'open',
  },
  {
    name: 'a plain message is not part of the window',
    section: 'RFC 7692 §7.2.3.2',
    ...takeover,
    sends: [text(vector(0), RSV1), text('plain, not in the window'), text(vector(1), RSV1)],
    receives: [echoOf(text('Hello')), echoOf(text('plain, not in the window')), echoOf(text('Hello'))],
    ends: 'open',
  },
  {
    name: 'small messages do not overtake a large one',
    section: 'RFC 6455 §5.4',
    ...noTakeover,
    sends: [deflated(text(large)), text('plain'), deflated(text('packed'))],
    receives: [echoOf(text(large)), echoOf(text('plain')), echoOf(text('packed'))],
    ends: 'open',
  },
  {
    name: 'a ping does not wait for a large message',
    section: 'RFC 6455 §5.5.2',
    ...noTakeover,
    sends: [deflated(text(large)), ping('p')],
    receives: [pong('p'), echoOf(text(large))],
    ends: 'open',
  },
  {
    name: 'a close frame waits for the messages before it',
    section: 'RFC 6455 §5.5.1',
    ...noTakeover,
    sends: [deflated(text(large)), deflated(text('small')), close(1000)],
    receives: [echoOf(text(large)), echoOf(text('small')), close(1000)],
    ends: 'closed',
    closes: [1000, ''],
  },
  {
    name: 'a broken frame is judged behind the messages before it',
    section: 'RFC 6455 §7.1.7',
    ...noTakeover,
    acts: (socket) => socket.once('message', () => socket.ping('message came')),
    sends: [deflated(text(large)), { opcode: 9, fin: false }],
    receives: [ping('message came')],
    ends: 1002,
    error: 'WS_ERR_EXPECTED_FIN',
  },
  ...[1, 2, 1_000].map(
    (size): FrameCase => ({
      name: `fragments of ${size} bytes`,
      section: 'RFC 7692 §6.2',
      ...noTakeover,
      sends: inFragments(text(prose), size),
      receives: [echoOf(text(prose))],
      ends: 'open',
    }),
  ),
  {
    name: 'pings between the fragments',
    section: 'RFC 7692 §6.1',
    ...noTakeover,
    sends: inFragments(text('Hello'), 2).flatMap((frame) => [frame, ping('p')]),
    receives: [pong('p'), pong('p'), pong('p'), echoOf(text('Hello')), pong('p')],
    ends: 'open',
  },
  {
    name: 'empty fragments',
    section: 'RFC 7692 §6.2',
    ...noTakeover,
    sends: [text('', { rsv, ...more }), continuation(vector(0), more), continuation()],
    receives: [echoOf(text('Hello'))],
    ends: 'open',
  },
  {
    name: 'RSV1 on a continuation',
    section: 'RFC 7692 §6.1',
    ...noTakeover,
    sends: [text(vector(0).subarray(0, 3), { rsv, ...more }), continuation(vector(0).subarray(3), RSV1)],
    receives: [],
    ...noRsv1,
  },
  {
    name: 'RSV1 on the continuation of a plain message',
    section: 'RFC 7692 §6.1',
    ...noTakeover,
    sends: [text('a', more), continuation('b', RSV1)],
    receives: [],
    ...noRsv1,
  },
  ...[ping('x', RSV1), pong('x', RSV1), close(1000, '', RSV1)].map(
    (frame): FrameCase => ({
      name: `RSV1 on a control frame with opcode ${frame.opcode}`,
      section: 'RFC 7692 §6.1',
      ...noTakeover,
      sends: [deflated(text('before')), frame],
      receives: [echoOf(text('before'))],
      ...noRsv1,
    }),
  ),
  ...[5, 6, 7].map(
    (bits): FrameCase => ({
      name: `RSV ${bits}`,
      section: 'RFC 6455 §5.2',
      ...noTakeover,
      sends: [text(vector(0), { rsv: bits })],
      receives: [],
      ends: 1002,
      error: 'WS_ERR_UNEXPECTED_RSV_2_3',
    }),
  ),
  ...(
    [
      ['an invalid block type', 'ffffffff'],
      ['a distance too far back', 'f200110000'],
      ['lengths of a stored block that do not match', '000500000048656c6c6f00'],
      ['a stored block that is cut off', '000500faff4865'],
      ['a block that is cut off', 'f248cdc9'],
      ['octets after a final block that are no block', 'f348cdc9c90700ffffffff'],
    ] as const
  ).map(
    ([name, digits]): FrameCase => ({
      name,
      section: 'RFC 7692 §7.2.2',
      ...noTakeover,
      sends: [deflated(text('before')), binary(hex(digits), RSV1), text('after')],
      receives: [echoOf(text('before'))],
      ...corrupt,
    }),
  ),
  {
    name: 'text that is not UTF-8 once inflated',
    section: 'RFC 6455 §8.1',
    ...noTakeover,
    sends: [deflated(text(Buffer.of(0x61, 0xff)))],
    receives: [],
    ends: 1007,
    error: 'WS_ERR_INVALID_UTF8',
  },
  {
    name: 'compressed octets that happen to be no UTF-8',
    section: 'RFC 6455 §8.1',
    ...noTakeover,
    sends: [deflated(text('é'.repeat(50)), { level: 0 }), deflated(text(prose), { level: 9 })],
    receives: [echoOf(text('é'.repeat(50))), echoOf(text(prose))],
    ends: 'open',
  },
  {
    name: 'a bomb',
    section: 'RFC 6455 §10.4',
    extensions: noTakeover.extensions,
    options: { perMessageDeflate: { threshold: 0 }, maxPayload: 10_000 },
    sends: [deflated(binary(Buffer.alloc(5_000_000)))],
    receives: [],
    ...tooBig,
  },
  {
    name: 'a bomb of many blocks',
    section: 'RFC 6455 §10.4',
    extensions: noTakeover.extensions,
    options: { perMessageDeflate: { threshold: 0 }, maxPayload: 60_000 },
    sends: [binary(Buffer.concat(Array<Buffer>(20).fill(flushed(Buffer.alloc(10_000)))), RSV1)],
    receives: [],
    ...tooBig,
  },
  {
    name: 'a message of exactly maxPayload',
    section: 'RFC 6455 §10.4',
    extensions: noTakeover.extensions,
    options: { perMessageDeflate: { threshold: 0 }, maxPayload: 10_000 },
    sends: [deflated(binary(Buffer.alloc(10_000)))],
    receives: [echoOf(binary(Buffer.alloc(10_000)))],
    ends: 'open',
  },
  {
    name: 'a message of one byte more',
    section: 'RFC 6455 §10.4',
    extensions: noTakeover.extensions,
    options: { perMessageDeflate: { threshold: 0 }, maxPayload: 10_000 },
    sends: [deflated(binary(Buffer.alloc(10_001)))],
    receives: [],
    ...tooBig,
  },
  {
    name: 'a compressed payload over maxPayload',
    section: 'RFC 6455 §10.4',
    extensions: noTakeover.extensions,
    options: { perMessageDeflate: { threshold: 0 }, maxPayload: 100 },
    sends: [text('', { rsv, announced: 101 })],
    receives: [],
    ...tooBig,
  },
  ...[8, 9, 10, 11, 12, 13, 14, 15].map((bits): FrameCase => {
    // Repeats within the window, and beyond it: the latter must not be referred to.
    const within = seededBytes(Math.floor(2 ** bits * 0.75), 1);
    const beyond = seededBytes(2 ** bits + 100, 2);
    const content = Buffer.concat([within, within, beyond, beyond, beyond]);
    // zlib cannot deflate with a window of 256 bytes; distances of 2 fit every window.
    const sent = bits === 8 ? binary('ab'.repeat(500)) : binary(content);
    return {
      name: `windows of 2^${bits} bytes`,
      section: 'RFC 7692 §7.1.2',
      extensions: `permessage-deflate; server_max_window_bits=${bits}; client_max_window_bits=${bits}`,
      options: { perMessageDeflate: { ...both, threshold: 0 } },
      sends: [deflated(sent, { windowBits: Math.max(bits, 9) }), binary(content)],
      receives: [echoOf(sent), echoOf(binary(content))],
      ends: 'open',
    };
  }),
  {
    name: 'messages of ours below the threshold are not compressed',
    section: 'RFC 7692 §6.1',
    extensions: noTakeover.extensions,
    options: { perMessageDeflate: true },
    sends: [text('small'), text(prose)],
    receives: [text('small'), echoOf(text(prose))],
    ends: 'open',
  },
  {
    name: 'a message of ours that shall not be compressed',
    section: 'RFC 7692 §6.1',
    ...noTakeover,
    acts: (socket) => socket.send('plain', { compress: false }),
    sends: [],
    receives: [text('plain')],
    ends: 'open',
  },
  {
    name: 'fragments of ours: RSV1 on the first only',
    section: 'RFC 7692 §6.1',
    ...noTakeover,
    acts: (socket) => {
      socket.send('Hel', { fin: false });
      socket.ping('p');
      socket.send('lo', { fin: true });
      socket.send('whole');
    },
    sends: [],
    receives: [text('', { rsv, ...more }), ping('p'), continuation('Hello'), echoOf(text('whole'))],
    ends: 'open',
  },
];
