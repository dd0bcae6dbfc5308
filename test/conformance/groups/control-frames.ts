import type { RawFrame } from '../../protocol/raw-frame.js';
import { binary, close, continuation, type FrameCase, more, ping, pong, text } from '../frame-case.js';

const tooLong = { ends: 1002, error: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH' } as const;
const fragmented = { ends: 1002, error: 'WS_ERR_EXPECTED_FIN' } as const;
const numbered = (count: number, frame: (payload: string) => RawFrame): RawFrame[] =>
  Array.from({ length: count }, (_, index) => frame(`${index}`));

/** RFC 6455 §5.5: at most 125 bytes, never fragmented, between fragments, pings answered in order. */
export const controlFrames: readonly FrameCase[] = [
  ...['', 'a', 'x'.repeat(124), 'x'.repeat(125)].map(
    (payload): FrameCase => ({
      name: `a ping of ${payload.length} bytes`,
      section: '§5.5.2',
      sends: [ping(payload)],
      receives: [pong(payload)],
      ends: 'open',
    }),
  ),
  {
    name: 'a ping of bytes that are not UTF-8',
    section: '§5.5.2',
    sends: [ping(Buffer.of(0, 0xff, 0xfe, 0xc0, 0x80))],
    receives: [pong(Buffer.of(0, 0xff, 0xfe, 0xc0, 0x80))],
    ends: 'open',
  },
  ...[126, 127, 65_536].flatMap((length): FrameCase[] =>
    [ping, pong].map((frame) => ({
      name: `a ${frame === ping ? 'ping' : 'pong'} of ${length} bytes`,
      section: '§5.5',
      sends: [frame('x'.repeat(length)), text('after')],
      receives: [],
      ...tooLong,
    })),
  ),
  {
    name: 'a close of 126 bytes',
    section: '§5.5',
    sends: [close(1000, 'x'.repeat(124))],
    receives: [],
    ...tooLong,
  },
  ...([16, 64] as const).map(
    (lengthBits): FrameCase => ({
      name: `a ping with a length of ${lengthBits} bits`,
      section: '§5.5',
      sends: [ping('x', { lengthBits })],
      receives: [],
      ...tooLong,
    }),
  ),
  {
    name: 'a fragmented ping',
    section: '§5.5',
    sends: [ping('a', more), continuation('b')],
    receives: [],
    ...fragmented,
  },
  {
    name: 'a fragmented pong',
    section: '§5.5',
    sends: [pong('a', more), continuation('b')],
    receives: [],
    ...fragmented,
  },
  {
    name: 'a fragmented close',
    section: '§5.5',
    sends: [close(1000, '', more)],
    receives: [],
    ...fragmented,
  },
  {
    name: 'a fragmented ping within a fragmented message',
    section: '§5.4',
    sends: [text('a', more), ping('p', more), continuation('q'), continuation('b')],
    receives: [],
    ...fragmented,
  },
  {
    name: 'ten pings, answered in order',
    section: '§5.5.2',
    sends: numbered(10, ping),
    receives: numbered(10, pong),
    ends: 'open',
  },
  {
    name: 'a thousand pings, answered in order',
    section: '§5.5.2',
    sends: numbered(1_000, ping),
    receives: numbered(1_000, pong),
    ends: 'open',
  },
  {
    name: 'pings between messages',
    section: '§5.5.2',
    sends: [text('1'), ping('2'), binary('3'), ping(''), text('4')],
    receives: [text('1'), pong('2'), binary('3'), pong(''), text('4')],
    ends: 'open',
  },
  {
    name: 'a ping between fragments, answered before the message is complete',
    section: '§5.4',
    sends: [text('a', more), ping('p')],
    receives: [pong('p')],
    afterwards: [continuation('b')],
    receivesAfterwards: [text('ab')],
    ends: 'open',
  },
  {
    name: 'pings and pongs between all fragments',
    section: '§5.4',
    sends: [text('a', more), ping('1'), continuation('b', more), pong('2'), ping('3'), continuation('c')],
    receives: [pong('1'), pong('3'), text('abc')],
    ends: 'open',
  },
  {
    name: 'an unsolicited pong',
    section: '§5.5.3',
    sends: [pong(), text('a')],
    receives: [text('a')],
    ends: 'open',
  },
  {
    name: 'an unsolicited pong with a payload',
    section: '§5.5.3',
    sends: [pong('unsolicited'), ping('p')],
    receives: [pong('p')],
    ends: 'open',
  },
  {
    name: 'many unsolicited pongs',
    section: '§5.5.3',
    sends: [...numbered(100, pong), text('a')],
    receives: [text('a')],
    ends: 'open',
  },
  {
    name: 'a ping of ours and its pong',
    section: '§5.5.2',
    acts: (socket) =>
      socket.ping('ours', undefined, () => socket.once('pong', (data) => socket.send(`got ${data}`))),
    sends: [],
    receives: [ping('ours')],
    afterwards: [pong('ours')],
    receivesAfterwards: [text('got ours')],
    ends: 'open',
  },
  {
    name: 'a ping with autoPong off',
    section: '§5.5.2',
    options: { autoPong: false },
    sends: [ping('p'), text('a')],
    receives: [text('a')],
    ends: 'open',
  },
  {
    name: 'a pong of ours that nobody asked for',
    section: '§5.5.3',
    acts: (socket) => socket.pong('heartbeat'),
    sends: [],
    receives: [pong('heartbeat')],
    ends: 'open',
  },
];
