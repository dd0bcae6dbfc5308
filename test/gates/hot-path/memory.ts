/** Counts allocations, copied, judged and decoded bytes of whole connections, and prints them as JSON. */
// First, so that it sees everything.
import './counting.js';
import { once } from 'node:events';
import type { WebSocket } from '../../../src/index.js';
import {
  connectBareClient,
  connectBareClients,
  connectToBareServer,
  type End,
  endOfTurn,
  frameOf,
  liesIn,
  listen,
  nextMessage,
  nextTurn,
  recordWrites,
  repeated,
} from './connections.js';
import { counted } from './counting.js';

const MESSAGES = 500;
const KiB = 1024;
const CONNECTIONS = 10;

const server = await listen();

/** The same again once what is made once, such as slabs, is there. */
async function settled<Result>(action: () => Promise<Result>): Promise<Result> {
  await action();
  return action();
}

async function smallEchoes(size: number) {
  const { webSocket, peer } = await connectBareClient(server);
  webSocket.on('message', (data, isBinary) => webSocket.send(data, { binary: isBinary }));
  return settled(() => {
    const frames = repeated(frameOf(1, 'x'.repeat(size)), MESSAGES);
    return counted(() => {
      peer.socket.write(frames);
      return peer.takes(MESSAGES * (size + 2));
    });
  });
}

/** A message that comes in as many reads as it has parts. */
async function receive(end: End, parts: readonly Buffer[]) {
  const { webSocket, transport, peer } = end;
  const reads: Buffer[] = [];
  const note = (bytes: Buffer) => reads.push(bytes);
  transport.on('data', note);
  let message: Buffer = Buffer.alloc(0);
  const counts = await counted(async () => {
    const received = nextMessage(webSocket);
    for (const [index, part] of parts.entries()) {
      peer.socket.write(part);
      while (reads.length <= index) await nextTurn();
    }
    message = (await received) as Buffer;
  });
  transport.off('data', note);
  return { ...counts, reads: reads.length, isOfRead: reads.some((bytes) => liesIn(message, bytes)) };
}

async function receiveInOneRead(opcode: number) {
  const end = await connectBareClient(server);
  return settled(() => receive(end, [frameOf(opcode, Buffer.alloc(32 * KiB, 'x'))]));
}

/** Each read but the last is full of this message. */
async function receiveInReads(opcode: number) {
  const end = await connectBareClient(server);
  const frame = frameOf(opcode, Buffer.alloc(256 * KiB, 'x'));
  const parts = Array.from({ length: 8 }, (_, index) => {
    const start = (index * frame.length) >> 3;
    return frame.subarray(start, ((index + 1) * frame.length) >> 3);
  });
  return settled(() => receive(end, parts));
}

function bytesOfPayload(size: number): Buffer {
  return Buffer.alloc(size, Buffer.from('payload'));
}

async function sendLarge({ webSocket, transport, peer }: End, size: number, header: number) {
  const writes = recordWrites(transport);
  const payload = bytesOfPayload(size);
  const counts = await settled(async () => {
    writes.length = 0;
    return counted(async () => {
      webSocket.send(payload);
      await endOfTurn();
      await peer.takes(size + header);
    });
  });
  const pieces = writes.flat();
  const isPayload = (piece: Uint8Array) => piece.length === size && liesIn(piece, payload);
  return { ...counts, unchanged: payload.equals(bytesOfPayload(size)), byReference: pieces.some(isPayload) };
}

/** What `send` does with ten connections; whether all of them wrote the same memory. */
async function share(send: (sockets: readonly WebSocket[]) => void, size: number) {
  for (const client of server.clients) client.terminate();
  while (server.clients.size > 0) await once([...server.clients][0] as WebSocket, 'close');
  const ends = await connectBareClients(server, CONNECTIONS);
  const sockets = ends.map(({ webSocket }) => webSocket);
  const writes = ends.map(({ transport }) => recordWrites(transport));
  const counts = await counted(async () => {
    send(sockets);
    await Promise.all(ends.map(({ peer }) => peer.takes(size + 4)));
  });
  const largest = writes.map((list) => list.flat().find((piece) => piece.length >= size));
  const first = largest[0] as Uint8Array;
  return { ...counts, shared: largest.every((piece) => piece !== undefined && liesIn(piece, first)) };
}

async function shareMessages(size: number) {
  const payload = bytesOfPayload(size);
  return settled(async () => ({
    prepared: await share((sockets) => {
      const prepared = server.prepareMessage(payload);
      for (const socket of sockets) socket.send(prepared);
    }, size),
    broadcast: await share(() => server.broadcast(payload), size),
    buffer: await share((sockets) => {
      for (const socket of sockets) socket.send(payload);
    }, size),
  }));
}

/** How often the bytes of a text are looked at: as `text`, of which each part is a fragment. */
async function receiveText(end: End, masked: boolean, parts: readonly string[]) {
  const frames = parts.map((part, index) =>
    frameOf(index === 0 ? 1 : 0, part, { masked, fin: index === parts.length - 1 }),
  );
  const { peer, webSocket } = end;
  const { judged, decoded } = await counted(async () => {
    const received = nextMessage(webSocket);
    peer.socket.write(Buffer.concat(frames));
    await received;
  });
  return { judged, decoded };
}

async function validations() {
  const strings = await listen({ textType: 'string' });
  const ascii = 'x'.repeat(32 * KiB);
  const other = 'ю'.repeat(16 * KiB);
  return {
    asciiFromClient: await receiveText(await connectBareClient(strings), true, [ascii]),
    otherFromClient: await receiveText(await connectBareClient(strings), true, [other]),
    asciiFromServer: await receiveText(await connectToBareServer({ textType: 'string' }), false, [ascii]),
    otherFromServer: await receiveText(await connectToBareServer({ textType: 'string' }), false, [other]),
    fragmentsFromClient: await receiveText(await connectBareClient(strings), true, [
      other.slice(0, 8 * KiB),
      other.slice(8 * KiB),
    ]),
  };
}

const figures = {
  smallEchoes: await smallEchoes(64),
  receiveBinaryInOneRead: await receiveInOneRead(2),
  receiveTextInOneRead: await receiveInOneRead(1),
  receiveBinaryInReads: await receiveInReads(2),
  receiveTextInReads: await receiveInReads(1),
  serverSends: await sendLarge(await connectBareClient(server), 64 * KiB, 10),
  clientSends: await sendLarge(await connectToBareServer(), 64 * KiB, 14),
  clientSendsMore: await sendLarge(await connectToBareServer(), 256 * KiB, 14),
  sharing: await shareMessages(16 * KiB),
  validations: await validations(),
};
console.log(JSON.stringify(figures));
process.exit();

/** What is printed. */
export type Figures = typeof figures;
