import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventStreamParser } from '../../../src/transports/sse/event-stream-parser.js';

type Event = readonly [type: string, data: string];

function parse(pieces: readonly string[]): Event[] {
  const events: Event[] = [];
  const feed = eventStreamParser((type, data) => events.push([type, data]));
  for (const piece of pieces) feed(piece);
  return events;
}

const cases: Record<string, [stream: string, events: Event[]]> = {
  'one event': ['data: a\n\n', [['message', 'a']]],
  'a type': ['event: close\ndata: a\n\n', [['close', 'a']]],
  'the type of one event only': [
    'event: x\ndata: a\n\ndata: b\n\n',
    [
      ['x', 'a'],
      ['message', 'b'],
    ],
  ],
  'lines of data': ['data: a\ndata:\ndata: b\n\n', [['message', 'a\n\nb']]],
  'one space is taken away': [
    'data:  a\n\ndata:b\n\n',
    [
      ['message', ' a'],
      ['message', 'b'],
    ],
  ],
  'a field without a colon': ['data\n\n', [['message', '']]],
  'an event without data is none': ['event: x\n\nid: 1\n\n', []],
  'comments and unknown fields': [':\n: a\nretry: 3\nfoo: b\ndata: c\n\n', [['message', 'c']]],
  'an event that has not ended': ['data: a\n', []],
  'every kind of line end': [
    'data: a\r\rdata: b\r\n\r\ndata: c\r\n\n',
    [
      ['message', 'a'],
      ['message', 'b'],
      ['message', 'c'],
    ],
  ],
  'colons in a value': ['data: a: b:c\n\n', [['message', 'a: b:c']]],
  NUL: ['data: a\0b\n\n', [['message', 'a\0b']]],
};

describe('eventStreamParser', () => {
  it.each(Object.entries(cases))('%s', (_, [stream, events]) => {
    expect(parse([stream])).toEqual(events);
    expect(parse([...stream])).toEqual(events);
  });

  it('gives the same events however the text is cut', () => {
    const piece = fc.constantFrom('data: ', 'event: x', 'a', '\r', '\n', '\r\n', ':', ' ', '');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.infiniteStream(fc.nat(5)), (pieces, sizes) => {
        const stream = pieces.join('');
        const cut: string[] = [];
        for (let at = 0; at < stream.length; ) {
          const size = (sizes.next().value as number) + 1;
          cut.push(stream.slice(at, at + size), '');
          at += size;
        }
        const whole = parse([stream]);
        expect(parse(cut)).toEqual(whole);
        expect(parse([...stream])).toEqual(whole);
      }),
      { seed: 6455, numRuns: 2000 },
    );
  });
});
