/**
 * The client of the ceiling: `node net-client.js port` opens a connection and sends as many bytes as a line tells, as
 * fast as the socket takes them.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { open } from '../loader/connections.js';
import type { StreamOrder } from './client.js';

const socket = await open({ port: Number(process.argv[2]) });
const chunk = Buffer.alloc(64 * 1024, 'hawser');

print({ ready: true });
for await (const line of createInterface(process.stdin)) {
  const { bytes } = JSON.parse(line) as StreamOrder;
  const started = performance.now();
  await send(bytes);
  print({ bytes, seconds: (performance.now() - started) / 1000 });
}

async function send(bytes: number): Promise<void> {
  const answer = once(socket.resume(), 'data');
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(bytes));
  socket.write(length);
  for (let sent = 0; sent < bytes; sent += chunk.length) {
    if (!socket.write(chunk)) await once(socket, 'drain');
  }
  await answer;
}

function print(message: unknown): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
