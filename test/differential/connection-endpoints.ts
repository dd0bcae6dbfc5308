/**
 * What programs about an open connection run against: a peer that writes frames by hand at either end, and two
 * ends on streams without a network. Everything is one implementation's and a raw peer's; no program sees a port.
 */
import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { acceptKey } from '../../src/protocol/handshake/accept-key.js';
import { exampleKey, type RawFrame, type ReadFrame, rawFrame, readRawFrames } from '../protocol/raw-frame.js';
import { listen, type Options, rawServer, stop } from './endpoints.js';
import type {
  ClientOptions,
  Implementation,
  ServerOptions,
  WebSocket,
  WebSocketServer,
} from './implementations.js';
import { createTrace, type Trace } from './trace.js';

/** The masking key of every client in these programs. */
export const fixedMask = { generateMask: (mask: Buffer): void => void mask.set([1, 2, 3, 4]) };

/** The end of a connection that has no WebSocket: all that has come, and frames written by hand. */
export class RawEnd {
  readonly socket: Socket;
  /** Resolves when the other end has sent its FIN, or has reset the connection. */
  readonly ended: Promise<void>;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  readonly #maskingKey: Uint8Array | null;
  readonly #changed: (() => void)[] = [];
  #bytes: Buffer;

  constructor(socket: Socket, maskingKey: Uint8Array | null, rest: Buffer) {
    this.socket = socket;
    this.#maskingKey = maskingKey;
    this.#bytes = rest;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    this.ended = new Promise((resolve) => socket.once('end', resolve).once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      for (const changed of this.#changed.splice(0)) changed();
    });
    socket.resume();
  }

  /** All that has come. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** The frames that have come. */
  get frames(): ReadFrame[] {
    return readRawFrames(this.#bytes).frames;
  }

  /** Frames as text: FIN, RSV, opcode and payload. */
  get told(): string[] {
    return this.frames.map(tellFrame);
  }

  /** Waits for as many frames as this in all. */
  async received(count: number): Promise<ReadFrame[]> {
    while (this.frames.length < count) await new Promise<void>((resolve) => this.#changed.push(resolve));
    return this.frames;
  }

  /** Writes frames in one piece. */
  write(...frames: RawFrame[]): void {
    const bytes = frames.map((frame) => rawFrame({ maskingKey: this.#maskingKey, ...frame }));
    this.socket.write(Buffer.concat(bytes));
  }
}

function tellFrame({ fin, rsv, opcode, masked, payload }: ReadFrame): string {
  const shown = payload.length > 64 ? `${payload.length} bytes` : `<${payload.toString('hex')}>`;
  return `${fin ? 'FIN ' : ''}${rsv ? `rsv${rsv} ` : ''}${masked ? 'masked ' : ''}${opcode} ${shown}`;
}

/** A WebSocket of an implementation and the raw peer at its other end. */
export interface AgainstRaw {
  readonly socket: WebSocket;
  readonly peer: RawEnd;
  /** Ends what is left. */
  stop(): Promise<void>;
}

/** A server's socket; the raw peer is the client. */
export async function acceptedFromRaw(
  implementation: Implementation,
  options: Options<ServerOptions> | object = {},
  { extensions = '', prepare }: { extensions?: string; prepare?: (socket: WebSocket) => void } = {},
): Promise<AgainstRaw & { server: WebSocketServer }> {
  const { server, port } = await listen(implementation, { heartbeat: false, ...options });
  const connection = new Promise<WebSocket>((resolve) => {
    server.once('connection', (socket) => {
      socket.on('error', () => undefined);
      prepare?.(socket);
      resolve(socket);
    });
  });
  const raw = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  raw.write(
    'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${extensionLine(extensions)}\r\n`,
  );
  const { rest } = await headOf(raw);
  const peer = new RawEnd(raw, exampleKey, rest);
  const socket = await connection;
  return { server, socket, peer, stop: () => endAll(socket, peer, server) };
}

/** A client's socket; the raw peer is the server. `first` comes in one piece with the 101. */
export async function clientOfRaw(
  { WebSocket }: Implementation,
  options: Options<ClientOptions> | object = {},
  {
    extensions = '',
    first = Buffer.alloc(0),
    prepare,
  }: { extensions?: string; first?: Buffer; prepare?: (socket: WebSocket) => void } = {},
): Promise<AgainstRaw> {
  let accept: (socket: Socket) => void = () => undefined;
  const accepted = new Promise<Socket>((resolve) => {
    accept = resolve;
  });
  const { server, port } = await rawServer((socket) => accept(socket), { allowHalfOpen: true });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { ...fixedMask, ...options } as ClientOptions);
  socket.on('error', () => undefined);
  prepare?.(socket);
  const raw = await accepted;
  const { head, rest } = await headOf(raw);
  const key = /sec-websocket-key: (.*)\r\n/i.exec(head)?.[1] as string;
  const peer = new RawEnd(raw, null, rest);
  const answer =
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${acceptKey(key)}\r\n${extensionLine(extensions)}\r\n`;
  const open = new Promise((resolve) => socket.once('open', resolve));
  raw.write(Buffer.concat([Buffer.from(answer), first]));
  await open;
  return { socket, peer, stop: () => endAll(socket, peer, server) };
}

async function endAll(socket: WebSocket, peer: RawEnd, server: Server | WebSocketServer): Promise<void> {
  const closed =
    socket.readyState === 3 ? undefined : new Promise((resolve) => socket.once('close', resolve));
  socket.terminate();
  peer.socket.destroy();
  await Promise.all([closed, peer.closed]);
  await stop(server);
}

/** Two ends on a pair of streams, without a network: a server's and a client's. */
export function streamPair(
  implementation: Implementation,
  { server = {}, client = {} }: { server?: object; client?: object } = {},
): { accepted: WebSocket; client: WebSocket; near: Duplex; far: Duplex } {
  const { near, far } = duplexPair();
  const accepted = unopened(implementation, true);
  const other = unopened(implementation, false);
  adopt(accepted, near, Buffer.alloc(0), server);
  adopt(other, far, Buffer.alloc(0), { ...fixedMask, ...client });
  return { accepted, client: other, near, far };
}

/** What a client or server of `ws` gives its sockets; without it they answer no ping and wait for no close. */
const adopting = { autoPong: true, closeTimeout: 30_000 };

/** A WebSocket that has no socket yet; the role is set as software for ws sets it. */
export function unopened(
  { WebSocket }: Implementation,
  isServer = true,
  options: object = adopting,
): WebSocket {
  const Class = WebSocket as unknown as new (a: null, b: undefined, c: object) => WebSocket;
  const socket = new Class(null, undefined, options);
  Object.assign(socket, { _isServer: isServer });
  socket.on('error', () => undefined);
  return socket;
}

/** The TCP socket under a WebSocket. */
export function socketOf(socket: WebSocket): Socket {
  return (socket as unknown as { _socket: Socket })._socket;
}

/** `setSocket`, which the types of ws do not have. */
export function adopt(socket: WebSocket, duplex: Duplex, head: Buffer, options: object = {}): void {
  const { setSocket } = socket as unknown as {
    setSocket(duplex: Duplex, head: Buffer, options: object): void;
  };
  const limits = { allowSynchronousEvents: true, maxPayload: 0, skipUTF8Validation: false };
  setSocket.call(socket, duplex, head, { ...limits, ...options });
}

/** Two streams; what is written to one is read from the other. */
export function duplexPair(): { near: Duplex; far: Duplex } {
  const near = new PairedStream();
  const far = new PairedStream();
  near.other = far;
  far.other = near;
  return { near, far };
}

class PairedStream extends Duplex {
  other: PairedStream | null = null;
  /** Continues the other end's write, once somebody reads here. */
  private goOn: (() => void) | null = null;

  override _read(): void {
    const { goOn } = this;
    this.goOn = null;
    goOn?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    process.nextTick(() => {
      if (this.other?.push(chunk) === false) this.other.goOn = callback;
      else callback();
    });
  }

  override _final(callback: () => void): void {
    process.nextTick(() => {
      this.other?.push(null);
      callback();
    });
  }
}

/** Lines of one end, to be told when the program is over: what two ends do at once has no order. */
export function record(): { note: Trace; tell(trace: Trace, title: string): void } {
  const { trace: note, lines } = createTrace();
  return {
    note,
    tell: (trace, title) => {
      for (const line of lines) trace(`${title}: ${line}`);
    },
  };
}

const observed = ['open', 'message', 'ping', 'pong', 'error', 'close'] as const;

/** Notes every event of a socket with its arguments and the state. */
export function observe(socket: WebSocket, note: Trace, names: readonly string[] = observed): void {
  for (const name of names) {
    socket.on(name, (...args: unknown[]) => note(name, ...args.map(plainError), socket.readyState));
  }
}

/** An error by its message; classes and codes are told where they are the point. */
function plainError(value: unknown): unknown {
  return value instanceof Error ? value.message : value;
}

/** Resolves when the socket has closed. */
export function closed(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => void socket.once('close', () => resolve()));
}

/** Resolves at the next `name`; unlike `once` it does not reject at `error`. */
export function next(emitter: NodeJS.EventEmitter, name: string): Promise<unknown[]> {
  return new Promise((resolve) => void emitter.once(name, (...args) => resolve(args)));
}

/** Resolves when as many messages have come. */
export function messages(socket: WebSocket, count: number): Promise<void> {
  let come = 0;
  return new Promise((resolve) => {
    socket.on('message', () => {
      come += 1;
      if (come === count) resolve();
    });
  });
}

/** Lets the event loop go round, so that what could happen without the network has happened. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** What an action throws, or what it returns. */
export function outcome(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

function extensionLine(extensions: string): string {
  return extensions === '' ? '' : `Sec-WebSocket-Extensions: ${extensions}\r\n`;
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
