/**
 * A connection that comes back: it connects again when it was lost, keeps what cannot leave meanwhile, and finds out
 * when it is dead. It knows nothing of RPC but the two messages that the server answers for it: `rpc.ping` and
 * `rpc.auth`. There is one live transport at a time, never two.
 */

import { type BackoffOptions, fullJitter } from '../transport/backoff.js';
import { type Clock, systemClock } from '../transport/clock.js';
import type { Dial, DialListener } from '../transport/dial.js';
import { NotSentError } from '../transport/errors.js';
import type { Link, Outgoing, WhenOffline } from '../transport/link.js';
import type { Transport } from '../transport/transport.js';
import { utf8Length } from '../transport/utf8-length.js';
import { isTerminal, retryAfter, UNAUTHENTICATED } from './close-rules.js';
import { defaultDial } from './default-dial.js';
import { fallbackDial } from './fallback-dial.js';
import { OfflineQueue, type QueueOptions } from './offline-queue.js';
import type { ClientStatus } from './status.js';
import { TokenLogin, type TokenSource } from './token.js';
import { listenForWaking } from './waking.js';
import { Watchdog, type WatchdogOptions } from './watchdog.js';

/** Options of a `Connection`. */
export interface ConnectionOptions {
  /** Subprotocols to offer. Default none. */
  readonly protocols?: readonly string[] | undefined;
  /** Fetches the token that `rpc.auth` hands over, again before it expires and when it was refused. Default none. */
  readonly token?: TokenSource | undefined;
  /** Bounds of the delays between attempts. Default 500 doubled up to 30,000 ms, with full jitter. */
  readonly backoff?: BackoffOptions | undefined;
  /** Milliseconds that an attempt has, authentication included. Default 10,000. */
  readonly connectTimeout?: number | undefined;
  /** Bounds of what waits for a connection. Default 250 messages of 1 MiB in all. */
  readonly queue?: QueueOptions | undefined;
  /** Finds dead connections. Default after 25 s without a message and 10 s without an answer; `false` for not. */
  readonly watchdog?: WatchdogOptions | false | undefined;
  /** Whether a close code is the last. By default those that the guide lists. */
  readonly isTerminal?: ((code: number, reason: string) => boolean) | undefined;
  /** How to connect. By default with the WebSocket of the platform. */
  readonly dial?: Dial | undefined;
  /** How else, in this order, where that does not get through: `sseDial()`, `pollingDial()`. Default none. */
  readonly fallbacks?: readonly Dial[] | undefined;
  readonly clock?: Clock | undefined;
  /** Random numbers from 0 up to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** What happens on a connection. */
export interface ConnectionListener {
  /** A message has come. */
  message(data: string | Uint8Array): void;
  /** There is a connection, for the first time or again; what waits leaves behind what is sent here. */
  opened?(): void;
  /** What was buffered has left, after `post` had returned `false`. */
  drained?(): void;
  /** It was lost, with this close code. */
  lost?(code: number): void;
  /** There will be none any more. */
  closed?(error: NotSentError): void;
}

/** The close code of a connection that we gave up, after the HTTP status 408. */
const DEAD = 4408;
/** Messages that a server may send before it has taken the token. */
const MAX_EARLY = 100;
/** A connection that lasts so many milliseconds was worth it: delays begin anew. */
const STABLE = 5000;

/** A connection that comes back. */
export class Connection implements Link {
  readonly #url: string | (() => string | Promise<string>);
  readonly #options: ConnectionOptions;
  readonly #listener: ConnectionListener;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #queue: OfflineQueue;
  readonly #dial: Dial;
  readonly #declared = new Set<{ readonly text: () => string }>();
  readonly #subscribers = new Set<(status: ClientStatus) => void>();
  #status: ClientStatus = { state: 'connecting', attempt: 0 };
  #watchdog: Watchdog | undefined;
  #stopListening: (() => void) | undefined;
  #transport: Transport | undefined;
  #login: TokenLogin | undefined;
  /** Of the next attempt, or of the one that is under way. */
  #timer: unknown;
  /** Attempts that have failed in a row; a connection that does not last is one. */
  #failures = 0;
  #openedAt = 0;
  /** Whether the server said when to come back. */
  #isHinted = false;
  /** Messages that came before the token was taken. */
  readonly #early: (string | Uint8Array)[] = [];
  #pingId: string | undefined;
  #isPinging = false;
  /** Counts attempts: what belongs to an earlier one is over. */
  #epoch = 0;

  /**
   * Begins to connect.
   * @param url of the scheme ws or wss, or a function that gives it for each attempt
   * @param listener told of messages
   * @param options everything else
   */
  constructor(
    url: string | (() => string | Promise<string>),
    listener: ConnectionListener,
    options: ConnectionOptions = {},
  ) {
    const { clock = systemClock, random = Math.random, queue, dial, fallbacks = [] } = options;
    const first: Dial = (...where) => (dial ?? defaultDial(options.protocols))(...where);
    this.#url = url;
    this.#options = options;
    this.#listener = listener;
    this.#clock = clock;
    this.#random = random;
    this.#queue = new OfflineQueue(queue);
    this.#dial = fallbacks.length === 0 ? first : fallbackDial([first, ...fallbacks], clock);
    void this.#attempt();
  }

  /** What it is doing: another object whenever that changes. */
  get status(): ClientStatus {
    return this.#status;
  }

  /** How many messages wait for a connection. */
  get queued(): number {
    return this.#queue.length;
  }

  /**
   * Calls back whenever `status` changes.
   * @returns a function that ends that
   */
  readonly subscribe = (subscriber: (status: ClientStatus) => void): (() => void) => {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  };

  /** Sends a text; resolves when it was handed to a connection, rejects with a NotSentError if it never will be. */
  send(text: string, whenOffline: WhenOffline = 'wait'): Promise<void> {
    return new Promise((sent, failed) => {
      this.submit({ size: () => utf8Length(text), text: () => text, sent, failed }, whenOffline);
    });
  }

  /**
   * Declares a text that the server is to be told on every connection, such as a subscription.
   * @param text the text, or a function that gives it for each connection
   * @returns a function that takes it back
   */
  declare(text: string | (() => string)): () => void {
    const declared = { text: typeof text === 'string' ? () => text : text };
    this.#declared.add(declared);
    if (this.#status.state === 'open') this.post(declared.text());
    return () => this.#declared.delete(declared);
  }

  /** Connects now rather than later, also where there would be no further attempt. */
  reconnect(): void {
    if (this.#status.state === 'waiting' || this.#status.state === 'closed') void this.#attempt();
  }

  /** Ends it, for good unless `reconnect` is called. Default 1000 without a reason. */
  close(code = 1000, reason = ''): void {
    if (this.#status.state === 'closed') return;
    const transport = this.#transport;
    const wasOpen = this.#detach();
    transport?.close(code, reason);
    this.#end({ attempt: 0, code, reason }, wasOpen);
  }

  submit(message: Outgoing, whenOffline: WhenOffline): void {
    if (this.#status.state === 'open') this.#send(message);
    else if (this.#status.state === 'closed') message.failed(this.#closedError());
    else this.#queue.add(message, whenOffline);
  }

  withdraw(message: Outgoing): void {
    this.#queue.remove(message);
  }

  /** @returns whether more may be sent at once; after `false` the listener's `drained` says when */
  post(text: string): boolean {
    return this.#status.state !== 'open' || this.#transport?.send(text) !== false;
  }

  #send(message: Outgoing): void {
    const text = message.text();
    message.sent();
    this.#transport?.send(text);
  }

  async #attempt(): Promise<void> {
    const epoch = ++this.#epoch;
    const isOver = () => epoch !== this.#epoch;
    const { connectTimeout = 10_000 } = this.#options;
    this.#keepWatch();
    this.#setTimer(() => this.#drop(DEAD, 'connecting took too long'), connectTimeout);
    const { code, reason, error, attempt } = this.#status;
    this.#status = { state: 'connecting', attempt: attempt + 1, code, reason, error };
    this.#tell();
    try {
      const url = await this.#address();
      if (isOver()) return;
      const listener: DialListener = {
        open: () => isOver() || this.#authenticate(),
        message: (data) => isOver() || this.#receive(data),
        drain: () => isOver() || guarded(() => this.#listener.drained?.()),
        close: (code, reason, error) => isOver() || this.#lost(code, reason, error),
      };
      this.#transport = this.#dial(url, listener, this.#options.protocols);
    } catch (error) {
      if (!isOver()) this.#lost(1006, '', error);
    }
  }

  /** Asynchronous whatever it is, so that nothing happens before whoever makes a connection has it. */
  async #address(): Promise<string> {
    return typeof this.#url === 'string' ? this.#url : this.#url();
  }

  #authenticate(): void {
    const { token: source } = this.#options;
    if (source === undefined) {
      this.#opened();
      return;
    }
    const transport = this.#transport;
    this.#login = new TokenLogin({
      clock: this.#clock,
      source,
      send: (text) => transport?.send(text),
      accepted: () => this.#opened(),
      refused: (error) => this.#drop(UNAUTHENTICATED, 'there is no valid token', error),
    });
    this.#login.start();
  }

  #opened(): void {
    const epoch = this.#epoch;
    this.#clock.clearTimeout(this.#timer);
    this.#openedAt = this.#clock.now();
    this.#watchdog?.start();
    this.#status = { state: 'open', attempt: 0, transport: this.#transport?.name };
    for (const { text } of this.#declared) guarded(() => this.post(text()));
    if (epoch === this.#epoch) guarded(() => this.#listener.opened?.());
    for (const data of this.#early.splice(0)) if (epoch === this.#epoch) this.#hand(data);
    while (epoch === this.#epoch) {
      const message = this.#queue.shift();
      if (message === undefined) break;
      this.#send(message);
    }
    if (epoch === this.#epoch) this.#tell();
  }

  #receive(data: string | Uint8Array): void {
    this.#watchdog?.heard();
    if (typeof data === 'string' && (this.#login?.receive(data) || this.#isPingAnswer(data))) return;
    if (this.#status.state === 'open') this.#hand(data);
    else if (this.#early.push(data) > MAX_EARLY) this.#drop(DEAD, 'too many messages before authentication');
  }

  #hand(data: string | Uint8Array): void {
    guarded(() => this.#listener.message(data));
  }

  #ping(): void {
    // Nobody else can know it, so that a text that holds it is the answer.
    this.#pingId ??= `rpc.ping ${crypto.getRandomValues(new Uint32Array(2)).join('-')}`;
    this.#isPinging = true;
    this.post(`{"jsonrpc":"2.0","method":"rpc.ping","id":"${this.#pingId}"}`);
  }

  /** The answer to our ping, an error too, has done its purpose by coming. */
  #isPingAnswer(text: string): boolean {
    if (!this.#isPinging || text.length > 512 || !text.includes(this.#pingId as string)) return false;
    this.#isPinging = false;
    return true;
  }

  /** Gives the connection up: the peer cannot be waited for. */
  #drop(code: number, reason: string, error?: unknown): void {
    const transport = this.#transport;
    const wasOpen = this.#detach();
    transport?.terminate();
    this.#goOn({ attempt: this.#status.attempt, code, reason, error }, wasOpen);
  }

  #lost(code: number, reason: string, error?: unknown): void {
    const wasOpen = this.#detach();
    this.#goOn({ attempt: this.#status.attempt, code, reason, error }, wasOpen);
  }

  /** What comes after a connection, or after an attempt: another one, unless this was the last. */
  #goOn(ending: Ending, wasOpen: boolean): void {
    const { code, reason } = ending;
    const isLast = this.#options.isTerminal ?? isTerminal;
    if (guarded(() => isLast(code, reason))) {
      this.#end(ending, wasOpen);
      return;
    }
    if (wasOpen && this.#clock.now() - this.#openedAt >= STABLE) this.#failures = 0;
    const hint = retryAfter(code, reason, this.#random);
    this.#isHinted = hint !== undefined;
    const delay = hint ?? fullJitter(this.#options.backoff, this.#random).delay(++this.#failures);
    this.#setTimer(() => void this.#attempt(), delay);
    this.#status = { state: 'waiting', ...ending, retryAt: this.#clock.now() + delay };
    if (wasOpen) guarded(() => this.#listener.lost?.(code));
    this.#tell();
  }

  /** What comes of the transport from now on is not for us. Returns whether it was in use. */
  #detach(): boolean {
    this.#epoch++;
    this.#transport = undefined;
    this.#login?.end();
    this.#login = undefined;
    this.#isPinging = false;
    this.#early.length = 0;
    this.#watchdog?.stop();
    this.#clock.clearTimeout(this.#timer);
    return this.#status.state === 'open';
  }

  #end(ending: Ending, wasOpen: boolean): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    this.#watchdog?.end();
    this.#watchdog = undefined;
    this.#failures = 0;
    this.#status = { ...ending, state: 'closed', attempt: 0 };
    if (wasOpen) guarded(() => this.#listener.lost?.(ending.code));
    const error = this.#closedError();
    for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) {
      message.failed(error);
    }
    guarded(() => this.#listener.closed?.(error));
    this.#tell();
  }

  #closedError(): NotSentError {
    const { code, reason } = this.#status;
    return new NotSentError('RPC_ERR_CLOSED', `${code}${reason ? ` (${reason})` : ''}`);
  }

  #keepWatch(): void {
    const { watchdog } = this.#options;
    if (watchdog !== false) {
      const parts = {
        clock: this.#clock,
        ping: () => this.#ping(),
        dead: () => this.#drop(DEAD, 'no answer'),
      };
      this.#watchdog ??= new Watchdog(parts, watchdog);
    }
    this.#stopListening ??= listenForWaking((isOnline) => {
      this.#watchdog?.check(true);
      const { state, retryAt = 0 } = this.#status;
      // Timers of a page that was away are late.
      const isDue = this.#clock.now() >= retryAt || (isOnline && !this.#isHinted);
      if (state === 'waiting' && isDue) void this.#attempt();
    });
  }

  #setTimer(callback: () => void, delay: number): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(callback, delay);
  }

  #tell(): void {
    const status = this.#status;
    for (const subscriber of [...this.#subscribers])
      if (this.#status === status) guarded(() => subscriber(status));
  }
}

/** How a connection or an attempt ended. */
interface Ending {
  readonly attempt: number;
  readonly code: number;
  readonly reason: string;
  readonly error?: unknown;
}

/** Calls what others wrote: an error of theirs is theirs, and told where errors that nobody catches are told. */
function guarded<T>(callback: () => T): T | undefined {
  try {
    return callback();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
    return undefined;
  }
}
