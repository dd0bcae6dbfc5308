/**
 * The server of the programs: `/rpc` as it is, `/token` for those who have one. A program tells it by
 * `POST /do/…` what is to happen, in a page as on Node.js.
 */

import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebSocket } from '../../../src/client/websocket.js';
import { rpcServer } from '../../../src/rpc/server/index.js';
import { WebSocketServer } from '../../../src/server/websocket-server.js';
import { FaultProxy } from '../../../src/testing/index.js';
import { api, clientApi } from './api.js';

/** The server, once it listens. */
export interface ClientTestServer {
  /** Where it is told what is to happen. */
  readonly port: number;
  /** Where clients come in: the network between may be bad. */
  readonly proxyPort: number;
  /** What a page gets. */
  page: string;
  close(): Promise<void>;
}

interface State {
  count: number;
  made: number;
  notes: string[];
  waiting: ((answer: string) => void)[];
  tokens: string[];
  refuse: boolean;
  opened: number;
}

const blank = (): State => ({
  count: 0,
  made: 0,
  notes: [],
  waiting: [],
  tokens: [],
  refuse: false,
  opened: 0,
});

/** Starts it on a port of the system's choice. */
export async function startClientTestServer(): Promise<ClientTestServer> {
  let state = blank();
  const servers = [
    webSockets(
      rpcOf(() => state, false),
      'rpc',
    ),
    webSockets(
      rpcOf(() => state, true),
      'token',
    ),
  ];
  let proxy: FaultProxy;
  const sockets = () => servers.flatMap(({ server }) => [...server.clients]);
  const orders: Record<string, (argument: string) => unknown> = {
    reset: () => {
      state = blank();
      proxy.heal();
      proxy.reset();
      for (const socket of sockets()) socket.terminate();
    },
    cut: () => {
      for (const socket of sockets()) socket.terminate();
    },
    close: (argument) => {
      const [code, reason] = argument.split(',') as [string, string];
      for (const socket of sockets()) socket.close(Number(code), reason);
    },
    halfOpen: () => proxy.halfOpen(),
    resetConnections: () => proxy.reset(),
    worsen: () => {
      proxy.slice(7, { random: true });
      proxy.latency(5);
      proxy.throttle(200_000);
    },
    goOn: () => {
      for (const answer of state.waiting.splice(0)) answer('gone on');
    },
    refuse: (argument) => {
      state.refuse = argument === 'yes';
    },
    waiting: () => state.waiting.length,
    opened: () => state.opened,
    live: () => sockets().length,
    tokens: () => state.tokens,
  };
  const server = http.createServer((request, response) =>
    answer(request, response, orders, () => result.page),
  );
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    const found = servers.find(({ path }) => request.url === `/${path}`);
    if (state.refuse || found === undefined) return void socket.destroy();
    state.opened++;
    found.server.handleUpgrade(request, socket, head, (client) =>
      found.server.emit('connection', client, request),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  proxy = new FaultProxy({ port });
  const result = {
    port,
    proxyPort: await proxy.listen(),
    page: '<!doctype html><title>client</title>',
    close: async () => {
      for (const socket of sockets()) socket.terminate();
      await proxy.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return result;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  orders: Record<string, (argument: string) => unknown>,
  page: () => string,
): Promise<void> {
  const [, name = '', argument = ''] = /^\/do\/(\w+)\/?(.*)$/.exec(request.url ?? '') ?? [];
  const order = orders[name];
  if (order === undefined) response.setHeader('Content-Type', 'text/html').end(page());
  else {
    // The page came in by the proxy.
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.end(JSON.stringify(order(decodeURIComponent(argument)) ?? null));
  }
}

type Rpc = ReturnType<typeof rpcOf>;

function webSockets(rpc: Rpc, path: string) {
  const server = new WebSocketServer({ ...rpc.webSocketDefaults, noServer: true, heartbeat: false });
  server.on('connection', (socket: WebSocket) => void rpc.accept(socket as never));
  return { server, path };
}

function rpcOf(current: () => State, isTokenNeeded: boolean) {
  const verify = (token: string) => {
    current().tokens.push(token);
    const [name = '', lasts] = token.split(':');
    if (lasts === 'never') throw new Error('a bad token');
    return { context: name, principal: name, expires: Date.now() + Number(lasts) };
  };
  return rpcServer<typeof api, string, typeof clientApi>(
    api,
    {
      add: ({ a, b }) => a + b,
      fail: () => {
        throw new Error('a secret');
      },
      wait: (_, { signal }) =>
        new Promise((resolve, reject) => {
          current().waiting.push(resolve);
          signal.addEventListener('abort', () => {
            current().notes.push(String(signal.reason.message));
            reject(signal.reason);
          });
        }),
      count: () => current().count,
      raise: () => ++current().count,
      note: (texts) => current().notes.push(...texts),
      notes: () => current().notes,
      numbers: async function* ({ from }) {
        try {
          for (let n = from; ; n++) {
            current().made++;
            yield n;
          }
        } finally {
          current().notes.push('released');
        }
      },
      made: () => current().made,
      whoAmI: (_, { context }) => context,
      askBack: ({ question }, { client }) => client.answer({ question }),
    },
    { calls: clientApi, ...(isTokenNeeded ? { authentication: { verify } } : {}) },
  );
}
