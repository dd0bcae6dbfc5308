/**
 * Connections for the tests of one file: hawser at both ends, or at one end and frames written by hand at the
 * other. All of them end with the test.
 */

import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { ClientOptions } from '../../src/client/client-options.js';
import { WebSocket } from '../../src/client/websocket.js';
import { acceptKey } from '../../src/protocol/handshake/accept-key.js';
import type { ServerOptions } from '../../src/server/server-options.js';
import { WebSocketServer } from '../../src/server/websocket-server.js';
import { RawPeer } from './raw-peer.js';

/** Both ends of a connection. */
export interface Pair {
  readonly server: WebSocketServer;
  /** The server's end. */
  readonly socket: WebSocket;
  readonly client: WebSocket;
}

/** An extension header's line, or nothing. */
const extensionLine = (extensions: string): string =>
  extensions === '' ? '' : `Sec-WebSocket-Extensions: ${extensions}\r\n`;

/** The line of a subprotocol, or nothing. */
const protocolLine = (protocol: string): string =>
  protocol === '' ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`;

/** Resolves with the arguments of the next `name`; unlike `once` it does not care for `error`. */
// biome-ignore lint/suspicious/noExplicitAny: the arguments of any event
export function next(emitter: NodeJS.EventEmitter, name: string): Promise<any[]> {
  return new Promise((resolve) => emitter.once(name, (...args) => resolve(args)));
}

/** The next `count` messages: text as strings. */
export function messages(socket: WebSocket, count: number): Promise<(string | Buffer)[]> {
  const received: (string | Buffer)[] = [];
  return new Promise((resolve) => {
    const listener = (data: unknown, isBinary: boolean): void => {
      received.push(isBinary ? (data as Buffer) : String(data));
      if (received.length < count) return;
      socket.off('message', listener);
      resolve(received);
    };
    socket.on('message', listener);
  });
}

/** Lets the event loop go round, so that what could happen has happened. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Goes round until `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turns(1);
}

/** Servers and sockets of a test file. */
export class Connections {
  readonly #servers: WebSocketServer[] = [];
  readonly #rawServers: net.Server[] = [];
  readonly #sockets: { terminate(): void }[] = [];

  /** A server that listens. */
  async server(options: ServerOptions = {}): Promise<WebSocketServer> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
    this.#servers.push(server);
    await once(server, 'listening');
    return server;
  }

  /** A client that is about to connect. */
  client(server: WebSocketServer, options: ClientOptions = {}): WebSocket {
    const client = new WebSocket(urlOf(server), options);
    this.#sockets.push(client);
    return client;
  }

  /** hawser at both ends. */
  async pair(serverOptions: ServerOptions = {}, clientOptions: ClientOptions = {}): Promise<Pair> {
    const server = await this.server(serverOptions);
    return this.connect(server, clientOptions);
  }

  /** One more connection to a server. */
  async connect(server: WebSocketServer, options: ClientOptions = {}): Promise<Pair> {
    const connection = next(server, 'connection');
    const client = this.client(server, options);
    const open = next(client, 'open');
    const [socket] = await connection;
    await open;
    return { server, socket, client };
  }

  /** A server of hawser with a client that writes its frames by hand. */
  async rawClient(
    options: ServerOptions = {},
    extensions = '',
    protocol = '',
  ): Promise<{ server: WebSocketServer; socket: WebSocket; peer: RawPeer }> {
    const server = await this.server(options);
    const connection = next(server, 'connection');
    const raw = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
    raw.write(
      `GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n` +
        `${extensionLine(extensions)}${protocolLine(protocol)}\r\n`,
    );
    const { rest } = await headOf(raw);
    const peer = this.#rawPeer(raw, Uint8Array.of(0x37, 0xfa, 0x21, 0x3d), rest);
    const [socket] = await connection;
    return { server, socket, peer };
  }

  /**
   * A client of hawser with a server that writes its frames by hand. `first` is written behind the 101; `prepare`
   * gets the client before that.
   */
  async rawServer(
    options: ClientOptions = {},
    extensions = '',
    first: Buffer = Buffer.alloc(0),
    prepare: (client: WebSocket) => void = () => undefined,
  ): Promise<{ client: WebSocket; peer: RawPeer }> {
    const server = net.createServer({ allowHalfOpen: true });
    this.#rawServers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, options);
    this.#sockets.push(client);
    const [raw] = (await accepted) as [Socket];
    const { head, rest } = await headOf(raw);
    const key = /sec-websocket-key: (.*)\r\n/i.exec(head)?.[1] as string;
    const peer = this.#rawPeer(raw, null, rest);
    const answer =
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Accept: ${acceptKey(key)}\r\n${extensionLine(extensions)}\r\n`;
    const open = next(client, 'open');
    prepare(client);
    raw.write(Buffer.concat([Buffer.from(answer), first]));
    await open;
    return { client, peer };
  }

  /** Ends everything. */
  async close(): Promise<void> {
    for (const socket of this.#sockets.splice(0)) socket.terminate();
    for (const server of this.#servers.splice(0)) {
      for (const client of server.clients ?? []) client.terminate();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    }
    for (const server of this.#rawServers.splice(0)) {
      await new Promise((resolve) => server.close(resolve));
    }
  }

  #rawPeer(socket: Socket, maskingKey: Uint8Array | null, rest: Buffer): RawPeer {
    const peer = new RawPeer(socket, maskingKey, rest);
    this.#sockets.push(peer);
    return peer;
  }
}

/** Where a server listens. */
export function urlOf(server: WebSocketServer): string {
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Reads the head of a request or response. */
async function headOf(socket: Socket): Promise<{ head: string; rest: Buffer }> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) continue;
    socket.pause();
    return { head: bytes.toString('latin1', 0, end + 4), rest: bytes.subarray(end + 4) };
  }
}
