/**
 * Where a redirect leads, and what may go there. A pure function of the old destination and the `Location`; it
 * may not know requests or sockets.
 */

import { HandshakeError } from '../protocol/errors.js';
import { parseAddress, unixTarget, userInfo } from './address.js';
import type { ClientOptions } from './client-options.js';

/** Where a request goes, and the options that may go there. */
export interface Destination {
  readonly url: URL;
  readonly options: ClientOptions;
}

/** The first destination. Credentials of the URL become the option `auth`, so that a redirect can keep them. */
export function firstDestination(url: URL, options: ClientOptions): Destination {
  return { url, options: { ...options, auth: userInfo(url) ?? options.auth } };
}

/**
 * The destination that a `Location` names. Credentials (`Authorization`, `Cookie`, `auth`, userinfo, client
 * certificates) stay behind when the host or port changes or when TLS is lost, and what only fits the old host
 * (`Host`, `servername`, `socketPath`) when the host changes. They do not come back on the way back.
 *
 * @param status of the redirect, for the error
 * @throws HandshakeError `WS_ERR_INVALID_REDIRECT` if the `Location` is no address to connect to
 */
export function redirected(from: Destination, location: string, status: number): Destination {
  const url = resolve(from, location, status);
  const isSameHost = authority(url) === authority(from.url);
  const isDowngrade = from.url.protocol === 'wss:' && url.protocol !== 'wss:';
  if (isSameHost && !isDowngrade) {
    return { url, options: { ...from.options, auth: from.options.auth ?? userInfo(url) } };
  }
  url.username = '';
  url.password = '';
  const withoutCredentials = without(from.options, credentials);
  return { url, options: isSameHost ? withoutCredentials : without(withoutCredentials, hostBound) };
}

interface Names {
  readonly options: ReadonlySet<string>;
  /** In lower case. */
  readonly headers: ReadonlySet<string>;
}

/** A client certificate is a credential as well: it tells the new host who calls. */
const credentials: Names = {
  options: new Set([
    'auth',
    'cert',
    'key',
    'passphrase',
    'pfx',
    'privateKeyEngine',
    'privateKeyIdentifier',
    'clientCertEngine',
    'secureContext',
    'pskCallback',
    'session',
  ]),
  headers: new Set(['authorization', 'cookie', 'cookie2', 'proxy-authorization']),
};

const hostBound: Names = {
  options: new Set(['servername', 'socketPath']),
  headers: new Set(['host']),
};

function without(options: ClientOptions, names: Names): ClientOptions {
  const rest: ClientOptions = withoutKeys(options, (name) => names.options.has(name));
  if (!rest.headers) return rest;
  return { ...rest, headers: withoutKeys(rest.headers, (name) => names.headers.has(name.toLowerCase())) };
}

function withoutKeys<T extends object>(from: T, isDropped: (name: string) => boolean): T {
  return Object.fromEntries(Object.entries(from).filter(([name]) => !isDropped(name))) as T;
}

function resolve({ url }: Destination, location: string, status: number): URL {
  let target: URL;
  try {
    target = resolveReference(url, location);
  } catch (cause) {
    throw invalidRedirect(status, (cause as Error).message, cause);
  }
  // A server elsewhere must not make us talk to services of this machine.
  if (unixTarget(url) !== null || unixTarget(target) === null) return target;
  throw invalidRedirect(status, 'A redirect from the network to a Unix socket is not followed');
}

/** A relative reference stays behind the same Unix socket, whose path is no part of what it is relative to. */
function resolveReference(url: URL, location: string): URL {
  const unix = unixTarget(url);
  if (unix === null || URL.canParse(location)) return parseAddress(location, url);
  const base = new URL(`ws://localhost${unix.path}`);
  const target = parseAddress(location, base);
  if (target.host !== base.host) return target;
  const [socketPath] = url.pathname.split(':', 1);
  return parseAddress(`ws+unix:${socketPath}:${target.pathname}${target.search}`);
}

/** What two URLs of the same host have in common. `ws:` and `wss:` on their default ports are the same host. */
function authority(url: URL): string {
  const unix = unixTarget(url);
  return unix === null ? url.host : `unix ${unix.socketPath}`;
}

function invalidRedirect(status: number, message: string, cause?: unknown): HandshakeError {
  return new HandshakeError(status, { code: 'WS_ERR_INVALID_REDIRECT', message, cause });
}
