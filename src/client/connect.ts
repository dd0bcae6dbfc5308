/**
 * The two ways in which a client makes a socket of its own: TCP (or a Unix socket) and TLS over it. It may not
 * know HTTP: what `http.request` passes here beside the options of a socket is not looked at.
 */

import { connect, isIP, type NetConnectOpts, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

/** Options of a socket, as `http.request` hands them to `createConnection`; those that are looked at here. */
export interface SocketSettings {
  host?: string | null | undefined;
  socketPath?: string | undefined;
  servername?: string | undefined;
  /** A socket that TLS is started on. */
  socket?: Socket | undefined;
}

/** Opens a TCP connection without Nagle's delay: a WebSocket's small messages should not wait for each other. */
export function plainSocket(settings: SocketSettings): Socket {
  // What `http` calls path is the request target; what `net` calls so is a Unix socket.
  const options = { ...settings, path: settings.socketPath };
  return connect(options as NetConnectOpts).setNoDelay(true);
}

/** Opens a TLS connection. An IP address is no name for SNI (RFC 6066 §3). */
export function secureSocket(settings: SocketSettings): Socket {
  const { host, servername = isIP(host ?? '') === 0 ? (host ?? '') : '' } = settings;
  const options = { ...settings, path: settings.socketPath, servername };
  return connectTls(options as ConnectionOptions).setNoDelay(true);
}
