import { Buffer } from 'node:buffer';
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { HandshakeError } from '../protocol/errors.js';
import { HeaderFields } from '../protocol/handshake/headers.js';
import { checkUpgradeRequest, type UpgradeRequest } from '../protocol/handshake/request.js';

/**
 * The HTTP server of a `WebSocketServer` with `port`: it answers what is no WebSocket handshake, and ends
 * requests that do not come to an end within `timeout` milliseconds (0: Node's own limits).
 */
export function createUpgradeServer(timeout: number): HttpServer {
  const limits =
    timeout > 0
      ? {
          headersTimeout: timeout,
          requestTimeout: timeout,
          connectionsCheckingInterval: Math.max(1, Math.floor(timeout / 10)),
        }
      : {};
  const server = createServer({ ...limits, noDelay: true }, refusePlainRequest);
  // Node drops headers above a count without a word; its bound on their bytes is enough.
  server.maxHeadersCount = 0;
  ownServers.add(server);
  return server;
}

/** The request in the form that the checks of the opening handshake take. */
export function upgradeRequestOf(request: IncomingMessage): UpgradeRequest {
  return {
    method: request.method ?? '',
    httpVersion: request.httpVersion,
    target: request.url ?? '',
    fields: fieldsOf(request),
  };
}

/** Fields whose values a program may have changed in `request.headers`, which is all that `ws` reads. */
const negotiated = ['sec-websocket-protocol', 'sec-websocket-extensions'];

/** Servers whose requests nobody sees before us. */
const ownServers = new WeakSet<object>();

function fieldsOf(request: IncomingMessage): HeaderFields {
  const { rawHeaders } = request;
  if (!isFromParser(rawHeaders)) return fieldsOfProgram(request.headers);
  const fields = HeaderFields.fromRaw(rawHeaders);
  const { server } = request.socket as { server?: HttpServer };
  // `headers` is made of `rawHeaders` when it is asked for, which costs a handshake 3 % of its time.
  if (server !== undefined && ownServers.has(server)) return fields;
  const { headers } = request;
  for (const name of negotiated) {
    if (fields.get(name) !== headers[name]) fields.set(name, headers[name]);
  }
  return fields;
}

/** A program that made the request, or its raw headers, is believed: values may be numbers, Host may be missing. */
function fieldsOfProgram(headers: IncomingMessage['headers']): HeaderFields {
  const entries = Object.entries({ host: 'localhost', ...headers }).filter(
    ([, value]) => value !== undefined,
  );
  return HeaderFields.fromRaw(entries.flatMap(([name, value]) => [name, String(value)]));
}

/** `name, value, name, value`, as Node's parser leaves them. */
export function isFromParser(rawHeaders: unknown): rawHeaders is string[] {
  return Array.isArray(rawHeaders) && typeof rawHeaders[0] === 'string';
}

function refusePlainRequest(request: IncomingMessage, response: ServerResponse): void {
  const { status, headers, message } = plainRefusal(request);
  const body = `${message}\n`;
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
    Connection: headers.Connection === undefined ? 'close' : `${headers.Connection}, close`,
  });
  response.end(body);
}

function plainRefusal(request: IncomingMessage): HandshakeError {
  try {
    checkUpgradeRequest(upgradeRequestOf(request));
  } catch (error) {
    if (error instanceof HandshakeError) return error;
  }
  return HandshakeError.of('WS_ERR_UPGRADE_REQUIRED');
}
