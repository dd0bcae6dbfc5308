/** Which pages of other origins may read what is answered (Fetch §3.2). */

import type { IncomingMessage } from 'node:http';
import { UsageError } from '../../protocol/errors.js';
import { isOrigin, isOriginAllowed } from '../../server/origin-policy.js';

/** The option `cors`. */
export interface CorsOptions {
  /** Origins whose pages may connect, such as `https://app.example`, or `*` for all. */
  readonly origins: readonly string[] | '*';
  /** Whether their requests may carry cookies; not with `*`. Default `false`. */
  readonly credentials?: boolean | undefined;
  /** Headers that they may set besides `Authorization`, `Content-Type` and those of the protocol. Default none. */
  readonly headers?: readonly string[] | undefined;
  /** Seconds for which a browser need not ask again. Default 7200. */
  readonly maxAge?: number | undefined;
}

/** Headers that our own client sets, and the one that applications need most. */
const OWN_HEADERS = ['Authorization', 'Content-Type', 'Hawser-Key', 'Last-Event-ID'];

/** The rules of CORS, or of its absence. */
export class Cors {
  readonly #options: CorsOptions | undefined;
  readonly #origins: ReadonlySet<string>;

  /** @throws UsageError for options that are unsafe or would never match */
  constructor(options: CorsOptions | undefined) {
    const { origins = [], credentials = false } = options ?? {};
    // Any page can have the origin "null", by a frame in a sandbox.
    if (credentials && (origins === '*' || origins.includes('null'))) {
      const message = 'cors: "credentials" needs a list of origins, without "*" and "null"';
      throw new UsageError('WS_ERR_INVALID_OPTIONS', message);
    }
    if (origins !== '*' && !(Array.isArray(origins) && origins.every(isOrigin))) {
      const message = 'cors: "origins" is "*" or a list of origins such as "https://app.example"';
      throw new UsageError('WS_ERR_INVALID_OPTIONS', message);
    }
    this.#options = options;
    this.#origins = new Set(origins === '*' ? [] : origins);
  }

  /** Whether pages of this origin may connect, wherever they come from. */
  allows(origin: string): boolean {
    return this.#options?.origins === '*' || this.#origins.has(origin);
  }

  /** Whether a request carries cookies of a page that may come, but not as whoever its user is. */
  refusesCookies(request: IncomingMessage): boolean {
    const { origin, cookie } = request.headers;
    if (origin === undefined || cookie === undefined || this.#options?.credentials) return false;
    return this.allows(origin) && !isOriginAllowed('same-host', origin, request);
  }

  /** Headers of every answer to a page of this origin. */
  headers(origin: string | undefined): Record<string, string> {
    if (this.#options === undefined) return {};
    const { origins, credentials } = this.#options;
    if (origins === '*') return { 'access-control-allow-origin': '*' };
    if (origin === undefined || !this.allows(origin)) return { vary: 'Origin' };
    const fields: Record<string, string> = { vary: 'Origin', 'access-control-allow-origin': origin };
    if (credentials) fields['access-control-allow-credentials'] = 'true';
    return fields;
  }

  /** Headers of the answer to a preflight request. */
  preflightHeaders(): Record<string, string> {
    const { headers = [], maxAge = 7200 } = this.#options ?? {};
    return {
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': [...OWN_HEADERS, ...headers].join(', '),
      'access-control-max-age': String(maxAge),
    };
  }
}
