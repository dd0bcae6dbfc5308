/**
 * A WebSocket server beside Fastify, on its HTTP server: who has logged in at the app is known to the WebSocket, and who
 * logs out loses it. `npm run example -- fastify`, PORT chooses the port (default 3001).
 */
import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import { HandshakeError, WebSocketServer } from 'hawser';
import { begin, cookieOf, end, type Session, sessionOf } from './sessions.js';

const app = Fastify({ bodyLimit: 1024, forceCloseConnections: true });
const page = readFileSync(new URL('index.html', import.meta.url));

const live = new WebSocketServer({
  server: app.server,
  path: '/live',
  maxPayload: 4096,
  allowedOrigins: 'same-host', // cookies come with a WebSocket of any page
  authenticate: (request) => {
    const session = sessionOf(request);
    if (session === undefined) throw new HandshakeError(401, 'Log in first');
    return session;
  },
});

live.on('connection', (socket) => {
  const { name } = socket.context;
  socket.send(`Hello, ${name}`);
  socket.on('message', (data) => live.broadcast(`${name}: ${data.toString()}`));
});

function logOut(session: Session): void {
  end(session);
  for (const socket of live.clients) {
    if (socket.context.id === session.id) socket.close(4401, 'Logged out');
  }
}

app.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
app.post<{ Body: { name: string } }>(
  '/login',
  {
    schema: {
      body: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string', pattern: '^[\\p{L}\\p{M}\\p{N} ]{1,20}$' } },
      },
    },
  },
  (request, reply) => {
    const { name } = request.body;
    return reply.header('Set-Cookie', cookieOf(begin(name))).send({ name });
  },
);
app.post('/logout', (request, reply) => {
  const session = sessionOf(request);
  if (session !== undefined) logOut(session);
  return reply.code(204).send();
});
// Before the app waits for its connections, the WebSockets end in order.
app.addHook('preClose', async () => {
  await live.drain({ deadline: 2_000 });
});

console.log(await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3001) }));

const stop = () => app.close();
process.on('SIGINT', stop).on('SIGTERM', stop);
