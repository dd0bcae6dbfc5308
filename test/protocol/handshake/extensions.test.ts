import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/protocol/errors.js';
import {
  type ExtensionOffer,
  MAX_EXTENSION_OFFERS,
  MAX_EXTENSION_PARAMETERS,
  parseExtensions,
  serializeExtensions,
} from '../../../src/protocol/handshake/extensions.js';

const invalid = expect.objectContaining({
  name: 'HandshakeError',
  code: 'WS_ERR_INVALID_EXTENSIONS_HEADER',
  status: 400,
  message: 'Invalid or unacceptable Sec-WebSocket-Extensions header',
});

const foo = (...parameters: [string, string | true][]): ExtensionOffer => ({
  name: 'foo',
  parameters: parameters.map(([name, value]) => ({ name, value })),
});

describe('parseExtensions', () => {
  it.each<[string, ExtensionOffer[]]>([
    ['foo', [foo()]],
    ['foo, bar', [foo(), { name: 'bar', parameters: [] }]],
    ['foo;a', [foo(['a', true])]],
    ['foo;a=1', [foo(['a', '1'])]],
    ['foo; a=1; b', [foo(['a', '1'], ['b', true])]],
    ['foo; a="1"', [foo(['a', '1'])]],
    ['foo; a="\\1\\b"', [foo(['a', '1b'])]],
    ['foo; a="b"; c', [foo(['a', 'b'], ['c', true])]],
    // The implied LWS of RFC 6455 §9.1.
    ['\t foo\t ; a = "1" \t; b ', [foo(['a', '1'], ['b', true])]],
    // Empty list elements count for nothing.
    [', foo,,foo ,', [foo(), foo()]],
  ])('reads %j', (value, expected) => {
    expect(parseExtensions(value)).toEqual(expected);
  });

  it('keeps duplicates of offers and of parameters, and the case of names', () => {
    expect(parseExtensions('foo; a; a=1; A, foo')).toEqual([
      foo(['a', true], ['a', '1'], ['A', true]),
      foo(),
    ]);
  });

  it.each([
    ['nothing', ''],
    ['only whitespace', ' \t'],
    ['only commas', ',,'],
    ['no extension name', ';a'],
    ['a name that is no token', 'f(oo'],
    ['two names', 'foo bar'],
    ['a quoted name', '"foo"'],
    ['an empty parameter', 'foo;'],
    ['an empty parameter between others', 'foo;;a'],
    ['an empty parameter before a comma', 'foo;,bar'],
    ['a value without a name', 'foo;=1'],
    ['a value of the extension itself', 'foo=1'],
    ['an empty value', 'foo;a='],
    ['an empty value before another parameter', 'foo;a=;b'],
    ['two values', 'foo;a=1=2'],
    ['two words as a value', 'foo;a=1 2'],
    ['an empty quoted value', 'foo;a=""'],
    ['a quoted value that is no token', 'foo;a="1 2"'],
    ['an escaped character that is in no token', 'foo;a="1\\"2"'],
    ['a comma in a quoted value', 'foo;a="1,2"'],
    ['an unfinished quoted value', 'foo;a="1'],
    ['an unfinished escape', 'foo;a="1\\'],
    ['an escaped closing quote', 'foo;a="1\\"'],
    ['an unopened quote', 'foo;a=1"'],
    ['a word after a quoted value', 'foo;a="1"b'],
    ['a quoted parameter name', 'foo;"a"=1'],
    ['a control character', 'foo\0'],
    ['a character beyond ASCII', 'foo;a=\xe9'],
    ['a character beyond one byte', 'foo;a=\u0161'],
    ['white space other than space and tab', 'foo;\xa0a'],
  ])('refuses %s', (_, value) => {
    expect(() => parseExtensions(value)).toThrow(invalid);
  });

  it('bounds the number of extensions', () => {
    const list = (count: number) => Array.from({ length: count }, () => 'foo').join();
    expect(parseExtensions(list(MAX_EXTENSION_OFFERS))).toHaveLength(MAX_EXTENSION_OFFERS);
    expect(() => parseExtensions(list(MAX_EXTENSION_OFFERS + 1))).toThrow(invalid);
  });

  it('bounds the number of parameters of each', () => {
    const many = `foo${';a'.repeat(MAX_EXTENSION_PARAMETERS)}`;
    expect(parseExtensions(`${many}, ${many}`)[1].parameters).toHaveLength(MAX_EXTENSION_PARAMETERS);
    expect(() => parseExtensions(`${many};a`)).toThrow(invalid);
  });

  it('gives a list or this error for any text', () => {
    const unit = fc.constantFrom(...'ab;,="\\ \t\0\xff\u0161');
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit, maxLength: 20 }), fc.string()), (value) => {
        try {
          expect(parseExtensions(value).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toEqual(invalid);
        }
      }),
      { seed: 6455, numRuns: 3_000 },
    );
  });

  it('takes time linear in the text', () => {
    const started = performance.now();
    for (const text of [' ', ',', '"', '\\', 'a', 'a="', ';']) {
      const value = `foo;a="${text.repeat(1_000_000)}`;
      expect(() => parseExtensions(value)).toThrow(invalid);
    }
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('serializeExtensions', () => {
  it('writes names, parameters and values', () => {
    const offers = [foo(['a', true], ['b', '1']), { name: 'bar', parameters: [] }];
    expect(serializeExtensions(offers)).toBe('foo; a; b=1, bar');
    expect(serializeExtensions([])).toBe('');
  });

  it.each([
    { name: '', parameters: [] },
    { name: 'a b', parameters: [] },
    foo(['a;b', true]),
    foo(['a', '']),
    foo(['a', '1\r\nX: y']),
  ])('refuses what is no token: %j', (offer) => {
    expect(() => serializeExtensions([offer])).toThrow(UsageError);
    expect(() => serializeExtensions([offer])).toThrow(
      expect.objectContaining({ code: 'WS_ERR_INVALID_ARGUMENT' }),
    );
  });

  it('is undone by parseExtensions', () => {
    const token = fc.string({ unit: fc.constantFrom(..."aZ09!#$%&'*+-.^_`|~"), minLength: 1, maxLength: 8 });
    const parameter = fc.record({ name: token, value: fc.oneof(token, fc.constant<true>(true)) });
    const offer = fc.record({ name: token, parameters: fc.array(parameter, { maxLength: 5 }) });
    fc.assert(
      fc.property(fc.array(offer, { minLength: 1, maxLength: 6 }), (offers) => {
        expect(parseExtensions(serializeExtensions(offers))).toEqual(offers);
      }),
      { seed: 6455, numRuns: 500 },
    );
  });
});
