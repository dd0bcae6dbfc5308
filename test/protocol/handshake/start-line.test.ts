import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRequestLine, parseStatusLine } from '../../../src/protocol/handshake/start-line.js';

const malformed = expect.objectContaining({
  name: 'HandshakeError',
  code: 'WS_ERR_INVALID_HTTP_MESSAGE',
  status: 400,
});

describe('parseRequestLine', () => {
  it.each([
    ['GET / HTTP/1.1', { method: 'GET', target: '/', version: '1.1' }],
    ['OPTIONS * HTTP/1.0', { method: 'OPTIONS', target: '*', version: '1.0' }],
    ['GET ws://a:80/b?c=d%20e HTTP/2.0', { method: 'GET', target: 'ws://a:80/b?c=d%20e', version: '2.0' }],
    ['get /x HTTP/1.1', { method: 'get', target: '/x', version: '1.1' }],
  ])('reads %j', (line, parts) => {
    expect(parseRequestLine(line)).toEqual(parts);
  });

  it.each([
    '',
    'GET',
    'GET /',
    'GET / ',
    'GET  HTTP/1.1',
    'GET HTTP/1.1',
    ' GET / HTTP/1.1',
    'GET / HTTP/1.1 ',
    'GET  / HTTP/1.1',
    'GET /  HTTP/1.1',
    'GET /a b HTTP/1.1',
    'GET\t/ HTTP/1.1',
    'GET /\t HTTP/1.1',
    'GET /\xe4 HTTP/1.1',
    'G(T / HTTP/1.1',
    ' / HTTP/1.1',
    'GET / http/1.1',
    'GET / HTTP/1',
    'GET / HTTP/1.10',
    'GET / HTTP/11.1',
    'GET / HTTP/a.1',
    'GET / HTTP/1,1',
    'GET / XTTP/1.1',
  ])('refuses %j', (line) => {
    expect(() => parseRequestLine(line)).toThrow(malformed);
  });
});

describe('parseStatusLine', () => {
  it.each([
    ['HTTP/1.1 101 Switching Protocols', { version: '1.1', status: 101, reason: 'Switching Protocols' }],
    ['HTTP/1.0 404 ', { version: '1.0', status: 404, reason: '' }],
    ['HTTP/1.1 200', { version: '1.1', status: 200, reason: '' }],
    ['HTTP/1.1 999 \tgr\xfc\xdf', { version: '1.1', status: 999, reason: '\tgr\xfc\xdf' }],
  ])('reads %j', (line, parts) => {
    expect(parseStatusLine(line)).toEqual(parts);
  });

  it.each([
    '',
    'HTTP/1.1',
    'HTTP/1.1 ',
    'HTTP/1.1 20',
    'HTTP/1.1 2000',
    'HTTP/1.1 2000 x',
    'HTTP/1.1 200\tOK',
    'HTTP/1.1 099 x',
    'HTTP/1.1 2x0 x',
    'HTTP/1.1 20x x',
    'HTTP/1.1 x00 x',
    'HTTP/1.1\t200 OK',
    'HTTP/1.1  200 OK',
    'HTTP/11 200 OK',
    'http/1.1 200 OK',
    'HTTP/1.1 200 O\0K',
  ])('refuses %j', (line) => {
    expect(() => parseStatusLine(line)).toThrow(malformed);
  });
});

describe('start lines of any text', () => {
  it.each([parseRequestLine, parseStatusLine])('give parts or a HandshakeError: $name', (parse) => {
    const unit = fc.constantFrom(...'GET HTTP/1.1 200 \t\r\n\0\xff\u0161');
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit, maxLength: 24 }), fc.string()), (line) => {
        try {
          parse(line);
        } catch (error) {
          expect(error).toEqual(malformed);
        }
      }),
      { seed: 6455, numRuns: 500 },
    );
  });
});
