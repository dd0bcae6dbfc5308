/** The token of a connection: handed over by `rpc.auth` when a connection opens, and again before it expires. */

import type { Clock } from '../transport/clock.js';

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

/** Hands tokens over on one connection. */
export class TokenLogin {
  readonly #parts: TokenLoginParts;
  #isAccepted = false;
  #isOver = false;
  #timer: unknown;

  constructor(parts: TokenLoginParts) {
    this.#parts = parts;
    void this.#send();
  }

  /**
   * A message has come.
   * @returns whether it was the answer to a token
   */
  receive(text: string): boolean {
    if (!text.includes(`"${ID}"`) || text.length > 4096) return false;
    const { id, result, error } = parse(text);
    if (id !== ID) return false;
    if (error !== undefined) this.#fail(error);
    else this.#accept(result?.expiresIn);
    return true;
  }

  /** The connection has ended. */
  end(): void {
    this.#isOver = true;
    this.#parts.clock.clearTimeout(this.#timer);
  }

  async #send(): Promise<void> {
    const { source, send } = this.#parts;
    try {
      const token = await source();
      if (this.#isOver) return;
      send(JSON.stringify({ jsonrpc: '2.0', method: 'rpc.auth', params: { token }, id: ID }));
    } catch (error) {
      this.#fail(error);
    }
  }

  #accept(expiresIn: unknown): void {
    const { clock, accepted } = this.#parts;
    if (typeof expiresIn === 'number') {
      const delay = Math.min(expiresIn - Math.min(MARGIN, expiresIn / 5), 2 ** 31 - 1);
      this.#timer = clock.setTimeout(() => void this.#send(), delay);
    }
    if (this.#isAccepted) return;
    this.#isAccepted = true;
    accepted();
  }

  /** A connection that has a token keeps it: the server says when that is over, by 4401. */
  #fail(error: unknown): void {
    if (!this.#isAccepted && !this.#isOver) this.#parts.refused(error);
  }
}

function parse(text: string): { id?: unknown; result?: { expiresIn?: unknown } | null; error?: unknown } {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
