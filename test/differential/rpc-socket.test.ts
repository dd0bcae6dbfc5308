/** An `rpcServer` takes the sockets of ws as well as ours. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import { connect } from '../../src/client-node.js';
import { call, contract, unchecked } from '../../src/rpc/index.js';
import { type MessageSocket, rpcServer } from '../../src/rpc/server/index.js';
import { listen, stop } from './endpoints.js';
import { implementations, type WebSocket } from './implementations.js';

const api = contract({ greet: call({ input: unchecked<{ name: string }>(), output: unchecked<string>() }) });

describe.each(Object.entries(implementations))('on %s', (_, implementation) => {
  it('a call is answered', async () => {
    const rpc = rpcServer(api, { greet: ({ name }) => `hello ${name}` });
    const { server, url } = await listen(implementation);
    server.on('connection', (socket) => void rpc.accept(socket));
    const client = connect(url, { api });
    expect(await client.call.greet({ name: 'Ada €' })).toBe('hello Ada €');
    client.close();
    await stop(server);
  });
});

it('its type takes them', () => {
  expectTypeOf<WebSocket>().toExtend<MessageSocket>();
});
