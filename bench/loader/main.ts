/**
 * The loader, in a process of its own: `node main.js '<order>'` opens the connections, warms up, says so, and
 * makes load for a number of seconds whenever a line tells it.
 */

import { createInterface } from 'node:readline';
import type { Scenario } from '../scenarios.js';
import { startUpgradeServer } from '../upgrade-server.js';
import { broadcastLoad } from './broadcast.js';
import type { Target } from './connections.js';
import { echoLoad } from './echo.js';
import { eventLoopLoad } from './event-loop.js';
import { handshakeLoad, idleLoad } from './lives.js';
import type { Load } from './load.js';
import { rpcLoad } from './rpc.js';
import { slowConsumersLoad } from './slow-consumers.js';

/** What the loader is started with. */
export interface Order {
  readonly scenario: Scenario;
  readonly port: number;
  /** Its name: calls are made by its own client. */
  readonly peer: string;
  readonly echoesBytes: boolean;
  readonly warmUpSeconds: number;
}

const order = JSON.parse(process.argv[2] ?? '') as Order;
const { scenario } = order;

if (scenario.kind === 'client') takeEverything();
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
  if (scenario.kind === 'broadcast') return broadcastLoad(scenario, target);
  if (scenario.kind === 'slow') return slowConsumersLoad(scenario, target);
  if (scenario.kind === 'event-loop') return eventLoopLoad(scenario, target);
  if (scenario.kind === 'rpc') return rpcLoad(scenario, order.port, order.peer);
  if (scenario.kind === 'handshake') return handshakeLoad(scenario.connections, target);
  return idleLoad((scenario as { connections: number }).connections, target);
}

/** A server for the scenarios that measure a client: it counts the bytes and lets go of them. */
function takeEverything(): void {
  let bytes = 0;
  startUpgradeServer((socket) =>
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    }),
  );
  createInterface(process.stdin).on('line', () => {
    print({ bytes });
    bytes = 0;
  });
}

function print(message: unknown): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
