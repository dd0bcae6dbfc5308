/** The server of Bun, with its own API. */
// @ts-nocheck: the globals are those of Bun.
import { certificate } from '../certificate.js';

const scenario = JSON.parse(process.argv[2] ?? '{}');
const message = 'x'.repeat(scenario.size ?? 0);
const isBroadcast = scenario.kind === 'broadcast' || scenario.kind === 'slow';
const sockets = new Set();

const server = Bun.serve({
  port: 0,
  hostname: '0.0.0.0',
  ...(scenario.tls ? { tls: certificate() } : {}),
  fetch(request, self) {
    return self.upgrade(request) ? undefined : new Response('upgrade', { status: 426 });
  },
  websocket: {
    perMessageDeflate: scenario.deflate === true,
    maxPayloadLength: 128 * 1024 * 1024,
    backpressureLimit: scenario.maxBufferedAmount ?? 1024 * 1024 * 1024,
    idleTimeout: 0,
    open(socket) {
      sockets.add(socket);
      if (isBroadcast) socket.subscribe('all');
    },
    close(socket) {
      sockets.delete(socket);
    },
    message(socket, data) {
      if (scenario.kind === 'echo') socket.send(data, scenario.deflate === true);
      else
        for (let count = 0; count < (scenario.messagesPerTick ?? 1); count++) server.publish('all', message);
    },
  },
});
console.log(JSON.stringify({ port: server.port }));
for await (const line of console) {
  if (line === '"backlog"') {
    console.log(JSON.stringify(backlog()));
  } else if (line) {
    Bun.gc(true);
    console.log(JSON.stringify({ rss: process.memoryUsage.rss(), heapUsed: process.memoryUsage().heapUsed }));
  }
}

function backlog() {
  const amounts = Array.from(sockets, (socket) => socket.getBufferedAmount());
  const limited = amounts.filter((amount) => amount > scenario.maxBufferedAmount - 2 * scenario.size).length;
  return { buffered: amounts.reduce((sum, amount) => sum + amount, 0), limited };
}
