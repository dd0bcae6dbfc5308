import type { RawFrame } from '../../protocol/raw-frame.js';
import { binary, close, continuation, type FrameCase, more, ping, pong, text } from '../frame-case.js';

const section = '§10.4';
const tooBig = { ends: 1009, error: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' } as const;
const tooMany = { ends: 1008, error: 'WS_ERR_TOO_MANY_BUFFERED_PARTS' } as const;
const options = { maxPayload: 1_000, maxFragments: 4 };
const kilo = 'x'.repeat(1_000);
const large = Buffer.alloc(16 * 1024 * 1024, 'sixteen MiB');

/** RFC 6455 §10.4 and §7.4.1: 1009 for messages that are too big. */
export const limits: readonly FrameCase[] = [
  {
    name: 'a message of exactly maxPayload',
    section,
    options,
    sends: [text(kilo)],
    receives: [text(kilo)],
    ends: 'open',
  },
  {
    name: 'a message of one byte more',
    section,
    options,
    sends: [text('a'), text(`${kilo}x`)],
    receives: [text('a')],
    ...tooBig,
  },
  {
    name: 'an announced length over maxPayload, without payload',
    section,
    options,
    sends: [text('', { announced: 1_001 })],
    receives: [],
    ...tooBig,
  },
  {
    name: 'fragments of exactly maxPayload together',
    section,
    options,
    sends: [text('x'.repeat(600), more), ping('p'), continuation('x'.repeat(400))],
    receives: [pong('p'), text(kilo)],
    ends: 'open',
  },
  {
    name: 'fragments of one byte more together',
    section,
    options,
    sends: [text('x'.repeat(600), more), continuation('x'.repeat(400), more), continuation('x')],
    receives: [],
    ...tooBig,
  },
  {
    name: 'the limit counts each message afresh',
    section,
    options,
    sends: [text(kilo), text('x'.repeat(600), more), continuation('x'.repeat(400)), text(kilo)],
    receives: [text(kilo), text(kilo), text(kilo)],
    ends: 'open',
  },
  {
    name: 'pings do not count',
    section,
    options,
    sends: [text('x'.repeat(999), more), ping('x'.repeat(125)), continuation('x')],
    receives: [pong('x'.repeat(125)), text(kilo)],
    ends: 'open',
  },
  {
    name: 'exactly maxFragments',
    section,
    options,
    sends: [binary('a', more), continuation('b', more), ping('p'), continuation('', more), continuation('c')],
    receives: [pong('p'), binary('abc')],
    ends: 'open',
  },
  {
    name: 'one fragment more',
    section,
    options,
    sends: [
      binary('a', more),
      continuation('b', more),
      continuation('', more),
      continuation('c', more),
      continuation('d'),
    ],
    receives: [],
    ...tooMany,
  },
  {
    name: 'over 100 MiB by default',
    section,
    sends: [binary('x', { announced: 104_857_601 })],
    receives: [],
    ...tooBig,
  },
  {
    name: 'exactly 100 MiB by default are awaited',
    section,
    sends: [binary('x', { announced: 104_857_600 })],
    acts: (socket) => {
      socket.ping('alive');
      socket.close(1000);
    },
    receives: [ping('alive'), close(1000)],
    ends: 'closed',
    closes: [1006, ''],
    options: { closeTimeout: 20 },
  },
  { name: 'a message of 16 MiB', section, sends: [binary(large)], receives: [binary(large)], ends: 'open' },
  {
    name: 'maxPayload 0 means no limit',
    section,
    options: { maxPayload: 0, maxFragments: 0 },
    sends: [text(kilo, more), ...Array<RawFrame>(200).fill(continuation(kilo, more)), continuation('')],
    receives: [text(kilo.repeat(201))],
    ends: 'open',
  },
  {
    name: 'a message within the limit before one beyond it',
    section,
    options,
    sends: [text('fine'), close(1000)],
    receives: [text('fine'), close(1000)],
    ends: 'closed',
    closes: [1000, ''],
  },
];
