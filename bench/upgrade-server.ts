/** An HTTP server that switches every connection to WebSocket and leaves the bytes behind that to its user. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { certificate } from './certificate.js';

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Listens on a port that the system chooses, and prints it as a line of JSON. */
export function startUpgradeServer(use: (socket: Duplex) => void, { tls = false } = {}): void {
  const server: Server = tls ? createTlsServer(certificate()) : createServer();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => socket.destroy()).on('end', () => socket.end());
    socket.write(switchingProtocols(request.headers['sec-websocket-key'] ?? ''));
    use(socket);
  });
  server.listen(0, '0.0.0.0', () => {
    process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
  });
}

function switchingProtocols(key: string): string {
  const accept = createHash('sha1')
    .update(key + guid)
    .digest('base64');
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    '\r\n',
  ].join('\r\n');
}
