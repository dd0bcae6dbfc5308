import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { forwardedAddress, type TrustProxy } from '../../src/server/remote-address.js';
import { RawClient } from './raw-client.js';
import { start } from './test-servers.js';

const request = (forwarded?: string) =>
  ({
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage;

it.each<[TrustProxy, string | undefined, string | undefined]>([
  [false, undefined, undefined],
  [false, '1.1.1.1', undefined],
  [0, '1.1.1.1', undefined],
  [true, undefined, undefined],
  [true, '', undefined],
  [true, ' , ', undefined],
  [true, '1.1.1.1', '1.1.1.1'],
  [true, '1.1.1.1, 2.2.2.2,3.3.3.3', '1.1.1.1'],
  [1, '1.1.1.1, 2.2.2.2,3.3.3.3', '3.3.3.3'],
  [2, '1.1.1.1, 2.2.2.2,3.3.3.3', '2.2.2.2'],
  [3, '1.1.1.1, 2.2.2.2,3.3.3.3', '1.1.1.1'],
  [4, '1.1.1.1, 2.2.2.2,3.3.3.3', '1.1.1.1'],
  [1, '2001:db8::1', '2001:db8::1'],
  [1, undefined, undefined],
])('trustProxy %s and X-Forwarded-For %j: %s', (trust, forwarded, expected) => {
  expect(forwardedAddress(request(forwarded), trust)).toBe(expected);
});

describe('at a server', () => {
  const address = async (options: object, headers = {}) => {
    const { server, port } = await start(options);
    const connection = once(server, 'connection');
    (await RawClient.open(port, { headers })).socket.destroy();
    return (await connection)[0].remoteAddress;
  };

  it('is the peer by default', async () => {
    expect(await address({})).toBe('127.0.0.1');
    expect(await address({}, { 'X-Forwarded-For': '1.1.1.1' })).toBe('127.0.0.1');
  });

  it('is what as many proxies as are trusted say; several fields are one list', async () => {
    const forwarded = { 'X-Forwarded-For': ['6.6.6.6', '1.1.1.1'] };
    expect(await address({ trustProxy: 1 }, forwarded)).toBe('1.1.1.1');
    expect(await address({ trustProxy: true }, forwarded)).toBe('6.6.6.6');
  });

  it('stays when the client has gone, if it was asked for before', async () => {
    const { server, port } = await start();
    const connection = once(server, 'connection');
    const client = await RawClient.open(port);
    const [socket] = await connection;
    expect(socket.remoteAddress).toBe('127.0.0.1');
    const closed = once(socket, 'close');
    client.reset();
    await closed;
    expect(socket.remoteAddress).toBe('127.0.0.1');
  });
});
