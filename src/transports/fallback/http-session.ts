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

/** What a server says of a session when it begins. */
export interface Opening {
  readonly key: string;
  readonly protocol: string;
}

/** How a session ends. */
export type Ending = readonly [code: number, reason: string];

/** Milliseconds that a session has to get through to the server again. */
const PATIENCE = 20_000;
/** Milliseconds until the first repetition; doubled up to `MAX_DELAY`. */
const FIRST_DELAY = 100;
const MAX_DELAY = 2000;
/** Characters and messages of one POST, but for a message that is longer. */
const BATCH_LENGTH = 131_072;
const BATCH_COUNT = 500;

/** Connects by HTTP, to an address of the scheme ws, wss, http or https. */
export function httpDial(downstream: Downstream, options: HttpOptions = {}): Dial {
  return (url, listener, protocols = []) => {
    const address = new URL(url.replace(/^ws/i, 'http'));
    address.hash = '';
    const id = crypto.getRandomValues(new Uint32Array(4)).join('-');
    address.searchParams.set('session', id);
    if (protocols.length > 0) address.searchParams.set('protocols', protocols.join());
    return new HttpSession(address, listener, downstream, options);
  };
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
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  /** Proves, together with who we are, that the session is ours; empty before it is open. */
  #key = '';
  #received = 0;
  #sent = 0;
  readonly #queue: string[] = [];
  readonly #failures: Failures;
  #closing: Ending | undefined;
  #isUploading = false;
  #isFull = false;
  #isEnded = false;

  constructor(address: URL, listener: DialListener, downstream: Downstream, options: HttpOptions) {
    this.name = downstream.name;
    this.#address = address;
    this.#listener = listener;
    this.#downstream = downstream;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#failures = new Failures(this.#clock);
    void this.#download();
  }

  listen(): void {}

  send(text: string): boolean {
    if (this.#isEnded || this.#closing) return false;
    this.#queue.push(text);
    this.bufferedAmount += utf8Length(text);
    this.#isFull ||= this.bufferedAmount >= HIGH_WATER_MARK;
    void this.#upload();
    return !this.#isFull;
  }

  close(code = 1000, reason = ''): void {
    if (this.#key === '') this.terminate();
    this.#closing ??= [code, reason];
    void this.#upload();
  }

  terminate(): void {
    this.end(1006, '');
  }

  /** The server has opened the session, or says that it goes on. */
  opened({ key, protocol }: Opening): void {
    this.#failures.end();
    if (this.#isEnded || this.#key !== '') return;
    this.#key = key;
    this.subprotocol = protocol;
    this.#address.searchParams.delete('protocols');
    this.#listener.open();
  }

  /** A message has come, behind those before. */
  message(text: string): void {
    this.#received++;
    if (!this.#isEnded) this.#listener.message(text);
  }

  /** It is over. */
  end(code: number, reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#queue.length = 0;
    this.#abort.abort();
    this.#listener.close(code, reason);
  }

  async #download(): Promise<void> {
    const { read } = this.#downstream;
    const attempt = async (): Promise<void> => {
      const response = await this.#request({}, { cache: 'no-store' });
      if (response) await read(response, this);
    };
    while (!this.#isEnded) await this.#persist(attempt, this.#failures);
  }

  async #upload(): Promise<void> {
    if (this.#isUploading) return;
    this.#isUploading = true;
    // What is sent within a turn leaves together.
    await undefined;
    while (!this.#isEnded && (this.#queue.length > 0 || this.#closing)) {
      const batch = this.#batch();
      const closing = batch.length === 0 ? this.#closing : undefined;
      const query = { first: this.#sent + 1, ...(closing && { code: closing[0], reason: closing[1] }) };
      // The page that says good-bye may be gone before the request.
      const init = { method: 'POST', body: JSON.stringify(batch), keepalive: batch.length === 0 };
      await this.#persist(() => this.#request(query, init), new Failures(this.#clock));
      if (this.#isEnded) return;
      this.#sent += batch.length;
      this.#left(this.#queue.splice(0, batch.length));
      if (closing) this.end(...closing);
    }
    this.#isUploading = false;
  }

  #batch(): string[] {
    let length = 0;
    let count = 0;
    while (count < this.#queue.length && count < BATCH_COUNT) {
      length += (this.#queue[count] as string).length;
      if (count > 0 && length > BATCH_LENGTH) break;
      count++;
    }
    return this.#queue.slice(0, count);
  }

  #left(texts: readonly string[]): void {
    for (const text of texts) this.bufferedAmount -= utf8Length(text);
    if (!this.#isFull || this.bufferedAmount >= HIGH_WATER_MARK) return;
    this.#isFull = false;
    this.#listener.drain();
  }

  /** Repeats until it gets through. A session that was never open, or cannot get through for long, ends instead. */
  async #persist(attempt: () => Promise<unknown>, failures: Failures): Promise<void> {
    while (!this.#isEnded) {
      try {
        await attempt();
        failures.end();
        return;
      } catch {
        if (this.#key === '' || failures.isHopeless()) this.terminate();
        else if (!this.#isEnded) await failures.wait();
      }
    }
  }

  /** Makes a request. Nothing, if the server ended the session by its answer; throws when there was none. */
  async #request(query: object, init: RequestInit): Promise<Response | undefined> {
    const { headers, credentials = 'same-origin', fetch = globalThis.fetch } = this.#options;
    const address = new URL(this.#address);
    for (const [name, value] of Object.entries({ ...query, after: this.#received })) {
      address.searchParams.set(name, String(value));
    }
    const own = { accept: this.#downstream.accept, ...(this.#key && { 'hawser-key': this.#key }) };
    const given = typeof headers === 'function' ? await headers() : headers;
    const { signal } = this.#abort;
    const response = await fetch(address, { ...init, headers: { ...given, ...own }, credentials, signal });
    if (response.ok) return response;
    // Whatever stands between us and the server does not answer in this form.
    const { code, reason } = (await response.json()) as { code: number; reason: string };
    this.end(code, reason);
    return undefined;
  }
}

/** Failures in a row: how long to wait, and for how long already. */
class Failures {
  readonly #clock: Clock;
  #delay = FIRST_DELAY;
  #since: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  end(): void {
    this.#delay = FIRST_DELAY;
    this.#since = undefined;
  }

  isHopeless(): boolean {
    const now = this.#clock.monotonic();
    this.#since ??= now;
    return now - this.#since >= PATIENCE;
  }

  async wait(): Promise<void> {
    const delay = this.#delay * (0.5 + Math.random() / 2);
    this.#delay = Math.min(this.#delay * 2, MAX_DELAY);
    await new Promise<void>((resolve) => this.#clock.setTimeout(resolve, delay));
  }
}
