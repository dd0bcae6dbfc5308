import type { RawFrame } from '../../protocol/raw-frame.js';
import { vectors } from '../../protocol/vectors.js';
import { binary, close, continuation, type FrameCase, more, ping, pong, text } from '../frame-case.js';

const invalid = { ends: 1002, error: 'WS_ERR_INVALID_OPCODE' } as const;
const first = { text, binary } as const;
const both = Object.entries(first);

/** `parts` as fragments of a message. */
function fragments(frame: typeof text, parts: readonly string[]): RawFrame[] {
  return parts.map((part, index) => {
    const options = { fin: index === parts.length - 1 };
    return index === 0 ? frame(part, options) : continuation(part, options);
  });
}

const shapes: readonly [string, readonly string[]][] = [
  ['two fragments', ['Hel', 'lo']],
  ['three fragments', ['H', 'ell', 'o']],
  ['an empty first fragment', ['', 'Hello']],
  ['an empty fragment in the middle', ['Hel', '', 'lo']],
  ['an empty last fragment', ['Hello', '']],
  ['empty fragments only', ['', '', '']],
  ['fragments of one byte', [...'Hello, world']],
  ['fragments of 125, 126 and 65,536 bytes', ['a'.repeat(125), 'b'.repeat(126), 'c'.repeat(65_536)]],
  ['a thousand fragments', Array<string>(1_000).fill('abc')],
];

/** RFC 6455 §5.4. */
export const fragmentation: readonly FrameCase[] = [
  ...both.flatMap(([kind, frame]) =>
    shapes.map(
      ([name, parts]): FrameCase => ({
        name: `${kind} in ${name}`,
        section: '§5.4',
        sends: fragments(frame, parts),
        receives: [frame(parts.join(''))],
        ends: 'open',
      }),
    ),
  ),
  {
    name: `messages of the vectors (${vectors.fragmentation.source})`,
    section: '§5.4',
    sends: vectors.fragmentation.frames,
    receives: vectors.fragmentation.messages.map((message) => text(message)),
    ends: 'open',
  },
  {
    name: 'a continuation of nothing',
    section: '§5.4',
    sends: [continuation('x')],
    receives: [],
    ...invalid,
  },
  {
    name: 'a continuation of nothing, not the last',
    section: '§5.4',
    sends: [continuation('x', more)],
    receives: [],
    ...invalid,
  },
  {
    name: 'an empty continuation of nothing',
    section: '§5.4',
    sends: [continuation()],
    receives: [],
    ...invalid,
  },
  {
    name: 'a continuation after a whole message',
    section: '§5.4',
    sends: [text('a'), continuation('b')],
    receives: [text('a')],
    ...invalid,
  },
  {
    name: 'a continuation after the last fragment',
    section: '§5.4',
    sends: [text('a', more), continuation('b'), continuation('c')],
    receives: [text('ab')],
    ...invalid,
  },
  {
    name: 'a continuation of nothing after a ping',
    section: '§5.4',
    sends: [ping('p'), continuation('x')],
    receives: [pong('p')],
    ...invalid,
  },
  ...both.flatMap(([kind, frame]): FrameCase[] =>
    both.map(([other, second]) => ({
      name: `${other} within ${kind}`,
      section: '§5.4',
      sends: [frame('a', more), second('b'), continuation('c')],
      receives: [],
      ...invalid,
    })),
  ),
  {
    name: 'another first fragment within a message',
    section: '§5.4',
    sends: [text('a', more), text('b', more)],
    receives: [],
    ...invalid,
  },
  {
    name: 'a message that never ends before a close',
    section: '§5.4',
    sends: [text('a', more), continuation('b', more), close(1000)],
    receives: [close(1000)],
    ends: 'closed',
    closes: [1000, ''],
  },
  {
    name: 'fragments of ours',
    section: '§5.4',
    acts: (socket) => {
      socket.send('a', { fin: false });
      socket.ping('between');
      socket.send('b', { fin: false });
      socket.send('c', { fin: true });
      socket.send('whole');
    },
    sends: [],
    receives: [text('a', more), ping('between'), continuation('b', more), continuation('c'), text('whole')],
    ends: 'open',
  },
  {
    name: 'a stream of ours, a fragment for each chunk',
    section: '§5.4',
    acts: (socket) => {
      socket.sendStream(['one', 'two'], { binary: false }).then(() => socket.send('after'));
    },
    sends: [],
    receives: [text('one', more), continuation('two', more), continuation(), text('after')],
    ends: 'open',
  },
];
