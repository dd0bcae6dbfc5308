/**
 * hawser and ws as ends: the API is one. What only hawser has is beside it. The sockets are seen through the types
 * of hawser.
 */
import { once } from 'node:events';
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo, Socket } from 'node:net';
import * as hawser from '../../src/index.js';
import {
  type Ability,
  type Client,
  type ClientOptions,
  type End,
  type EndOptions,
  type Listening,
  type Message,
  Refused,
  type Server,
  type ServerOptions,
} from './end.js';
import { Inbox, Received } from './inbox.js';

type Implementation = Pick<typeof hawser, 'WebSocket' | 'WebSocketServer'>;

const requirePeer = createRequire(new URL('../peers/package.json', import.meta.url));
const ws = requirePeer('ws') as Implementation;

const abilities: readonly Ability[] = [
  'fragments',
  'ping',
  'pause',
  'abort',
  'any code',
  'no code',
  'limit',
  'deflate parameters',
  'compresses',
  'status',
  'traffic',
  'byte order mark',
];

/** Options that both implementations take. Everything is compressed, however short. */
function settings({ deflate, maxPayload }: EndOptions): hawser.ClientOptions {
  const perMessageDeflate = deflate === undefined ? false : { threshold: 0, ...deflate };
  return { perMessageDeflate, ...(maxPayload === undefined ? {} : { maxPayload }) };
}

/** The agreement is known before the connection is: by the response's headers. */
class NodeEnd implements End {
  readonly agreement: string;
  readonly #socket: hawser.WebSocket;
  readonly #tcp: Socket;
  readonly #received = new Received<Message>();

  constructor(socket: hawser.WebSocket, tcp: Socket, agreement: string) {
    this.#socket = socket;
    this.#tcp = tcp;
    this.agreement = agreement;
    socket.on('message', (data, isBinary) =>
      this.#received.messages.add(isBinary ? (data as Buffer) : String(data)),
    );
    socket.on('error', () => {});
    socket.on('close', (code, reason) => this.#received.close(code, reason.toString()));
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get compresses(): boolean {
    return this.#socket.extensions === 'permessage-deflate';
  }

  get closed() {
    return this.#received.closed;
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  message(): Promise<Message> {
    return this.#received.messages.take();
  }

  send(message: Message): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#socket.send(message, {}, (error) => (error ? reject(error) : resolve())),
    );
  }

  sendFragments(fragments: readonly Message[]): void {
    for (const [index, fragment] of fragments.entries())
      this.#socket.send(fragment, { fin: index === fragments.length - 1 });
  }

  sendStream(chunks: readonly Message[]): Promise<void> {
    return this.#socket.sendStream(chunks, { compress: true });
  }

  async ping(data: string): Promise<string> {
    this.#socket.ping(data);
    const [pong] = await once(this.#socket, 'pong');
    return String(pong);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  push(message: Message): boolean {
    return this.#socket.send(message);
  }

  async drained(): Promise<void> {
    await once(this.#socket, 'drain');
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  abort(): void {
    this.#socket.terminate();
  }

  discard(): void {
    this.#socket.terminate();
  }

  traffic(): { written: number; read: number } {
    return { written: this.#tcp.bytesWritten, read: this.#tcp.bytesRead };
  }
}

const agreementOf = (response: IncomingMessage): string => response.headers['sec-websocket-extensions'] ?? '';

class NodeClient implements Client {
  readonly name: string;
  readonly abilities: ReadonlySet<Ability>;
  readonly #WebSocket: Implementation['WebSocket'];
  readonly #more: hawser.ClientOptions;

  constructor(
    name: string,
    { WebSocket }: Implementation,
    more: readonly Ability[],
    options: hawser.ClientOptions = {},
  ) {
    this.name = name;
    this.abilities = new Set([...abilities, ...more]);
    this.#WebSocket = WebSocket;
    this.#more = options;
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  connect(url: string, options: ClientOptions): Promise<End> {
    const { protocols = [] } = options;
    const socket = new this.#WebSocket(url, [...protocols], { ...settings(options), ...this.#more });
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      // The end listens before it is open, so that it misses nothing.
      socket.on('upgrade', (response) => {
        const end = new NodeEnd(socket, response.socket, agreementOf(response));
        socket.on('open', () => resolve(end));
      });
      socket.on('unexpected-response', (_request, response) => {
        reject(new Refused(response.statusCode));
        socket.terminate();
      });
    });
  }
}

class NodeServer implements Server {
  readonly name: string;
  readonly abilities: ReadonlySet<Ability>;
  readonly #implementation: Implementation;
  readonly #refusal: (status: number) => hawser.ServerOptions;
  readonly #http: HttpServer | undefined;

  /** @param http where it listens for all scenarios; by default each has a port of its own */
  constructor(
    name: string,
    implementation: Implementation,
    more: readonly Ability[],
    refusal: (status: number) => hawser.ServerOptions,
    http?: HttpServer,
  ) {
    this.name = name;
    this.abilities = new Set([...abilities, ...more]);
    this.#implementation = implementation;
    this.#refusal = refusal;
    this.#http = http;
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  async listen(options: ServerOptions): Promise<Listening> {
    const { protocol, refuse, refuseOrigins = false } = options;
    const http = this.#http;
    const where = http === undefined ? { host: '127.0.0.1', port: 0 } : { server: http };
    const server = new this.#implementation.WebSocketServer({
      ...where,
      ...settings(options),
      handleProtocols: (offered) => (protocol !== undefined && offered.has(protocol) ? protocol : false),
      ...(refuse === undefined ? {} : this.#refusal(refuse)),
      ...(refuseOrigins ? { allowedOrigins: [] } : {}),
    });
    const connections = new Inbox<End>();
    const agreements = new WeakMap<IncomingMessage, string>();
    server.on('headers', (headers, request) => {
      const line = headers.find((header) => header.startsWith('Sec-WebSocket-Extensions: '));
      agreements.set(request, line?.slice('Sec-WebSocket-Extensions: '.length) ?? '');
    });
    server.on('connection', (socket, request) =>
      connections.add(new NodeEnd(socket, request.socket, agreements.get(request) ?? '')),
    );
    if (http === undefined) await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return {
      url: `ws://127.0.0.1:${port}/`,
      accepted: () => connections.take(),
      close: () => closeServer(server),
    };
  }
}

async function closeServer(server: hawser.WebSocketServer): Promise<void> {
  for (const socket of server.clients) socket.terminate();
  await new Promise<void>((resolve) => void server.close(() => resolve()));
}

/** What hawser has and ws has not. */
const hawserAbilities: readonly Ability[] = ['stream', 'backpressure'];

export const wsVersion = (requirePeer('ws/package.json') as { version: string }).version;

export const wsClient = (): Client => new NodeClient(`ws ${wsVersion}`, ws, []);

export const wsServer = (): Server =>
  new NodeServer(`ws ${wsVersion}`, ws, [], (status) => ({
    verifyClient: (_info, callback) => callback(false, status, 'Refused'),
  }));

export const hawserClient = (options: hawser.ClientOptions = {}): Client =>
  new NodeClient('hawser', hawser, hawserAbilities, options);

/** @param http as for every server here: where it listens for all scenarios */
export const hawserServer = (http?: HttpServer): Server =>
  new NodeServer(
    'hawser',
    hawser,
    hawserAbilities,
    (status) => ({
      authenticate: () => {
        throw new hawser.HandshakeError(status);
      },
    }),
    http,
  );
