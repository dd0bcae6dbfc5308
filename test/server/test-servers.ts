/** WebSocket servers and clients for one test: ports of the system's choice, all ended with the test. */

import { once } from 'node:events';
import http, { type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ClientOptions } from '../../src/client/client-options.js';
import { WebSocket } from '../../src/client/websocket.js';
import type { ServerOptions } from '../../src/server/server-options.js';
import { WebSocketServer } from '../../src/server/websocket-server.js';

/** How a WebSocketServer is attached. */
export type Mode = 'port' | 'server' | 'noServer';

/** All ways to attach a WebSocketServer. */
export const modes: readonly Mode[] = ['port', 'server', 'noServer'];

// biome-ignore lint/suspicious/noExplicitAny: options of any context
type AnyOptions = ServerOptions<any, any, any>;

/** A server that listens. */
export interface Started {
  readonly server: WebSocketServer;
  readonly port: number;
  readonly url: string;
}

/** Lets an HTTP server listen and ends it with the test. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Ends a server with its connections when the test is over. */
export function endWithTest(server: WebSocketServer): void {
  onTestFinished(async () => {
    await server.drain({ deadline: 0 });
  });
}

/** Starts a WebSocketServer in a mode; by default with a port of its own. */
export async function start(options: AnyOptions = {}, mode: Mode = 'port'): Promise<Started> {
  if (mode === 'port') {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });
    endWithTest(server);
    await once(server, 'listening');
    return started(server, (server.address() as AddressInfo).port);
  }
  const { http: httpServer, port } = await startHttp();
  if (mode === 'server') return started(serve(httpServer, options), port);
  const server = new WebSocketServer({ ...options, noServer: true });
  endWithTest(server);
  httpServer.on('upgrade', (request, socket, head) => {
    server.handleUpgrade(request, socket, head, (client, upgraded) => {
      server.emit('connection', client, upgraded);
    });
  });
  return started(server, port);
}

/** An HTTP server that answers 200 to what is no upgrade. */
export async function startHttp(): Promise<{ http: Server; port: number }> {
  const server = http.createServer((_request, response) => response.end('page'));
  return { http: server, port: await listen(server) };
}

/** A WebSocketServer on an HTTP server. */
export function serve(server: Server, options: AnyOptions = {}): WebSocketServer {
  const webSocketServer = new WebSocketServer({ ...options, server });
  endWithTest(webSocketServer);
  return webSocketServer;
}

/** A client that is open. */
export async function connect({ url }: { url: string }, options: ClientOptions = {}): Promise<WebSocket> {
  const { protocols = [], ...rest } = options;
  const client = new WebSocket(url, protocols, rest);
  onTestFinished(() => client.terminate());
  await once(client, 'open');
  return client;
}

/** A client that is open, and the server's end of it. */
export async function connectPair(
  { server, url }: Started,
  options: ClientOptions = {},
): Promise<{ client: WebSocket; socket: WebSocket }> {
  const connection = once(server, 'connection');
  const client = await connect({ url }, options);
  const [socket] = await connection;
  return { client, socket: socket as WebSocket };
}

/** The code and reason of the event `close`. */
export function closeOf(socket: WebSocket): Promise<{ code: number; reason: string }> {
  return new Promise((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
}

function started(server: WebSocketServer, port: number): Started {
  return { server, port, url: `ws://127.0.0.1:${port}` };
}
