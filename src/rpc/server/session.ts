/** Who a connection belongs to, and for how long. */

import { Alarm, type Clock } from '../../transport/clock.js';
import { rpcError } from '../wire/error-object.js';
import type { Authentication } from './call.js';

/** Close codes of a session, in the range for private use (RFC 6455 §7.4.2), after the HTTP statuses 401 and 403. */
export const SessionCloseCode = {
  /** Not authenticated in time, or no more. */
  UNAUTHENTICATED: 4401,
  /** Revoked: authenticating again does not help. */
  REVOKED: 4403,
} as const;

/** What a session is told about its connection. */
export interface SessionParts<Context> {
  readonly clock: Clock;
  /** Whether nothing is carried out before the connection has authenticated. */
  readonly isRequired: boolean;
  readonly isRevoked: ((context: Context) => boolean | Promise<boolean>) | undefined;
  /** Ends the connection. */
  readonly close: (code: number, reason: string) => void;
}

/** The session of one connection. */
export class Session<Context> {
  readonly #parts: SessionParts<Context>;
  #current: Authentication<Context> | undefined;
  #alarm: Alarm | undefined;
  #isEnded = false;

  constructor(parts: SessionParts<Context>) {
    this.#parts = parts;
  }

  /** Whether calls are to be carried out. */
  get isAuthenticated(): boolean {
    return this.#current !== undefined || !this.#parts.isRequired;
  }

  get context(): Context {
    return this.#current?.context as Context;
  }

  get principal(): string | undefined {
    return this.#current?.principal;
  }

  /** Milliseconds that it still lasts; `undefined` for no end. */
  get expiresIn(): number | undefined {
    const expires = this.#current?.expires;
    return expires === undefined ? undefined : Math.max(0, expires - this.#parts.clock.now());
  }

  /** Whoever has not authenticated within so many milliseconds is closed. */
  expect(deadline: number): void {
    this.#closeAt(this.#parts.clock.now() + deadline, 'authenticate in time');
  }

  /** Begins at once what the handshake has found out, where nobody has to be asked about it. */
  begin(session: Authentication<Context>): void {
    check(session);
    const { clock, close } = this.#parts;
    if (session.expires === undefined || session.expires > clock.now()) this.#begin(session);
    else close(SessionCloseCode.UNAUTHENTICATED, 'token expired');
  }

  /**
   * Begins the session, or makes it last longer.
   * @throws RpcError when it was revoked, has ended already, or belongs to somebody else
   */
  async authenticate(next: Authentication<Context>): Promise<void> {
    check(next);
    const { clock, close } = this.#parts;
    if (await this.#isRevoked(next)) {
      close(SessionCloseCode.REVOKED, 'revoked');
      throw rpcError('UNAUTHENTICATED', 'The session was revoked');
    }
    if (this.#isEnded) throw rpcError('UNAUTHENTICATED', 'The connection has ended');
    if (next.expires !== undefined && next.expires <= clock.now()) {
      throw rpcError('UNAUTHENTICATED', 'The token has expired');
    }
    const current = this.#current;
    if (current?.principal !== undefined && current.principal !== next.principal) {
      throw rpcError('PERMISSION_DENIED', 'This connection belongs to another principal');
    }
    this.#begin(next);
  }

  /** The connection has ended. */
  end(): void {
    this.#isEnded = true;
    this.#alarm?.cancel();
  }

  #begin(session: Authentication<Context>): void {
    this.#current = session;
    this.#alarm?.cancel();
    this.#alarm = undefined;
    if (session.expires !== undefined) this.#closeAt(session.expires, 'token expired');
  }

  /** A session that was revoked stays so, whatever a new token says. */
  async #isRevoked({ context }: Authentication<Context>): Promise<boolean> {
    const { isRevoked } = this.#parts;
    if (isRevoked === undefined) return false;
    if (this.#current !== undefined && (await isRevoked(this.#current.context))) return true;
    return isRevoked(context);
  }

  #closeAt(at: number, reason: string): void {
    this.#alarm = new Alarm(this.#parts.clock, at, () => {
      this.#parts.close(SessionCloseCode.UNAUTHENTICATED, reason);
    });
  }
}

/** Anything else than a session would be one of nobody in particular; a time that is none an end that never comes. */
function check(session: unknown): void {
  if (typeof session !== 'object' || session === null || !('context' in session)) {
    throw new TypeError('A session is an object with a "context"');
  }
  const { expires } = session as Authentication<unknown>;
  if (expires !== undefined && !Number.isFinite(expires))
    throw new TypeError('"expires" is a time in milliseconds');
}
