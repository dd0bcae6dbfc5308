/**
 * The loader of the comparison of transports: `node transports.js '<settings>'` opens the clients, says so, and answers
 * when all of them have the events that it is asked for.
 */
import { createInterface } from 'node:readline';
import type { LoaderOrder, LoaderSettings } from '../transports/combinations.js';
import { DeliveryLog } from './deliveries.js';
import { type EventClient, openClient } from './event-clients.js';

/** Clients that are opened at a time. */
const batchSize = 100;

const settings = JSON.parse(process.argv[2] ?? '') as LoaderSettings;
const log = new DeliveryLog(settings.clients);
const clients: EventClient[] = [];

while (clients.length < settings.clients) {
  const batch = Math.min(batchSize, settings.clients - clients.length);
  clients.push(
    ...(await Promise.all(Array.from({ length: batch }, (_, index) => open(clients.length + index)))),
  );
}
print({ ready: true });
for await (const line of createInterface(process.stdin)) {
  const order = JSON.parse(line) as LoaderOrder;
  if (order.kind === 'delivered') print(await log.all(order));
  else for (const client of clients) client.warm?.();
}

function open(index: number): Promise<EventClient> {
  return openClient[settings.transport]({ ...settings, index, receive: log.client() });
}

function print(message: unknown): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
