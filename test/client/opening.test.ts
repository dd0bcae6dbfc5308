import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import type { ClientOptions } from '../../src/client/client-options.js';
import { WebSocket } from '../../src/client/websocket.js';
import { switchingProtocols, TestServers } from './test-servers.js';

const servers = new TestServers();
afterEach(() => servers.close());

/** What a client that is given these subprotocols and options offers. */
async function offered(protocols: unknown, options: ClientOptions | null): Promise<string | undefined> {
  const server = await servers.raw((socket, { fields }) => {
    const offer = fields.get('sec-websocket-protocol');
    const chosen = offer === undefined ? {} : { 'Sec-WebSocket-Protocol': offer };
    socket.write(switchingProtocols(fields.get('sec-websocket-key') as string, chosen));
  });
  const url = `ws://127.0.0.1:${server.port}/`;
  const client = new WebSocket(url, protocols as string[], options as ClientOptions);
  await once(client, 'open');
  client.terminate();
  expect(client.protocol).toBe(server.heads[0].fields.get('sec-websocket-protocol') ?? '');
  return server.heads[0].fields.get('sec-websocket-protocol');
}

it.each<[unknown, ClientOptions | null, string | undefined]>([
  [undefined, { protocols: ['chat'] }, 'chat'],
  [null, { protocols: 'chat' }, 'chat'],
  [['mine'], { protocols: ['chat'] }, 'mine'],
  [[], { protocols: ['chat'] }, undefined],
  ['chat', null, 'chat'],
])('subprotocols %j with options %j are offered as %j', async (protocols, options, offer) => {
  expect(await offered(protocols, options)).toBe(offer);
});
