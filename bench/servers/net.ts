/**
 * The ceiling of Node's public API: no WebSocket behind the upgrade. Every byte goes back as it came; a stream is
 * only counted.
 */
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import type { Scenario } from '../scenarios.js';
import { startUpgradeServer } from '../upgrade-server.js';

const scenario = JSON.parse(process.argv[2] ?? '{}') as Scenario;

startUpgradeServer(scenario.kind === 'stream' ? countStreams : echo, {
  tls: scenario.kind === 'echo' && scenario.tls === true,
});
createInterface(process.stdin).on('line', () => {
  for (let count = 0; count < 4; count++) globalThis.gc?.();
  setTimeout(() => process.stdout.write(`${JSON.stringify(process.memoryUsage())}\n`), 200);
});

function echo(socket: Duplex): void {
  socket.on('data', (chunk) => socket.write(chunk));
}

/** Eight bytes tell how many follow; the answer comes when they have. */
function countStreams(socket: Duplex): void {
  let left = 0;
  socket.on('data', (chunk: Buffer) => {
    left += left === 0 ? Number(chunk.readBigUInt64BE()) + 8 - chunk.length : -chunk.length;
    if (left === 0) socket.write('all');
  });
}
