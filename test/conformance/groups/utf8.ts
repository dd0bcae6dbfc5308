import type { RawFrame } from '../../protocol/raw-frame.js';
import {
  invalidUtf8,
  isUtf8PrefixByGrammar,
  truncatedUtf8,
  validUtf8,
} from '../../protocol/utf8-sequences.js';
import { close, continuation, type FrameCase, more, text } from '../frame-case.js';

const section = '§8.1';
const invalid = { ends: 1007, error: 'WS_ERR_INVALID_UTF8' } as const;
const around = (octets: Buffer): Buffer =>
  Buffer.concat([Buffer.from('before '), octets, Buffer.from(' after')]);

/** One fragment for each octet; the message is not ended unless `fin`. */
function octetwise(octets: Buffer, fin: boolean): RawFrame[] {
  return [...octets].map((octet, index) => {
    const options = { fin: fin && index === octets.length - 1 };
    return index === 0 ? text(Buffer.of(octet), options) : continuation(Buffer.of(octet), options);
  });
}

/** The shortest beginning of `octets` that nothing can make UTF-8. */
function failingPart(octets: Buffer): Buffer {
  let length = 1;
  while (isUtf8PrefixByGrammar(octets.subarray(0, length))) length++;
  return octets.subarray(0, length);
}

/** RFC 6455 §8.1 with RFC 3629: whole, cut, and in close reasons (§5.5.1). */
export const utf8: readonly FrameCase[] = [
  ...validUtf8.flatMap(({ name, octets }): FrameCase[] => [
    {
      name: `valid: ${name}`,
      section,
      sends: [text(octets), text(around(octets))],
      receives: [text(octets), text(around(octets))],
      ends: 'open',
    },
    {
      name: `valid, octet by octet: ${name}`,
      section,
      sends: octets.length === 0 ? [text('', more), continuation()] : octetwise(octets, true),
      receives: [text(octets)],
      ends: 'open',
    },
    {
      name: `valid in a close reason: ${name}`,
      section: '§5.5.1',
      sends: [close(1000, octets)],
      receives: [close(1000, octets)],
      ends: 'closed',
      closes: [1000, octets.toString()],
    },
  ]),
  ...invalidUtf8.flatMap(({ name, octets }): FrameCase[] => [
    { name: `invalid: ${name}`, section, sends: [text(octets)], receives: [], ...invalid },
    {
      name: `invalid within text: ${name}`,
      section,
      sends: [text(around(octets))],
      receives: [],
      ...invalid,
    },
    {
      name: `invalid, octet by octet, before the message ends: ${name}`,
      section,
      sends: octetwise(failingPart(octets), false),
      receives: [],
      ...invalid,
    },
    {
      name: `invalid in a frame whose rest has not come: ${name}`,
      section,
      sends: [text(failingPart(octets), { announced: 1_000 })],
      receives: [],
      ...invalid,
    },
    {
      name: `invalid in a close reason: ${name}`,
      section: '§5.5.1',
      sends: [close(1000, octets)],
      receives: [],
      ...invalid,
    },
  ]),
  ...truncatedUtf8.flatMap(({ name, octets }): FrameCase[] => [
    { name: `cut off: ${name}`, section, sends: [text(octets)], receives: [], ...invalid },
    {
      name: `cut off by an empty last fragment: ${name}`,
      section,
      sends: [...octetwise(octets, false), continuation()],
      receives: [],
      ...invalid,
    },
    {
      name: `cut off, but the message goes on: ${name}`,
      section,
      sends: octetwise(octets, false),
      receives: [],
      ends: 'open',
    },
    {
      name: `cut off in a close reason: ${name}`,
      section: '§5.5.1',
      sends: [close(1000, octets)],
      receives: [],
      ...invalid,
    },
  ]),
  {
    name: 'binary is not checked',
    section,
    sends: [{ opcode: 2, payload: Buffer.of(0xff, 0xc0, 0x80) }],
    receives: [{ opcode: 2, payload: Buffer.of(0xff, 0xc0, 0x80) }],
    ends: 'open',
  },
  {
    name: 'with skipUTF8Validation text is not checked',
    section,
    options: { skipUTF8Validation: true },
    sends: [text(Buffer.of(0xff, 0xc0, 0x80))],
    receives: [text(Buffer.of(0xff, 0xc0, 0x80))],
    ends: 'open',
  },
  {
    name: 'each message starts afresh',
    section,
    sends: [...octetwise(Buffer.from('€'), true), ...octetwise(Buffer.from('😀'), true)],
    receives: [text('€'), text('😀')],
    ends: 'open',
  },
  {
    name: 'a lone surrogate of ours is sent as U+FFFD',
    section,
    acts: (socket) => socket.send('a\ud800b'),
    sends: [],
    receives: [text('a\ufffdb')],
    ends: 'open',
  },
];
