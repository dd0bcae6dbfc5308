import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from '../../../src/index.js';
import { contract, query } from '../../../src/rpc/contract/contract.js';
import { unchecked } from '../../../src/rpc/contract/schema.js';
import { type RpcConnection, rpcServer } from '../../../src/rpc/server/index.js';
import { FakeSocket } from '../fake-socket.js';

const api = contract({ ready: query({ output: unchecked<boolean>() }) });

it('takes a socket of hawser, also from a listener that does more', async () => {
  const rpc = rpcServer(api, { ready: () => true });
  const connections: RpcConnection<unknown, Record<never, never>>[] = [];
  const server = new WebSocketServer({ ...rpc.webSocketDefaults, host: '127.0.0.1', port: 0 });
  server.on('connection', (socket, request) => connections.push(rpc.accept(socket, request)));
  await once(server, 'listening');
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(socket, 'open');
  socket.send('{"jsonrpc":"2.0","method":"ready","id":1}');
  const [answer] = await once(socket, 'message');
  expect(JSON.parse(`${answer}`)).toEqual({ jsonrpc: '2.0', result: true, id: 1 });
  expect(connections).toHaveLength(1);
  expect(connections[0]?.isOpen).toBe(true);
  socket.close();
  await once(socket, 'close');
  await new Promise((resolve) => server.close(resolve));
  expect(rpc.connections.size).toBe(0);
});

it('does not keep a socket that has closed already', () => {
  class ClosedSocket extends FakeSocket {
    override readonly readyState = 3;
  }
  const rpc = rpcServer(api, { ready: () => true });
  rpc.accept(new ClosedSocket() as never);
  expect(rpc.connections.size).toBe(0);
});

it('does not keep a transport that closes as soon as somebody listens', () => {
  const rpc = rpcServer(api, { ready: () => true });
  const connection = rpc.serve({
    subprotocol: '',
    bufferedAmount: 0,
    listen: (listener) => listener.close(1006, ''),
    send: () => false,
    close: () => undefined,
    terminate: () => undefined,
  });
  expect(connection.isOpen).toBe(false);
  expect(rpc.connections.size).toBe(0);
});
