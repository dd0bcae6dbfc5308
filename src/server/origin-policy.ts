import type { IncomingMessage } from 'node:http';

/**
 * Which origins may connect. Browsers do not apply the same-origin policy to WebSockets, so the server has to
 * look at `Origin` (RFC 6455 §10.2). Other clients send none and pass, unless a function says otherwise.
 */

/** The option `allowedOrigins`. */
export type AllowedOrigins =
  | 'same-host'
  | readonly (string | RegExp)[]
  | ((origin: string | undefined, request: IncomingMessage) => boolean | Promise<boolean>);

/**
 * Whether a string is an origin as browsers send it (RFC 6454 §6.2): in lower case, without path and default port, no
 * pattern. Anything else would never match.
 */
export function isOrigin(text: unknown): boolean {
  if (text === 'null') return true;
  if (typeof text !== 'string' || !URL.canParse(text)) return false;
  const { origin, protocol, host } = new URL(text);
  // Other schemes, such as those of browser extensions, have no origin by the URL standard.
  return schemes.has(protocol) ? origin === text && !host.includes('*') : text === `${protocol}//${host}`;
}

const schemes = new Set(['http:', 'https:']);

/** Whether a request of this origin may connect. */
export function isOriginAllowed(
  policy: AllowedOrigins,
  origin: string | undefined,
  request: IncomingMessage,
): boolean | Promise<boolean> {
  if (typeof policy === 'function') return policy(origin, request);
  if (origin === undefined) return true;
  if (policy === 'same-host') return isSameHost(origin, hostOf(request));
  return policy.some((allowed) =>
    typeof allowed === 'string' ? allowed === origin : matches(allowed, origin),
  );
}

/** HTTP/2 has `:authority` in the place of `Host` (RFC 9113 §8.3.1). */
function hostOf({ headers }: IncomingMessage): string {
  return headers.host ?? String(headers[':authority'] ?? '');
}

/** A pattern with the flag `g` or `y` keeps its place between calls. */
function matches(pattern: RegExp, origin: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(origin);
}

/**
 * Origin's host and port equal those of `Host`. The scheme is ignored, since TLS may end at a proxy: a `Host`
 * without a port stands for the default port of whatever scheme the origin has.
 */
function isSameHost(origin: string, host: string): boolean {
  // `null` and everything else without a host is refused.
  if (!URL.canParse(origin)) return false;
  const claimed = new URL(origin);
  const requested = `${claimed.protocol}//${host}`;
  if (!schemes.has(claimed.protocol) || !URL.canParse(requested)) return false;
  return new URL(requested).host === claimed.host;
}
