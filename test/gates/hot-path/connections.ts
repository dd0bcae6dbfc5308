/**
 * Connections for the programs of this folder: one end is hawser by its root API, the other a bare socket of the same
 * process, so that what it writes at once is there in one piece when the event loop reads.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { type ClientOptions, WebSocket, WebSocketServer } from '../../../src/index.js';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** One call into the kernel: its pieces. */
export type Write = readonly Uint8Array[];

/** The end that knows nothing of hawser. */
export class BarePeer {
  readonly socket: Socket;
  /** Bytes that have come. */
  received = 0;
  #notify: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.received += bytes.length;
      this.#notify();
    });
  }

  /** Resolves once `count` bytes have come since the last call. */
  async takes(count: number): Promise<void> {
    while (this.received < count) {
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
    }
    this.received -= count;
    if (this.received > 0) throw new Error(`${this.received} bytes too many`);
  }
}

/** A connection of hawser, its transport, and the other end. */
export interface End {
  readonly webSocket: WebSocket;
  readonly transport: Socket;
  readonly peer: BarePeer;
}

/** A server of hawser, with no compression, as it is by default. */
export async function listen(options: { textType?: 'string' } = {}): Promise<WebSocketServer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  await once(server, 'listening');
  return server;
}

/** Connects a bare client to it; the End is the server's. */
export async function connectBareClient(server: WebSocketServer): Promise<End> {
  const connection = once(server, 'connection');
  const socket = net.connect({ port: portOf(server), host: '127.0.0.1', noDelay: true });
  const fields = [
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
  ];
  socket.write(`${['GET / HTTP/1.1', ...fields, `Sec-WebSocket-Key: ${KEY}`].join('\r\n')}\r\n\r\n`);
  await once(socket, 'data');
  const [webSocket, request] = await connection;
  return { webSocket, transport: request.socket, peer: new BarePeer(socket) };
}

/** Connects a client of hawser to a bare server; the End is the client's. */
export async function connectToBareServer(options: ClientOptions = {}): Promise<End> {
  const server = net.createServer({ noDelay: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connection = once(server, 'connection');
  const webSocket = new WebSocket(`ws://127.0.0.1:${portOf(server)}`, options);
  const upgrade = once(webSocket, 'upgrade');
  const [socket] = (await connection) as [Socket];
  server.close();
  const [request] = (await once(socket, 'data')) as [Buffer];
  const open = once(webSocket, 'open');
  socket.write(switchingProtocols(request.toString('latin1')));
  const [response] = await upgrade;
  await open;
  return { webSocket, transport: response.socket, peer: new BarePeer(socket) };
}

function switchingProtocols(request: string): string {
  const [, key] = /^sec-websocket-key: *(\S+)/im.exec(request) ?? [];
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  const fields = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
  return `${['HTTP/1.1 101 Switching Protocols', ...fields].join('\r\n')}\r\n\r\n`;
}

function portOf(server: WebSocketServer | Server): number {
  return (server.address() as AddressInfo).port;
}

/** Several, one after the other, so that it is known which is whose. */
export async function connectBareClients(server: WebSocketServer, count: number): Promise<End[]> {
  const ends: End[] = [];
  while (ends.length < count) ends.push(await connectBareClient(server));
  return ends;
}

type HandleMethod = (request: unknown, data: unknown, ...rest: unknown[]) => unknown;

/** Notes every call by which a socket gives bytes to the kernel, from now on. */
export function recordWrites(socket: Socket): Write[] {
  const writes: Write[] = [];
  const handle = (socket as unknown as { _handle: Record<string, HandleMethod> })._handle;
  const note = (name: string, piecesOf: (data: unknown) => Write): void => {
    const original = handle[name];
    handle[name] = function (this: unknown, request, data, ...rest) {
      writes.push(piecesOf(data));
      return Reflect.apply(original, this, [request, data, ...rest]);
    };
  };
  note('writeBuffer', (data) => [data as Uint8Array]);
  // Buffers, or a chunk and its encoding in turn.
  note('writev', (data) =>
    (data as unknown[]).flatMap((chunk, index, all) => {
      if (chunk instanceof Uint8Array) return [chunk];
      return typeof all[index - 1] === 'string' ? [] : [Buffer.from(chunk as string)];
    }),
  );
  for (const encoding of ['Utf8', 'Latin1', 'Ascii', 'Ucs2']) {
    note(`write${encoding}String`, (data) => [Buffer.from(data as string)]);
  }
  return writes;
}

/** A frame of RFC 6455 §5.2, with the masking key 1, 2, 3, 4 if `masked` is set. */
export function frameOf(
  opcode: number,
  payload: Buffer | string,
  { masked = true, fin = true } = {},
): Buffer {
  const bytes = Buffer.from(payload);
  const { length } = bytes;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = (fin ? 0x80 : 0) | opcode;
  header[1] = (masked ? 0x80 : 0) | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  if (!masked) return Buffer.concat([header, bytes]);
  const key = Buffer.of(1, 2, 3, 4);
  const maskedBytes = bytes.map((octet, index) => octet ^ key[index % 4]);
  return Buffer.concat([header, key, maskedBytes]);
}

/** That many frames behind each other. */
export function repeated(frame: Buffer, count: number): Buffer {
  return Buffer.concat(Array<Buffer>(count).fill(frame));
}

/** Whether the memory of `inner` is a part of that of `outer`. */
export function liesIn(inner: Uint8Array, outer: Uint8Array): boolean {
  const start = inner.byteOffset - outer.byteOffset;
  return inner.buffer === outer.buffer && start >= 0 && start + inner.length <= outer.length;
}

/** Resolves when all that this turn has left behind is done, before the event loop goes on to anything else. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(() => queueMicrotask(() => process.nextTick(resolve)));
  });
}

/** Resolves in the next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Resolves with the next message as it was handed out. */
export async function nextMessage(webSocket: WebSocket): Promise<unknown> {
  const [data] = await once(webSocket, 'message');
  return data;
}
