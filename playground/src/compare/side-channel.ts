/** The side channel of a comparison: begins and stops events, tells what they cost, and what time it is at the server. */
import type { RunCommand, RunMessage } from '../../../src/cli/compare/format.js';
import { compareEndpoint } from '../own-endpoint.js';
import { ServerClock } from './server-clock.js';

/** What the transports have cost so far. */
export type Costs = Extract<RunMessage, { type: 'costs' }>;

/** Told of what comes by the side channel. */
export interface SideChannelListener {
  costs(message: Costs): void;
  /** It is lost, or could not be opened. */
  end(): void;
}

/** Pings before the first event, and the time between two later ones in milliseconds. */
const firstPings = 5;
const pingInterval = 1_000;

/** A side channel, from its opening to its end. */
export class SideChannel {
  readonly clock = new ServerClock();
  readonly #socket: WebSocket;
  readonly #listener: SideChannelListener;
  #isReady: () => void = () => undefined;
  #sent = 0;
  #pongs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(run: string, listener: SideChannelListener) {
    this.#listener = listener;
    this.#socket = new WebSocket(compareEndpoint('run', run));
    this.#socket.addEventListener('open', () => this.#ping());
    this.#socket.addEventListener('message', ({ data }: MessageEvent<string>) =>
      this.#take(JSON.parse(data)),
    );
    this.#socket.addEventListener('close', () => {
      clearTimeout(this.#timer);
      listener.end();
    });
  }

  /** Resolves once the server's clock is known. */
  ready(): Promise<void> {
    return new Promise((resolve) => {
      this.#isReady = resolve;
    });
  }

  /** Asks the server for something. */
  tell(command: RunCommand): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(command));
  }

  close(): void {
    this.#socket.close();
  }

  #ping(): void {
    this.#sent = performance.now();
    this.tell({ do: 'ping' });
  }

  #take(message: RunMessage): void {
    if (message.type === 'costs') this.#listener.costs(message);
    else this.#pong(message.at);
  }

  #pong(at: number): void {
    this.clock.take(this.#sent, performance.now(), at);
    this.#pongs++;
    if (this.#pongs === firstPings) this.#isReady();
    if (this.#pongs < firstPings) this.#ping();
    else this.#timer = setTimeout(() => this.#ping(), pingInterval);
  }
}
