// Names, not the class alone: each of them is found from CommonJS, as a type and as a value.

import type { CloseEvent, ErrorEvent, HandshakeDiagnostics, MessageEvent, ServerSocket } from 'hawser';
import {
  CloseCode,
  ConnectionClosedError,
  createWebSocketStream,
  HandshakeError,
  type PreparedMessage,
  type Server,
  type WebSocket,
  WebSocketServer,
} from 'hawser';

const refusal: HandshakeError = new HandshakeError(401);
const server: Server = new WebSocketServer({ noServer: true });
const message: PreparedMessage = server.prepareMessage('x');
new WebSocketServer({ noServer: true, authenticate: async () => ({ user: 'alice' }) }).on(
  'connection',
  (socket) => {
    const user: string = socket.context.user;
    const same: ServerSocket<typeof WebSocket, { user: string }> = socket;
    same.onclose = (event: CloseEvent) => console.log(user, event.code === CloseCode.GOING_AWAY);
    same.onerror = (event: ErrorEvent) => console.log(event.message);
    same.onmessage = (event: MessageEvent) => console.log(event.data, createWebSocketStream(same));
  },
);
export const names: [unknown, HandshakeDiagnostics | undefined] = [
  [refusal, message, ConnectionClosedError],
  undefined,
];
