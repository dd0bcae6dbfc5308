import { describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/client/websocket.js';
import { WebSocketServer } from '../../src/server/websocket-server.js';

const invalid = (name: string) =>
  expect.objectContaining({
    code: 'WS_ERR_INVALID_OPTIONS',
    message: expect.stringContaining(`The option "${name}" must be `),
  });

const ofBoth: [string, unknown][] = [
  ['maxPayload', '1mb'],
  ['maxPayload', Number.NaN],
  ['maxPayload', -1],
  ['maxFragments', '5'],
  ['maxMessageSize', -1],
  ['closeTimeout', -5],
  ['handshakeTimeout', 'abc'],
  ['highWaterMark', {}],
  ['maxBufferedAmount', '16 MiB'],
  ['slowConsumer', 'x'],
  ['textType', 'utf8'],
  ['heartbeat', true],
  ['heartbeat', 30_000],
  ['heartbeat', { interval: 0 }],
  ['heartbeat', { interval: 1, timeout: Number.NaN }],
  ['heartbeat', { interval: null, timeout: 1 }],
];

const ofServers: [string, unknown][] = [
  ['maxPendingHandshakes', '1'],
  ['trustProxy', 'yes'],
  ['path', 'chat'],
  ['authenticate', 5],
  ['allowedOrigins', '*'],
  ['allowedOrigins', /x/],
  ['allowedOrigins', ['*']],
  ['allowedOrigins', ['example.org']],
  ['allowedOrigins', ['https://example.org/']],
  ['allowedOrigins', ['https://Example.org']],
  ['allowedOrigins', ['https://example.org:443']],
  ['allowedOrigins', ['https://*.example.org']],
  ['allowedOrigins', [5]],
];

describe('a server', () => {
  it.each([...ofBoth, ...ofServers])('refuses %s: %j', (name, value) => {
    expect(() => new WebSocketServer({ noServer: true, [name]: value })).toThrow(invalid(name));
  });

  it('takes null and undefined for the default', () => {
    const names = [...ofBoth, ...ofServers].map(([name]) => name);
    for (const value of [null, undefined]) {
      const options = Object.fromEntries(names.map((name) => [name, value]));
      expect(() => new WebSocketServer({ ...options, noServer: true })).not.toThrow();
    }
  });

  it('takes what is documented', () => {
    const options = { maxPayload: 0, maxBufferedAmount: Number.POSITIVE_INFINITY, trustProxy: 2, path: '/x' };
    const origins = ['https://example.org:8443', 'http://[::1]', 'null', 'chrome-extension://abc', /x/];
    const functions = { slowConsumer: () => 'drop' as const, allowedOrigins: () => true };
    expect(() => new WebSocketServer({ noServer: true, ...options, ...functions })).not.toThrow();
    for (const heartbeat of [false as const, {}, { interval: 1 }, { timeout: 1 }]) {
      const others = { heartbeat, allowedOrigins: origins };
      expect(() => new WebSocketServer({ noServer: true, ...others })).not.toThrow();
    }
  });
});

describe('a client', () => {
  it.each([...ofBoth, ['maxRedirects', 'x'] as [string, unknown], ['generateMask', 1] as [string, unknown]])(
    'refuses %s: %j',
    (name, value) => {
      expect(() => new WebSocket('ws://127.0.0.1:1', { [name]: value })).toThrow(invalid(name));
    },
  );
});
