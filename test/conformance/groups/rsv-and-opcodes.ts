import { binary, close, continuation, type FrameCase, more, ping, pong, text } from '../frame-case.js';

const reserved = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];
const invalidOpcode = { ends: 1002, error: 'WS_ERR_INVALID_OPCODE' } as const;
const rsvError = (rsv: number) =>
  ({
    ends: 1002,
    error: (rsv & 3) === 0 ? 'WS_ERR_UNEXPECTED_RSV_1' : 'WS_ERR_UNEXPECTED_RSV_2_3',
  }) as const;

/** RFC 6455 §5.2: reserved bits without an extension, reserved opcodes. */
export const rsvAndOpcodes: readonly FrameCase[] = [
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((rsv): FrameCase[] => [
    {
      name: `RSV ${rsv} on text`,
      section: '§5.2',
      sends: [text('before'), text('x', { rsv }), text('after')],
      receives: [text('before')],
      ...rsvError(rsv),
    },
    {
      name: `RSV ${rsv} on binary`,
      section: '§5.2',
      sends: [binary('x', { rsv })],
      receives: [],
      ...rsvError(rsv),
    },
    {
      name: `RSV ${rsv} on a ping`,
      section: '§5.2',
      sends: [ping('x', { rsv })],
      receives: [],
      ...rsvError(rsv),
    },
    {
      name: `RSV ${rsv} on a pong`,
      section: '§5.2',
      sends: [pong('x', { rsv })],
      receives: [],
      ...rsvError(rsv),
    },
    {
      name: `RSV ${rsv} on a close`,
      section: '§5.2',
      sends: [close(1000, '', { rsv })],
      receives: [],
      ...rsvError(rsv),
    },
    {
      name: `RSV ${rsv} on a continuation`,
      section: '§5.2',
      sends: [text('a', more), ping('p'), continuation('b', { rsv })],
      receives: [pong('p')],
      ...rsvError(rsv),
    },
  ]),
  ...reserved.flatMap((opcode): FrameCase[] => [
    { name: `opcode ${opcode}`, section: '§5.2', sends: [{ opcode }], receives: [], ...invalidOpcode },
    {
      name: `opcode ${opcode} with a payload, behind a message`,
      section: '§5.2',
      sends: [text('before'), { opcode, payload: 'x' }, text('after')],
      receives: [text('before')],
      ...invalidOpcode,
    },
    {
      name: `opcode ${opcode} within a message`,
      section: '§5.2',
      sends: [text('a', more), ping('p'), { opcode, payload: 'x' }, continuation('b')],
      receives: [pong('p')],
      ...invalidOpcode,
    },
  ]),
];
