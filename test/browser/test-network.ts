/** A network in memory: a dial whose attempts a test lets succeed, fail or hang, and a clock that it moves. */

import { type LinkedTransport, linkedTransports, ManualClock } from '../../src/testing/index.js';
import type { Dial, DialListener } from '../../src/transport/dial.js';

/** One attempt to connect. */
export class Attempt {
  readonly url: string;
  readonly #listener: DialListener;
  readonly #server: LinkedTransport;
  readonly #client: LinkedTransport;
  readonly #cut: () => void;
  /** What the client sent, parsed. */
  readonly received: { method?: string; params?: unknown; id?: unknown; meta?: Record<string, unknown> }[] =
    [];
  /** How the client ended it. */
  ended: { code: number; reason: string } | undefined;
  isLive = false;

  constructor(url: string, listener: DialListener) {
    const { client, server, cut } = linkedTransports();
    this.url = url;
    this.#listener = listener;
    this.#client = client;
    this.#server = server;
    this.#cut = cut;
    client.listen({
      ...listener,
      message: (data) => listener.message(data),
      drain: () => listener.drain(),
      close: (code, reason) => {
        this.isLive = false;
        listener.close(code, reason);
      },
    });
  }

  get transport(): LinkedTransport {
    return this.#client;
  }

  /** The end of the server. */
  get server(): LinkedTransport {
    return this.#server;
  }

  /** The opening handshake is done; the test is the server. */
  open(): void {
    this.accept();
    this.#server.listen({
      message: (data) => this.received.push(JSON.parse(data as string)),
      drain: () => undefined,
      close: (code, reason) => {
        this.isLive = false;
        this.ended = { code, reason };
      },
    });
  }

  /** The opening handshake is done; somebody else is the server. */
  accept(): void {
    this.isLive = true;
    this.#listener.open();
  }

  /** The server sends a message. */
  send(message: unknown): void {
    this.#server.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The server answers the last request. */
  answer(result: unknown): void {
    this.send({ jsonrpc: '2.0', result, id: this.received.at(-1)?.id });
  }

  /** The server closes, or, without a connection yet, refuses. */
  close(code: number, reason = ''): void {
    this.#server.close(code, reason);
  }

  /** The network fails. */
  cut(): void {
    this.#cut();
  }
}

/** A network. */
export function testNetwork() {
  const clock = new ManualClock();
  const attempts: Attempt[] = [];
  const dial: Dial = (url, listener) => {
    const attempt = new Attempt(url, listener);
    attempts.push(attempt);
    return attempt.transport;
  };
  return {
    clock,
    dial,
    attempts,
    /** The last attempt. */
    get last(): Attempt {
      return attempts.at(-1) as Attempt;
    },
    /** Attempts that are open. */
    get live(): number {
      return attempts.filter(({ isLive }) => isLive).length;
    },
  };
}

/** Lets microtasks run until nothing is left to do. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}
