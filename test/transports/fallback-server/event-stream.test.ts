import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEvent, formatText } from '../../../src/transports/fallback-server/event-stream.js';
import { eventStreamParser } from '../../../src/transports/sse/event-stream-parser.js';

/** What a parser by others makes of a stream. */
function parsed(stream: string) {
  const events: { event?: string | undefined; data: string; id?: string | undefined }[] = [];
  const parser = createParser({ onEvent: ({ event, data, id }) => events.push({ event, data, id }) });
  parser.feed(stream);
  return events;
}

const textOf = ({ event, data }: { event?: string | undefined; data: string }): string =>
  event === 'json' ? JSON.parse(data) : data;

/** Strings full of what a line-based format could break at. */
const texts = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '\r',
        '\n',
        '\r\n',
        '\0',
        '\uFEFF',
        ' ',
        ':',
        'data: ',
        'id',
        '\u2028',
        '"',
        '\\',
        'a',
        '€',
        '𝄞',
      ),
      { maxLength: 20 },
    )
    .map((pieces) => pieces.join('')),
);

describe('formatText', () => {
  it('carries any string through a parser by others, and through ours', () => {
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 5 }), (all) => {
        const stream = `retry: 1\n${all.map((text) => formatText(text)).join('')}`;
        expect(parsed(stream).map(textOf)).toEqual(all);
        const own: string[] = [];
        eventStreamParser((event, data) => own.push(textOf({ event, data })))(stream);
        expect(own).toEqual(all);
      }),
      { seed: 6455, numRuns: 3000 },
    );
  });

  it.each(['', '\r', '\n', '\r\n', '\0', '\uFEFF', ' ', '\n\n', 'a\rb', ' a', ':a', '\uFEFF\r\0\n'])(
    'carries %j',
    (text) => {
      expect(parsed(formatText(text, '7'))).toEqual([
        { event: text.includes('\r') ? 'json' : undefined, data: expect.any(String), id: '7' },
      ]);
      expect(parsed(formatText(text)).map(textOf)).toEqual([text]);
    },
  );

  it('is what a person would write', () => {
    expect(formatText('a\nb')).toBe('data: a\ndata: b\n\n');
    expect(formatText('a', 'x.1')).toBe('id: x.1\ndata: a\n\n');
    expect(formatEvent('close', [1000, ''])).toBe('event: close\ndata: [1000,""]\n\n');
  });
});
