/** The WHATWG classes as clients: those of undici and those of `hawser/web`, which have the same shape. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import * as web from '../../src/web/index.js';
import { type Ability, type Client, type ClientOptions, type End, type Message, Refused } from './end.js';
import { Received } from './inbox.js';

const requirePeer = createRequire(new URL('../peers/package.json', import.meta.url));
const undici = requirePeer('undici') as typeof web & { ping(socket: web.WebSocket, data: Buffer): void };
const undiciVersion = (requirePeer('undici/package.json') as { version: string }).version;
// Its pongs are told on this channel only.
const pongs = 'undici:websocket:pong';

/** undici's WebSocketStream hands out a Map in place of the header's string. */
const compressesBy = (extensions: string | Map<string, unknown>): boolean =>
  typeof extensions === 'string'
    ? extensions.startsWith('permessage-deflate')
    : extensions.has('permessage-deflate');

const messageOf = (data: unknown): Message =>
  typeof data === 'string' ? data : Buffer.from(data as Uint8Array);

class WebSocketEnd implements End {
  readonly #socket: web.WebSocket;
  readonly #received = new Received<Message>();

  constructor(socket: web.WebSocket) {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => this.#received.messages.add(messageOf(data)));
    socket.addEventListener('close', ({ code, reason }) => this.#received.close(code, reason));
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get compresses(): boolean {
    return compressesBy(this.#socket.extensions);
  }

  get closed() {
    return this.#received.closed;
  }

  message(): Promise<Message> {
    return this.#received.messages.take();
  }

  async send(message: Message): Promise<void> {
    this.#socket.send(message);
  }

  ping(data: string): Promise<string> {
    return new Promise((resolve) => {
      const listener = (told: unknown): void => {
        unsubscribe(pongs, listener);
        resolve(String((told as { payload: Buffer }).payload));
      };
      subscribe(pongs, listener);
      undici.ping(this.#socket, Buffer.from(data));
    });
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  discard(): void {
    this.#socket.close();
  }
}

/** Reads all the time, since a stream that is not read does not see the close. */
class WebSocketStreamEnd implements End {
  readonly protocol: string;
  readonly compresses: boolean;
  readonly #stream: web.WebSocketStream;
  readonly #writer: WritableStreamDefaultWriter<unknown>;
  readonly #received = new Received<Message>();
  #reading: Promise<void> = Promise.resolve();
  #resume: () => void = () => {};

  constructor(stream: web.WebSocketStream, opened: web.WebSocketOpenInfo) {
    this.#stream = stream;
    this.protocol = opened.protocol;
    this.compresses = compressesBy(opened.extensions);
    this.#writer = opened.writable.getWriter();
    this.#writer.closed.catch(() => {});
    this.#read(opened.readable.getReader()).catch(() => {});
    stream.closed.then(
      ({ closeCode, reason }) => this.#received.close(closeCode, reason),
      // Without a close frame the error has no code.
      ({ closeCode, reason }: web.WebSocketError) => this.#received.close(closeCode ?? 1006, reason),
    );
  }

  get closed() {
    return this.#received.closed;
  }

  message(): Promise<Message> {
    return this.#received.messages.take();
  }

  async send(message: Message): Promise<void> {
    await this.#writer.write(message);
  }

  pause(): void {
    this.#reading = new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.#resume();
  }

  close(closeCode?: number, reason?: string): void {
    this.#stream.close(
      closeCode === undefined ? {} : { closeCode, ...(reason === undefined ? {} : { reason }) },
    );
  }

  discard(): void {
    this.#stream.close();
  }

  async #read(reader: ReadableStreamDefaultReader<string | Uint8Array>): Promise<void> {
    for (;;) {
      await this.#reading;
      const { value, done } = await reader.read();
      if (done) return;
      this.#received.messages.add(messageOf(value));
    }
  }
}

class WebClient implements Client {
  readonly name: string;
  readonly abilities: ReadonlySet<Ability>;
  readonly #open: (url: string, protocols: readonly string[]) => Promise<End>;

  constructor(
    name: string,
    abilities: readonly Ability[],
    open: (url: string, protocols: readonly string[]) => Promise<End>,
  ) {
    this.name = name;
    this.abilities = new Set(['no code', ...abilities]);
    this.#open = open;
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  /** These clients offer permessage-deflate always, without parameters of the user's. */
  connect(url: string, { protocols = [] }: ClientOptions): Promise<End> {
    return this.#open(url, protocols);
  }
}

const openWebSocket =
  (WebSocket: typeof web.WebSocket) =>
  (url: string, protocols: readonly string[]): Promise<End> => {
    const socket = new WebSocket(url, [...protocols]);
    const end = new WebSocketEnd(socket);
    return new Promise((resolve, reject) => {
      socket.addEventListener('open', () => resolve(end));
      socket.addEventListener('close', () => reject(new Refused()));
    });
  };

const openWebSocketStream =
  (WebSocketStream: typeof web.WebSocketStream) =>
  async (url: string, protocols: readonly string[]): Promise<End> => {
    const stream = new WebSocketStream(url, { protocols: [...protocols] });
    stream.closed.catch(() => {});
    const opened = await stream.opened.catch(() => {
      throw new Refused();
    });
    return new WebSocketStreamEnd(stream, opened);
  };

export const undiciClient = (): Client =>
  new WebClient(`undici ${undiciVersion}`, ['ping'], openWebSocket(undici.WebSocket));

export const undiciStreamClient = (): Client =>
  new WebClient(
    `undici ${undiciVersion} WebSocketStream`,
    ['pause'],
    openWebSocketStream(undici.WebSocketStream),
  );

export const hawserWebClient = (): Client =>
  new WebClient('hawser/web', ['compresses', 'byte order mark'], openWebSocket(web.WebSocket));

export const hawserWebStreamClient = (): Client =>
  new WebClient(
    'hawser/web WebSocketStream',
    ['compresses', 'pause', 'byte order mark'],
    openWebSocketStream(web.WebSocketStream),
  );
