/**
 * The smallest server: it sends back whatever comes. `npm run example -- echo`, PORT chooses the port (default 8080).
 */
import { WebSocketServer } from 'hawser';

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.PORT ?? 8080) });

server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
server.on('listening', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') console.log(`ws://127.0.0.1:${address.port}`);
});

// Everybody is told by 1001; then nothing is left that keeps the process alive.
const stop = () => server.drain({ deadline: 2_000 });
process.on('SIGINT', stop).on('SIGTERM', stop);
