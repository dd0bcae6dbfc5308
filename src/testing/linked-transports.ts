import type { Transport, TransportListener } from '../transport/transport.js';

/** Options of `linkedTransports`. */
export interface LinkedTransportsOptions {
  /** The subprotocol that both ends show. Default none. */
  readonly subprotocol?: string | undefined;
  /** Characters that an end takes, unread, before its `send` returns `false`. Default 65,536. */
  readonly highWaterMark?: number | undefined;
}

/** Two transports that are the ends of one connection. */
export interface LinkedTransports {
  readonly client: LinkedTransport;
  readonly server: LinkedTransport;
  /** Loses the connection: both ends get `close` with 1006, and what was under way is lost. */
  cut(): void;
}

/**
 * Connects two transports in memory: what one sends reaches the other in a later microtask, in order.
 * @returns both ends, open
 */
export function linkedTransports(options: LinkedTransportsOptions = {}): LinkedTransports {
  const client = new LinkedTransport(options);
  const server = new LinkedTransport(options);
  client.peer = server;
  server.peer = client;
  const cut = (): void => {
    client.end(1006, '');
    server.end(1006, '');
  };
  return { client, server, cut };
}

type Delivery = { readonly text: string } | { readonly code: number; readonly reason: string };

/** One end. Its messages can be held back, so that a test sees what backpressure does. */
export class LinkedTransport implements Transport {
  readonly subprotocol: string;
  /** @internal */
  peer!: LinkedTransport;
  readonly #highWaterMark: number;
  #listener: TransportListener | undefined;
  #incoming: Delivery[] = [];
  #unread = 0;
  #isPaused = false;
  #isOver = false;
  #isClosing = false;

  /** @internal Made by `linkedTransports`. */
  constructor({ subprotocol = '', highWaterMark = 65_536 }: LinkedTransportsOptions) {
    this.subprotocol = subprotocol;
    this.#highWaterMark = highWaterMark;
  }

  /** Characters that the other end has not read. */
  get bufferedAmount(): number {
    return this.peer.#unread;
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
    this.#schedule();
  }

  send(message: string): boolean {
    if (this.#isOver || this.#isClosing) return false;
    this.peer.#take({ text: message }, message.length);
    return this.bufferedAmount < this.#highWaterMark;
  }

  close(code = 1000, reason = ''): void {
    if (this.#isOver || this.#isClosing) return;
    this.#isClosing = true;
    this.peer.#take({ code, reason }, 0);
  }

  terminate(): void {
    this.end(1006, '');
    this.peer.#take({ code: 1006, reason: '' }, 0);
  }

  /** Reads nothing until `resume`: what the other end sends stays buffered. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Reads on. */
  resume(): void {
    this.#isPaused = false;
    this.#schedule();
  }

  /** @internal */
  end(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#incoming = [];
    this.#unread = 0;
    this.#listener?.close(code, reason);
  }

  #take(delivery: Delivery, size: number): void {
    if (this.#isOver) return;
    this.#incoming.push(delivery);
    this.#unread += size;
    this.#schedule();
  }

  #schedule(): void {
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    if (this.#listener === undefined || this.#isPaused) return;
    const delivery = this.#incoming.shift();
    if (delivery === undefined) return;
    if ('code' in delivery) {
      this.end(delivery.code, delivery.reason);
      this.peer.end(delivery.code, delivery.reason);
      return;
    }
    const wasFull = this.#unread >= this.#highWaterMark;
    this.#unread -= delivery.text.length;
    this.#listener.message(delivery.text);
    if (wasFull && this.#unread < this.#highWaterMark) this.peer.#listener?.drain();
    this.#schedule();
  }
}
