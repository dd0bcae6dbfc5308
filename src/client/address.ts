/**
 * What a caller says about where to connect: the URL and the subprotocols, parsed and checked once. It may not
 * know how a connection is made.
 */

import { Buffer } from 'node:buffer';
import { UsageSyntaxError } from '../protocol/errors.js';
import { isToken } from '../protocol/handshake/grammar.js';

const UNIX = 'ws+unix:';
const schemes: ReadonlySet<string> = new Set(['ws:', 'wss:', UNIX]);
const webSocketSchemes: ReadonlyMap<string, string> = new Map([
  ['http:', 'ws:'],
  ['https:', 'wss:'],
]);

/**
 * The URL to connect to; `http:` and `https:` become `ws:` and `wss:`. The result is the caller's own.
 *
 * @param base what a relative address is resolved against; without it an address has to be absolute
 * @throws UsageSyntaxError `WS_ERR_INVALID_URL` if it is no URL, has another scheme, a fragment (RFC 6455 §3), or
 * is `ws+unix:` without a path
 */
export function parseAddress(address: string | URL, base?: URL): URL {
  const url = parseUrl(address, base);
  url.protocol = webSocketSchemes.get(url.protocol) ?? url.protocol;
  if (!schemes.has(url.protocol)) {
    throw invalid('The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"');
  }
  if (url.protocol === UNIX && url.pathname === '') throw invalid("The URL's pathname is empty");
  if (url.hash !== '') throw invalid('The URL contains a fragment identifier');
  return url;
}

/**
 * The subprotocols as a list, in order of preference.
 *
 * @throws UsageSyntaxError `WS_ERR_INVALID_SUBPROTOCOL` if one is no token or comes twice (RFC 6455 §4.1 item 10)
 */
export function checkSubprotocols(protocols: string | readonly string[] | null | undefined): string[] {
  const list = listOf(protocols);
  const areTokens = list.every((protocol) => typeof protocol === 'string' && isToken(protocol));
  if (areTokens && new Set(list).size === list.length) return list;
  throw new UsageSyntaxError('WS_ERR_INVALID_SUBPROTOCOL');
}

/** A socket in the file system, and the request target behind it. */
export interface UnixTarget {
  /** Path of the socket. */
  socketPath: string;
  /** Request target, such as `/chat?room=1`. */
  path: string;
}

/** The parts of `ws+unix:/path/to/socket:/chat?room=1`, whose target is `/` by default; `null` for other schemes. */
export function unixTarget(url: URL): UnixTarget | null {
  if (url.protocol !== UNIX) return null;
  const { pathname, search } = url;
  const colon = pathname.indexOf(':');
  const [socketPath, path] =
    colon < 0 ? [pathname, ''] : [pathname.slice(0, colon), pathname.slice(colon + 1)];
  return { socketPath: decoded(socketPath), path: (path.startsWith('/') ? path : `/${path}`) + search };
}

/** The host as sockets want it: an IPv6 address has no brackets. */
export function hostName({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** The port, or the scheme's default: 443 with TLS and else 80 (RFC 6455 §3). */
export function portNumber({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'wss:' || protocol === 'https:' ? 443 : 80;
}

/** `user:password` of the URL, percent-decoded; `undefined` if it has neither. */
export function userInfo({ username, password }: URL): string | undefined {
  return username === '' && password === '' ? undefined : `${decoded(username)}:${decoded(password)}`;
}

/** Value of `Authorization` or `Proxy-Authorization` for `user:password` (RFC 7617 §2). */
export function basicCredentials(userAndPassword: string): string {
  return `Basic ${Buffer.from(userAndPassword).toString('base64')}`;
}

/** Callers without types may give anything, which then is no token. */
function listOf(protocols: string | readonly string[] | null | undefined): string[] {
  if (protocols === undefined || protocols === null) return [];
  return Array.isArray(protocols) ? [...protocols] : [protocols as string];
}

function parseUrl(address: string | URL, base: URL | undefined): URL {
  try {
    return new URL(String(address), base);
  } catch (cause) {
    throw invalid(`Invalid URL: ${address}`, cause);
  }
}

/** A stray `%`, which URLs may hold, stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function invalid(message: string, cause?: unknown): UsageSyntaxError {
  return new UsageSyntaxError('WS_ERR_INVALID_URL', message, cause === undefined ? undefined : { cause });
}
