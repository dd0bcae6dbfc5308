import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HandshakeError } from '../../../src/protocol/errors.js';
import {
  HeaderScanner,
  type HeaderScannerOptions,
  type MessageHead,
} from '../../../src/protocol/handshake/header-scanner.js';

const malformed = expect.objectContaining({
  name: 'HandshakeError',
  code: 'WS_ERR_INVALID_HTTP_MESSAGE',
  status: 400,
});
const tooMany = expect.objectContaining({
  name: 'HandshakeError',
  code: 'WS_ERR_TOO_MANY_HEADERS',
  status: 431,
});

const names = ['Host', 'host', 'X-A', 'B', 'Sec-WebSocket-Key'];

type Cut = (bytes: Buffer) => Buffer[];

const whole: Cut = (bytes) => [bytes];
const byteByByte: Cut = (bytes) => Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
const cutAt =
  (places: readonly number[]): Cut =>
  (bytes) => {
    const sorted = [
      0,
      ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b),
      bytes.length,
    ];
    return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
  };

/** Everything a caller can observe of scanning `input`, in a form that can be compared. */
function outcome(input: string, cut: Cut, options?: HeaderScannerOptions): unknown {
  const scanner = new HeaderScanner(options);
  const pieces = cut(Buffer.from(input, 'latin1'));
  try {
    for (const [index, piece] of pieces.entries()) {
      const head = scanner.push(piece);
      if (head !== null) return describeHead(head, pieces.slice(index + 1));
    }
    return 'more needed';
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    return `${error.code} ${error.status}: ${error.message}`;
  }
}

function describeHead({ startLine, fields, rest }: MessageHead, later: Buffer[]): unknown {
  return {
    startLine,
    count: fields.count,
    values: names.map((name) => fields.all(name)),
    rest: Buffer.concat([rest, ...later]).toString('latin1'),
  };
}

function scan(input: string, options?: HeaderScannerOptions): MessageHead | null {
  return new HeaderScanner(options).push(Buffer.from(input, 'latin1'));
}

const request = 'GET /chat HTTP/1.1\r\nHost: a\r\nX-A:\t 1 2 \t\r\nb:\r\nhost: \xe9\r\n\r\n';

describe('HeaderScanner', () => {
  it('reads a head and hands out what is pipelined behind it', () => {
    const head = scan(`${request}\x81\x05Hello`);
    expect(head?.startLine).toBe('GET /chat HTTP/1.1');
    expect(head?.fields.count).toBe(4);
    expect(head?.fields.all('Host')).toEqual(['a', '\xe9']);
    expect(head?.fields.get('x-a')).toBe('1 2');
    expect(head?.fields.get('B')).toBe('');
    expect(head?.rest.toString('latin1')).toBe('\x81\x05Hello');
  });

  it('hands out the rest as a view of the pushed bytes', () => {
    const bytes = Buffer.from(`${request}rest`, 'latin1');
    const head = new HeaderScanner().push(bytes);
    expect(head?.rest.buffer).toBe(bytes.buffer);
    expect(head?.rest.byteOffset).toBe(bytes.byteOffset + bytes.length - 4);
  });

  it('keeps no view of bytes that the caller may reuse', () => {
    const scanner = new HeaderScanner();
    const chunk = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nB: va', 'latin1');
    expect(scanner.push(chunk)).toBeNull();
    chunk.fill(0x78);
    const head = scanner.push(Buffer.from('lue\r\n\r\n'));
    expect(head?.startLine).toBe('GET / HTTP/1.1');
    expect(head?.fields.get('B')).toBe('value');
  });

  it('wants more until the empty line is complete', () => {
    for (let length = 0; length < request.length; length += 1) {
      expect(scan(request.slice(0, length)), `${length} bytes`).toBeNull();
    }
    expect(scan(request)).not.toBeNull();
  });

  it('reads a head without fields', () => {
    expect(scan('GET / HTTP/1.1\r\n\r\n')?.fields.count).toBe(0);
  });

  it('ignores empty lines before the start line (RFC 9112 §2.2)', () => {
    expect(scan('\r\n\r\nGET / HTTP/1.1\r\n\r\n')?.startLine).toBe('GET / HTTP/1.1');
  });

  it('starts afresh after a head, for the response that follows an interim one', () => {
    const scanner = new HeaderScanner({ maxBytes: 40, maxFields: 1 });
    const first = scanner.push(Buffer.from('HTTP/1.1 100 Continue\r\nA: 1\r\n\r\nHTTP/1.1 101 \r\nB: 2'));
    expect(first?.fields.get('A')).toBe('1');
    expect(scanner.push(first!.rest)).toBeNull();
    const second = scanner.push(Buffer.from('\r\n\r\n'));
    expect(second?.startLine).toBe('HTTP/1.1 101 ');
    expect(second?.fields.has('A')).toBe(false);
    expect(second?.fields.get('B')).toBe('2');
  });
});

const badHeads: readonly (readonly [what: string, head: string])[] = [
  ['a bare LF after the start line', 'GET / HTTP/1.1\nHost: a\r\n\r\n'],
  ['a bare LF after a field', 'GET / HTTP/1.1\r\nHost: a\n\r\n'],
  ['a bare LF instead of the empty line', 'GET / HTTP/1.1\r\nHost: a\r\n\n'],
  ['a bare LF at the very beginning', '\nGET / HTTP/1.1\r\n\r\n'],
  ['a bare CR in the start line', 'GET /\rx HTTP/1.1\r\n\r\n'],
  ['a bare CR in a value', 'GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n'],
  ['a bare CR in a name', 'GET / HTTP/1.1\r\nHo\rst: a\r\n\r\n'],
  ['two CRs before LF', 'GET / HTTP/1.1\r\nHost: a\r\r\n\r\n'],
  ['a CR before the empty line', 'GET / HTTP/1.1\r\nHost: a\r\n\r\r\n'],
  ['a folded line', 'GET / HTTP/1.1\r\nA: 1\r\n 2\r\n\r\n'],
  ['a line folded with a tab', 'GET / HTTP/1.1\r\nA: 1\r\n\t2\r\n\r\n'],
  ['a line of whitespace alone', 'GET / HTTP/1.1\r\nA: 1\r\n \r\n\r\n'],
  ['whitespace before the first field', 'GET / HTTP/1.1\r\n A: 1\r\n\r\n'],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'],
  ['a tab before the colon', 'GET / HTTP/1.1\r\nHost\t: a\r\n\r\n'],
  ['an empty name', 'GET / HTTP/1.1\r\n: a\r\n\r\n'],
  ['a line without a colon', 'GET / HTTP/1.1\r\nHost\r\n\r\n'],
  ['a name that is no token', 'GET / HTTP/1.1\r\nHo(st: a\r\n\r\n'],
  ['a name beyond ASCII', 'GET / HTTP/1.1\r\nH\xf6st: a\r\n\r\n'],
  ['NUL in a value', 'GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n'],
  ['NUL at the end of a value', 'GET / HTTP/1.1\r\nHost: a\0\r\n\r\n'],
  ['a control character in a value', 'GET / HTTP/1.1\r\nHost: \x01\r\n\r\n'],
  ['DEL in a value', 'GET / HTTP/1.1\r\nHost: \x7f\r\n\r\n'],
  ['NUL in the start line', 'GET /\0 HTTP/1.1\r\n\r\n'],
];

describe('HeaderScanner refuses', () => {
  it.each(badHeads)('%s', (_, head) => {
    expect(() => scan(head)).toThrow(malformed);
    expect(outcome(head, byteByByte)).toBe(outcome(head, whole));
  });

  it.each([
    ['a folded line', 'A: 1\r\n 2'],
    ['whitespace before the first field', '\tA: 1'],
  ])('%s, and says what is wrong', (_, lines) => {
    expect(() => scan(`GET / HTTP/1.1\r\n${lines}\r\n\r\n`)).toThrow(
      'Malformed HTTP message: a line starts with whitespace',
    );
  });

  it('every control character in a value except tab', () => {
    for (let code = 0; code < 0x20; code += 1) {
      const value = `a${String.fromCharCode(code)}b`;
      const attempt = () => scan(`GET / HTTP/1.1\r\nA: ${value}\r\n\r\n`);
      if (code === 0x09) expect(attempt()?.fields.get('A')).toBe(value);
      else expect(attempt, `code ${code}`).toThrow(malformed);
    }
  });

  it('to go on after an error', () => {
    const scanner = new HeaderScanner();
    const bad = Buffer.from('GET / HTTP/1.1\n');
    expect(() => scanner.push(bad)).toThrow(malformed);
    expect(() => scanner.push(Buffer.from(request))).toThrow(malformed);
  });
});

describe('the bounds of HeaderScanner', () => {
  const headWith = (count: number) => `GET / HTTP/1.1\r\n${'a:\r\n'.repeat(count)}\r\n`;

  it.each([whole, byteByByte])('takes 1,001 and 2,000 fields and refuses 2,001', (cut) => {
    expect(outcome(headWith(1_001), cut)).toMatchObject({ count: 1_001 });
    expect(outcome(headWith(2_000), cut)).toMatchObject({ count: 2_000 });
    expect(outcome(headWith(2_001), cut)).toBe('WS_ERR_TOO_MANY_HEADERS 431: Too many request headers');
    expect(outcome(headWith(2_001), cut, { maxFields: 2_001 })).toMatchObject({ count: 2_001 });
  });

  it.each([whole, byteByByte])('takes 16,384 bytes and refuses one more', (cut) => {
    const headOf = (bytes: number) => {
      const frame = 'GET / HTTP/1.1\r\nB: \r\n\r\n';
      return frame.replace('B: ', `B: ${'x'.repeat(bytes - frame.length)}`);
    };
    expect(outcome(headOf(16_384), cut)).toMatchObject({ count: 1 });
    expect(outcome(headOf(16_385), cut)).toBe(
      'WS_ERR_TOO_MANY_HEADERS 431: The header is larger than 16384 bytes',
    );
  });

  it('does not count what is pipelined behind the head', () => {
    const head = scan(`GET / HTTP/1.1\r\n\r\n${'x'.repeat(1_000)}`, { maxBytes: 18 });
    expect(head?.rest.length).toBe(1_000);
  });

  it('counts empty lines before the start line', () => {
    expect(() => scan('\r\n'.repeat(10_000))).toThrow(tooMany);
  });

  it('is done after maxBytes of garbage, and keeps nothing of what is pushed afterwards', () => {
    const scanner = new HeaderScanner();
    const byte = Buffer.from('x');
    let accepted = 0;
    const errors = new Set<unknown>();
    const before = heldBytes();
    for (let pushed = 0; pushed < 1_048_576; pushed += 1) {
      try {
        expectNone(scanner.push(byte));
        accepted += 1;
      } catch (error) {
        errors.add(error);
      }
    }
    expect(accepted).toBe(16_384);
    expect([...errors]).toEqual([tooMany]);
    expect(heldBytes() - before).toBeLessThan(1_048_576);
  });

  it('lets go of what it had kept once it has failed', () => {
    const size = 1_048_576;
    const half = Buffer.alloc(size / 2, 'x');
    const before = heldBytes();
    const scanners = Array.from({ length: 32 }, () => new HeaderScanner({ maxBytes: size }));
    for (const scanner of scanners) {
      expect(scanner.push(half)).toBeNull();
      expect(() => scanner.push(Buffer.alloc(size, 'x'))).toThrow(tooMany);
    }
    expect(heldBytes() - before).toBeLessThan(4 * size);
    for (const scanner of scanners) expect(() => scanner.push(half)).toThrow(tooMany);
  });

  it('takes time linear in the bytes when one line of 4 MiB comes byte by byte', () => {
    const scanner = new HeaderScanner({ maxBytes: 8_388_608 });
    scanner.push(Buffer.from('GET / HTTP/1.1\r\nA: '));
    const byte = Buffer.from('x');
    const started = performance.now();
    for (let pushed = 0; pushed < 4_194_304; pushed += 1) expectNone(scanner.push(byte));
    const head = scanner.push(Buffer.from('\r\n\r\n'));
    expect(head?.fields.get('A')?.length).toBe(4_194_304);
    // Copying or scanning the line again at each push would be 2^43 bytes of work: many minutes.
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Bytes of array buffers in use. V8 frees those on another thread; the second collection waits for the first. */
function heldBytes(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** `expect(head).toBeNull()` without its cost, for loops of millions. */
function expectNone(head: MessageHead | null): void {
  if (head !== null) throw new Error('a head was not expected');
}

describe('HeaderScanner, however the bytes are cut', () => {
  const piece = fc.constantFrom(
    'GET / HTTP/1.1\r\n',
    'HTTP/1.1 101 Switching Protocols\r\n',
    'Host: a\r\n',
    'X-A: b, c\r\n',
    'B:\r\n',
    'Sec-WebSocket-Key',
    ':',
    ' ',
    '\t',
    '\r\n',
    '\r\n\r\n',
    '\r',
    '\n',
    '\0',
    '\xff',
    'x',
  );
  const likely = fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join(''));
  const goodStart = likely.map((text) => `GET / HTTP/1.1\r\nHost: a\r\n${text}`);
  const anyBytes = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  const places = fc.array(fc.nat(1_000), { maxLength: 12 });
  const bounds = fc.record({ maxBytes: fc.integer({ min: 1, max: 200 }), maxFields: fc.nat(6) });

  it('gives the same head or the same error, and no other kind of error', () => {
    fc.assert(
      fc.property(fc.oneof(likely, goodStart, anyBytes), places, bounds, (input, cuts, options) => {
        const expected = outcome(input, whole, options);
        expect(outcome(input, byteByByte, options)).toEqual(expected);
        expect(outcome(input, cutAt(cuts), options)).toEqual(expected);
      }),
      { seed: 6455, numRuns: 2_000 },
    );
  });

  it('reads every head that follows the grammar', () => {
    const name = fc.string({ unit: fc.constantFrom(...'abXYZ019-_!~'), minLength: 1, maxLength: 8 });
    const value = fc.string({ unit: fc.constantFrom(...'ab :,\t"=\xe4\xff'), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 20 }), places, (pairs, cuts) => {
        const lines = pairs.map(([key, text]) => `${key}: ${text}\r\n`);
        const input = Buffer.from(`GET / HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
        const scanner = new HeaderScanner();
        const heads = cutAt(cuts)(input).map((bytes) => scanner.push(bytes));
        const head = heads.find((candidate) => candidate !== null);
        expect(head?.fields.count).toBe(pairs.length);
        for (const [key] of pairs) {
          const same = pairs.filter(([other]) => other.toLowerCase() === key.toLowerCase());
          expect(head?.fields.all(key)).toEqual(same.map(([, text]) => text.replace(/^[ \t]+|[ \t]+$/g, '')));
        }
      }),
      { seed: 6455, numRuns: 300 },
    );
  });
});
