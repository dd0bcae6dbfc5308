import { describe, expect, it } from 'vitest';
import {
  basicCredentials,
  checkSubprotocols,
  hostName,
  parseAddress,
  portNumber,
  unixTarget,
  userInfo,
} from '../../src/client/address.js';
import { UsageSyntaxError } from '../../src/protocol/errors.js';

const caught = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

describe('parseAddress', () => {
  it.each([
    ['ws://host', 'ws://host/'],
    ['http://host/x?y', 'ws://host/x?y'],
    ['https://host:80', 'wss://host:80/'],
    ['https://host:443/', 'wss://host/'],
    ['ws://user:pass@host/', 'ws://user:pass@host/'],
    ['ws://host/#', 'ws://host/#'],
    ['ws://[::1]:8080/é', 'ws://[::1]:8080/%C3%A9'],
    ['ws+unix:/a.sock', 'ws+unix:/a.sock'],
    ['ws+unix:/a b.sock:/p?q=1', 'ws+unix:/a%20b.sock:/p?q=1'],
    ['ws+unix:relative.sock:/x', 'ws+unix:relative.sock:/x'],
  ])('%s is %s', (address, href) => {
    expect(parseAddress(address).href).toBe(href);
    expect(parseAddress(new URL(address)).href).toBe(href);
  });

  it.each([
    ['foo', 'Invalid URL: foo'],
    ['', 'Invalid URL: '],
    ['ws:////', 'Invalid URL: ws:////'],
    ['ftp://host', 'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"'],
    [
      'wss+unix:/a.sock',
      'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"',
    ],
    ['ws+unix:', "The URL's pathname is empty"],
    ['ws+unix://host', "The URL's pathname is empty"],
    ['ws://host/#here', 'The URL contains a fragment identifier'],
  ])('refuses %j', (address, message) => {
    const error = caught(() => parseAddress(address));
    expect(error).toBeInstanceOf(UsageSyntaxError);
    expect(error).toMatchObject({ name: 'SyntaxError', code: 'WS_ERR_INVALID_URL', message });
  });

  it('leaves the caller’s URL alone', () => {
    const address = new URL('http://host/');
    parseAddress(address).pathname = '/other';
    expect(address.href).toBe('http://host/');
  });

  it('resolves against a base', () => {
    expect(parseAddress('../b?c', new URL('wss://host/x/y/z')).href).toBe('wss://host/x/b?c');
    expect(parseAddress('//other/', new URL('wss://host/x')).href).toBe('wss://other/');
  });
});

describe('checkSubprotocols', () => {
  it.each([
    [undefined, []],
    [null, []],
    [[], []],
    ['chat', ['chat']],
    [
      ['b', 'a'],
      ['b', 'a'],
    ],
  ])('%j is %j', (protocols, list) => {
    expect(checkSubprotocols(protocols)).toEqual(list);
  });

  it.each([[''], ['a b'], ['a,b'], [['a', 'a']], [['']], [['é']], [[1 as never]], [5 as never]])(
    'refuses %j',
    (protocols) => {
      expect(caught(() => checkSubprotocols(protocols))).toMatchObject({
        name: 'SyntaxError',
        code: 'WS_ERR_INVALID_SUBPROTOCOL',
        message: 'An invalid or duplicated subprotocol was specified',
      });
    },
  );
});

describe('unixTarget', () => {
  it.each([
    ['ws+unix:/a.sock', '/a.sock', '/'],
    ['ws+unix:/a.sock:', '/a.sock', '/'],
    ['ws+unix:/a.sock:/x:y', '/a.sock', '/x:y'],
    ['ws+unix:/a.sock:x', '/a.sock', '/x'],
    ['ws+unix:/a.sock?q', '/a.sock', '/?q'],
    ['ws+unix:/a b%3Ac.sock:/p?q=1', '/a b:c.sock', '/p?q=1'],
    ['ws+unix:/100%.sock', '/100%.sock', '/'],
  ])('%s has %s and %s', (address, socketPath, path) => {
    expect(unixTarget(parseAddress(address))).toEqual({ socketPath, path });
  });

  it('is null for other schemes', () => {
    expect(unixTarget(parseAddress('ws://host/a.sock:/x'))).toBeNull();
  });
});

it('hostName has no brackets', () => {
  expect(hostName(new URL('ws://[::1]/'))).toBe('::1');
  expect(hostName(new URL('ws://host/'))).toBe('host');
});

it.each([
  ['ws://host', 80],
  ['wss://host', 443],
  ['http://host', 80],
  ['https://host', 443],
  ['wss://host:80', 80],
])('portNumber of %s is %d', (url, port) => {
  expect(portNumber(new URL(url))).toBe(port);
});

it.each([
  ['ws://host', undefined],
  ['ws://user@host', 'user:'],
  ['ws://:pass@host', ':pass'],
  ['ws://a%40b:c%3Ad@host', 'a@b:c:d'],
  ['ws://50%:%zz@host', '50%:%zz'],
])('userInfo of %s is %s', (url, info) => {
  expect(userInfo(new URL(url))).toBe(info);
});

it('basicCredentials are base64 of UTF-8 (RFC 7617 §2.1)', () => {
  expect(basicCredentials('test:123£')).toBe('Basic dGVzdDoxMjPCow==');
});
