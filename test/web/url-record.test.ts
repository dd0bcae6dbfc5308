import { describe, expect, it } from 'vitest';
import { checkProtocols, getUrlRecord, isPortBlocked } from '../../src/web/url-record.js';
import { thrown } from './faces.js';

describe('getUrlRecord', () => {
  it.each([
    ['ws://example.com', 'ws://example.com/'],
    ['wss://example.com/chat?room=1', 'wss://example.com/chat?room=1'],
    ['http://example.com:8080/', 'ws://example.com:8080/'],
    ['https://example.com', 'wss://example.com/'],
    ['HTTP://EXAMPLE.com:80/a b', 'ws://example.com/a%20b'],
    ['http://example.com:443/', 'ws://example.com:443/'],
    ['ws://user:password@example.com/', 'ws://user:password@example.com/'],
    ['ws://example.com/%23', 'ws://example.com/%23'],
  ])('makes %s %s', (url, href) => {
    expect(getUrlRecord(url).href).toBe(href);
  });

  it.each([
    '',
    '/relative',
    'ws://',
    'ws://exa mple.com',
    'ftp://example.com',
    'file:///tmp',
    'ws+unix:///tmp/socket',
    'data:,',
    'ws://example.com/#fragment',
    'ws://example.com/#',
    'http://example.com/#',
  ])('refuses %j', (url) => {
    expect(thrown(() => getUrlRecord(url))).toBe('SyntaxError');
    expect(() => getUrlRecord(url)).toThrow(DOMException);
  });
});

describe('checkProtocols', () => {
  it('keeps the order, and tells upper from lower case', () => {
    expect(checkProtocols(['chat', 'Chat', 'v2.chat'])).toEqual(['chat', 'Chat', 'v2.chat']);
  });

  it.each([[['']], [['a', 'a']], [['a b']], [['a,b']], [['caf\u00e9']], [['"a"']], [['a\0']]])(
    'refuses %j',
    (protocols) => {
      expect(thrown(() => checkProtocols(protocols))).toBe('SyntaxError');
      expect(() => checkProtocols(protocols)).toThrow(DOMException);
    },
  );
});

describe('isPortBlocked', () => {
  it('knows the 83 bad ports of the Fetch standard', () => {
    const blocked = Array.from({ length: 65_536 }, (_, port) => port).filter((port) =>
      isPortBlocked(new URL(`ws://example.com:${port}`)),
    );
    const inRanges = (from: number, to: number) =>
      blocked.filter((port) => port >= from && port <= to).length;
    expect([inRanges(0, 99), inRanges(100, 999), inRanges(1000, 5999), inRanges(6000, 65_535)]).toEqual([
      23, 41, 9, 10,
    ]);
    for (const port of [0, 21, 22, 25, 53, 110, 143, 587, 4190, 5060, 6000, 6665, 6669, 6697, 10080]) {
      expect(blocked).toContain(port);
    }
  });

  it('takes the default port where the URL has none', () => {
    expect(isPortBlocked(new URL('ws://example.com'))).toBe(false);
    expect(isPortBlocked(new URL('wss://example.com'))).toBe(false);
    expect(isPortBlocked(new URL('wss://example.com:22'))).toBe(true);
  });
});
