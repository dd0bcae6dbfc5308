/**
 * One request of an opening handshake as a `ClientRequest` of `node:http`, so that agents work. It may not know
 * what is done with the answer.
 */

import http, { type ClientRequest, type ClientRequestArgs, type RequestOptions } from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { type ExtensionOffer, serializeExtensions } from '../protocol/handshake/extensions.js';
import { basicCredentials, hostName, portNumber, unixTarget } from './address.js';
import type { CreateConnection } from './client-options.js';
import { plainSocket, secureSocket } from './connect.js';
import { openTunnel } from './proxy.js';
import type { Destination } from './redirects.js';

/** What a request says beside where it goes. */
export interface UpgradeFields {
  /** `Sec-WebSocket-Key`. */
  readonly key: string;
  /** In order of preference. */
  readonly subprotocols: readonly string[];
  /** The offer of permessage-deflate; `null` for none. */
  readonly offer: ExtensionOffer | null;
}

/** A request, and the way to get rid of it at any time. */
export interface PendingRequest {
  readonly request: ClientRequest;
  /** Destroys it and every socket that was opened for it, the one to a proxy included. */
  destroy(): void;
}

/**
 * Makes the request and starts to connect; `request.end()` sends it.
 *
 * @throws what `http.request` throws for options that it cannot use, such as headers with line breaks
 */
export function openRequest(destination: Destination, fields: UpgradeFields): PendingRequest {
  const tunnel: Tunnel = { close: () => {} };
  const create = isSecure(destination) ? https.request : http.request;
  const request = create(requestOptions(destination, fields, tunnel));
  // Node drops what is beyond 2,000 fields in silence; the size of the head is bounded anyway.
  request.maxHeadersCount = 0;
  return {
    request,
    destroy: () => {
      tunnel.close();
      request.destroy();
      // A request whose response was read has let go of its socket, and without an agent nobody else has it.
      if (!destination.options.agent) request.socket?.destroy();
    },
  };
}

interface Tunnel {
  close: () => void;
}

function requestOptions(destination: Destination, fields: UpgradeFields, tunnel: Tunnel): RequestOptions {
  const { url, options } = destination;
  const unix = unixTarget(url);
  const createConnection = connector(destination, tunnel);
  return {
    ...(options as RequestOptions),
    protocol: undefined,
    // `false` would make an agent, and with an agent `createConnection` is not used.
    agent: options.agent || undefined,
    method: 'GET',
    hostname: undefined,
    host: hostName(url) || 'localhost',
    port: url.port === '' ? portNumber(url) : url.port,
    path: unix?.path ?? `${url.pathname}${url.search}`,
    socketPath: unix?.socketPath ?? options.socketPath,
    headers: headersOf(destination, fields),
    ...(createConnection && { createConnection }),
  };
}

/** An agent connects by itself, unless the user says how. */
function connector(destination: Destination, tunnel: Tunnel): RequestOptions['createConnection'] {
  const { createConnection, agent, proxy } = destination.options;
  if (createConnection) return createConnection as NonNullable<RequestOptions['createConnection']>;
  if (proxy !== undefined) return tunnelled(destination, tunnel);
  if (agent) return undefined;
  return isSecure(destination) ? secureSocket : plainSocket;
}

function tunnelled(destination: Destination, tunnel: Tunnel): CreateConnection {
  const { url, options } = destination;
  return (settings: ClientRequestArgs, oncreate: (error: Error | null, socket: Duplex) => void) => {
    tunnel.close = openTunnel(url, options, (error, socket) => {
      tunnel.close = () => {};
      if (socket === null) oncreate(error, socket as never);
      else oncreate(null, isSecure(destination) ? secureSocket({ ...settings, socket }) : socket);
    });
    return undefined;
  };
}

/**
 * The user's headers, and those of the handshake (RFC 6455 §4.1), which prevail whatever their case is. The order is
 * that of `ws`: there are servers and firewalls that know clients by it.
 */
function headersOf({ url, options }: Destination, fields: UpgradeFields): Record<string, string> {
  const headers = new Map<string, readonly [name: string, value: string]>();
  const set = (name: string, value: string) => headers.set(name.toLowerCase(), [name, value]);
  const add = (name: string, value: string) => headers.has(name.toLowerCase()) || set(name, value);
  for (const [name, value] of Object.entries(options.headers ?? {})) set(name, value);
  set('Sec-WebSocket-Version', '13');
  set('Sec-WebSocket-Key', fields.key);
  set('Connection', 'Upgrade');
  set('Upgrade', 'websocket');
  if (fields.offer !== null) set('Sec-WebSocket-Extensions', serializeExtensions([fields.offer]));
  if (fields.subprotocols.length > 0) set('Sec-WebSocket-Protocol', fields.subprotocols.join(','));
  if (options.origin) set('Origin', options.origin);
  if ((options as RequestOptions).setHost !== false) add('Host', url.host || 'localhost');
  if (options.auth) add('Authorization', basicCredentials(options.auth));
  return Object.fromEntries(headers.values());
}

function isSecure({ url }: Destination): boolean {
  return url.protocol === 'wss:';
}
