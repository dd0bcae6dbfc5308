/**
 * Measures how many bytes a message takes of the JavaScript heap and of the memory of Buffers, and prints them as
 * JSON. Runs with a young generation so large that nothing is collected, and without the optimizing compilers, whose
 * time of working depends on the machine: every allocation of the source is there, every time.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { WebSocketProtocol } from '../../../src/protocol/index.js';
import {
  connectBareClient,
  connectToBareServer,
  type End,
  endOfTurn,
  frameOf,
  listen,
  nextTurn,
  repeated,
} from './connections.js';

/** Messages of one round: all of them fit into one read. */
const MESSAGES = 500;
const ROUNDS = 40;
const SIZE = 64;
const TEXT = 'x'.repeat(SIZE);
const BYTES = Buffer.from(TEXT);

let collections = 0;
const observer = new PerformanceObserver((list) => {
  collections += list.getEntries().length;
});

/**
 * Bytes per message that rounds of `MESSAGES` take, once what is made once is there. `read` is how many bytes of it
 * both ends read: Node.js makes memory for those.
 */
async function perMessage(read: number, round: () => unknown) {
  for (let warmUp = 0; warmUp < 3; warmUp++) await round();
  const before = process.memoryUsage();
  for (let count = 0; count < ROUNDS; count++) await round();
  const after = process.memoryUsage();
  return {
    heap: (after.heapUsed - before.heapUsed) / (MESSAGES * ROUNDS),
    buffers: (after.arrayBuffers - before.arrayBuffers) / (MESSAGES * ROUNDS) - read,
  };
}

/** The engine alone. */
function decoding(opcode: number, masked: boolean) {
  let messages = 0;
  const engine = new WebSocketProtocol(
    {
      message() {
        messages++;
      },
      write: () => true,
      failed() {},
      closable() {},
    },
    { role: masked ? 'server' : 'client', nextMaskingKey() {} },
  );
  // Each round masks it again or unmasks it again; it is ASCII both ways.
  const frames = repeated(frameOf(opcode, TEXT, { masked }), MESSAGES);
  return perMessage(0, () => {
    messages = 0;
    engine.receive(frames);
    if (messages !== MESSAGES) throw new Error(`${messages} messages of ${MESSAGES}`);
  });
}

/** `send` of a connection, with what of the socket's work falls to each turn. */
function sending({ webSocket, peer }: End, data: string | Buffer, header: number) {
  return perMessage(SIZE + header, async () => {
    for (let sent = 0; sent < MESSAGES; sent++) webSocket.send(data);
    await endOfTurn();
    await peer.takes(MESSAGES * (SIZE + header));
  });
}

async function echoing() {
  const { webSocket, peer } = await connectBareClient(server);
  webSocket.on('message', (data, isBinary) => webSocket.send(data, { binary: isBinary }));
  const frames = repeated(frameOf(1, TEXT), MESSAGES);
  return perMessage(2 * SIZE + 8, async () => {
    peer.socket.write(frames);
    await peer.takes(MESSAGES * (SIZE + 2));
  });
}

const server = await listen();
await nextTurn();
observer.observe({ entryTypes: ['gc'] });
const messages = {
  decodeText: await decoding(1, true),
  decodeBinary: await decoding(2, true),
  decodeAtClient: await decoding(2, false),
  serverSendsText: await sending(await connectBareClient(server), TEXT, 2),
  serverSendsBuffer: await sending(await connectBareClient(server), BYTES, 2),
  clientSendsText: await sending(await connectToBareServer(), TEXT, 6),
  clientSendsBuffer: await sending(await connectToBareServer(), BYTES, 6),
  echo: await echoing(),
};
// Entries come a turn later.
await nextTurn();
await nextTurn();
const figures = { messages, collections };
console.log(JSON.stringify(figures));
process.exit();

/** What is printed. */
export type Figures = typeof figures;
