/** The ceiling of Node's public API: answers the upgrade, then returns every byte as it came. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import type { Scenario } from '../scenarios.js';

const scenario = JSON.parse(process.argv[2] ?? '{}') as Scenario;
const read = (name: string): Buffer =>
  readFileSync(new URL(`../../../../../test/client/certificates/${name}`, import.meta.url));
const isTls = scenario.kind === 'echo' && scenario.tls === true;
const server = isTls
  ? createTlsServer({ key: read('server-key.pem'), cert: read('server.pem') })
  : createServer();

server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on('data', (chunk) => socket.write(chunk));
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
});
server.listen(0, '0.0.0.0', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
createInterface(process.stdin).on('line', () => {
  for (let count = 0; count < 4; count++) globalThis.gc?.();
  setTimeout(() => process.stdout.write(`${JSON.stringify(process.memoryUsage())}\n`), 200);
});
