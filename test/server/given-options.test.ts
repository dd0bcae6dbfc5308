import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/client/websocket.js';
import { withDefaults } from '../../src/server/given-options.js';
import { WebSocketServer } from '../../src/server/websocket-server.js';
import { RawClient } from './raw-client.js';
import { start } from './test-servers.js';

const nothing = {
  backlog: null,
  handleProtocols: null,
  host: null,
  path: null,
  port: null,
  server: null,
  verifyClient: null,
};

describe('server.options', () => {
  it('has the defaults of ws, and those of ours that differ', () => {
    expect(new WebSocketServer({ noServer: true }).options).toEqual({
      ...nothing,
      allowSynchronousEvents: true,
      autoPong: true,
      clientTracking: true,
      closeTimeout: 30_000,
      maxFragments: 131_072,
      maxPayload: 104_857_600,
      noServer: true,
      perMessageDeflate: false,
      skipUTF8Validation: false,
      WebSocket,
    });
  });

  it('undefined and null stand for the default', () => {
    const empty = {
      maxPayload: undefined,
      autoPong: null,
      clientTracking: undefined,
      perMessageDeflate: null,
    };
    expect(withDefaults({ noServer: true, ...empty } as never)).toEqual(withDefaults({ noServer: true }));
  });

  it('keeps what was given, also what it does not know', () => {
    const given = { noServer: true, maxPayload: 0, autoPong: false, path: '/chat', room: 'lobby' };
    expect(withDefaults(given)).toMatchObject(given);
  });

  it('perMessageDeflate: true is an object, as third parties expect it', () => {
    expect(withDefaults({ perMessageDeflate: true }).perMessageDeflate).toEqual({});
    const options = { threshold: 1 };
    expect(withDefaults({ perMessageDeflate: options }).perMessageDeflate).toBe(options);
  });

  it('may be replaced while the server runs', async () => {
    const { server, port } = await start({ path: '/old' });
    server.options = { ...server.options, path: '/new' };
    const connection = once(server, 'connection');
    (await RawClient.open(port, { target: '/new' })).socket.destroy();
    expect((await connection)[1].url).toBe('/new');
  });
});
