/** The server of Bun, with its own API. */
// @ts-nocheck: the globals are those of Bun.
const scenario = JSON.parse(process.argv[2] ?? '{}');
const certificates = `${import.meta.dir}/../../../../../test/client/certificates/`;
const message = 'x'.repeat(scenario.size ?? 0);

const server = Bun.serve({
  port: 0,
  hostname: '0.0.0.0',
  ...(scenario.tls
    ? { tls: { key: Bun.file(`${certificates}server-key.pem`), cert: Bun.file(`${certificates}server.pem`) } }
    : {}),
  fetch(request, self) {
    return self.upgrade(request) ? undefined : new Response('upgrade', { status: 426 });
  },
  websocket: {
    perMessageDeflate: scenario.deflate === true,
    maxPayloadLength: 128 * 1024 * 1024,
    backpressureLimit: 1024 * 1024 * 1024,
    idleTimeout: 0,
    open(socket) {
      if (scenario.kind === 'broadcast') socket.subscribe('all');
    },
    message(socket, data) {
      if (scenario.kind === 'echo') socket.send(data, scenario.deflate === true);
      else for (let count = 0; count < scenario.messagesPerTick; count++) server.publish('all', message);
    },
  },
});
console.log(JSON.stringify({ port: server.port }));
for await (const line of console) {
  Bun.gc(true);
  if (line)
    console.log(JSON.stringify({ rss: process.memoryUsage.rss(), heapUsed: process.memoryUsage().heapUsed }));
}
