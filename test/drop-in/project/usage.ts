/**
 * What programs write that were typed by `@types/ws`: every name it exports, every generic, every overload of the
 * listener methods. The same file is compiled against `@types/ws` and against hawser, as an ES module and as
 * CommonJS; it is never run. What only `require` gives is in namespace.ts.
 */
// biome-ignore-all lint/suspicious/noExplicitAny: programs have it

import { EventEmitter } from 'node:events';
import {
  type Agent,
  type ClientRequest,
  type ClientRequestArgs,
  createServer,
  IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createConnection } from 'node:net';
import type { Duplex } from 'node:stream';
import type * as ws from 'ws';
import WebSocket, {
  createWebSocketStream,
  type RawData,
  type Server,
  WebSocket as WebSocketByName,
  WebSocketServer,
} from 'ws';

/** Fails to compile unless both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Fails to compile unless `value` is of the type. */
function is<Expected>(value: Expected): void {
  void value;
}

// --- The class and its constants.

const socket: WebSocket = new WebSocket('ws://127.0.0.1');
const byName: WebSocketByName = new WebSocketByName(new URL('ws://127.0.0.1'));
is<WebSocket>(byName);
is<typeof WebSocket>(WebSocketByName);
is<EventEmitter>(socket);
is<ws.WebSocket>(socket);

new WebSocket(null);
new WebSocket('ws://127.0.0.1', ['a', 'b'], { perMessageDeflate: false });
new WebSocket('ws://127.0.0.1', undefined, { handshakeTimeout: 1000 });
new WebSocket('ws://127.0.0.1', { origin: 'http://127.0.0.1' });
const requestArguments: ClientRequestArgs = { auth: 'a:b', headers: { 'x-many': ['1', '2'], 'x-length': 3 } };
new WebSocket('ws://127.0.0.1', requestArguments);
new WebSocket('ws://127.0.0.1', [], requestArguments);
const parameters: ConstructorParameters<typeof WebSocket> = ['ws://127.0.0.1', ['a'], { maxPayload: 1 }];
new WebSocket(...parameters);

is<0>(WebSocket.CONNECTING);
is<1>(WebSocket.OPEN);
is<2>(WebSocket.CLOSING);
is<3>(WebSocket.CLOSED);
is<0>(socket.CONNECTING);
is<1>(socket.OPEN);
is<2>(socket.CLOSING);
is<3>(socket.CLOSED);
is<0 | 1 | 2 | 3>(socket.readyState);
is<typeof WebSocket.CONNECTING | typeof WebSocket.OPEN | typeof WebSocket.CLOSING | typeof WebSocket.CLOSED>(
  socket.readyState,
);
is<number>(socket.bufferedAmount);
is<string>(socket.extensions);
is<boolean>(socket.isPaused);
is<string>(socket.protocol);
is<string>(socket.url);
socket.binaryType = 'nodebuffer';
socket.binaryType = 'arraybuffer';
socket.binaryType = 'fragments';

// --- Methods.

socket.close();
socket.close(1000);
socket.close(1000, 'reason');
socket.close(1000, Buffer.from('reason'));
socket.terminate();
socket.pause();
socket.resume();

socket.ping();
socket.ping('data');
socket.ping(null);
socket.ping(Buffer.alloc(1), true);
socket.ping(undefined, undefined, (error: Error) => is<Error>(error));
socket.pong([1, 2, 3] as unknown as ArrayBuffer, false, (error?: Error) => is<Error | undefined>(error));
socket.pong(JSON.parse('1'));

const failed = (error?: Error): void => is<Error | undefined>(error);
socket.send('text');
socket.send('text', failed);
socket.send('text', (error) => failed(error));
socket.send('text', (error?: Error | null) => void error);
socket.send('text', { binary: true, compress: false, fin: true, mask: undefined }, failed);
socket.send(Buffer.alloc(1));
socket.send(new Uint8Array(1));
socket.send(new Float64Array(1), { binary: true });
socket.send(new DataView(new ArrayBuffer(1)));
socket.send(new ArrayBuffer(1));
socket.send(new SharedArrayBuffer(1));
socket.send(new Blob(['text']));
socket.send(1);
socket.send([1, 2, 3]);
socket.send([] as any[]);
socket.send([1, 2, 3] as readonly number[]);
socket.send({ valueOf: () => 'text' });
socket.send({ valueOf: () => [1, 2, 3] as readonly number[] });
socket.send({ [Symbol.toPrimitive]: (hint: string) => hint });
declare const anyMessage: RawData | string;
if (typeof anyMessage === 'string' || !Array.isArray(anyMessage)) socket.send(anyMessage);
/** Relays, as many programs do. */
const relay: (data: Parameters<WebSocket['send']>[0]) => void = (data) => socket.send(data);
relay('text');

// --- Attributes and addEventListener.

socket.onopen = (event: WebSocket.Event) => is<string>(event.type);
socket.onerror = (event: WebSocket.ErrorEvent) => is<string>(event.message);
socket.onclose = ({ code, reason, wasClean, target }: WebSocket.CloseEvent) => {
  is<number>(code);
  is<string>(reason);
  is<boolean>(wasClean);
  is<WebSocket>(target);
};
socket.onmessage = ({ data, type, target }: WebSocket.MessageEvent) => {
  is<WebSocket.Data>(data);
  is<string>(type);
  target.send('text');
};
socket.onmessage = (event) => {
  if (typeof event.data === 'string') is<string>(event.data);
  else if (event.data instanceof ArrayBuffer) is<ArrayBuffer>(event.data);
  else if (Array.isArray(event.data)) is<Buffer>(Buffer.concat(event.data));
  else is<string>(event.data.toString('utf8'));
};
// Tests of applications call listeners with plain objects.
socket.onmessage({ data: 'text', type: 'message', target: socket });
socket.onclose({ code: 1000, reason: '', wasClean: true, type: 'close', target: socket });
socket.onopen = socket.onerror = socket.onclose = socket.onmessage = null;
is<((event: WebSocket.MessageEvent) => void) | null>(socket.onmessage);

socket.addEventListener('open', (event) => is<WebSocket>(event.target));
socket.addEventListener('error', ({ error, message, type }) => {
  is<Error>(error);
  is<string>(message + type);
});
socket.addEventListener('close', ({ wasClean, code, reason }) =>
  is<[boolean, number, string]>([wasClean, code, reason]),
);
socket.addEventListener('message', ({ data }) => is<WebSocket.Data>(data), { once: true });
socket.addEventListener('message', {
  handleEvent: (event: WebSocket.MessageEvent) => is<WebSocket>(event.target),
});
const listenerOptions: WebSocket.EventListenerOptions = { once: undefined };
const closed = (event: WebSocket.CloseEvent): void => void event;
socket.addEventListener('close', closed, listenerOptions);
socket.removeEventListener('close', closed);
function listen<K extends keyof WebSocket.WebSocketEventMap>(
  target: WebSocket,
  type: K,
  listener: (event: WebSocket.WebSocketEventMap[K]) => void,
): void {
  target.addEventListener(type, listener);
  target.removeEventListener(type, listener);
}
listen(socket, 'message', ({ data }) => is<WebSocket.Data>(data));

// --- Listeners: `on`, `once` and `off` know `this`, `addListener` and `removeListener` do not.

socket.on('close', function (code, reason) {
  is<WebSocket>(this);
  is<number>(code);
  is<Buffer>(reason);
});
socket.on('error', function (error) {
  is<WebSocket>(this);
  is<Error>(error);
});
socket.on('upgrade', (response) => is<IncomingMessage>(response));
socket.on('message', function message(data, isBinary) {
  is<WebSocket>(this);
  is<RawData>(data);
  is<boolean>(isBinary);
  this.send(data.toString());
});
socket.on('open', function () {
  this.ping();
});
socket.on('ping', (data) => is<Buffer>(data)).on('pong', (data) => is<Buffer>(data));
socket.on('redirect', (url, request) => is<[string, ClientRequest]>([url, request]));
socket.on('unexpected-response', (request, response) =>
  is<[ClientRequest, IncomingMessage]>([request, response]),
);
socket.on('somebody’s own', (...values) => is<unknown[]>(values));
socket.on(Symbol('own'), function () {
  is<WebSocket>(this);
});
// Narrower parameters than a message has: taken by the overload for any event.
socket.on('message', (data: string) => is<string>(data));
socket.on('message', (data: Buffer) => is<Buffer>(data));
socket.on('message', (data: WebSocket.Data) => void data);
socket.on('message', async (data: RawData) => void data);
declare const pingOrPong: 'ping' | 'pong';
socket.on(pingOrPong, (data: Buffer) => void data);
declare const anyEvent: string;
socket.on(anyEvent, (...values: unknown[]) => void values);

socket.once('close', (code: number, reason: Buffer) => void [code, reason]);
socket.once('error', (error) => is<Error>(error));
socket.once('upgrade', (response) => is<IncomingMessage>(response));
socket.once('message', function (data, isBinary) {
  is<[WebSocket, RawData, boolean]>([this, data, isBinary]);
});
socket.once('open', () => undefined);
socket.once('ping', (data) => is<Buffer>(data)).once('pong', (data) => is<Buffer>(data));
socket.once('redirect', (url, request) => is<[string, ClientRequest]>([url, request]));
socket.once('unexpected-response', (request, response) =>
  is<[ClientRequest, IncomingMessage]>([request, response]),
);
socket.once('own', (value) => void value);

socket.off('close', (code: number, reason: Buffer) => void [code, reason]);
socket.off('error', (error) => is<Error>(error));
socket.off('upgrade', (response) => is<IncomingMessage>(response));
socket.off('message', (data, isBinary) => is<[RawData, boolean]>([data, isBinary]));
socket.off('open', () => undefined);
socket.off('ping', (data) => is<Buffer>(data)).off('pong', (data) => is<Buffer>(data));
socket.off('redirect', (url, request) => is<[string, ClientRequest]>([url, request]));
socket.off('unexpected-response', (request, response) =>
  is<[ClientRequest, IncomingMessage]>([request, response]),
);
socket.off('own', (value) => void value);

socket.addListener('close', (code, reason) => is<[number, Buffer]>([code, reason]));
socket.addListener('error', (error) => is<Error>(error));
socket.addListener('upgrade', (response) => is<IncomingMessage>(response));
socket.addListener('message', (data, isBinary) => is<[RawData, boolean]>([data, isBinary]));
socket.addListener('open', () => undefined);
socket.addListener('ping', (data) => is<Buffer>(data)).addListener('pong', (data) => is<Buffer>(data));
socket.addListener('redirect', (url, request) => is<[string, ClientRequest]>([url, request]));
socket.addListener('unexpected-response', (request, response) => void [request, response]);
socket.addListener('own', (value) => void value);

socket.removeListener('close', (code, reason) => is<[number, Buffer]>([code, reason]));
socket.removeListener('error', (error) => is<Error>(error));
socket.removeListener('upgrade', (response) => is<IncomingMessage>(response));
socket.removeListener('message', (data, isBinary) => is<[RawData, boolean]>([data, isBinary]));
socket.removeListener('open', () => undefined);
socket.removeListener('ping', (data) => is<Buffer>(data)).removeListener('pong', (data) => is<Buffer>(data));
socket.removeListener('redirect', (url, request) => is<[string, ClientRequest]>([url, request]));
socket.removeListener('unexpected-response', (request, response) => void [request, response]);
socket.removeListener('own', (value) => void value);

socket
  .removeAllListeners('message')
  .setMaxListeners(20)
  .prependListener('open', () => undefined)
  .close();
socket.emit('message', Buffer.alloc(0), true);
is<Promise<unknown[]>>(EventEmitter.once(socket, 'open'));

// --- The types in the namespace, and by their own names.

const data: WebSocket.Data = 'text';
const rawData: WebSocket.RawData = [Buffer.alloc(1)];
is<ws.Data>(data);
is<ws.RawData>(rawData);
is<Same<ws.RawData, WebSocket.RawData>>(true);
is<Same<WebSocket.RawData, Buffer | ArrayBuffer | Buffer[]>>(true);
is<Same<WebSocket.Data, string | Buffer | ArrayBuffer | Buffer[]>>(true);
const certificate: WebSocket.CertMeta = [Buffer.alloc(1)];
is<ws.CertMeta>(certificate);
const address: WebSocket.AddressInfo = { address: '127.0.0.1', family: 'IPv4', port: 80 };
is<ws.AddressInfo>(address);
is<[ws.Event?, ws.ErrorEvent?, ws.CloseEvent?, ws.MessageEvent?, ws.EventListenerOptions?]>([]);
is<keyof WebSocket.WebSocketEventMap>('open');

const verifySync: WebSocket.VerifyClientCallbackSync = ({ origin, secure, req }) => {
  is<[string, boolean, IncomingMessage]>([origin, secure, req]);
  return secure;
};
const verifyAsync: WebSocket.VerifyClientCallbackAsync<Authenticated> = ({ req }, callback) => {
  const headers: OutgoingHttpHeaders = { 'set-cookie': ['a', 'b'] };
  if (req.user === undefined) callback(false, 401, 'Unauthorized', headers);
  else callback(true);
};
is<ws.VerifyClientCallbackSync>(verifySync);
is<ws.VerifyClientCallbackAsync<Authenticated>>(verifyAsync);

const deflate: WebSocket.PerMessageDeflateOptions = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: undefined,
  serverMaxWindowBits: 10,
  clientMaxWindowBits: 10,
  zlibDeflateOptions: {
    flush: 1,
    finishFlush: 1,
    chunkSize: 1024,
    windowBits: 10,
    memLevel: 7,
    level: 3,
    strategy: 1,
    dictionary: Buffer.alloc(0),
    info: false,
  },
  zlibInflateOptions: { chunkSize: 10 * 1024, finishFlush: 2 },
  threshold: 1024,
  concurrencyLimit: 10,
};
is<ws.PerMessageDeflateOptions>(deflate);
const finishRequest: WebSocket.FinishRequestCallback = (request, websocket) => {
  request.setHeader('x', 'y');
  websocket.on('open', () => undefined);
  request.end();
};
is<ws.FinishRequestCallback>(finishRequest);
declare const agent: Agent;
const clientOptions: WebSocket.ClientOptions = {
  protocol: 'a',
  followRedirects: true,
  generateMask: (mask) => void mask.fill(1),
  handshakeTimeout: 1000,
  maxRedirects: 1,
  perMessageDeflate: deflate,
  localAddress: '127.0.0.1',
  protocolVersion: 13,
  headers: { authorization: 'Bearer x' },
  origin: 'http://127.0.0.1',
  agent,
  host: '127.0.0.1',
  family: 4,
  checkServerIdentity: (servername: string, cert: WebSocket.CertMeta): boolean => servername === String(cert),
  rejectUnauthorized: false,
  allowSynchronousEvents: false,
  autoPong: false,
  maxPayload: 1024,
  maxBufferedChunks: 10,
  maxFragments: 10,
  skipUTF8Validation: true,
  createConnection,
  finishRequest,
  ca: 'certificate',
  key: Buffer.alloc(0),
  passphrase: 'secret',
};
const header: string | undefined = clientOptions.headers?.authorization;
is<ws.ClientOptions>(clientOptions);
is<string | undefined>(header);
new WebSocket('ws://127.0.0.1', clientOptions);
/** What wrappers write. */
interface WrapperOptions extends WebSocket.ClientOptions {
  retries: number;
}
const wrap = (url: string, { retries, ...options }: WrapperOptions): WebSocket =>
  retries > 0 ? new WebSocket(url, options) : new WebSocket(url, [], options);
wrap('ws://127.0.0.1', { retries: 1, headers: { a: 'b' } });

// --- Servers.

class Authenticated extends IncomingMessage {
  user: string | undefined;
}

class Session extends WebSocket {
  isAlive = true;
  readonly id: number;

  constructor(address: any, protocols?: any, options?: any) {
    super(address, protocols, options);
    this.id = 1;
    this.on('pong', () => {
      this.isAlive = true;
    });
  }

  override send(data: any, options?: any, callback?: any): ReturnType<WebSocket['send']> {
    return super.send(data, options, callback);
  }

  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason);
  }
}

const server = new WebSocketServer({ port: 0 }, () => undefined);
new WebSocketServer();
is<WebSocketServer>(server);
is<ws.Server>(server);
is<EventEmitter>(server);
is<Set<WebSocket>>(server.clients);
is<string>(server.path);
is<WebSocket.ServerOptions>(server.options);
is<WebSocket.AddressInfo | string | null>(server.address());
const { port } = server.address() as WebSocket.AddressInfo;
is<number>(port);
is<boolean | Promise<boolean>>(server.shouldHandle({} as IncomingMessage));
server.close();
server.close((error) => is<Error | undefined>(error));

const serverOptions: WebSocket.ServerOptions = {
  host: '127.0.0.1',
  port: 0,
  backlog: 10,
  server: undefined,
  verifyClient: verifySync,
  handleProtocols: (protocols, request) => {
    is<[Set<string>, IncomingMessage]>([protocols, request]);
    return protocols.has('a') ? 'a' : false;
  },
  path: '/path',
  noServer: false,
  allowSynchronousEvents: false,
  autoPong: true,
  clientTracking: true,
  perMessageDeflate: deflate,
  maxPayload: 1024,
  maxBufferedChunks: 10,
  maxFragments: 10,
  skipUTF8Validation: false,
  WebSocket,
};
is<ws.ServerOptions>(serverOptions);
new WebSocketServer(serverOptions);
new WebSocketServer({ server: createServer(), verifyClient: verifySync });
new WebSocketServer({
  server: createHttpsServer(),
  verifyClient: (info, callback) => callback(info.secure, 403),
});
new WebSocketServer({ noServer: true, perMessageDeflate: true });

const typed = new WebSocketServer<typeof Session, typeof Authenticated>({
  WebSocket: Session,
  server: createServer({ IncomingMessage: Authenticated }),
  verifyClient: verifyAsync,
  handleProtocols: (protocols, request) => request.user ?? [...protocols][0] ?? false,
});
is<Server<typeof Session, typeof Authenticated>>(typed);
is<Set<Session>>(typed.clients);
const typedOptions: WebSocket.ServerOptions<typeof Session, typeof Authenticated> = typed.options;
is<typeof Session | undefined>(typedOptions.WebSocket);
typed.on('connection', (session, request) => {
  is<Session>(session);
  is<boolean>(session.isAlive);
  is<string | undefined>(request.user);
});
typed.handleUpgrade({} as Authenticated, {} as Duplex, Buffer.alloc(0), (session, request) => {
  is<[number, string | undefined]>([session.id, request.user]);
  typed.emit('connection', session, request);
});
const inferred = new WebSocketServer({ noServer: true, WebSocket: Session });
inferred.on('connection', (session) => is<number>(session.id));

server.on('connection', function (client, request) {
  is<WebSocketServer>(this);
  is<WebSocket>(client);
  is<IncomingMessage>(request);
  client.on('message', (message) => {
    for (const other of server.clients)
      if (other !== client && other.readyState === WebSocket.OPEN) other.send(message.toString());
  });
});
server.on('error', function (error) {
  is<WebSocketServer>(this);
  is<Error>(error);
});
server.on('headers', (headers, request) => is<[string[], IncomingMessage]>([headers, request]));
server.on('close', () => undefined).on('listening', () => undefined);
server.on('wsClientError', (error, duplex, request) =>
  is<[Error, Duplex, IncomingMessage]>([error, duplex, request]),
);
server.on('own', (value) => void value);
server.on('connection', (client: ExtendedSocket) => {
  client.isAlive = true;
});
server.on('connection', (client: WebSocket, request: IncomingMessage) => void [client, request]);

server.once('connection', (client, request) => is<[WebSocket, IncomingMessage]>([client, request]));
server.once('error', (error) => is<Error>(error));
server.once('headers', (headers, request) => is<[string[], IncomingMessage]>([headers, request]));
server.once('close', () => undefined).once('listening', () => undefined);
server.once('wsClientError', (error, duplex, request) =>
  is<[Error, Duplex, IncomingMessage]>([error, duplex, request]),
);
server.once('own', (value) => void value);

server.off('connection', (client, request) => is<[WebSocket, IncomingMessage]>([client, request]));
server.off('error', (error) => is<Error>(error));
server.off('headers', (headers, request) => is<[string[], IncomingMessage]>([headers, request]));
server.off('close', () => undefined).off('listening', () => undefined);
server.off('wsClientError', (error, duplex, request) =>
  is<[Error, Duplex, IncomingMessage]>([error, duplex, request]),
);
server.off('own', (value) => void value);

server.addListener('connection', (client, request) => is<[WebSocket, IncomingMessage]>([client, request]));
server.addListener('error', (error) => is<Error>(error));
server.addListener('headers', (headers, request) => is<[string[], IncomingMessage]>([headers, request]));
server.addListener('close', () => undefined).addListener('listening', () => undefined);
server.addListener('wsClientError', (error, duplex, request) =>
  is<[Error, Duplex, IncomingMessage]>([error, duplex, request]),
);
server.addListener('own', (value) => void value);

server.removeListener('connection', (client, request) => is<[WebSocket, IncomingMessage]>([client, request]));
server.removeListener('error', (error) => is<Error>(error));
server.removeListener('headers', (headers, request) => is<[string[], IncomingMessage]>([headers, request]));
server.removeListener('close', () => undefined).removeListener('listening', () => undefined);
server.removeListener('wsClientError', (error, duplex, request) =>
  is<[Error, Duplex, IncomingMessage]>([error, duplex, request]),
);
server.removeListener('own', (value) => void value);

/** The heartbeat that the documentation of `ws` has. */
interface ExtendedSocket extends WebSocket {
  isAlive: boolean;
}
setInterval(() => {
  server.clients.forEach((client) => {
    const extended = client as ExtendedSocket;
    if (!extended.isAlive) extended.terminate();
    extended.isAlive = false;
    extended.ping();
  });
}, 30_000);

/** Sharing one HTTP server. */
createServer().on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
  server.handleUpgrade(request, duplex, head, (client) => server.emit('connection', client, request));
});

class Application extends WebSocketServer<typeof Session> {
  readonly rooms = new Map<string, Set<Session>>();

  constructor(options: WebSocket.ServerOptions<typeof Session>) {
    super(options);
    this.on('connection', (session) => this.rooms.set('all', new Set([session])));
  }

  override shouldHandle(request: IncomingMessage): boolean {
    return request.url === '/';
  }
}
is<number>(new Application({ noServer: true, WebSocket: Session }).rooms.size);

/** Generic code over servers and sockets. */
function everyone<T extends typeof WebSocket>(of: Server<T>): InstanceType<T>[] {
  return [...of.clients];
}
is<WebSocket[]>(everyone(server));
is<Session[]>(everyone(inferred));
function count(of: WebSocketServer): number {
  return of.clients.size;
}
count(server);
const sockets = new Map<WebSocket, { since: number }>();
for (const client of server.clients) sockets.set(client, { since: 0 });

// --- Streams.

const stream: Duplex = createWebSocketStream(socket, {
  encoding: 'utf8',
  allowHalfOpen: false,
  objectMode: true,
});
stream.pipe(createWebSocketStream(byName));

// --- What a library asks for by shape, without a name of ours.

interface SocketShape {
  readonly readyState: number;
  readonly protocol: string;
  binaryType: string;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(data: string | ArrayBuffer | Uint8Array, callback?: (error?: Error) => void): void;
  close(code?: number, reason?: string): void;
  ping(): void;
  on(event: 'message', listener: (data: any, isBinary: boolean) => void): unknown;
  once(event: string, listener: (...args: any[]) => void): unknown;
  addEventListener(type: 'message', listener: (event: { data: any }) => void): void;
  removeEventListener(type: 'message', listener: (event: { data: any }) => void): void;
}
interface SocketClass {
  new (url: string, protocols?: string | string[]): SocketShape;
  readonly OPEN: number;
}
is<SocketShape>(socket);
is<SocketClass>(WebSocket);
for (const client of server.clients) is<SocketShape>(client);

/** A part of the class for tests of the application. */
const part: Pick<WebSocket, 'send' | 'close' | 'readyState'> = {
  send: () => true,
  close: () => undefined,
  readyState: WebSocket.OPEN,
};
const mock = { send: () => undefined, readyState: 1 } as unknown as WebSocket;
is<[typeof part, WebSocket]>([part, mock]);
