/** A client on a bare TCP socket, for requests and frames that no library would send. */

import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import { parseFrames, type RawFrame } from '../node/raw-frames.js';

export { maskedFrame } from '../node/raw-frames.js';

/** The key of RFC 6455 §1.3 and what answers it. */
export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
export const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** What differs from a good opening handshake. A header that is `null` is left out, an array is several fields. */
export interface RequestChanges {
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  readonly headers?: Readonly<Record<string, string | null | readonly string[]>>;
  /** Lines behind the other headers, as they are. */
  readonly lines?: readonly string[];
}

/** An opening handshake as text. */
export function upgradeRequest(changes: RequestChanges = {}): string {
  const { method = 'GET', target = '/', version = '1.1', headers = {}, lines = [] } = changes;
  const all = {
    Host: '127.0.0.1',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...headers,
  };
  const fields = Object.entries(all).flatMap(([name, value]) =>
    value === null ? [] : [value].flat().map((single) => `${name}: ${single}`),
  );
  return `${[`${method} ${target} HTTP/${version}`, ...fields, ...lines].join('\r\n')}\r\n\r\n`;
}

/** The head and body of an HTTP response. */
export interface HttpAnswer {
  readonly status: number;
  readonly reason: string;
  /** Values by name in lower case. */
  readonly headers: Readonly<Record<string, string[]>>;
  readonly body: string;
}

/** Reads a response. */
export function parseAnswer(bytes: Buffer): HttpAnswer {
  const text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const [statusLine, ...lines] = text.slice(0, end).split('\r\n');
  const headers: Record<string, string[]> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    headers[name] = [...(headers[name] ?? []), line.slice(colon + 1).trim()];
  }
  const [, status, reason = ''] = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(statusLine) ?? [];
  return { status: Number(status), reason, headers, body: bytes.subarray(end + 4).toString() };
}

/** One TCP connection; it reads all the time unless it is paused. */
export class RawClient {
  readonly socket: Socket;
  #chunks: Buffer[] = [];
  #notify: () => void = () => undefined;

  constructor(port: number, options: { allowHalfOpen?: boolean; host?: string } = {}) {
    const { allowHalfOpen = false, host = '127.0.0.1' } = options;
    this.socket = net.connect({ port, host, allowHalfOpen, noDelay: true });
    this.socket.on('error', () => undefined);
    this.socket.on('data', (bytes: Buffer) => {
      this.#chunks.push(bytes);
      this.#notify();
    });
    for (const event of ['end', 'close']) this.socket.on(event, () => this.#notify());
  }

  /** Connects. */
  static async connect(port: number, options: { allowHalfOpen?: boolean; host?: string } = {}) {
    const client = new RawClient(port, options);
    await once(client.socket, 'connect');
    return client;
  }

  /** Connects and does the opening handshake; what came behind the response is kept in `received`. */
  static async open(port: number, changes: RequestChanges = {}): Promise<RawClient> {
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest(changes));
    const answer = await client.answer();
    if (answer.status !== 101) throw new Error(`${answer.status} ${answer.body}`);
    return client;
  }

  /** What came so far. */
  get received(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0];
  }

  set received(bytes: Buffer) {
    this.#chunks = [bytes];
  }

  /** The frames that came so far, once the response has been taken by `answer`. */
  get frames(): RawFrame[] {
    return parseFrames(this.received);
  }

  /** Resolves when `condition` holds, which is asked whenever something has come. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.socket.closed) throw new Error(`closed after ${this.received.length} bytes`);
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
    }
  }

  /** The head of the response; what follows it stays in `received`. */
  async answer(): Promise<HttpAnswer> {
    await this.until(() => this.received.includes('\r\n\r\n'));
    const end = this.received.indexOf('\r\n\r\n') + 4;
    const answer = parseAnswer(this.received.subarray(0, end));
    this.received = this.received.subarray(end);
    return answer;
  }

  /** Resolves with everything that came when the connection is closed. */
  async closed(): Promise<Buffer> {
    if (!this.socket.closed) await new Promise((resolve) => this.socket.once('close', resolve));
    return this.received;
  }

  /** Cuts the connection off with RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}

/**
 * Sends a request and reads the answer. The client does not close by itself: it resolves only if the server
 * destroys its socket, which further bytes, as of a smuggled request, find out.
 */
export async function exchange(
  port: number,
  request: string | RequestChanges = {},
  host?: string,
): Promise<HttpAnswer> {
  const client = await RawClient.connect(port, { allowHalfOpen: true, ...(host && { host }) });
  client.socket.write(typeof request === 'string' ? request : upgradeRequest(request), 'latin1');
  await new Promise((resolve) => client.socket.once('end', resolve).once('close', resolve));
  writeUntilRefused(client.socket);
  return parseAnswer(await client.closed());
}

function writeUntilRefused(socket: Socket): void {
  socket.write('GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n', (error) => {
    if (!error) setImmediate(writeUntilRefused, socket);
  });
}
