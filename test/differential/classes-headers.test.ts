import fc from 'fast-check';
import { attempt } from './classes.js';
import { differential, type Program } from './differential.js';
import type { Implementation } from './implementations.js';
import type { Trace } from './trace.js';

const ALL_TOKEN_CHARACTERS = "azAZ09!#$%&'*+-.^_`|~";

/** What is parsed, or `refused`: the texts of the errors have a program of their own. */
function parse(trace: Trace, header: string, call: () => unknown): void {
  try {
    trace(JSON.stringify(header), call());
  } catch {
    trace(JSON.stringify(header), 'refused');
  }
}

const parsing =
  (headers: readonly string[]): Program['run'] =>
  ({ extension }, trace) => {
    for (const header of headers) parse(trace, header, () => extension.parse(header));
  };

const parsingSubprotocols =
  (headers: readonly string[]): Program['run'] =>
  ({ subprotocol }, trace) => {
    for (const header of headers) parse(trace, header, () => subprotocol.parse(header));
  };

const formatting =
  (extensions: readonly unknown[]): Program['run'] =>
  ({ extension }, trace) => {
    for (const value of extensions) attempt(trace, 'header', () => extension.format(value as object));
  };

differential('extension.parse', [
  {
    name: 'extensions and parameters',
    run: parsing([
      'a',
      'a,b',
      'a, b',
      'a ,b',
      'a\t,\tb',
      'a;b',
      'a; b',
      'a ; b',
      'a;\tb',
      'a;b;c',
      'a;b=1',
      'a; b=1',
      'a ;b=1',
      'a;b=1;c=2, d;e',
      'a;b=1,a;b=2',
      'a,a,b,a',
      'a;b;b',
      'a;b=1;b=2;b',
      ALL_TOKEN_CHARACTERS,
      `a;${ALL_TOKEN_CHARACTERS}=${ALL_TOKEN_CHARACTERS}`,
      'A;B=C',
      'permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate',
    ]),
  },
  {
    name: 'quoted values',
    run: parsing(['a;b="1"', 'a;b="1" ;c', 'a;b="1";c', 'a;b="1",c', 'a;b="\\1"', 'a;b="a\\b"', 'a;b="x\\"']),
  },
  {
    name: 'what is refused',
    run: parsing([
      '',
      ',',
      'a;',
      'a;b;',
      'a;;b',
      'a;b;;c',
      'a b',
      'a;b c',
      'a;b=1 c',
      'a;b="1"c',
      'a;b=',
      'a;=1',
      'a;b=(',
      'a;b="1',
      'a;b="1\\',
      'a;b=""',
      'a;b="1 2"',
      'a;b="1 "',
      'a;b="\\""',
      'a;b=="1"',
      'a;"b"',
      '"a"',
      'a/b',
      'é',
      'a\r\n',
      'a\0b',
      'a;b=\u0100',
      'a;b=1=2',
      'a@',
    ]),
  },
  {
    name: 'names that an object has already',
    run({ extension }, trace) {
      for (const header of ['__proto__', 'constructor;toString=1', 'a;__proto__=1;__proto__']) {
        const parsed = extension.parse(header);
        trace(header, Object.getPrototypeOf(parsed), Object.keys(parsed));
        for (const [offer] of Object.values(parsed))
          trace('parameters', Object.getPrototypeOf(offer), Object.entries(offer as object));
      }
    },
  },
  {
    name: 'what is no string',
    run({ extension, subprotocol }, trace) {
      for (const header of [undefined, null]) {
        for (const { parse: call } of [extension, subprotocol]) {
          try {
            call(header as never);
          } catch (error) {
            trace(String(header), error instanceof TypeError);
          }
        }
      }
    },
  },
]);

differential('extension.format', [
  {
    name: 'extensions and parameters',
    run: formatting([
      {},
      { a: {} },
      { a: [{}] },
      { a: [{}, {}] },
      { a: [] },
      { a: { b: true } },
      { a: { b: [true] } },
      { a: { b: '1' } },
      { a: { b: 1 } },
      { a: { b: 0 } },
      { a: { b: [1, '2', true] } },
      { a: { b: true, c: 1 }, d: [{ e: 1 }, { f: true }] },
      { 'permessage-deflate': [{ client_max_window_bits: true, server_max_window_bits: 10 }] },
      { a: { b: false } },
      { a: { b: null } },
    ]),
  },
]);

differential('subprotocol.parse', [
  {
    name: 'subprotocols',
    run: parsingSubprotocols([
      'a',
      'a,b',
      'a, b',
      'a ,b',
      'a\t,\tb',
      'b, a, c',
      'A, a',
      'mqtt, graphql-transport-ws, v12.stomp',
      ALL_TOKEN_CHARACTERS,
      '__proto__,constructor',
      Array.from({ length: 200 }, (_, index) => `p${index}`).join(', '),
    ]),
  },
  {
    name: 'what is refused',
    run: parsingSubprotocols([
      '',
      ' ',
      ',',
      ', ,',
      'a,a',
      'a, b, a',
      'a b',
      'a\tb',
      'a;b',
      'a/b',
      'a=b',
      '(',
      '"a"',
      'é',
      'a\r',
      'a\0',
    ]),
  },
]);

const token = fc.stringMatching(/^[a-z0-9!#$%&'*+.^_`|~-]{1,4}$/);
const value = fc.oneof(
  token.map((text) => `=${text}`),
  token.map((text) => `="${text}"`),
  fc.constant(''),
);
const parameter = fc.tuple(fc.constantFrom(';', '; ', ' ; '), token, value).map((parts) => parts.join(''));
const offer = fc
  .tuple(token, fc.array(parameter, { maxLength: 5 }))
  .map(([name, rest]) => name + rest.join(''));
const list = (element: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(element, { minLength: 1, maxLength: 5 }).map((elements) => elements.join(', '));

/** The same headers in every run. */
const sample = (headers: fc.Arbitrary<string>, count: number): string[] =>
  fc.sample(headers, { seed: 6455, numRuns: count });

/** A header with one character replaced or put in; list separators, and space around them, have programs below. */
const broken = (headers: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      headers,
      fc.nat(),
      fc.constantFrom('"', '\\', '(', '/', '\0', 'é', ';', '=', '\n', '\u2028'),
      fc.boolean(),
    )
    .map(([header, at, character, replaces]) => {
      const index = at % header.length;
      return header.slice(0, index) + character + header.slice(index + (replaces ? 1 : 0));
    });

differential('headers that are generated', [
  { name: 'extensions', run: parsing(sample(list(offer), 500)) },
  { name: 'extensions with a mistake', run: parsing(sample(broken(list(offer)), 500)) },
  { name: 'subprotocols', run: parsingSubprotocols(sample(list(token), 300)) },
  { name: 'subprotocols with a mistake', run: parsingSubprotocols(sample(broken(list(token)), 300)) },
  {
    name: 'what parse gives is what format wrote',
    run({ extension }, trace) {
      for (const header of sample(list(offer), 200)) trace(extension.format(extension.parse(header)));
    },
  },
]);

/** The first error of each call, its code included. */
function thrown(implementation: Implementation, trace: Trace, headers: readonly [string, string][]): void {
  for (const [kind, header] of headers) {
    try {
      implementation[kind as 'extension'].parse(header);
    } catch (error) {
      trace(`${kind} ${JSON.stringify(header)}`, error);
    }
  }
}

const names = (count: number, prefix: string, separator: string): string =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`).join(separator);

differential('headers, where they differ', [
  {
    name: 'spaces at the ends, and empty elements of a list of extensions',
    run: parsing([' a', 'a ', ',a', 'a,', 'a,,b', 'a, ,b']),
    differs: {
      because: 'header-lists',
      ws: [
        '" a" "refused"',
        '"a " "refused"',
        '",a" "refused"',
        '"a," "refused"',
        '"a,,b" "refused"',
        '"a, ,b" "refused"',
      ],
      hawser: [
        '" a" {a: [{}]}',
        '"a " {a: [{}]}',
        '",a" {a: [{}]}',
        '"a," {a: [{}]}',
        '"a,,b" {a: [{}], b: [{}]}',
        '"a, ,b" {a: [{}], b: [{}]}',
      ],
    },
  },
  {
    name: 'spaces around =',
    run: parsing(['a;b =1', 'a;b= 1']),
    differs: {
      because: 'header-lists',
      ws: ['"a;b =1" "refused"', '"a;b= 1" "refused"'],
      hawser: ['"a;b =1" {a: [{b: ["1"]}]}', '"a;b= 1" {a: [{b: ["1"]}]}'],
    },
  },
  {
    name: 'spaces at the ends, and empty elements of a list of subprotocols',
    run: parsingSubprotocols([' a', 'a ', ',a', 'a,', 'a,,b', 'a, ,b']),
    differs: {
      because: 'header-lists',
      ws: [
        '" a" "refused"',
        '"a " "refused"',
        '",a" "refused"',
        '"a," "refused"',
        '"a,,b" "refused"',
        '"a, ,b" "refused"',
      ],
      hawser: [
        '" a" Set ["a"]',
        '"a " Set ["a"]',
        '",a" Set ["a"]',
        '"a," Set ["a"]',
        '"a,,b" Set ["a", "b"]',
        '"a, ,b" Set ["a", "b"]',
      ],
    },
  },
  {
    name: 'more extensions and parameters than anybody offers',
    run({ extension }, trace) {
      const headers = [
        names(64, 'e', ','),
        names(65, 'e', ','),
        `a;${names(16, 'p', ';')}`,
        `a;${names(17, 'p', ';')}`,
      ];
      for (const header of headers) {
        try {
          trace('parsed', Object.keys(extension.parse(header)).length);
        } catch {
          trace('refused');
        }
      }
    },
    differs: {
      because: 'header-limits',
      ws: ['parsed 64', 'parsed 65', 'parsed 1', 'parsed 1'],
      hawser: ['parsed 64', 'refused', 'parsed 1', 'refused'],
    },
  },
  {
    name: 'errors of parse',
    run(implementation, trace) {
      thrown(implementation, trace, [
        ['extension', ''],
        ['extension', 'a b'],
        ['subprotocol', ''],
        ['subprotocol', 'a b'],
        ['subprotocol', 'a,a'],
      ]);
    },
    differs: {
      because: 'handshake-class-errors',
      ws: [
        'extension "" SyntaxError(Unexpected end of input)',
        'extension "a b" SyntaxError(Unexpected character at index 2)',
        'subprotocol "" SyntaxError(Unexpected end of input)',
        'subprotocol "a b" SyntaxError(Unexpected character at index 2)',
        'subprotocol "a,a" SyntaxError(The "a" subprotocol is duplicated)',
      ],
      hawser: [
        'extension "" Error(WS_ERR_INVALID_EXTENSIONS_HEADER: Invalid or unacceptable Sec-WebSocket-Extensions header)',
        'extension "a b" Error(WS_ERR_INVALID_EXTENSIONS_HEADER: Invalid or unacceptable Sec-WebSocket-Extensions header)',
        'subprotocol "" Error(WS_ERR_INVALID_PROTOCOL_HEADER: Invalid Sec-WebSocket-Protocol header)',
        'subprotocol "a b" Error(WS_ERR_INVALID_PROTOCOL_HEADER: Invalid Sec-WebSocket-Protocol header)',
        'subprotocol "a,a" Error(WS_ERR_INVALID_PROTOCOL_HEADER: Invalid Sec-WebSocket-Protocol header)',
      ],
    },
  },
  {
    name: 'format of what is no token',
    run: formatting([
      { 'a b': {} },
      { a: { 'b c': 1 } },
      { a: { b: 'x y' } },
      { a: { b: 'x\r\ny: z' } },
      { a: { b: '' } },
    ]),
    differs: {
      because: 'format-tokens',
      ws: [
        'header "a b"',
        'header "a; b c=1"',
        'header "a; b=x y"',
        'header "a; b=x\\r\\ny: z"',
        'header "a; b="',
      ],
      hawser: [
        'header "throws" TypeError(Invalid extension token "a b")',
        'header "throws" TypeError(Invalid extension token "b c")',
        'header "throws" TypeError(Invalid extension token "x y")',
        'header "throws" TypeError(Invalid extension token "x\\r\\ny: z")',
        'header "throws" TypeError(Invalid extension token "")',
      ],
    },
  },
  {
    name: 'format of parameters without a value',
    run: formatting([{ a: { b: undefined } }, { a: { b: [] } }]),
    differs: {
      because: 'format-tokens',
      ws: ['header "a; b=undefined"', 'header "a; "'],
      hawser: ['header "a"', 'header "a"'],
    },
  },
]);
