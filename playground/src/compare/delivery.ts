/** The ways in which events come: each is opened on an address, and tells a listener. Knows nothing of figures. */

import type { Dial } from 'hawser/client';
import { pollingDial } from 'hawser/client/polling';
import { sseDial } from 'hawser/client/sse';
import type { ComparedEvent, TransportName } from '../../../src/cli/compare/format.js';
import { compareEndpoint } from '../own-endpoint.js';

/** What happens on a delivery. */
export interface DeliveryListener {
  /** Events may come from now on. */
  open(): void;
  event(event: ComparedEvent): void;
  /** None will come any more; `why` is for people. */
  end(why: string): void;
}

/** A way that is open, or about to. */
export interface Delivery {
  /** No more events, please; `end` follows. */
  close(): void;
}

/** What all ways need to know. */
export interface DeliveryOptions {
  readonly run: string;
  /** Milliseconds between two questions of short polling. */
  readonly interval: number;
}

type Open = (options: DeliveryOptions, listener: DeliveryListener) => Delivery;

/** Every way. */
export const deliveries: Readonly<Record<TransportName, Open>> = {
  short: (options, listener) => new ShortPolling(options, listener),
  polling: dialed(pollingDial()),
  sse: dialed(sseDial()),
  websocket: ({ run }, listener) => {
    const socket = new WebSocket(compareEndpoint('socket', run));
    socket.addEventListener('open', () => listener.open());
    socket.addEventListener('message', ({ data }: MessageEvent<string>) => listener.event(JSON.parse(data)));
    socket.addEventListener('close', ({ code }) => listener.end(String(code)));
    return socket;
  },
};

function dialed(dial: Dial): Open {
  return ({ run }, listener) =>
    dial(compareEndpoint('events', run), {
      open: () => listener.open(),
      message: (data) => listener.event(JSON.parse(String(data))),
      drain: () => undefined,
      close: (code) => listener.end(String(code)),
    });
}

/** Asks for what is new, waits, and asks again: what pages did before there was anything else. */
class ShortPolling implements Delivery {
  readonly #options: DeliveryOptions;
  readonly #listener: DeliveryListener;
  readonly #abort = new AbortController();
  #after = 0;

  constructor(options: DeliveryOptions, listener: DeliveryListener) {
    this.#options = options;
    this.#listener = listener;
    void this.#ask().then(() => listener.open());
  }

  close(): void {
    this.#abort.abort();
    this.#listener.end('');
  }

  async #ask(): Promise<void> {
    const { run, interval } = this.#options;
    const { signal } = this.#abort;
    const url = new URL(compareEndpoint('short', run).replace(/^ws/, 'http'));
    url.searchParams.set('after', String(this.#after));
    try {
      const response = await fetch(url, { signal, cache: 'no-store' });
      this.#take((await response.json()) as readonly ComparedEvent[]);
    } catch {
      // The next question may get through; nothing is lost by this one.
    }
    if (!signal.aborted) setTimeout(() => void this.#ask(), interval);
  }

  #take(events: readonly ComparedEvent[]): void {
    for (const event of events) {
      this.#after = event.n;
      this.#listener.event(event);
    }
  }
}
