/**
 * What the programs about opening a connection share: servers on bare sockets that keep the requests and answer
 * as a program says, and a client all of whose events are told with the `readyState` at that moment.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { acceptKey } from '../../src/protocol/handshake/accept-key.js';
import type { Program } from './differential.js';
import type { Implementation, WebSocket } from './implementations.js';
import type { Trace } from './trace.js';

/** The head of a request as it came, and the socket on which it came. */
export interface Request {
  /** Without the empty line at the end. */
  readonly lines: readonly string[];
  readonly key: string;
  readonly socket: Socket;
  /** How many requests came before, on all connections. */
  readonly index: number;
}

/** What to answer; `undefined` if nothing, or if the function has used the socket itself. */
export type Answer = (request: Request) => string | Buffer | undefined;

/** A server on bare sockets. */
export interface Peer {
  readonly port: number;
  /** The address of its root, with `localhost` instead of the address for TLS. */
  readonly url: string;
  readonly requests: readonly Request[];
  /** Resolves when so many connections have come and gone. */
  gone(count: number): Promise<void>;
  /** Ends it and all its connections. */
  stop(): Promise<void>;
}

/** Where and how a peer listens: on a port of the system's choice unless it has a path. */
export interface Listening {
  readonly path?: string;
  readonly tls?: TlsOptions;
}

/** Starts a server that answers each request as told. */
export async function peer(answer: Answer, { path, tls }: Listening = {}): Promise<Peer> {
  const requests: Request[] = [];
  const connections = new Connections();
  const accept = (socket: Socket): void => {
    let text = '';
    socket
      .on('error', () => {})
      .on('data', (bytes) => {
        text += bytes.toString('latin1');
        const end = text.indexOf('\r\n\r\n');
        if (end < 0) return;
        const request = parse(text.slice(0, end), socket, requests.length);
        text = text.slice(end + 4);
        requests.push(request);
        const response = answer(request);
        if (response !== undefined) socket.write(response);
      });
  };
  const server = tls ? createTlsServer(tls, accept) : createServer(accept);
  server.on('connection', (socket: Socket) => connections.add(socket)).on('tlsClientError', () => {});
  if (path === undefined) server.listen(0, '127.0.0.1');
  else server.listen(path);
  await once(server, 'listening');
  const port = path === undefined ? (server.address() as AddressInfo).port : 0;
  return {
    port,
    url: tls ? `wss://localhost:${port}/` : `ws://127.0.0.1:${port}/`,
    requests,
    gone: (count) => connections.gone(count),
    stop: async () => {
      connections.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A 101 response with these fields in addition; a value `null` leaves one of the usual three out. */
export function switching(
  { key }: Request,
  fields: Readonly<Record<string, string | null>> = {},
  more: readonly string[] = [],
): string {
  const all = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': acceptKey(key),
    ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return `HTTP/1.1 101 Switching Protocols\r\n${[...lines, ...more].map((line) => `${line}\r\n`).join('')}\r\n`;
}

/** A plain response. */
export function response(status: string, fields: readonly string[] = [], body = ''): string {
  const lines = [`HTTP/1.1 ${status}`, ...fields, `Content-Length: ${body.length}`];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** Calls the constructor with whatever arguments. */
export function construct({ WebSocket }: Implementation, ...args: unknown[]): WebSocket {
  return new (WebSocket as unknown as new (...args: unknown[]) => WebSocket)(...args);
}

/** The codes that ws itself gives its errors; where it has none a program tells none. */
const codesOfWs: ReadonlySet<string> = new Set([
  'WS_ERR_EXPECTED_FIN',
  'WS_ERR_EXPECTED_MASK',
  'WS_ERR_INVALID_CLOSE_CODE',
  'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
  'WS_ERR_INVALID_OPCODE',
  'WS_ERR_INVALID_UTF8',
  'WS_ERR_TOO_MANY_BUFFERED_PARTS',
  'WS_ERR_UNEXPECTED_MASK',
  'WS_ERR_UNEXPECTED_RSV_1',
  'WS_ERR_UNEXPECTED_RSV_2_3',
  'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
  'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
]);

/**
 * An error to be told, without a code that ws has no word for. That hawser's errors always have one is shown once,
 * by the programs about codes.
 */
export function told(error: unknown): unknown {
  const { code } = error as { code?: unknown };
  if (!(error instanceof Error) || typeof code !== 'string') return error;
  if (!code.startsWith('WS_ERR_') || codesOfWs.has(code)) return error;
  const builtIn = [RangeError, SyntaxError, TypeError].find((type) => error instanceof type) ?? Error;
  return new builtIn(error.message);
}

/** What a program does within events, beside their being told. */
export interface Within {
  readonly upgrade?: (client: WebSocket, response: IncomingMessage) => void;
  readonly open?: (client: WebSocket) => void;
  readonly error?: (client: WebSocket) => void;
}

/** Tells the events of a client and resolves with `close`; once it is open it is terminated, unless told else. */
export function follow(client: WebSocket, trace: Trace, within: Within = {}): Promise<void> {
  const { open = (opened: WebSocket) => opened.terminate() } = within;
  client.on('upgrade', (received) => {
    trace('upgrade', received.statusCode, client.readyState);
    within.upgrade?.(client, received);
  });
  client.on('open', () => {
    trace('open', client.readyState, client.protocol, client.extensions);
    open(client);
  });
  client.on('error', (error) => {
    trace('error', told(error), client.readyState);
    within.error?.(client);
  });
  return new Promise((resolve) => {
    client.on('close', (code, reason) => {
      trace('close', code, reason, client.readyState);
      resolve();
    });
  });
}

/** Connects to a peer that answers as told, and tells the events up to `close`. */
export function meeting(
  name: string,
  answer: Answer,
  more: { readonly rest?: readonly unknown[]; readonly differs?: Program['differs'] } = {},
): Program {
  return {
    name,
    async run(implementation, trace) {
      const server = await peer(answer);
      await follow(construct(implementation, server.url, ...(more.rest ?? [])), trace);
      await server.gone(1);
      await server.stop();
    },
    ...(more.differs && { differs: more.differs }),
  };
}

/** Tells the head of the request that comes of these arguments, or what the constructor throws. */
export async function tellRequest(
  implementation: Implementation,
  trace: Trace,
  args: (server: Peer) => readonly unknown[],
  { only, ...where }: Listening & { readonly only?: string | undefined } = {},
): Promise<void> {
  const server = await peer(({ lines, socket }) => {
    const isTold = (line: string) => only === undefined || line.toLowerCase().startsWith(`${only}: `);
    for (const [index, line] of lines.entries()) if (index === 0 || isTold(line)) trace('<', line);
    socket.destroy();
    return undefined;
  }, where);
  try {
    const client = construct(implementation, ...args(server));
    client.on('error', (error) => {
      if (server.requests.length === 0) trace('error', told(error));
    });
    await new Promise((resolve) => client.on('close', resolve));
  } catch (error) {
    trace('throws', told(error));
  }
  await server.stop();
}

/** A program that tells the request which these arguments behind the URL make. */
export function wire(
  name: string,
  rest: readonly unknown[],
  more: {
    readonly target?: string;
    /** In lower case, the one field that is told. */
    readonly only?: string;
    readonly differs?: Program['differs'];
  } = {},
): Program {
  const { target = '/', only, differs } = more;
  return {
    name,
    run: (implementation, trace) =>
      tellRequest(implementation, trace, ({ url }) => [new URL(target, url).href, ...rest], { only }),
    ...(differs && { differs }),
  };
}

function parse(head: string, socket: Socket, index: number): Request {
  const lines = head.split('\r\n');
  const key = lines.find((line) => line.toLowerCase().startsWith('sec-websocket-key: '))?.slice(19) ?? '';
  return { lines, key, socket, index };
}

class Connections {
  readonly #open = new Set<Socket>();
  #gone = 0;
  #onGone: () => void = () => {};

  add(socket: Socket): void {
    this.#open.add(socket);
    socket
      .on('error', () => {})
      .on('close', () => {
        this.#open.delete(socket);
        this.#gone += 1;
        this.#onGone();
      });
  }

  async gone(count: number): Promise<void> {
    while (this.#gone < count) {
      await new Promise<void>((resolve) => {
        this.#onGone = resolve;
      });
    }
  }

  destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
