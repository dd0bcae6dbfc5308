/** One run of each peer in which every payload that comes back is compared, by a client that we did not write. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { WebSocket } from 'hawser';
import { documents } from './loader/frames.js';
import type { Peer } from './peers.js';
import { MeasuredProcess } from './processes.js';
import type { EchoScenario, Scenario } from './scenarios.js';

/** Throws if what comes back is not what was sent. Scenarios without an echo, and raw bytes, are left out. */
export async function verify(peer: Peer, scenario: Scenario): Promise<void> {
  if (scenario.kind !== 'echo' || peer.echoesBytes) return;
  const { command, environment } = peer;
  const server = new MeasuredProcess([...command, JSON.stringify(scenario)], { core: 0, environment });
  try {
    const { port } = await server.next<{ port: number }>();
    await compareEchoes(scenario, port, peer.name);
  } finally {
    await server.stop();
  }
}

async function compareEchoes(scenario: EchoScenario, port: number, name: string): Promise<void> {
  const library = 'ws';
  const { WebSocket: Client } = (await import(library)) as { WebSocket: typeof WebSocket };
  const protocol = scenario.tls ? 'wss' : 'ws';
  const client = new Client(`${protocol}://127.0.0.1:${port}`, { rejectUnauthorized: false });
  await once(client, 'open');
  for (const payload of payloads(scenario)) {
    const answer = once(client, 'message');
    client.send(payload, { binary: scenario.binary });
    const [received, isBinary] = (await answer) as [Buffer, boolean];
    if (!payload.equals(received) || isBinary !== scenario.binary) {
      throw new Error(`${name}: a message of ${payload.length} bytes came back changed`);
    }
  }
  client.terminate();
}

function payloads({ size, binary, deflate }: EchoScenario): Buffer[] {
  if (deflate) return documents(size, 16);
  return Array.from({ length: 16 }, () =>
    binary ? randomBytes(size) : Buffer.from(randomBytes(size).toString('hex').slice(0, size)),
  );
}
