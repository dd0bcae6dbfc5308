/**
 * The server of one transport, as its user writes it: `node transports.js 'SSE'` prints its port, makes events as it is
 * told, sends each to every client, and counts its bytes and requests.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { WebSocketServer } from 'hawser';
import { FallbackServer } from 'hawser/fallback';
import {
  eventSize,
  type Mark,
  type MeasureOrder,
  now,
  type ServerOrder,
  type Transport,
  type WarmUpOrder,
} from '../transports/combinations.js';

/** Events that are kept for those who poll. */
const keptEvents = 1000;
/** How much of its slot events use: what is under way at the end of a period would count for the next one. */
const usedShare = 0.8;

const sends: Readonly<Record<Transport, () => (text: string) => void>> = {
  'short polling': serveShortPolling,
  'long polling': serveFallback,
  SSE: serveFallback,
  WebSocket: serveWebSockets,
};

const http = createServer();
const sockets = new Set<Socket>();
let bytesOfClosed = 0;
let requests = 0;
let last = 0;
http.on('connection', countBytes);
http.on('request', () => {
  requests += 1;
});

const send = sends[process.argv[2] as Transport]();
http.listen(0, '0.0.0.0', () => print({ port: (http.address() as AddressInfo).port }));
createInterface(process.stdin).on('line', (line) => obey(JSON.parse(line)));

/** Answers `GET ?after=n` with the events behind the n-th. */
function serveShortPolling(): (text: string) => void {
  const recent: string[] = [];
  http.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const after = Number(new URL(request.url ?? '', 'http://server').searchParams.get('after'));
    const begin = after - (last - recent.length);
    response.setHeader('cache-control', 'no-store');
    response.setHeader('content-type', 'application/json');
    // A client that has been away for so long must not believe that it has everything.
    if (begin < 0) response.statusCode = 410;
    response.end(`[${begin < 0 ? '' : recent.slice(begin).join()}]`);
  });
  return (text) => {
    recent.push(text);
    if (recent.length > keptEvents) recent.shift();
  };
}

function serveFallback(): (text: string) => void {
  const fallback = new FallbackServer();
  http.on('request', fallback.handle);
  return (text) => {
    for (const socket of fallback.clients) socket.send(text);
  };
}

function serveWebSockets(): (text: string) => void {
  const server = new WebSocketServer({ server: http });
  return (text) => server.broadcast(text);
}

function countBytes(socket: Socket): void {
  sockets.add(socket);
  socket.once('close', () => {
    sockets.delete(socket);
    bytesOfClosed += socket.bytesRead + socket.bytesWritten;
  });
}

function obey(order: ServerOrder): void {
  if (order.kind === 'warm up') warmUp(order);
  else measure(order);
}

function warmUp({ events, seconds }: WarmUpOrder): void {
  const until = last + events;
  const timer = setInterval(
    () => {
      makeEvent();
      if (last < until) return;
      clearInterval(timer);
      print(mark());
    },
    (seconds * 1000) / events,
  );
}

/** One behind the other, also where this process is late: between the marks there are all events of the periods. */
function measure({ rate, periods, slot, slots }: MeasureOrder): void {
  const period = 1000 / rate;
  const periodsBefore = Math.floor(rate);
  const begin = performance.now() + periodsBefore * period;
  const startPeriod = (index: number): void => {
    if (index === 0 || index === periods) print(mark());
    at(begin + (index + (slot + usedShare * Math.random()) / slots) * period, () => {
      makeEvent();
      at(begin + (index + 1) * period, () => startPeriod(index + 1));
    });
  };
  startPeriod(-periodsBefore);
}

function at(time: number, act: () => void): void {
  setTimeout(act, time - performance.now());
}

function makeEvent(): void {
  last += 1;
  const event = { number: last, madeAt: Number(now().toFixed(3)), text: '' };
  send(JSON.stringify({ ...event, text: '.'.repeat(eventSize - JSON.stringify(event).length) }));
}

function mark(): Mark {
  let bytes = bytesOfClosed;
  for (const { bytesRead, bytesWritten } of sockets) bytes += bytesRead + bytesWritten;
  return { time: now(), last, bytes, requests };
}

function print(message: unknown): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
