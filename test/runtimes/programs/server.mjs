/**
 * A server on the runtime that runs this: echoes, and prints the port it listens on and every close it saw as a
 * line of JSON each. It ends with its standard input.
 */
import process from 'node:process';
import { WebSocketServer } from 'hawser';

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: true,
  authenticate: (request) => request.headers.authorization ?? null,
});
server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on('close', (code, reason) => print({ code, reason: String(reason), context: socket.context }));
});
server.on('listening', () => print({ port: server.address().port }));
process.stdin.on('end', async () => {
  print(await server.drain({ deadline: 1000 }));
  process.exit(0);
});
process.stdin.resume();

function print(line) {
  console.log(JSON.stringify(line));
}
