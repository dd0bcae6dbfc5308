/** The token of a connection: handed over by `rpc.auth` when a connection opens, and again before it expires. */

import { Alarm, type Clock } from '../transport/clock.js';

/** Where a token comes from; called again whenever a new one is needed. */
export type TokenSource = () => string | Promise<string>;

/** What the token needs of its connection. */
export interface TokenLoginParts {
  readonly clock: Clock;
  readonly source: TokenSource;
  /** Sends a text over the connection that there is now. */
  readonly send: (text: string) => void;
  /** The server took the first token of this connection. */
  readonly accepted: () => void;
  /** No token could be had, or the server refused it. */
  readonly refused: (error: unknown) => void;
}

const ID = 'rpc.auth';
/** A token is replaced a fifth of its life before its end, a minute at most. */
const MARGIN = 60_000;
/** Milliseconds between two attempts to get another token, where the last gave none. */
const MIN_PAUSE = 5000;

/** Hands tokens over on one connection. */
export class TokenLogin {
  readonly #parts: TokenLoginParts;
  #token: string | undefined;
  /** Whether the server is to answer. */
  #isAsked = false;
  #isAccepted = false;
  #isOver = false;
  /** Time of day at which the token ends. */
  #expires = Number.POSITIVE_INFINITY;
  #alarm: Alarm | undefined;

  constructor(parts: TokenLoginParts) {
    this.#parts = parts;
  }

  /** Fetches the first token and hands it over. */
  start(): void {
    void this.#send();
  }

  /**
   * A message has come.
   * @returns whether it was the answer to a token
   */
  receive(text: string): boolean {
    if (!this.#isAsked || text.length > 4096 || !text.includes(`"${ID}"`)) return false;
    const { id, result, error } = parse(text);
    if (id !== ID) return false;
    this.#isAsked = false;
    if (error !== undefined) this.#fail(error);
    else this.#accept(result?.expiresIn);
    return true;
  }

  /** The connection has ended. */
  end(): void {
    this.#isOver = true;
    this.#alarm?.cancel();
  }

  async #send(): Promise<void> {
    const { source, send } = this.#parts;
    try {
      const token = await source();
      if (this.#isOver) return;
      if (token === this.#token) {
        this.#tryLater();
        return;
      }
      this.#token = token;
      this.#isAsked = true;
      send(JSON.stringify({ jsonrpc: '2.0', method: 'rpc.auth', params: { token }, id: ID }));
    } catch (error) {
      this.#fail(error);
    }
  }

  #accept(expiresIn: unknown): void {
    const { clock, accepted } = this.#parts;
    if (typeof expiresIn === 'number') {
      this.#expires = clock.now() + expiresIn;
      this.#sendAt(this.#expires - Math.min(MARGIN, expiresIn / 5));
    }
    if (this.#isAccepted) return;
    this.#isAccepted = true;
    accepted();
  }

  /** A connection that has a token keeps it: the server says when that is over, by 4401. */
  #fail(error: unknown): void {
    if (this.#isOver) return;
    if (this.#isAccepted) this.#tryLater();
    else this.#parts.refused(error);
  }

  /** There is no other token yet: asks again while there is time. */
  #tryLater(): void {
    const left = this.#expires - this.#parts.clock.now();
    if (left > MIN_PAUSE) this.#sendAt(this.#expires - Math.min(left / 2, left - MIN_PAUSE));
  }

  #sendAt(at: number): void {
    this.#alarm?.cancel();
    if (Number.isFinite(at)) this.#alarm = new Alarm(this.#parts.clock, at, () => void this.#send());
  }
}

function parse(text: string): { id?: unknown; result?: { expiresIn?: unknown } | null; error?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
