import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** A WebSocket server as its HTTP server's requests see it. */
export interface UpgradeEndpoint {
  /** Whether it serves this request's path. */
  shouldHandle(request: IncomingMessage): boolean | Promise<boolean>;
  /** Whether it accepts connections; one that is closing still refuses them. */
  isRunning(): boolean;
  /** Takes the request over. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** The endpoints of each HTTP server, in the order of their making. */
const endpointsOf = new WeakMap<object, UpgradeEndpoint[]>();

/**
 * Adds an endpoint to an HTTP server. Several endpoints share its `upgrade` event: the first that serves the
 * path gets the request, one that is closing only if no other does; if none does, the first refuses it.
 */
export function addEndpoint(server: HttpServer, endpoint: UpgradeEndpoint): void {
  const endpoints = endpointsOf.get(server);
  if (endpoints !== undefined) {
    endpoints.push(endpoint);
    return;
  }
  endpointsOf.set(server, [endpoint]);
  server.on('upgrade', onUpgrade);
}

/** Removes an endpoint; without any the HTTP server is left as it was. */
export function removeEndpoint(server: HttpServer, endpoint: UpgradeEndpoint): void {
  const endpoints = endpointsOf.get(server) ?? [];
  const index = endpoints.indexOf(endpoint);
  if (index >= 0) endpoints.splice(index, 1);
  if (endpoints.length > 0) return;
  endpointsOf.delete(server);
  server.removeListener('upgrade', onUpgrade);
}

function onUpgrade(this: HttpServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const endpoints = endpointsOf.get(this) ?? [];
  choose(endpoints, request)?.upgrade(request, socket, head);
}

/** An endpoint that is alone judges the path itself, and thus only once. */
function choose(
  endpoints: readonly UpgradeEndpoint[],
  request: IncomingMessage,
): UpgradeEndpoint | undefined {
  if (endpoints.length === 1) return endpoints[0];
  return (
    endpoints.find((candidate) => candidate.isRunning() && serves(candidate, request)) ??
    endpoints.find((candidate) => serves(candidate, request)) ??
    endpoints[0]
  );
}

/** What an endpoint's own `shouldHandle` throws is that endpoint's to answer, and must not end the process. */
function serves(endpoint: UpgradeEndpoint, request: IncomingMessage): boolean | Promise<boolean> {
  try {
    return endpoint.shouldHandle(request);
  } catch {
    return true;
  }
}
