/** Counts the calls by which what was sent gets into the kernel, and prints them as JSON. */
import {
  connectBareClient,
  connectBareClients,
  connectToBareServer,
  type End,
  endOfTurn,
  frameOf,
  listen,
  nextTurn,
  recordWrites,
  repeated,
} from './connections.js';

const MESSAGES = 500;
const TEXT = 'x'.repeat(64);
/** A server's frame of `TEXT`. */
const FRAME = 66;
const CONNECTIONS = 10;

const server = await listen();

/** A server that sends back what comes; counts what came and what went. */
async function echo(frames: Buffer, answered: number) {
  const { webSocket, transport, peer } = await connectBareClient(server);
  let messages = 0;
  let reads = 0;
  webSocket.on('message', (data, isBinary) => {
    messages++;
    webSocket.send(data, { binary: isBinary });
  });
  transport.on('data', () => reads++);
  const writes = recordWrites(transport);
  peer.socket.write(frames);
  await peer.takes(answered);
  await nextTurn();
  return { messages, reads, writes };
}

async function echoesOfOneRead() {
  const { messages, reads, writes } = await echo(repeated(frameOf(1, TEXT), MESSAGES), MESSAGES * FRAME);
  return { messages, reads, writes: writes.length };
}

/** A lone message must not wait for company. */
async function loneEcho() {
  const { webSocket, transport, peer } = await connectBareClient(server);
  const writes = recordWrites(transport);
  const leftInTurn = new Promise<number>((resolve) => {
    webSocket.on('message', (data) => {
      webSocket.send(data);
      endOfTurn().then(() => resolve(writes.length));
    });
  });
  peer.socket.write(frameOf(1, TEXT));
  await peer.takes(FRAME);
  return { leftInTurn: await leftInTurn, writes: writes.length };
}

async function sends({ webSocket, transport, peer }: End, count: number, frame: number) {
  const writes = recordWrites(transport);
  for (let sent = 0; sent < count; sent++) webSocket.send(TEXT);
  const atOnce = writes.length;
  await endOfTurn();
  const leftInTurn = writes.length;
  await peer.takes(count * frame);
  await nextTurn();
  return { atOnce, leftInTurn, writes: writes.length };
}

async function largeEcho() {
  const { messages, writes } = await echo(frameOf(2, Buffer.alloc(65_536, 'x')), 65_536 + 10);
  return { messages, writes: writes.length, pieces: Math.max(...writes.map((pieces) => pieces.length)) };
}

async function broadcasts() {
  const ends = await connectBareClients(server, CONNECTIONS);
  for (const other of server.clients) {
    if (!ends.some(({ webSocket }) => webSocket === other)) other.terminate();
  }
  const writes = ends.map(({ transport }) => recordWrites(transport));
  for (let sent = 0; sent < 16; sent++) server.broadcast(TEXT);
  await Promise.all(ends.map(({ peer }) => peer.takes(16 * FRAME)));
  await nextTurn();
  return { writes: writes.map((list) => list.length) };
}

const figures = {
  echoesOfOneRead: await echoesOfOneRead(),
  loneEcho: await loneEcho(),
  sendsOfOneTurn: {
    server: await sends(await connectBareClient(server), MESSAGES, FRAME),
    client: await sends(await connectToBareServer(), MESSAGES, FRAME + 4),
  },
  loneSend: {
    server: await sends(await connectBareClient(server), 1, FRAME),
    client: await sends(await connectToBareServer(), 1, FRAME + 4),
  },
  largeEcho: await largeEcho(),
  broadcasts: await broadcasts(),
};
console.log(JSON.stringify(figures));
process.exit();

/** What is printed. */
export type Figures = typeof figures;
