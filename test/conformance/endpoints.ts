/**
 * hawser's ends of the connections under test: servers that are shared by all cases with the same options, and
 * clients that connect to a bare TCP server. Each connection has a path of its own, by which both ends find
 * each other.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { ClientOptions } from '../../src/client/client-options.js';
import { WebSocket } from '../../src/client/websocket.js';
import type { ServerOptions } from '../../src/server/server-options.js';
import { WebSocketServer } from '../../src/server/websocket-server.js';
import type { Role } from '../protocol/recording-handler.js';
import { exampleKey, type Fields, rawRequest, rawResponse, readHead } from './raw-handshake.js';
import { RawPeer, withDeadline } from './raw-peer.js';

/** Options that a server and a client have in common. */
export type CommonOptions = Pick<
  ServerOptions,
  | 'maxPayload'
  | 'maxFragments'
  | 'maxMessageSize'
  | 'perMessageDeflate'
  | 'autoPong'
  | 'skipUTF8Validation'
  | 'allowSynchronousEvents'
  | 'closeTimeout'
>;

/** What an application sees of a connection. */
export interface Observed {
  /** Codes of the errors that were emitted. */
  errors: string[];
  /** The close event, once it has come. */
  closed: Promise<[code: number, reason: string]>;
}

/** A connection under test. */
export interface TestConnection {
  peer: RawPeer;
  socket: WebSocket;
  observed: Observed;
}

const servers = new Map<string, Promise<WebSocketServer>>();
const waiting = new Map<string, (socket: WebSocket) => void>();
let rawServer: Promise<Server> | undefined;
const arrivals = new Map<string, (peer: RawPeer, key: string) => void>();
let count = 0;

/** Opens a connection; `extensions` stands in both handshakes, as the peer writes it. */
export function open(role: Role, options: CommonOptions, extensions: string | null): Promise<TestConnection> {
  const fields = { 'Sec-WebSocket-Extensions': extensions };
  return withDeadline(
    role === 'server' ? openServer(options, fields) : openClient(options, fields),
    'a handshake',
  );
}

/** A server of ours with these options; the same options give the same server. */
export function serverWith(options: ServerOptions): Promise<WebSocketServer> {
  const name = JSON.stringify(options, (_key, value) =>
    typeof value === 'function' ? String(value) : value,
  );
  const known = servers.get(name);
  if (known !== undefined) return known;
  const server = listen(options);
  servers.set(name, server);
  return server;
}

/** Ends every server. */
export async function closeServers(): Promise<void> {
  for (const server of await Promise.all(servers.values())) server.close();
  (await rawServer)?.close();
}

/** A TCP connection to a server of ours. */
export function dial(server: WebSocketServer): RawPeer {
  const { port } = server.address() as AddressInfo;
  return new RawPeer(connect(port, '127.0.0.1'));
}

/** Waits for a client of ours at a bare TCP server: gives its URL, and its connection when it has come. */
export async function expectClient(): Promise<{ url: string; arrival: Promise<Arrival> }> {
  rawServer ??= listenRaw();
  const { port } = (await rawServer).address() as AddressInfo;
  const path = nextPath();
  const arrival = new Promise<Arrival>((resolve) => {
    arrivals.set(path, (peer, head) => resolve({ peer, head }));
  });
  return { url: `ws://127.0.0.1:${port}${path}`, arrival };
}

/** A client of ours that has connected. */
export interface Arrival {
  peer: RawPeer;
  /** Its request. */
  head: string;
}

/** Records what an application sees. */
export function observe(socket: WebSocket): Observed {
  const errors: string[] = [];
  socket.on('error', (error) => errors.push((error as NodeJS.ErrnoException).code ?? String(error)));
  const closed = new Promise<[number, string]>((resolve) => {
    socket.on('close', (code, reason) => resolve([code, reason.toString()]));
  });
  return { errors, closed };
}

async function openServer(options: CommonOptions, fields: Fields): Promise<TestConnection> {
  const server = await serverWith(options);
  const path = nextPath();
  const accepted = new Promise<WebSocket>((resolve) => waiting.set(path, resolve));
  const peer = dial(server);
  await peer.send(Buffer.from(rawRequest(fields, `GET ${path} HTTP/1.1`)));
  const head = readHead(await peer.takeHead());
  if (head.line !== 'HTTP/1.1 101 Switching Protocols') throw new Error(`answered ${head.line}`);
  const socket = await accepted;
  return { peer, socket, observed: observe(socket) };
}

async function openClient(options: CommonOptions, fields: Fields): Promise<TestConnection> {
  const { url, arrival } = await expectClient();
  const socket = new WebSocket(url, options as ClientOptions);
  const observed = observe(socket);
  const { peer, head } = await arrival;
  const key = readHead(head).fields.get('sec-websocket-key') ?? exampleKey;
  await peer.send(Buffer.from(rawResponse(key, fields)));
  await once(socket, 'open');
  return { peer, socket, observed };
}

async function listen(options: ServerOptions): Promise<WebSocketServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, heartbeat: false, ...options });
  server.on('connection', (socket, request) => {
    waiting.get(request.url as string)?.(socket);
    waiting.delete(request.url as string);
  });
  await once(server, 'listening');
  return server;
}

async function listenRaw(): Promise<Server> {
  const server = createServer(greet).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function greet(socket: Socket): Promise<void> {
  const peer = new RawPeer(socket);
  const head = await peer.takeHead();
  const [, path] = head.split(' ');
  arrivals.get(path)?.(peer, head);
  arrivals.delete(path);
}

function nextPath(): string {
  return `/${++count}`;
}
