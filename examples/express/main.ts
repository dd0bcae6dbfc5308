/**
 * A WebSocket server beside an Express app, on one HTTP server: who has logged in at the app is known to the WebSocket,
 * and who logs out loses it. `npm run example -- express`, PORT chooses the port (default 3000).
 */
import { createServer, type IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import express, { type Request, type Response } from 'express';
import { HandshakeError, WebSocketServer } from 'hawser';
import { begin, cookieOf, end, type Session, session } from './sessions.js';

const app = express();
const page = fileURLToPath(new URL('index.html', import.meta.url));

app.disable('x-powered-by');
app.use(session);
app.get('/', (_request, response) => response.sendFile(page));
app.post('/login', express.json({ limit: '1kb' }), (request, response) => {
  const name: unknown = request.body?.name;
  if (typeof name !== 'string' || !/^[\p{L}\p{M}\p{N} ]{1,20}$/u.test(name)) {
    response.status(400).json({ error: 'A name has 1 to 20 letters' });
    return;
  }
  response.setHeader('Set-Cookie', cookieOf(begin(name))).json({ name });
});
app.post('/logout', (request, response) => {
  if (request.session !== undefined) logOut(request.session);
  response.status(204).end();
});

const http = createServer(app);
const live = new WebSocketServer({
  server: http,
  path: '/live',
  maxPayload: 4096,
  allowedOrigins: 'same-host', // cookies come with a WebSocket of any page
  authenticate: sessionOf,
});

/** Runs the app's middleware on an upgrade, which Express itself does not see. */
async function sessionOf(upgrade: IncomingMessage): Promise<Session> {
  const request = upgrade as Request;
  await new Promise<void>((resolve, reject) => {
    session(request, {} as Response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
  });
  if (request.session === undefined) throw new HandshakeError(401, 'Log in first');
  return request.session;
}

function logOut(ended: Session): void {
  end(ended);
  for (const socket of live.clients) {
    if (socket.context.id === ended.id) socket.close(4401, 'Logged out');
  }
}

live.on('connection', (socket) => {
  const { name } = socket.context;
  socket.send(`Hello, ${name}`);
  socket.on('message', (data) => live.broadcast(`${name}: ${data.toString()}`));
});

http.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  const address = http.address();
  if (address !== null && typeof address === 'object') console.log(`http://127.0.0.1:${address.port}`);
});

async function stop(): Promise<void> {
  http.close();
  await live.drain({ deadline: 2_000 });
  http.closeAllConnections();
}
process.on('SIGINT', stop).on('SIGTERM', stop);
