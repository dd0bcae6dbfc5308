/**
 * One RPC server that WebSockets and fallback sessions come to by the same HTTP server, behind a bad network, and
 * clients that use one of the transports.
 */

import { once } from 'node:events';
import http, { type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Client, ClientOptions } from '../../src/browser/client.js';
import type { ConnectionOptions } from '../../src/browser/connection.js';
import type { ClientStatus } from '../../src/browser/status.js';
import type { WebSocket } from '../../src/client/websocket.js';
import { connect } from '../../src/client-node.js';
import { call, contract, notification, query, stream, unchecked } from '../../src/rpc/index.js';
import { type RpcServerOptions, rpcServer } from '../../src/rpc/server/index.js';
import type { DrainOptions } from '../../src/server/drain.js';
import type { ServerOptions } from '../../src/server/server-options.js';
import { WebSocketServer } from '../../src/server/websocket-server.js';
import { FaultProxy, ManualClock } from '../../src/testing/index.js';
import { FallbackServer, type FallbackServerOptions } from '../../src/transports/fallback-server/index.js';
import { type BareConnection, bareConnection } from '../transports/bare-connection.js';
import { dialing, type Transport } from '../transports/dialing.js';

/** What the server offers. */
export const api = contract({
  /** Adds to what has run, once. */
  raise: call({
    input: unchecked<{ text: string } | undefined>(),
    output: unchecked<number>(),
    idempotent: true,
  }),
  /** Answers when it is told to. */
  wait: call({ output: unchecked<string>() }),
  text: call({ input: unchecked<{ length: number }>(), output: unchecked<string>() }),
  note: notification({ input: unchecked<string[]>() }),
  endless: stream({ item: unchecked<string>() }),
  whoAmI: query({ output: unchecked<string>() }),
  askBack: call({ input: unchecked<{ question: string }>(), output: unchecked<string>() }),
});

/** What clients offer. */
export const clientApi = contract({
  answer: call({ input: unchecked<{ question: string }>(), output: unchecked<string>() }),
  tell: notification({ input: unchecked<string[]>() }),
});

/** Whose a connection is. */
export interface Context {
  readonly name: string;
}

/** Options of a scene. */
export interface SceneOptions {
  readonly rpc?: RpcServerOptions<Context, typeof clientApi>;
  /** Of both servers. */
  readonly server?: Pick<FallbackServerOptions<Context>, 'authenticate' | 'maxPayload' | 'maxBufferedAmount'>;
}

/** What the handlers have done. */
class Deeds {
  raised = 0;
  made = 0;
  released = 0;
  readonly notes: string[] = [];
  /** Answers the calls of `wait`. */
  readonly waiting: (() => void)[] = [];
  /** Called whenever `text` is. */
  watch = (): void => undefined;
  /** Until when `raise` does not answer. */
  holding: Promise<void> | undefined;
}

/** Starts the servers; everything ends with the test. */
export async function startScene(transport: Transport, { rpc: settings, server: common }: SceneOptions = {}) {
  const clock = new ManualClock();
  const deeds = new Deeds();
  const rpc = rpcOf(deeds, { clock, ...settings });
  const fallback = new FallbackServer<Context>({
    ...rpc.webSocketDefaults,
    clock,
    ...common,
    principal: (context) => context?.name,
  });
  const server = http.createServer(fallback.handle);
  const requests = new Set<IncomingMessage>();
  server.on('request', (request, response) => {
    requests.add(request);
    response.on('close', () => requests.delete(request));
  });
  const webSockets = webSocketServer(server, { ...rpc.webSocketDefaults, ...common });
  webSockets.on('connection', (socket) => void rpc.accept(socket as never));
  fallback.on('connection', (socket) => void rpc.accept(socket as never));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = new FaultProxy({ port: (server.address() as AddressInfo).port });
  await proxy.listen();
  const clients = clientsOf(transport, proxy);
  onTestFinished(async () => {
    clients.close();
    await proxy.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const sockets = () => [...webSockets.clients, ...fallback.clients];
  return {
    ...clients,
    clock,
    deeds,
    rpc,
    fallback,
    server,
    /** Requests that were not answered to their end. */
    requests,
    proxy,
    sockets,
    /** Ends all connections at once, so that none is resumed. */
    cut: () => {
      for (const socket of sockets()) socket.terminate();
    },
    drain: (options: DrainOptions) =>
      transport === 'websocket' ? webSockets.drain(options) : fallback.drain(options),
  };
}

function webSocketServer(server: Server, options: ServerOptions<never, never, Context>) {
  return new WebSocketServer<typeof WebSocket, typeof IncomingMessage, Context>({
    ...options,
    server,
    heartbeat: false,
  } as never);
}

function clientsOf(transport: Transport, proxy: FaultProxy) {
  const opened: { close(): void }[] = [];
  const quick = { ...dialing(transport), backoff: { initial: 10, max: 50 } };
  const url = (who: string) => `${proxy.url('ws')}/rpc?who=${who}`;
  return {
    client: (options: Partial<ClientOptions<typeof api>> & { who?: string } = {}): Client<typeof api> => {
      const client = connect(url(options.who ?? 'ada'), { api, ...quick, ...options });
      opened.push(client);
      return client;
    },
    bare: (options: ConnectionOptions = {}): BareConnection => {
      const bare = bareConnection(url('ada'), { ...quick, ...options });
      opened.push(bare.connection);
      return bare;
    },
    close: () => {
      for (const one of opened) one.close();
    },
  };
}

/** Waits until a client is in a state, and says how it came there. */
export function untilState(
  { status, subscribe }: Pick<Client<typeof api>, 'status' | 'subscribe'>,
  wanted: ClientStatus['state'],
): Promise<ClientStatus> {
  return new Promise((resolve) => {
    if (status.state === wanted) resolve(status);
    const stop = subscribe((status) => {
      if (status.state !== wanted) return;
      stop();
      resolve(status);
    });
  });
}

function rpcOf(deeds: Deeds, options: RpcServerOptions<Context, typeof clientApi>) {
  return rpcServer<typeof api, Context, typeof clientApi>(
    api,
    {
      raise: async () => {
        const count = ++deeds.raised;
        await deeds.holding;
        return count;
      },
      wait: (_, { signal }) =>
        new Promise((resolve, reject) => {
          deeds.waiting.push(() => resolve('gone on'));
          signal.addEventListener('abort', () => {
            deeds.notes.push('given up');
            reject(signal.reason);
          });
        }),
      text: ({ length }) => {
        deeds.watch();
        return 'x'.repeat(length);
      },
      note: (texts) => deeds.notes.push(...texts),
      endless: async function* () {
        try {
          for (;;) {
            deeds.made++;
            yield 'x'.repeat(1000);
          }
        } finally {
          deeds.released++;
        }
      },
      whoAmI: (_, { context }) => context?.name ?? 'nobody',
      askBack: ({ question }, { client }) => client.answer({ question }),
    },
    { calls: clientApi, ...options },
  );
}
