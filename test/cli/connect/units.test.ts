import { describe, expect, it, vi } from 'vitest';
import { CommandError } from '../../../src/cli/command-error.js';
import { addressOf } from '../../../src/cli/connect/address.js';
import { parseConnectOptions } from '../../../src/cli/connect/connect-options.js';
import { endingText, exitCodeOf } from '../../../src/cli/connect/ending.js';
import { lineOf, obey } from '../../../src/cli/connect/line-command.js';
import { openingError } from '../../../src/cli/connect/opening-error.js';
import { printableBinary, printableText } from '../../../src/cli/connect/printable.js';
import type { WebSocket } from '../../../src/index.js';

function refused(action: () => unknown): CommandError {
  try {
    action();
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('addresses', () => {
  it.each([
    ['localhost:8888', 'ws://localhost:8888'],
    ['example.org/path?x=1', 'ws://example.org/path?x=1'],
    ['127.0.0.1', 'ws://127.0.0.1'],
    ['[::1]:80', 'ws://[::1]:80'],
    ['wss://example.org', 'wss://example.org'],
    ['https://example.org', 'https://example.org'],
    ['ws+unix:/tmp/socket:/path', 'ws+unix:/tmp/socket:/path'],
  ])('%s is %s', (text, address) => {
    expect(addressOf(text)).toBe(address);
  });

  it.each([
    ['ftp://example.org', '"ftp:" is not a scheme'],
    ['ws://', 'is not an address'],
    ['a b', 'is not an address'],
    ['ws://example.org/#x', 'no fragment'],
  ])('%s is refused', (text, message) => {
    const error = refused(() => addressOf(text));
    expect([error.exitCode, error.message]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('options', () => {
  it('have defaults', () => {
    expect(parseConnectOptions(['localhost'])).toEqual({
      url: 'ws://localhost',
      headers: {},
      subprotocols: [],
      origin: undefined,
      binary: false,
      compress: false,
      frames: false,
      insecure: false,
      literal: false,
      wait: 500,
    });
  });

  it('are read in their long and short forms', () => {
    const args = [
      '-H',
      'A: b:c',
      '--header',
      'D:',
      '-s',
      'one',
      '-s',
      'two',
      '-o',
      'http://o',
      '-b',
      '-k',
      '-w',
      '2',
    ];
    expect(parseConnectOptions([...args, '--compress', '--frames', '--literal', 'localhost'])).toMatchObject({
      headers: { A: 'b:c', D: '' },
      subprotocols: ['one', 'two'],
      origin: 'http://o',
      binary: true,
      compress: true,
      frames: true,
      insecure: true,
      literal: true,
      wait: 2000,
    });
  });

  it('take a header several times, the same name too', () => {
    const args = ['-H', 'X-A: 1', '-H', 'X-B: 2', '-H', 'X-A: 3', 'localhost'];
    expect(parseConnectOptions(args)).toMatchObject({ headers: { 'X-A': ['1', '3'], 'X-B': '2' } });
  });

  it('--help is enough', () => {
    expect(parseConnectOptions(['--help'])).toBe('help');
  });

  it.each([
    [[], 'No address'],
    [['a', 'b'], '"b" is one address too many'],
    [['--nonsense', 'a'], 'nonsense'],
    [['-H', 'no colon', 'a'], '"no colon" is not a header'],
    [['-H', ': value', 'a'], 'is not a header'],
    [['-w', 'soon', 'a'], '"soon" in --wait'],
    [['-w', '-1', 'a'], '--wait'],
    [['-w', '', 'a'], '--wait'],
  ])('%j is refused', (args, message) => {
    const error = refused(() => parseConnectOptions(args));
    expect([error.exitCode, error.message]).toEqual([2, expect.stringContaining(message)]);
    expect(error.usage).toContain('hawser connect --help');
  });
});

describe('lines', () => {
  it.each([
    ['hello', { kind: 'message', text: 'hello' }],
    ['', { kind: 'message', text: '' }],
    ['//ping', { kind: 'message', text: '/ping' }],
    ['/ping', { kind: 'ping', data: '' }],
    ['/ping are you there', { kind: 'ping', data: 'are you there' }],
    ['/pong x', { kind: 'pong', data: 'x' }],
    ['/close', { kind: 'close', code: undefined, reason: '' }],
    ['/close 1000 bye now', { kind: 'close', code: 1000, reason: 'bye now' }],
    ['/close 4000', { kind: 'close', code: 4000, reason: '' }],
    ['/help', { kind: 'help' }],
    ['/close soon', { kind: 'mistake', reason: expect.stringContaining('"soon"') }],
    ['/nonsense', { kind: 'mistake', reason: expect.stringContaining('"/nonsense"') }],
    ['/constructor', { kind: 'mistake', reason: expect.stringContaining('"/constructor"') }],
  ])('"%s" is understood', (text, line) => {
    expect(lineOf(text, false)).toEqual(line);
    expect(lineOf(text, true)).toEqual({ kind: 'message', text });
  });

  it('are carried out', () => {
    const socket = { ping: vi.fn(), pong: vi.fn(), close: vi.fn() };
    const carryOut = (text: string) => {
      const line = lineOf(text, false);
      return line.kind === 'message' ? 'a message' : obey(socket as unknown as WebSocket, line);
    };
    expect(carryOut('/ping a')).toBeUndefined();
    expect(carryOut('/pong b')).toBeUndefined();
    expect(carryOut('/close 1000 bye')).toBeUndefined();
    expect(carryOut('/help')).toContain('/close [code]');
    expect(carryOut('/x')).toContain('There is no command');
    expect([socket.ping.mock.calls, socket.pong.mock.calls, socket.close.mock.calls]).toEqual([
      [['a']],
      [['b']],
      [[1000, 'bye']],
    ]);
  });
});

describe('what a terminal may show', () => {
  it('is without what it would obey', () => {
    expect(printableText('a\tb\nc\x1b[2Jd\x07\x9b\r')).toBe('a\tb\nc\\x1b[2Jd\\x07\\x9b\\x0d');
    expect(printableText('我是阿宝哥 ⚓')).toBe('我是阿宝哥 ⚓');
  });

  it('is a binary message’s length and beginning', () => {
    expect(printableBinary(Buffer.of(1))).toBe('[1 byte] 01');
    expect(printableBinary(Buffer.of(1, 255))).toBe('[2 bytes] 01 ff');
    expect(printableBinary(Buffer.alloc(100))).toMatch(/^\[100 bytes\] (00 ){47}00 …$/);
  });
});

describe('the end', () => {
  const end = { code: 1000, reason: '', closedByUs: false, error: undefined };

  it.each([
    [{}, 0, 'Closed: 1000.'],
    [{ code: 1001, reason: 'bye' }, 0, 'Closed: 1001 bye.'],
    [{ code: 1005 }, 0, 'Closed: without a code (1005).'],
    [{ code: 4000, closedByUs: true }, 0, 'Closed: 4000.'],
    [{ code: 4000 }, 4, 'Closed: 4000.'],
    [{ code: 1011, reason: 'broken' }, 4, 'Closed: 1011 broken.'],
    [{ code: 1006 }, 3, 'The connection was lost: no close frame came (1006).'],
    [{ code: 1006, closedByUs: true }, 3, 'The connection was lost: no close frame came (1006).'],
    [{ code: 1006, error: new Error('Invalid opcode') }, 3, 'Failed: Invalid opcode.'],
  ])('%j exits with %i', (part, exitCode, text) => {
    expect([exitCodeOf({ ...end, ...part }), endingText({ ...end, ...part })]).toEqual([exitCode, text]);
  });
});

describe('an opening that failed', () => {
  it.each([
    ['ECONNREFUSED', 'Nobody listens at ws://x.'],
    ['ENOTFOUND', 'There is no host of that name: ws://x.'],
    ['CERT_HAS_EXPIRED', 'it failed. --insecure accepts the certificate all the same.'],
    ['EPROTO', 'it failed. Does the server speak TLS? Try ws: in place of wss:.'],
    ['EPIPE', 'it failed'],
  ])('%s', (code, text) => {
    expect(openingError(Object.assign(new Error('it failed'), { code }), 'ws://x')).toBe(text);
  });
});
