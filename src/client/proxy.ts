/**
 * A tunnel through an HTTP proxy by CONNECT (RFC 6455 §4.1, RFC 9110 §9.3.6). It is told the target's host and
 * port and may know nothing else of the target: none of its headers and credentials go to the proxy.
 */

import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { errorCatalogue, HandshakeError, UsageError } from '../protocol/errors.js';
import { basicCredentials, hostName, portNumber, userInfo } from './address.js';
import type { ClientOptions } from './client-options.js';
import { plainSocket, secureSocket } from './connect.js';
import { timedOut } from './timed-out.js';

/** Called once, with the socket through the tunnel or with the reason why there is none. */
export type TunnelCallback = (error: Error | null, socket: Socket | null) => void;

/**
 * The URL of a proxy.
 *
 * @throws UsageError `WS_ERR_INVALID_OPTIONS` unless it is one of scheme `http:` or `https:`
 */
export function parseProxy(proxy: string | URL): URL {
  const url = URL.canParse(String(proxy)) ? new URL(proxy) : null;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  // The message does not repeat the URL, which may hold a password.
  throw new UsageError('WS_ERR_INVALID_OPTIONS', 'The proxy must be an http: or https: URL');
}

/**
 * Opens a tunnel to the host of `target`.
 *
 * @returns what gives up the tunnel while it is not open; the callback then gets an error
 */
export function openTunnel(target: URL, options: ClientOptions, callback: TunnelCallback): () => void {
  const request = connectRequest(parseProxy(options.proxy as string | URL), target, options);
  request.on('error', (error) => callback(error, null));
  request.on('timeout', () => request.destroy(timedOut()));
  request.on('connect', (response, socket, head) => {
    finish(response, socket as Socket, head, callback);
  });
  request.end();
  return () => request.destroy();
}

function finish(response: IncomingMessage, socket: Socket, head: Buffer, callback: TunnelCallback): void {
  const status = response.statusCode as number;
  if (status < 200 || status > 299) {
    socket.on('error', () => {}).destroy();
    callback(refused(status), null);
    return;
  }
  socket.setTimeout(0);
  if (head.length > 0) socket.unshift(head);
  callback(null, socket);
}

function connectRequest(proxy: URL, target: URL, options: ClientOptions): ClientRequest {
  const isSecure = proxy.protocol === 'https:';
  const authority = `${target.hostname}:${portNumber(target)}`;
  const credentials = userInfo(proxy);
  return (isSecure ? https : http).request({
    ...socketOptions(options),
    method: 'CONNECT',
    host: hostName(proxy),
    port: portNumber(proxy),
    path: authority,
    headers: {
      Host: authority,
      ...(credentials !== undefined && { 'Proxy-Authorization': basicCredentials(credentials) }),
    },
    createConnection: isSecure ? secureSocket : plainSocket,
  });
}

/** What concerns the socket that we open ourselves. Of TLS only what says whom to trust: no client certificate. */
function socketOptions(options: ClientOptions) {
  const { localAddress, family, lookup, timeout, ca, crl, minVersion, maxVersion } = options;
  return { localAddress, family, lookup, timeout, ca, crl, minVersion, maxVersion };
}

function refused(status: number): HandshakeError {
  const message = `${errorCatalogue.WS_ERR_PROXY_REFUSED.message} ${status}`;
  return new HandshakeError(status, { code: 'WS_ERR_PROXY_REFUSED', message });
}
