/**
 * The echo endpoints of `hawser serve`: `/` sends every message back as it came, `/compressed` does the same and agrees
 * to permessage-deflate.
 */
import type { IncomingMessage, Server } from 'node:http';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'hawser';
import { InspectionServer } from './inspection/inspection-server.js';

/** Often, so that a person who looks on sees the latency change; in milliseconds. */
const heartbeat = { interval: 5_000, timeout: 10_000 };
/** Also what is short is compressed: to be looked at, not to be small. */
const perMessageDeflate = { threshold: 0 };

/** The endpoints on `http`, the page's side channel among them. */
export function echoServers(http: Server): WebSocketServer[] {
  const inspections = new InspectionServer(http);
  return [
    echoServer(http, inspections, { path: '/' }),
    echoServer(http, inspections, { path: '/compressed', perMessageDeflate }),
    inspections.server,
  ];
}

function echoServer(http: Server, inspections: InspectionServer, options: ServerOptions): WebSocketServer {
  const server = new WebSocketServer({ server: http, allowedOrigins: 'same-host', heartbeat, ...options });
  const responses = new WeakMap<IncomingMessage, readonly string[]>();
  server.on('headers', (lines, request) => responses.set(request, lines));
  server.on('connection', (socket, request) => {
    inspections.show(socket, request, responses.get(request) ?? []);
    socket.on('message', (data, isBinary) => {
      if (!socket.send(data, { binary: isBinary })) readAgainWhenDrained(socket);
    });
  });
  return server;
}

/** A client that does not read its echoes is not read from, either. */
function readAgainWhenDrained(socket: WebSocket): void {
  socket.pause();
  socket.once('drain', () => socket.resume());
}
