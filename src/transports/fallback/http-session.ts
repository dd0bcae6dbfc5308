/**
 * The client's half of a fallback session: messages go up by POST, one request at a time, and come down by whatever
 * the transport is. Both directions are numbered, so that a request that got lost is sent again and applied once.
 */

import { type Clock, systemClock } from '../../transport/clock.js';
import type { Dial, DialListener } from '../../transport/dial.js';
import { HIGH_WATER_MARK, type Transport } from '../../transport/transport.js';
import { utf8Length } from '../../transport/utf8-length.js';

/** Options of a fallback transport. */
export interface HttpOptions {
  /** Headers of every request, such as `Authorization`, or a function that gives them. Default none. */
  readonly headers?: HeadersSource | undefined;
  /** Whether cookies go along: as for `fetch`, by default to the page's own origin. */
  readonly credentials?: RequestCredentials | undefined;
  /** What makes the requests. Default the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  readonly clock?: Clock | undefined;
}

type HeaderFields = Readonly<Record<string, string>>;
type HeadersSource = HeaderFields | (() => HeaderFields | Promise<HeaderFields>);

/** How messages come down. */
export interface Downstream {
  /** The transport's name. */
  readonly name: string;
  /** What the requests accept: by it the server tells the transports apart. */
  readonly accept: string;
  /** Reads one response; throws when it ended as it should not. */
  read(response: Response, session: HttpSession): Promise<void>;
}

/** What a server says of a session when it begins; whatever stands between may say anything else. */
export interface Opening {
  readonly key: unknown;
  readonly protocol: unknown;
}

/** How a session ends, as it was told. */
export type Ending = readonly [code: unknown, reason: unknown];

/** Milliseconds that a session has to get through to the server again. */
const PATIENCE = 20_000;
/** Milliseconds until the first repetition, which the time adds to that it has failed already; and at most. */
const FIRST_DELAY = 100;
const MAX_DELAY = 2000;
/** A stream that has lasted so many milliseconds was none that failed, even if nothing came. */
const STABLE = 5000;
/** Milliseconds that a POST has, which is answered at once: without an answer its connection may be dead. */
const POST_TIMEOUT = 15_000;
/** Characters of a body that each get it a millisecond more: slower lines are of no use. */
const SLOWEST = 10;
/** Milliseconds that a session has to leave in order. */
const CLOSE_TIMEOUT = 5000;
/** Characters and messages of one POST, but for a message that is longer. */
const BATCH_LENGTH = 131_072;
const BATCH_COUNT = 500;

/** Connects by HTTP, to an address of the scheme ws, wss, http or https, or a relative one where a page has its own. */
export function httpDial(downstream: Downstream, options: HttpOptions = {}): Dial {
  return (url, listener, protocols = []) => {
    const address = new URL(url.replace(/^ws/i, 'http'), globalThis.location?.href);
    return new HttpSession(address, listener, protocols, downstream, options);
  };
}

/** One direction. */
interface Direction {
  /** Ends the request that is under way, or the wait for the next one. */
  cancel?: () => void;
  /** When the first of the failures in a row was. */
  failedAt?: number | undefined;
  /** When the stream opened that comes by it. */
  openedAt?: number | undefined;
}

/** One session. */
export class HttpSession implements Transport {
  subprotocol = '';
  bufferedAmount = 0;
  readonly name: string;
  readonly #address: URL;
  readonly #listener: DialListener;
  readonly #downstream: Downstream;
  readonly #options: HttpOptions;
  readonly #protocols: readonly string[];
  readonly #clock: Clock;
  readonly #id = crypto.getRandomValues(new Uint32Array(4)).join('-');
  readonly #down: Direction = {};
  readonly #up: Direction = {};
  /** Proves, together with who we are, that the session is ours; empty before it is open. */
  #key = '';
  #received = 0;
  #sent = 0;
  readonly #queue: string[] = [];
  #closing: readonly [code: number, reason: string] | undefined;
  #closeTimer: unknown;
  #isUploading = false;
  #isFull = false;
  #isEnded = false;

  constructor(
    address: URL,
    listener: DialListener,
    protocols: readonly string[],
    downstream: Downstream,
    options: HttpOptions,
  ) {
    this.name = downstream.name;
    this.#address = address;
    this.#listener = listener;
    this.#downstream = downstream;
    this.#options = options;
    this.#protocols = protocols;
    this.#clock = options.clock ?? systemClock;
    void this.#download();
  }

  listen(): void {}

  send(text: string): boolean {
    if (this.#isEnded || this.#closing) return false;
    this.#queue.push(text.toWellFormed());
    this.bufferedAmount += utf8Length(text);
    this.#isFull ||= this.bufferedAmount >= HIGH_WATER_MARK;
    void this.#upload();
    return !this.#isFull;
  }

  close(code = 1000, reason = ''): void {
    if (!this.#key) this.terminate();
    if (this.#isEnded || this.#closing) return;
    this.#closing = [code, reason];
    this.#closeTimer = this.#clock.setTimeout(() => this.terminate(), CLOSE_TIMEOUT);
    void this.#upload();
  }

  terminate(): void {
    this.#end(1006, '');
  }

  /** The server has opened the session, or says that it goes on. @throws if it is no server of ours */
  opened({ key, protocol }: Opening): void {
    check(isText(key) && key && isText(protocol));
    this.#down.openedAt = this.#clock.monotonic();
    if (this.#isEnded || this.#key) return;
    this.#key = key;
    this.subprotocol = protocol;
    this.#listener.open();
  }

  /** A message has come, behind those before. @throws if it is none */
  message(text: unknown): void {
    check(isText(text) && this.#key);
    this.#received++;
    this.#down.failedAt = undefined;
    if (!this.#isEnded) this.#listener.message(text);
  }

  /** The server says that it is over. @throws if that is no close code, as what proxies answer is none */
  ended(code: unknown, reason: unknown): void {
    check(typeof code === 'number' && code >= 1000 && code < 5000 && isText(reason));
    this.#end(code, reason);
  }

  #end(code: number, reason: string, error?: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#clock.clearTimeout(this.#closeTimer);
    this.#queue.length = 0;
    this.#down.cancel?.();
    this.#up.cancel?.();
    this.#listener.close(code, reason, error);
  }

  async #download(): Promise<void> {
    const attempt = async (): Promise<void> => {
      this.#down.openedAt = undefined;
      await this.#downstream.read(await this.#request(this.#down), this);
      // Whoever has answered without opening the session is not its server.
      check(this.#key);
    };
    while (!this.#isEnded) await this.#persist(this.#down, attempt);
  }

  async #upload(): Promise<void> {
    if (this.#isUploading || !(this.#queue.length > 0 || this.#closing)) return;
    this.#isUploading = true;
    // What is sent within a turn leaves together.
    await undefined;
    let length = 0;
    const batch = this.#queue.slice(0, BATCH_COUNT).filter((text, index) => {
      length += text.length;
      return length <= BATCH_LENGTH || index === 0;
    });
    const closing = batch.length > 0 ? undefined : this.#closing;
    const [code, reason] = closing ?? [];
    const body = JSON.stringify(batch);
    await this.#persist(this.#up, () => {
      const abort = (): void => this.#up.cancel?.();
      const timer = this.#clock.setTimeout(abort, POST_TIMEOUT + body.length / SLOWEST);
      // The page that says good-bye may be gone before the request.
      const init = { method: 'POST', body, keepalive: !!closing };
      const request = this.#request(this.#up, { first: this.#sent + 1, code, reason }, init);
      return request.finally(() => this.#clock.clearTimeout(timer));
    });
    if (closing) this.#end(...closing);
    if (this.#isEnded) return;
    this.#sent += batch.length;
    this.#queue.splice(0, batch.length);
    this.bufferedAmount -= utf8Length(batch.join(''));
    this.#isUploading = false;
    void this.#upload();
    if (!this.#isFull || this.bufferedAmount >= HIGH_WATER_MARK) return;
    this.#isFull = false;
    this.#listener.drain();
  }

  /** Repeats until it gets through. A session that was never open, or cannot get through for long, ends instead. */
  async #persist(direction: Direction, attempt: () => Promise<unknown>): Promise<void> {
    while (!this.#isEnded) {
      try {
        await attempt();
        direction.failedAt = undefined;
        return;
      } catch (error) {
        const now = this.#clock.monotonic();
        // Whatever is left of the answer is of no interest.
        direction.cancel?.();
        if (now - (direction.openedAt ?? now) >= STABLE) direction.failedAt = undefined;
        direction.failedAt ??= now;
        const since = now - direction.failedAt;
        if (!this.#key || since >= PATIENCE) this.#end(1006, '', error);
        const delay = Math.min(since + FIRST_DELAY, MAX_DELAY) * (0.5 + Math.random() / 2);
        if (this.#isEnded) return;
        await new Promise<void>((resolve) => {
          const timer = this.#clock.setTimeout(resolve, delay);
          direction.cancel = () => this.#clock.clearTimeout(timer);
        });
      }
    }
  }

  /** Makes a request. @throws if there was no answer, or none that goes on; the session may have ended by it */
  async #request(direction: Direction, parameters = {}, init: RequestInit = {}): Promise<Response> {
    const { headers, credentials = 'same-origin', fetch = globalThis.fetch } = this.#options;
    const { accept } = this.#downstream;
    // Not one for all: on Node.js a signal of many requests would collect listeners.
    const abort = new AbortController();
    direction.cancel = () => abort.abort();
    const address = new URL(this.#address);
    const protocols = (!this.#key && this.#protocols.join()) || undefined;
    const query = { session: this.#id, protocols, ...parameters, after: this.#received };
    for (const [name, value] of Object.entries(query)) {
      address.searchParams.delete(name);
      if (value !== undefined) address.searchParams.set(name, String(value));
    }
    const given = typeof headers === 'function' ? await headers() : headers;
    const response = await fetch(address, {
      ...init,
      headers: { ...given, accept, ...(this.#key && { 'hawser-key': this.#key }) },
      credentials,
      cache: 'no-store',
      // The key is for nobody else.
      redirect: 'error',
      signal: abort.signal,
    });
    const answer = `${response.status} ${response.headers.get('content-type')}`;
    // Who has answered a POST with anything else has not handed it on.
    if (answer.startsWith(init.method ? '204' : `200 ${accept}`)) return response;
    // An open session outlasts a server that is busy.
    check(!this.#key || !/^(408|429|5)/.test(answer));
    // Whatever stands between us and the server does not answer in this form.
    const { code, reason } = (await response.json()) as { code: unknown; reason: unknown };
    this.ended(code, reason);
    throw new TypeError();
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** @throws if what the server is to have said is nothing that it says */
export function check(isRight: unknown): asserts isRight {
  if (!isRight) throw new TypeError('foreign answer');
}
