/**
 * Two WebSocket servers beside pages on one plain HTTP server, told apart by their paths: `/echo` sends back what comes,
 * `/clock` tells the time every second. `npm run example -- http`, PORT chooses the port (default 8083).
 */
import { createServer } from 'node:http';
import { WebSocketServer } from 'hawser';

const http = createServer((request, response) => {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  if (request.url !== '/') response.writeHead(404).end('not here\n');
  else response.end('WebSockets are at /echo and /clock\n');
});

// Both listen to the upgrades of the HTTP server: a request for neither path is answered with 404.
const echo = new WebSocketServer({ server: http, path: '/echo', maxPayload: 65_536 });
const clock = new WebSocketServer({ server: http, path: '/clock', maxPayload: 1024 });

echo.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});

const time = () => new Date().toISOString();
clock.on('connection', (socket) => socket.send(time()));
const ticking = setInterval(() => clock.broadcast(time()), 1000);

http.listen(Number(process.env.PORT ?? 8083), '127.0.0.1', () => {
  const address = http.address();
  if (address !== null && typeof address === 'object') console.log(`http://127.0.0.1:${address.port}`);
});

async function stop(): Promise<void> {
  clearInterval(ticking);
  http.close();
  await Promise.all([echo.drain({ deadline: 2_000 }), clock.drain({ deadline: 2_000 })]);
  http.closeAllConnections();
}
process.on('SIGINT', stop).on('SIGTERM', stop);
