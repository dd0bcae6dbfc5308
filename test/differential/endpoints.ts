/** What programs run against: a server and a client of one implementation, a raw TCP peer, and a tap between. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type ServerOpts, type Socket } from 'node:net';

import type {
  ClientOptions,
  Implementation,
  ServerOptions,
  WebSocket,
  WebSocketServer,
} from './implementations.js';

/** Options of `ws`, also those that `@types/ws` does not know. */
export type Options<Known> = { readonly [Name in keyof Known]?: Known[Name] | undefined } & {
  readonly [name: string]: unknown;
};

/** A listening server on a port that the system chose, without heartbeats, and its address. */
export async function listen(
  { WebSocketServer }: Implementation,
  options: Options<ServerOptions> = {},
): Promise<{ server: WebSocketServer; port: number; url: string }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options } as ServerOptions);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `ws://127.0.0.1:${port}/` };
}

/** A server with one open connection, seen from both ends. */
export async function connected(
  implementation: Implementation,
  options: { server?: Options<ServerOptions>; client?: Options<ClientOptions> } = {},
): Promise<{ server: WebSocketServer; accepted: WebSocket; client: WebSocket }> {
  const { server, url } = await listen(implementation, options.server);
  const client = new implementation.WebSocket(url, options.client as ClientOptions);
  const [[accepted]] = await Promise.all([once(server, 'connection'), once(client, 'open')]);
  return { server, accepted, client };
}

/** Closes a server and resolves when it has closed. */
export async function stop(server: WebSocketServer | Server): Promise<void> {
  await new Promise<void>((resolve) => void server.close(() => resolve()));
}

/** A TCP server for one connection, and the port on which it listens. */
export async function rawServer(
  accept: (socket: Socket) => void,
  options: ServerOpts = {},
): Promise<{ server: Server; port: number }> {
  const server = createServer(options, (socket) => {
    socket.on('error', () => {});
    accept(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

/** Passes one connection on to `port` and keeps what each end has sent. */
export async function tap(port: number): Promise<{
  server: Server;
  port: number;
  fromClient: () => Buffer;
  fromServer: () => Buffer;
}> {
  const sent: { client: Buffer[]; server: Buffer[] } = { client: [], server: [] };
  const { server, port: own } = await rawServer((near) => {
    const far = connect(port, '127.0.0.1');
    far.on('error', () => near.destroy());
    near.on('data', (chunk) => sent.client.push(chunk)).pipe(far);
    far.on('data', (chunk) => sent.server.push(chunk)).pipe(near);
  });
  return {
    server,
    port: own,
    fromClient: () => Buffer.concat(sent.client),
    fromServer: () => Buffer.concat(sent.server),
  };
}
