/**
 * The page's one connection: a native `WebSocket` at a time, and events that outlive it. Knows nothing of
 * the page's elements.
 */

/** The names of `readyState`, by its value (WHATWG WebSockets §3). */
export const readyStates = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const;

/** The name of a `readyState`. */
export type ReadyStateName = (typeof readyStates)[number];

/** What a listener of the connection may want to know. */
export interface ConnectionListener {
  /** The state may have changed. */
  state?(state: ReadyStateName): void;
  /** The connection is open; `url` is the address it was opened with. */
  open?(url: string): void;
  /** A text message has come. */
  text?(message: string): void;
  /** A binary message has come. */
  binary?(message: Blob): void;
  /** The connection is over. */
  closed?(event: CloseEvent): void;
}

/** Opens, uses and closes one native `WebSocket` after the other. */
export class Connection {
  #socket: WebSocket | undefined;
  readonly #listeners: ConnectionListener[] = [];

  /** The name of the socket's `readyState`; `CLOSED` while there is none. */
  get state(): ReadyStateName {
    return this.#socket === undefined ? 'CLOSED' : (readyStates[this.#socket.readyState] ?? 'CLOSED');
  }

  /** Whether there has been a socket at all. */
  get used(): boolean {
    return this.#socket !== undefined;
  }

  /** Bytes that `send` has taken and the network not yet. */
  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  listen(listener: ConnectionListener): void {
    this.#listeners.push(listener);
  }

  /** Opens a new socket; throws what the constructor throws (`SyntaxError` for a bad address). */
  open(url: string): void {
    const socket = new WebSocket(url);
    socket.binaryType = 'blob';
    this.#socket = socket;
    socket.addEventListener('open', () => this.#tell((listener) => listener.open?.(socket.url)));
    socket.addEventListener('message', ({ data }: MessageEvent<string | Blob>) => this.#receive(data));
    socket.addEventListener('close', (event) => this.#tell((listener) => listener.closed?.(event)));
    this.#tell();
  }

  /** Sends a message; false, and nothing sent, unless the state is OPEN. */
  send(message: string | Blob): boolean {
    if (this.#socket === undefined || this.state !== 'OPEN') return false;
    this.#socket.send(message);
    return true;
  }

  /** Starts the closing handshake; throws what `WebSocket.close` throws for a code or a reason. */
  close(code: number | undefined, reason: string): void {
    if (code === undefined) this.#socket?.close();
    else this.#socket?.close(code, reason);
    this.#tell();
  }

  #receive(data: string | Blob): void {
    this.#tell((listener) => {
      if (typeof data === 'string') listener.text?.(data);
      else listener.binary?.(data);
    });
  }

  #tell(event: (listener: ConnectionListener) => void = () => {}): void {
    for (const listener of this.#listeners) {
      listener.state?.(this.state);
      event(listener);
    }
  }
}

/** Why nothing can be sent in a state other than OPEN. */
export function whyNotSent({ state, used }: Connection): string {
  if (state === 'CONNECTING') return 'Nothing was sent: not connected yet (the state is CONNECTING).';
  if (!used) return 'Nothing was sent: not connected yet. Press Connect first.';
  return `Nothing was sent: the connection is ${state}. Press Connect to open a new one.`;
}
