import { binary, close, continuation, type FrameCase, more, ping, pong, text } from '../frame-case.js';

const validCodes = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
];
const invalidCodes = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 32_767, 65_535];
const invalidCode = { ends: 1002, error: 'WS_ERR_INVALID_CLOSE_CODE' } as const;
const echoed = (...frame: Parameters<typeof close>): FrameCase => ({
  name: '',
  section: '§5.5.1',
  sends: [close(...frame)],
  receives: [close(...frame)],
  ends: 'closed',
  closes: [frame[0] ?? 1005, String(frame[1] ?? '')],
});

/** RFC 6455 §5.5.1 and §7. */
export const closeHandling: readonly FrameCase[] = [
  { ...echoed(), name: 'an empty close frame' },
  ...validCodes.map((code) => ({ ...echoed(code), name: `code ${code}`, section: '§7.4' })),
  ...validCodes.map((code) => ({
    ...echoed(code, 'why'),
    name: `code ${code} with a reason`,
    section: '§7.4',
  })),
  ...['a', 'x'.repeat(122), 'x'.repeat(123), '€'.repeat(41)].map((reason) => ({
    ...echoed(1000, reason),
    name: `a reason of ${reason.length} characters and ${Buffer.byteLength(reason)} bytes`,
  })),
  ...invalidCodes.map(
    (code): FrameCase => ({
      name: `code ${code}`,
      section: '§7.4',
      sends: [close(code)],
      receives: [],
      ...invalidCode,
    }),
  ),
  ...[1005, 1006, 1015].map(
    (code): FrameCase => ({
      name: `code ${code} with a reason`,
      section: '§7.4.1',
      sends: [close(code, 'why')],
      receives: [],
      ...invalidCode,
    }),
  ),
  {
    name: 'a payload of one byte',
    section: '§5.5.1',
    sends: [{ opcode: 8, payload: Buffer.of(3) }],
    receives: [],
    ends: 1002,
    error: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
  },
  ...[
    text('late'),
    binary('late'),
    ping('late'),
    pong('late'),
    close(1001),
    text('late', more),
    { opcode: 3 },
    { opcode: 1, rsv: 1 },
  ].map(
    (frame): FrameCase => ({
      ...echoed(1000),
      name: `a frame with opcode ${frame.opcode} after the close frame is not read (RSV ${frame.rsv ?? 0}, FIN ${frame.fin ?? true})`,
      sends: [close(1000), frame],
    }),
  ),
  {
    ...echoed(1000),
    name: 'octets that are no frames after the close frame are not read',
    sends: [close(1000), Buffer.alloc(100_000, 0xff)],
  },
  {
    ...echoed(1000),
    name: 'messages and pings before the close frame are answered',
    sends: [text('a'), ping('b'), close(1000)],
    receives: [text('a'), pong('b'), close(1000)],
  },
  {
    ...echoed(1001),
    name: 'a close frame between fragments',
    sends: [text('a', more), close(1001), continuation('b')],
  },
  {
    name: 'closing by us',
    section: '§7.1.2',
    acts: (socket) => socket.close(1000, 'bye'),
    sends: [],
    receives: [close(1000, 'bye')],
    afterwards: [close(1000, 'bye')],
    ends: 'closed',
    closes: [1000, 'bye'],
  },
  {
    name: 'closing by us without a code',
    section: '§7.1.2',
    acts: (socket) => socket.close(),
    sends: [],
    receives: [close()],
    afterwards: [close()],
    ends: 'closed',
    closes: [1005, ''],
  },
  {
    name: 'closing by us, answered with another code',
    section: '§7.1.5',
    acts: (socket) => socket.close(4000, 'ours'),
    sends: [],
    receives: [close(4000, 'ours')],
    afterwards: [close(4001, 'theirs')],
    ends: 'closed',
    closes: [4001, 'theirs'],
  },
  {
    name: 'closing by both at once: one close frame each',
    section: '§7.1.1',
    acts: (socket) => socket.close(4000),
    sends: [close(4001)],
    receives: [close(4000)],
    ends: 'closed',
    closes: [4001, ''],
  },
  {
    name: 'messages that come while we wait for the answer',
    section: '§7.1.2',
    acts: (socket) => socket.close(1000),
    sends: [],
    receives: [close(1000)],
    afterwards: [text('still'), binary('reading'), ping('not answered'), close(1000)],
    ends: 'closed',
    closes: [1000, ''],
  },
  {
    name: 'a broken frame while we wait for the answer: no second close frame',
    section: '§7.1.7',
    acts: (socket) => socket.close(1000),
    sends: [],
    receives: [close(1000)],
    afterwards: [{ opcode: 3 }],
    ends: 'closed',
    closes: [1006, ''],
    error: 'WS_ERR_INVALID_OPCODE',
  },
  {
    name: 'no answer at all: cut off after closeTimeout',
    section: '§7.1.1',
    options: { closeTimeout: 20 },
    acts: (socket) => socket.close(1000),
    sends: [],
    receives: [close(1000)],
    ends: 'closed',
    closes: [1006, ''],
  },
  {
    name: 'what was sent before closing leaves before the close frame',
    section: '§7.1.2',
    acts: (socket) => {
      socket.send('first');
      socket.send(Buffer.alloc(100_000, 1));
      socket.close(1000);
      socket.send('too late');
    },
    sends: [],
    receives: [text('first'), binary(Buffer.alloc(100_000, 1)), close(1000)],
    afterwards: [close(1000)],
    ends: 'closed',
    closes: [1000, ''],
  },
  {
    name: 'no message is answered after the peer has closed',
    section: '§5.5.1',
    acts: (socket) => socket.on('close', () => socket.send('too late')),
    sends: [text('a'), close(1000)],
    receives: [text('a'), close(1000)],
    ends: 'closed',
    closes: [1000, ''],
  },
  {
    name: 'terminate sends nothing',
    section: '§7.1.7',
    acts: (socket) => socket.terminate(),
    sends: [],
    receives: [],
    ends: 'closed',
    closes: [1006, ''],
  },
];
