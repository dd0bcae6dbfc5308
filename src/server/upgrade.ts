import type { Server as HttpServer, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { HandshakeError } from '../protocol/errors.js';
import { type AcceptedOffer, acceptOffer } from '../protocol/handshake/permessage-deflate.js';
import {
  type CheckedUpgrade,
  checkUpgradeRequest,
  createUpgradeResponse,
} from '../protocol/handshake/request.js';
import { statusText } from '../protocol/handshake/status-texts.js';
import { isFromParser, upgradeRequestOf } from './http-server.js';
import { isOriginAllowed } from './origin-policy.js';
import type { ServerOptions, VerifyClientCallbackAsync, VerifyClientCallbackSync } from './server-options.js';

/**
 * The server's decisions between `upgrade` and the 101: first what the request says, then who sent it. Knows
 * nothing of sockets, timers and counters.
 */

// biome-ignore lint/suspicious/noExplicitAny: the options of a server of any context
export type UpgradePolicy = ServerOptions<any, any, any>;

/** Node's default of the header count, beyond which it drops headers. */
const NODE_MAX_HEADERS = 1000;

/** A request that keeps the rules, and the compression that was agreed. */
export interface JudgedRequest extends CheckedUpgrade {
  readonly deflate: AcceptedOffer | null;
}

/** Judges what the request says. @throws HandshakeError with the answer's status */
export function judgeRequest(request: IncomingMessage, policy: UpgradePolicy): JudgedRequest {
  if (isTruncated(request)) throw HandshakeError.of('WS_ERR_TOO_MANY_HEADERS');
  const { key, subprotocols, extensions, host, origin } = checkUpgradeRequest(upgradeRequestOf(request));
  const { perMessageDeflate } = policy;
  const preferences = typeof perMessageDeflate === 'object' ? perMessageDeflate : {};
  const deflate = perMessageDeflate ? acceptOffer(extensions, preferences) : null;
  return { key, subprotocols, extensions, host, origin, deflate };
}

/**
 * Judges who sent the request: origin, `verifyClient`, `authenticate`, in this order. Gives the context, at once
 * if none of them is asynchronous. @throws HandshakeError, or rejects with one
 */
export function admit(
  request: IncomingMessage,
  { origin }: Pick<CheckedUpgrade, 'origin'>,
  policy: UpgradePolicy,
  client: { readonly signal: AbortSignal },
): unknown {
  const { allowedOrigins, authenticate } = policy;
  const allowed = !allowedOrigins || isOriginAllowed(allowedOrigins, origin, request);
  return whenKnown(allowed, (isAllowed) => {
    if (!isAllowed) throw HandshakeError.of('WS_ERR_ORIGIN_REFUSED');
    const verified = !policy.verifyClient || verify(policy, request);
    return whenKnown(verified, (isVerified) => {
      if (!isVerified) throw new HandshakeError(401, 'Unauthorized');
      if (!authenticate) return undefined;
      const context = authenticated(() => authenticate(request, client.signal));
      return whenKnown(context, refuseFalse);
    });
  });
}

/** Who comes from `verifyClient` answers `false`; to let that client in would be the worst of surprises. */
function refuseFalse(context: unknown): unknown {
  if (context === false) throw new HandshakeError(401, 'Unauthorized');
  return context;
}

/** The 101 response, and the subprotocol that it tells. */
export function upgradeResponse(
  { key, subprotocols, deflate }: JudgedRequest,
  request: IncomingMessage,
  policy: UpgradePolicy,
): { subprotocol: string; head: string } {
  const subprotocol = chooseSubprotocol(subprotocols, request, policy);
  const head = createUpgradeResponse({
    key,
    subprotocol: subprotocol === '' ? undefined : subprotocol,
    extensions: deflate === null ? undefined : [deflate.response],
  });
  return { subprotocol, head };
}

function chooseSubprotocol(
  offered: ReadonlySet<string>,
  request: IncomingMessage,
  policy: UpgradePolicy,
): string {
  if (offered.size === 0) return '';
  if (policy.handleProtocols) return policy.handleProtocols(new Set(offered), request) || '';
  return offered.values().next().value as string;
}

/** Node drops the headers beyond `maxHeadersCount` silently; a check of what is left would prove nothing. */
function isTruncated(request: IncomingMessage): boolean {
  if (!isFromParser(request.rawHeaders)) return false;
  const { server } = request.socket as { server?: HttpServer };
  const limit = server?.maxHeadersCount ?? NODE_MAX_HEADERS;
  return limit !== 0 && request.rawHeaders.length / 2 >= limit;
}

/** As with `ws`, `this` of `verifyClient` is the options. */
function verify(policy: UpgradePolicy, request: IncomingMessage): boolean | Promise<boolean> {
  const info = {
    origin: request.headers.origin as string,
    secure: (request.socket as TLSSocket).encrypted === true,
    req: request,
  };
  if (policy.verifyClient?.length !== 2) return (policy.verifyClient as VerifyClientCallbackSync)(info);
  return new Promise((resolve, reject) => {
    (policy.verifyClient as VerifyClientCallbackAsync)(info, (result, code, message, headers) => {
      if (result) return resolve(true);
      const status = code || 401;
      const body = message || statusText(status);
      reject(new HandshakeError(status, { message: body, headers: withoutConnection(headers ?? {}) }));
    });
  });
}

/** The connection ends with a refusal, whatever the application says of it. */
function withoutConnection(headers: OutgoingHttpHeaders): Record<string, string> {
  const fields = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'connection');
  return Object.fromEntries(fields) as Record<string, string>;
}

/** An error that is no `HandshakeError` may hold a secret: the client gets its status, 401 by default, no more. */
function authenticated(authenticate: () => unknown): unknown {
  const refuse = (cause: unknown): never => {
    if (cause instanceof HandshakeError) throw cause;
    const status = (cause as { status?: unknown } | null)?.status;
    const valid = typeof status === 'number' && status >= 400 && status <= 599;
    throw new HandshakeError(valid ? status : 401, { message: 'Authentication failed', cause });
  };
  try {
    const context = authenticate();
    return isPromise(context) ? Promise.resolve(context).then(undefined, refuse) : context;
  } catch (error) {
    return refuse(error);
  }
}

/** Goes on with a value, at once if it is known; gives a real `Promise` for whatever can be awaited. */
export function whenKnown<A>(value: A | Promise<A>, next: (value: A) => unknown): unknown {
  return isPromise(value) ? Promise.resolve(value as A | Promise<A>).then(next) : next(value);
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | null | undefined)?.then === 'function';
}
