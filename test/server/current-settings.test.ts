import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { CurrentSettings } from '../../src/server/current-settings.js';
import { exchange, maskedFrame, RawClient } from './raw-client.js';
import { closeOf, start } from './test-servers.js';

const traffic = () => ({ messagesReceived: 0, messagesSent: 0 });

describe('CurrentSettings', () => {
  it('are one object while the options stay the same', () => {
    const settings = new CurrentSettings(traffic());
    const first = settings.of({ maxPayload: 10 });
    expect(settings.of({ maxPayload: 10 })).toBe(first);
    expect(settings.of({ maxPayload: 11 })).not.toBe(first);
  });

  it.each([
    { maxPayload: 10 },
    { maxFragments: 3 },
    { skipUTF8Validation: true },
    { autoPong: false },
    { closeTimeout: 5 },
    { highWaterMark: 1 },
    { maxBufferedAmount: 7 },
    { slowConsumer: 'drop' as const },
    { allowSynchronousEvents: false },
  ])('follow %o', (options) => {
    const settings = new CurrentSettings(traffic());
    const before = settings.of({});
    expect(settings.of(options)).not.toEqual(before);
  });

  it('count the messages of all connections together', () => {
    const shared = traffic();
    const settings = new CurrentSettings(shared);
    expect(settings.of({}).traffic).toBe(shared);
    expect(settings.of({ maxPayload: 1 }).traffic).toBe(shared);
  });

  it('null stands for the default', () => {
    const [given, none] = [{ autoPong: null, maxPayload: null }, {}].map((options) =>
      new CurrentSettings(traffic()).of(options as never),
    );
    expect(given.plain.autoPong).toBe(none.plain.autoPong);
    expect(given.maxPayload).toBe(none.maxPayload);
  });

  it('refuse what may not be', () => {
    const settings = new CurrentSettings(traffic());
    settings.of({});
    expect(() => settings.of({ maxPayload: -1 })).toThrow(
      expect.objectContaining({ code: 'WS_ERR_INVALID_OPTIONS' }),
    );
  });
});

describe('an option that is assigned while the server runs', () => {
  it('holds for connections that are opened later', async () => {
    const { server, port } = await start();
    const opened = async () => {
      const connection = once(server, 'connection');
      const client = await RawClient.open(port);
      const [socket] = await connection;
      socket.on('error', () => {});
      return { client, socket };
    };
    const early = await opened();
    server.options.maxPayload = 3;
    const late = await opened();
    const message = once(early.socket, 'message');
    early.client.socket.write(maskedFrame(0x82, 'four'));
    expect(String((await message)[0])).toBe('four');
    const close = closeOf(late.socket);
    late.client.socket.write(maskedFrame(0x82, 'four'));
    expect(await close).toMatchObject({ code: 1006 });
  });

  it('may be null, for the default', async () => {
    const { server, port } = await start({ heartbeat: null, handshakeTimeout: null } as never);
    server.options.maxPendingHandshakes = null as never;
    server.options.handshakeTimeout = null as never;
    (await RawClient.open(port)).socket.destroy();
  });

  it('refuses with 500 if its value may not be, also where a check was asked before', async () => {
    const { server, port } = await start({
      authenticate: async () => {
        server.options.maxPayload = '1mb' as never;
      },
    });
    expect(await exchange(port)).toMatchObject({ status: 500 });
  });

  it('may take permessage-deflate away while a check is asked', async () => {
    const { server, port } = await start({
      perMessageDeflate: true,
      authenticate: async () => {
        server.options.perMessageDeflate = null as never;
      },
    });
    const connection = once(server, 'connection');
    const lines = ['Sec-WebSocket-Extensions: permessage-deflate'];
    const client = await RawClient.open(port, { lines });
    expect((await connection)[0].extensions).toBe('permessage-deflate');
    client.socket.destroy();
  });

  it('refuses with 500 if its value may not be', async () => {
    const { server, port } = await start();
    server.options.maxPayload = '1mb' as never;
    expect(await exchange(port)).toMatchObject({ status: 500 });
    server.options.maxPayload = 5;
    (await RawClient.open(port)).socket.destroy();
  });
});
