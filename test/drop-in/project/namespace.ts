/**
 * What `require('ws')` gives and `@types/ws` declares: the class with everything else on it, as values and as types.
 * Compiled as CommonJS against `@types/ws` and against hawser; never run.
 */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import WebSocket, {
  type createWebSocketStream,
  Server,
  WebSocket as WebSocketByName,
  WebSocketServer,
} from 'ws';

/** Fails to compile unless `value` is of the type. */
function is<Expected>(value: Expected): void {
  void value;
}

const socket: WebSocket.WebSocket = new WebSocket.WebSocket('ws://127.0.0.1', 'protocol');
is<WebSocket>(socket);
is<WebSocket.WebSocket>(new WebSocketByName(null));
is<WebSocketByName>(socket);

const server: WebSocket.Server = new WebSocket.Server({ noServer: true });
is<WebSocket.WebSocketServer>(server);
is<Server>(new WebSocket.WebSocketServer({ noServer: true }));
is<WebSocketServer>(new Server({ noServer: true }));
is<typeof WebSocket.Server>(WebSocketServer);
server.on('connection', function (client, request) {
  is<WebSocket.Server>(this);
  is<WebSocket>(client);
  is<IncomingMessage>(request);
});

class Session extends WebSocket.WebSocket {
  readonly id = 1;
}
class Application extends WebSocket.Server<typeof Session> {
  readonly rooms = new Map<string, Set<Session>>();
}
const application = new Application({ noServer: true, WebSocket: Session });
is<WebSocket.Server<typeof Session>>(application);
is<WebSocket.ServerOptions<typeof Session>>(application.options);
application.on('connection', (session) => is<number>(session.id));
for (const session of application.clients) is<Session>(session);

is<Duplex>(WebSocket.createWebSocketStream(socket, { objectMode: true }));
is<typeof createWebSocketStream>(WebSocket.createWebSocketStream);
