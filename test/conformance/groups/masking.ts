import type { WebSocket } from '../../../src/client/websocket.js';
import type { RawFrame } from '../../protocol/raw-frame.js';
import { exampleKey } from '../../protocol/raw-frame.js';
import { binary, close, continuation, type FrameCase, more, ping, pong, text } from '../frame-case.js';

const frames: readonly [string, RawFrame][] = [
  ['text', text('a')],
  ['empty text', text('')],
  ['binary', binary('a')],
  ['long binary', binary(Buffer.alloc(70_000))],
  ['first fragment', text('a', more)],
  ['ping', ping('a')],
  ['pong', pong()],
  ['close', close(1000)],
];
const keys = ['00000000', 'ffffffff', '00000001', '01000000', '80000000', '37fa213d'];

const sendsOften = (socket: WebSocket): void => {
  for (let count = 0; count < 20; count++) socket.send('same');
};

/** RFC 6455 §5.1 and §5.3: a client masks every frame, a server none. */
export const masking: readonly FrameCase[] = [
  ...frames.map(
    ([name, frame]): FrameCase => ({
      name: `${name} without a mask at a server`,
      section: '§5.1',
      roles: ['server'],
      sends: [text('before'), { ...frame, maskingKey: null }],
      receives: [text('before')],
      ends: 1002,
      error: 'WS_ERR_EXPECTED_MASK',
    }),
  ),
  ...frames.map(
    ([name, frame]): FrameCase => ({
      name: `${name} with a mask at a client`,
      section: '§5.1',
      roles: ['client'],
      sends: [text('before'), { ...frame, maskingKey: exampleKey }],
      receives: [text('before')],
      ends: 1002,
      error: 'WS_ERR_UNEXPECTED_MASK',
    }),
  ),
  {
    name: 'continuation without a mask at a server',
    section: '§5.1',
    roles: ['server'],
    sends: [text('a', more), continuation('b', { maskingKey: null })],
    receives: [],
    ends: 1002,
    error: 'WS_ERR_EXPECTED_MASK',
  },
  {
    name: 'continuation with a mask at a client',
    section: '§5.1',
    roles: ['client'],
    sends: [text('a', more), continuation('b', { maskingKey: exampleKey })],
    receives: [],
    ends: 1002,
    error: 'WS_ERR_UNEXPECTED_MASK',
  },
  ...keys.map(
    (key): FrameCase => ({
      name: `the masking key ${key}`,
      section: '§5.3',
      roles: ['server'],
      sends: ['', 'a', 'abcd', 'abcde', 'x'.repeat(1_000)].map((payload) =>
        text(payload, { maskingKey: Buffer.from(key, 'hex') }),
      ),
      receives: ['', 'a', 'abcd', 'abcde', 'x'.repeat(1_000)].map((payload) => text(payload)),
      ends: 'open',
    }),
  ),
  {
    name: 'another masking key for each fragment',
    section: '§5.3',
    roles: ['server'],
    sends: [
      text('Hel', { fin: false, maskingKey: Buffer.of(1, 2, 3, 4) }),
      continuation('lo', { fin: false, maskingKey: Buffer.of(255, 0, 128, 7) }),
      continuation('!', { maskingKey: Buffer.of(0, 0, 0, 9) }),
    ],
    receives: [text('Hello!')],
    ends: 'open',
  },
  {
    name: 'frames of ours: masked at a client, unmasked at a server',
    section: '§5.1',
    sends: [ping('p')],
    receives: [...Array<RawFrame>(20).fill(text('same')), pong('p')],
    ends: 'open',
    acts: sendsOften,
  },
];
