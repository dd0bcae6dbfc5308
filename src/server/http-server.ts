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
  return server;
}

/** The request in the form that the checks of the opening handshake take. */
export function upgradeRequestOf(request: IncomingMessage): UpgradeRequest {
  return {
    method: request.method ?? '',
    httpVersion: request.httpVersion,
    target: request.url ?? '',
    fields: HeaderFields.fromRaw(request.rawHeaders),
  };
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
