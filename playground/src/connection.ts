/**
 * The page's one connection: a native `WebSocket` at a time, and signals that outlive it. Knows nothing of the page's
 * elements.
 */
import { signal } from '@preact/signals';

/** The names of `readyState`, by its value (WHATWG WebSockets §3). */
export const readyStates = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const;

/** The name of a `readyState`. */
export type ReadyStateName = (typeof readyStates)[number];

/** What may be sent. */
export type Message = string | Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer>;

/** Takes a message as the browser hands it out. */
export type MessageListener = (data: string | Blob | ArrayBuffer) => void;

/** A connection that has ended. */
export interface PastConnection {
  readonly number: number;
  readonly url: string;
  /** `Date.now()` when it was asked for, when it was open (if it ever was), and when it ended. */
  readonly started: number;
  readonly opened: number | undefined;
  readonly ended: number;
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

/** Most past connections that are kept. */
const kept = 50;

/** Opens, uses and closes one native `WebSocket` after the other. */
export class Connection {
  /** `readyState` of the newest socket; `CLOSED` while there has been none. */
  readonly state = signal<ReadyStateName>('CLOSED');
  /** The newest socket's address. */
  readonly url = signal('');
  /** When the newest socket reached its state, by `Date.now()`. */
  readonly since = signal(Date.now());
  /** Connections that have ended, the newest first. */
  readonly past = signal<readonly PastConnection[]>([]);
  /** The extension that was agreed on. */
  readonly extensions = signal('');
  #socket: WebSocket | undefined;
  #count = 0;
  readonly #listeners: MessageListener[] = [];

  /** Bytes that `send` has taken and the network not yet. */
  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Calls `listener` with each message, of this connection and of later ones. */
  listen(listener: MessageListener): void {
    this.#listeners.push(listener);
  }

  /** Opens a new socket; throws what the constructor throws (`SyntaxError` for a bad address). */
  open(url: string): void {
    const socket = new WebSocket(url);
    const number = ++this.#count;
    const started = Date.now();
    let opened: number | undefined;
    this.#socket = socket;
    this.url.value = url;
    socket.addEventListener('open', () => {
      opened = Date.now();
      this.extensions.value = socket.extensions;
      this.#update();
    });
    socket.addEventListener('message', ({ data }: MessageEvent<string | Blob | ArrayBuffer>) => {
      for (const listener of this.#listeners) listener(data);
    });
    socket.addEventListener('close', ({ code, reason, wasClean }) => {
      const life = { number, url, started, opened, ended: Date.now(), code, reason, wasClean };
      this.past.value = [life, ...this.past.value].slice(0, kept);
      this.#update();
    });
    this.#update();
  }

  /** Sends a message whose echo is wanted as `binaryType`; false, and nothing sent, unless the state is OPEN. */
  send(message: Message, binaryType: BinaryType = 'blob'): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.binaryType = binaryType;
    this.#socket.send(message);
    return true;
  }

  /** Starts the closing handshake; throws what `WebSocket.close` throws for a code or a reason. */
  close(code: number | undefined, reason: string): void {
    if (code === undefined) this.#socket?.close();
    else this.#socket?.close(code, reason);
    this.#update();
  }

  #update(): void {
    const state = readyStates[this.#socket?.readyState ?? WebSocket.CLOSED] ?? 'CLOSED';
    if (state !== this.state.value) this.since.value = Date.now();
    this.state.value = state;
  }
}

/** The connection of this page. */
export const connection = new Connection();
