/**
 * The loader, in a process of its own: `node main.js '<order>'` opens the connections, warms up, says so, and
 * makes load for a number of seconds whenever a line tells it.
 */

import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Scenario } from '../scenarios.js';
import { broadcastLoad } from './broadcast.js';
import type { Target } from './connections.js';
import { echoLoad } from './echo.js';
import { eventLoopLoad } from './event-loop.js';
import { handshakeLoad, idleLoad } from './lives.js';
import type { Load } from './load.js';

/** What the loader is started with. */
export interface Order {
  readonly scenario: Scenario;
  readonly port: number;
  readonly echoesBytes: boolean;
  readonly warmUpSeconds: number;
}

const order = JSON.parse(process.argv[2] ?? '') as Order;
const { scenario } = order;

if (scenario.kind === 'client' || scenario.kind === 'stream') takeEverything();
else await makeLoad();

async function makeLoad(): Promise<void> {
  const load = await loadOf();
  if (order.warmUpSeconds > 0) await load.run(order.warmUpSeconds);
  print({ ready: true });
  for await (const line of createInterface(process.stdin)) print(await load.run(JSON.parse(line).seconds));
  load.close();
}

async function loadOf(): Promise<Load> {
  const tls = scenario.kind === 'echo' && scenario.tls === true;
  const deflate = (scenario.kind === 'echo' && scenario.deflate === true) || scenario.kind === 'event-loop';
  const target: Target = { port: order.port, tls, deflate };
  if (scenario.kind === 'echo') return echoLoad(scenario, target, order.echoesBytes);
  if (scenario.kind === 'broadcast' || scenario.kind === 'slow') return broadcastLoad(scenario, target);
  if (scenario.kind === 'event-loop') return eventLoopLoad(scenario, target);
  if (scenario.kind === 'handshake') return handshakeLoad(scenario.connections, target);
  return idleLoad((scenario as { connections: number }).connections, target);
}

/** A server for the scenarios that measure a client: it upgrades, counts the bytes and lets go of them. */
function takeEverything(): void {
  let bytes = 0;
  const server = createServer((socket) => {
    let head = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (head === 'done') {
        bytes += chunk.length;
        return;
      }
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      const key = /sec-websocket-key: *(\S+)/i.exec(head)?.[1] ?? '';
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      head = 'done';
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
    });
  });
  server.listen(0, '127.0.0.1', () => print({ port: (server.address() as AddressInfo).port }));
  createInterface(process.stdin).on('line', () => {
    print({ bytes });
    bytes = 0;
  });
}

function print(message: unknown): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
