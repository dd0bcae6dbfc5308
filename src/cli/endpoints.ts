/**
 * The WebSocket endpoints of `hawser serve`: `/` sends every message back as it came, `/compressed` does the same and
 * agrees to permessage-deflate, `/rpc` has the example API.
 */
import type { IncomingMessage, Server } from 'node:http';
import { type ServerOptions, WebSocketServer } from 'hawser';
import { echo } from './echo.js';
import { exampleServer } from './example-api.js';
import { InspectionServer } from './inspection/inspection-server.js';

/** Often, so that a person who looks on sees the latency change; in milliseconds. */
const heartbeat = { interval: 5_000, timeout: 10_000 };
/** Also what is short is compressed: to be looked at, not to be small. */
const perMessageDeflate = { threshold: 0 };

/** The endpoints on `http`, the page's side channel among them. */
export function endpoints(http: Server): WebSocketServer[] {
  const inspections = new InspectionServer(http);
  const rpc = exampleServer();
  return [
    inspected(http, inspections, { path: '/' }).on('connection', echo),
    inspected(http, inspections, { path: '/compressed', perMessageDeflate }).on('connection', echo),
    inspected(http, inspections, { ...rpc.webSocketDefaults, path: '/rpc' }).on('connection', rpc.accept),
    inspections.server,
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
