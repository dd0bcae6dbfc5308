/**
 * The server of the programs: `/rpc` as it is, `/token` for those who have one, over every transport. A program tells
 * it by `POST /do/…` what is to happen, in a page as on Node.js.
 */

import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FaultProxy } from '../../../src/testing/index.js';
import { type Transport, transports } from '../../transports/dialing.js';
import { Endpoint, type Faults } from './endpoint.js';
import { blank, rpcOf } from './handlers.js';

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

type Orders = Record<string, (argument: string) => unknown>;

const noFaults: Faults = { refused: new Set(), isDeaf: false };

/** The paths, and what can be ordered. */
class Scenery {
  /** The bad network, once it is there. */
  proxy: FaultProxy | undefined;
  #state = blank();
  #faults = noFaults;
  readonly #endpoints = new Map<string, Endpoint>([
    ['/rpc', this.#endpoint(false)],
    ['/token', this.#endpoint(true)],
  ]);

  readonly orders: Orders = {
    reset: () => this.#reset(),
    cut: () => this.cut(),
    close: (argument) => this.#close(argument),
    halfOpen: () => this.proxy?.halfOpen(),
    resetConnections: () => this.proxy?.reset(),
    worsen: () => this.#worsen(),
    goOn: () => {
      for (const answer of this.#state.waiting.splice(0)) answer('gone on');
    },
    refuse: (argument) => this.#refuse(argument === 'yes' ? transports : []),
    /** From now on these do not get through, and those that have are cut. */
    breakDown: (argument) => {
      this.#refuse(argument.split(',') as Transport[]);
      this.cut();
    },
    deafen: () => {
      this.#faults = { ...noFaults, isDeaf: true };
    },
    waiting: () => this.#state.waiting.length,
    opened: () => this.#all.reduce((sum, { opened }) => sum + opened, 0),
    live: () => this.#sockets.length,
    tokens: () => this.#state.tokens,
  };

  /** The path that a request is for. */
  endpoint({ url = '' }: IncomingMessage): Endpoint | undefined {
    return this.#endpoints.get(url.split('?', 1)[0] as string);
  }

  /** Ends all connections, so that they do not resume. */
  cut(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  get #all(): Endpoint[] {
    return [...this.#endpoints.values()];
  }

  get #sockets() {
    return this.#all.flatMap(({ sockets }) => sockets);
  }

  #endpoint(isTokenNeeded: boolean): Endpoint {
    return new Endpoint(
      rpcOf(() => this.#state, isTokenNeeded),
      () => this.#faults,
    );
  }

  #reset(): void {
    this.#state = blank();
    this.#faults = noFaults;
    for (const endpoint of this.#all) endpoint.opened = 0;
    this.proxy?.heal();
    this.proxy?.reset();
    this.cut();
  }

  #close(argument: string): void {
    const [code, reason] = argument.split(',') as [string, string];
    for (const socket of this.#sockets) socket.close(Number(code), reason);
  }

  #worsen(): void {
    this.proxy?.slice(7, { random: true });
    this.proxy?.latency(5);
    this.proxy?.throttle(200_000);
  }

  #refuse(refused: readonly Transport[]): void {
    this.#faults = { ...noFaults, refused: new Set(refused) };
  }
}

/** Starts it on a port of the system's choice. */
export async function startClientTestServer(): Promise<ClientTestServer> {
  const scenery = new Scenery();
  const server = http.createServer((request, response) => {
    const endpoint = scenery.endpoint(request);
    if (endpoint === undefined) answer(request, response, scenery.orders, () => result.page);
    else endpoint.handle(request, response);
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    const endpoint = scenery.endpoint(request);
    if (endpoint === undefined) socket.destroy();
    else endpoint.upgrade(request, socket, head);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy = new FaultProxy({ port });
  scenery.proxy = proxy;
  const result = {
    port,
    proxyPort: await proxy.listen(),
    page: '<!doctype html><title>client</title>',
    close: async () => {
      scenery.cut();
      await proxy.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return result;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  orders: Orders,
  page: () => string,
): void {
  const [, name = '', argument = ''] = /^\/do\/(\w+)\/?(.*)$/.exec(request.url ?? '') ?? [];
  const order = orders[name];
  if (order === undefined) response.setHeader('Content-Type', 'text/html').end(page());
  else {
    // The page came in by the proxy.
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.end(JSON.stringify(order(decodeURIComponent(argument)) ?? null));
  }
}
