import { seededBytes } from '../../protocol/every-cut.js';
import { binary, type FrameCase, ping, text } from '../frame-case.js';

const encodingError = { ends: 1002, error: 'WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING' } as const;
const tooLong = { ends: 1009, error: 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH' } as const;
const lengths = [0, 1, 2, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537, 1_048_576];

/** RFC 6455 §5.2, "Payload length": 7, 16 and 64 bits, as short as possible. */
export const framingLengths: readonly FrameCase[] = [
  ...lengths.flatMap((length): FrameCase[] => {
    const bytes = seededBytes(length);
    const letters = 'x'.repeat(length);
    return [
      {
        name: `binary of ${length} bytes`,
        section: '§5.2',
        sends: [binary(bytes)],
        receives: [binary(bytes)],
        ends: 'open',
      },
      {
        name: `text of ${length} bytes`,
        section: '§5.2',
        sends: [text(letters)],
        receives: [text(letters)],
        ends: 'open',
      },
    ];
  }),
  ...[0, 1, 124, 125].map(
    (length): FrameCase => ({
      name: `${length} bytes with a length of 16 bits`,
      section: '§5.2',
      sends: [text('before'), binary(Buffer.alloc(length), { lengthBits: 16 })],
      receives: [text('before')],
      ...encodingError,
    }),
  ),
  ...[0, 1, 125, 126, 65_535].map(
    (length): FrameCase => ({
      name: `${length} bytes with a length of 64 bits`,
      section: '§5.2',
      sends: [binary(Buffer.alloc(length), { lengthBits: 64 })],
      receives: [],
      ...encodingError,
    }),
  ),
  ...[1n << 63n, (1n << 63n) + 5n, (1n << 64n) - 1n].map(
    (announced): FrameCase => ({
      name: `a length of ${announced}, its top bit set`,
      section: '§5.2',
      sends: [binary('x', { announced })],
      receives: [],
      ...encodingError,
    }),
  ),
  ...[1n << 53n, (1n << 53n) + 1n, 1n << 62n, (1n << 63n) - 1n].map(
    (announced): FrameCase => ({
      name: `a length of ${announced}, more than 2^53 - 1`,
      section: '§10.4',
      sends: [binary('x', { announced })],
      receives: [],
      ...tooLong,
    }),
  ),
  {
    name: 'a continuation with a length of 16 bits that fits 7',
    section: '§5.2',
    sends: [text('a', { fin: false }), { opcode: 0, payload: 'b', lengthBits: 16 }],
    receives: [],
    ...encodingError,
  },
  {
    name: 'a length that is wrong behind good frames',
    section: '§5.2',
    sends: [ping('1'), text('2'), text('3', { lengthBits: 64 }), text('4')],
    receives: [{ opcode: 10, payload: '1' }, text('2')],
    ...encodingError,
  },
];
