/**
 * The measured client of ws and of hawser: `node client.js ws|hawser '<scenario>' port` opens a connection and
 * sends for a number of seconds, or one message of so many bytes, whenever a line tells it.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { payloadOf } from '../loader/frames.js';
import type { ClientScenario, StreamScenario } from '../scenarios.js';

/** One message of so many bytes, a multiple of 64 KiB. */
export interface StreamOrder {
  readonly bytes: number;
}

const [, , library = '', text = '', port = ''] = process.argv;
const scenario = JSON.parse(text) as ClientScenario | StreamScenario;
const { WebSocket } = (await import(library)) as typeof import('hawser');
const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
await once(socket, 'open');

print({ ready: true });
for await (const line of createInterface(process.stdin)) {
  const order = JSON.parse(line) as { seconds: number } & StreamOrder;
  print(scenario.kind === 'client' ? await sendFor(order.seconds, scenario) : await sendOne(order));
}

/** Sends so many messages at a time, the next ones when the last of them has left. */
async function sendFor(seconds: number, { size, binary, inFlight }: ClientScenario): Promise<object> {
  const payload = payloadOf(size, binary);
  const data = binary ? payload : payload.toString();
  const started = performance.now();
  let messages = 0;
  while (performance.now() - started < seconds * 1000) {
    await new Promise<void>((resolve, reject) => {
      for (let count = 1; count < inFlight; count++) socket.send(data);
      socket.send(data, (error) => (error ? reject(error) : resolve()));
    });
    messages += inFlight;
  }
  return { messages, bytes: messages * size, seconds: (performance.now() - started) / 1000, p50: 0, p99: 0 };
}

/** One message; the server answers with the number of bytes that it has read. */
async function sendOne({ bytes }: StreamOrder): Promise<object> {
  const chunk = Buffer.alloc(64 * 1024, 'hawser');
  async function* source(): AsyncGenerator<Buffer> {
    for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
  }
  const started = performance.now();
  const answer = once(socket, 'message');
  await socket.sendStream(source(), { binary: true });
  const [received] = await answer;
  if (String(received) !== String(bytes)) throw new Error(`${received} of ${bytes} bytes have come`);
  return { bytes, seconds: (performance.now() - started) / 1000 };
}

function print(message: unknown): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
