/**
 * A chat with rooms and names, and the page for it. `npm run example -- chat`, PORT chooses the port (default 8081);
 * open the URL that it prints in two windows.
 *
 * A client connects to `/chat?room=lobby&name=Ada`. Each text that it sends goes to everybody in the room, as
 * `{"type":"said","name":"Ada","text":"…"}`; the other types are `joined` and `left`, with all `names`.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { HandshakeError, WebSocketServer } from 'hawser';
import { enter, leave, namesIn, sendTo } from './rooms.js';

const MAX_TEXT = 2_000;

const file = (name: string) => readFileSync(new URL(name, import.meta.url));
const files = new Map([
  ['/', { type: 'text/html', body: file('index.html') }],
  ['/page.js', { type: 'text/javascript', body: file('page.js') }],
  ['/page.css', { type: 'text/css', body: file('page.css') }],
]);
const http = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '', 'http://localhost');
  const found = files.get(pathname);
  if (found === undefined) {
    response.writeHead(404).end();
    return;
  }
  // No script but page.js runs, whatever texts and names hold.
  response.setHeader('Content-Security-Policy', "default-src 'self'");
  response.setHeader('Content-Type', `${found.type}; charset=utf-8`);
  response.end(found.body);
});

const chat = new WebSocketServer({
  server: http,
  path: '/chat',
  maxPayload: MAX_TEXT * 4, // UTF-8 has at most 4 bytes for a character; a longer message closes with 1009
  maxFragments: 64,
  maxBufferedAmount: 1_048_576, // who is so far behind is cut off: the others do not wait, and memory has a bound
  allowedOrigins: 'same-host',
  authenticate: ({ url = '' }) => {
    const { searchParams } = new URL(url, 'http://localhost');
    const name = (searchParams.get('name') ?? '').normalize().trim();
    const room = searchParams.get('room') ?? '';
    if (!/^[\p{L}\p{M}\p{N} ._-]{1,20}$/u.test(name))
      throw new HandshakeError(403, 'A name has 1 to 20 letters');
    if (!/^[a-z0-9-]{1,20}$/.test(room)) throw new HandshakeError(403, 'A room has 1 to 20 letters');
    return { name, room };
  },
});

chat.on('connection', (socket) => {
  const { name, room } = socket.context;
  const refusal = enter(room, name, socket);
  if (refusal !== undefined) {
    socket.close(refusal.code, refusal.reason);
    return;
  }
  // Prepared once, however many are in the room.
  const tell = (event: object) => sendTo(room, chat.prepareMessage(JSON.stringify(event)));
  tell({ type: 'joined', name, names: namesIn(room) });
  socket.on('message', (data, isBinary) => {
    const text = data.toString();
    if (isBinary) socket.close(1003, 'Text only');
    else if (text.length > MAX_TEXT) socket.close(1009, `At most ${MAX_TEXT} characters`);
    else if (text.trim() !== '') tell({ type: 'said', name, text });
  });
  socket.on('close', () => {
    leave(room, name);
    tell({ type: 'left', name, names: namesIn(room) });
  });
});

http.listen(Number(process.env.PORT ?? 8081), '127.0.0.1', () => {
  const address = http.address();
  if (address !== null && typeof address === 'object') console.log(`http://127.0.0.1:${address.port}`);
});

async function stop(): Promise<void> {
  http.close();
  await chat.drain({ deadline: 2_000 });
  http.closeAllConnections();
}
process.on('SIGINT', stop).on('SIGTERM', stop);
