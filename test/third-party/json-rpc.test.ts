/**
 * JSON-RPC 2.0 by others: jayson, rpc-websockets and json-rpc-2.0, as clients of an `rpcServer` and as servers of
 * `hawser/client`. None of them knows the subprotocol or the member `meta`.
 */
import { once } from 'node:events';
import jayson from 'jayson/promise/index.js';
import { JSONRPCClient, JSONRPCServer } from 'json-rpc-2.0';
import { Client as RpcWebSocketsClient, Server as RpcWebSocketsServer } from 'rpc-websockets';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { connect } from '../../src/client-node.js';
import { call, contract, notification, query, RpcError, unchecked } from '../../src/rpc/index.js';
import { rpcServer } from '../../src/rpc/server/index.js';
import { listen, messages } from './endpoints.js';

const api = contract({
  subtract: call({
    input: unchecked<{ minuend: number; subtrahend: number }>(),
    output: unchecked<number>(),
    positional: ['minuend', 'subtrahend'],
  }),
  refuse: call(),
  users: query({ output: unchecked<string[]>() }),
  note: notification({ input: unchecked<string[]>() }),
});

/** A server of hawser's, and what it was notified of. */
async function hawserServer() {
  const notes: string[] = [];
  const rpc = rpcServer(api, {
    subtract: ({ minuend, subtrahend }) => minuend - subtrahend,
    refuse: () => {
      throw new RpcError(7, 'Not today', { until: 'tomorrow' });
    },
    users: () => ['Ada', 'Bob'],
    note: (texts) => notes.push(...texts),
  });
  const { server, url } = await listen({ handleProtocols: rpc.webSocketDefaults.handleProtocols });
  server.on('connection', (socket) => void rpc.accept(socket));
  return { url, notes };
}

/** A client of hawser's that is closed with the test. */
function hawserClient(url: string) {
  const client = connect(url, { api });
  onTestFinished(() => client.close());
  return client;
}

describe('clients of others call our server', () => {
  it('jayson', async () => {
    const { url, notes } = await hawserServer();
    const socket = new WebSocket(url);
    await once(socket, 'open');
    onTestFinished(() => socket.terminate());
    const client = jayson.Client.websocket({ ws: socket as never });
    expect(await client.request('subtract', [42, 23])).toMatchObject({ jsonrpc: '2.0', result: 19 });
    expect(await client.request('subtract', { subtrahend: 23, minuend: 42 })).toMatchObject({ result: 19 });
    expect(await client.request('refuse', [])).toMatchObject({
      error: { code: 7, message: 'Not today', data: { until: 'tomorrow' } },
    });
    expect(await client.request('unknown', [])).toMatchObject({ error: { code: -32601 } });
    const batch = [
      client.request('users', [], undefined, false),
      client.request('subtract', [1, 2], undefined, false),
    ];
    const answers = (await client.request(batch as never)) as unknown as { result: unknown }[];
    expect(answers.map(({ result }) => result)).toEqual([['Ada', 'Bob'], -1]);
    socket.send(JSON.stringify(client.request('note', ['hello'], null as never, false)));
    await client.request('users', []);
    expect(notes).toEqual(['hello']);
  });

  it('rpc-websockets', async () => {
    const { url, notes } = await hawserServer();
    const client = new RpcWebSocketsClient(url, { reconnect: false });
    onTestFinished(() => client.close());
    await new Promise<void>((resolve) => void client.on('open', resolve));
    expect(await client.call('subtract', [42, 23])).toBe(19);
    expect(await client.call('subtract', { minuend: 42, subtrahend: 23 })).toBe(19);
    expect(await client.call('users')).toEqual(['Ada', 'Bob']);
    await expect(client.call('refuse')).rejects.toMatchObject({ code: 7, message: 'Not today' });
    await client.notify('note', ['hello']);
    await client.call('users');
    expect(notes).toEqual(['hello']);
  });

  it('json-rpc-2.0, over a socket with the subprotocol', async () => {
    const { url } = await hawserServer();
    const socket = new WebSocket(url, 'jsonrpc-2.0');
    await once(socket, 'open');
    onTestFinished(() => socket.terminate());
    expect(socket.protocol).toBe('jsonrpc-2.0');
    const client = new JSONRPCClient((request): void => void socket.send(JSON.stringify(request)));
    socket.on('message', (data) => client.receive(JSON.parse(String(data))));
    expect(await client.request('subtract', [42, 23])).toBe(19);
    await expect(client.request('unknown', undefined)).rejects.toMatchObject({ code: -32601 });
    const [sum, users] = await client.requestAdvanced([
      { jsonrpc: '2.0', id: 'a', method: 'subtract', params: [1, 1] },
      { jsonrpc: '2.0', id: 'b', method: 'users' },
    ]);
    expect([sum?.result, users?.result]).toEqual([0, ['Ada', 'Bob']]);
  });
});

describe('our client calls servers of others', () => {
  const named = ({ minuend, subtrahend }: { minuend: number; subtrahend: number }) => minuend - subtrahend;

  it('jayson', async () => {
    const { server, url } = await listen();
    const methods = {
      subtract: async (params: { minuend: number; subtrahend: number }) => named(params),
      refuse: async () => {
        throw { code: 7, message: 'Not today', data: { until: 'tomorrow' } };
      },
      users: async () => ['Ada', 'Bob'],
    };
    new jayson.Server(methods).websocket({ wss: server as never });
    const client = hawserClient(url);
    expect(await client.call.subtract({ minuend: 42, subtrahend: 23 })).toBe(19);
    expect(await client.call.users()).toEqual(['Ada', 'Bob']);
    await expect(client.call.refuse()).rejects.toMatchObject({ code: 7, data: { until: 'tomorrow' } });
    await expect(client.request('unknown')).rejects.toMatchObject({ code: -32601 });
  });

  it('rpc-websockets, notifications from the server included', async () => {
    const server = new RpcWebSocketsServer({ port: 0, host: '127.0.0.1' });
    onTestFinished(async () => void (await server.close()));
    await new Promise<void>((resolve) => void server.on('listening', resolve));
    server.register('subtract', named as never);
    server.register('users', () => ['Ada', 'Bob']);
    server.register('refuse', () => {
      throw server.createError(7, 'Not today', 'tomorrow');
    });
    const { port } = (server.wss as unknown as { address(): { port: number } }).address();
    const client = hawserClient(`ws://127.0.0.1:${port}/`);
    expect(await client.call.subtract({ minuend: 42, subtrahend: 23 })).toBe(19);
    expect(await client.call.users()).toEqual(['Ada', 'Bob']);
    await expect(client.call.refuse()).rejects.toMatchObject({ code: 7 });
    await expect(client.request('unknown')).rejects.toMatchObject({ code: -32601 });
  });

  it('json-rpc-2.0, and its pings are answered whatever it makes of them', async () => {
    const { server, url } = await listen();
    const theirs = new JSONRPCServer();
    theirs.addMethod('subtract', named);
    theirs.addMethod('users', () => ['Ada', 'Bob']);
    const pings: string[] = [];
    server.on('connection', (socket) => {
      socket.on('message', async (data) => {
        if (String(data).includes('rpc.ping')) pings.push(String(data));
        const answer = await theirs.receive(JSON.parse(String(data)));
        if (answer !== null) socket.send(JSON.stringify(answer));
      });
    });
    const client = connect(url, { api, watchdog: { interval: 20, timeout: 2000 } });
    onTestFinished(() => client.close());
    expect(await client.call.subtract({ minuend: 42, subtrahend: 23 })).toBe(19);
    const [socket] = [...server.clients] as [WebSocket];
    await messages(socket, 2, (text) => text.includes('rpc.ping'));
    expect(await client.call.users()).toEqual(['Ada', 'Bob']);
    expect(client.status.state).toBe('open');
  });
});
