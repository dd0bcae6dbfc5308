/**
 * The endpoints of `hawser serve`: `/` sends every message back as it came, `/compressed` does the same and agrees to
 * permessage-deflate, `/rpc` has the example API, and below `/compare/` WebSocket is compared with other transports.
 */
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { type ServerOptions, WebSocketServer } from 'hawser';
import { CompareServer } from './compare/compare-server.js';
import { echo } from './echo.js';
import { exampleServer } from './example-api.js';
import { InspectionServer } from './inspection/inspection-server.js';

/** Often, so that a person who looks on sees the latency change; in milliseconds. */
const heartbeat = { interval: 5_000, timeout: 10_000 };
/** Also what is short is compressed: to be looked at, not to be small. */
const perMessageDeflate = { threshold: 0 };

/** What there is to be drained when the server stops. */
export type Endpoint = Pick<WebSocketServer, 'drain'>;

/** The endpoints on `http`, the page's side channels among them; requests for none of them go to `page`. */
export function endpoints(http: Server, page: RequestListener): Endpoint[] {
  const comparisons = new CompareServer(http);
  http.on('request', comparisons.listener(page));
  const inspections = new InspectionServer(http);
  const rpc = exampleServer();
  return [
    inspected(http, inspections, { path: '/' }).on('connection', echo),
    inspected(http, inspections, { path: '/compressed', perMessageDeflate }).on('connection', echo),
    inspected(http, inspections, { ...rpc.webSocketDefaults, path: '/rpc' }).on('connection', rpc.accept),
    inspections.server,
    ...comparisons.servers,
  ];
}

/** An endpoint whose connections the page can look into. */
function inspected(http: Server, inspections: InspectionServer, options: ServerOptions): WebSocketServer {
  const server = new WebSocketServer({ server: http, allowedOrigins: 'same-host', heartbeat, ...options });
  const responses = new WeakMap<IncomingMessage, readonly string[]>();
  server.on('headers', (lines, request) => responses.set(request, lines));
  server.on('connection', (socket, request) => {
    inspections.show(socket, request, responses.get(request) ?? []);
  });
  return server;
}
