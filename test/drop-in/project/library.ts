/** What a library exports whose declarations are written by the compiler: every type has a name that it may use. */

import WebSocket, { createWebSocketStream, WebSocketServer } from 'ws';

export const server = new WebSocketServer({ noServer: true });
export const connect = (url: string) => new WebSocket(url);
export const clients = () => server.clients;
export const stream = (socket: WebSocket) => createWebSocketStream(socket);
export const listen = (socket: WebSocket) => socket.on('message', () => undefined);
export const options = server.options;
export const address = server.address();
export const send = (socket: WebSocket) => socket.send.bind(socket);
export const addListener = (socket: WebSocket) => socket.addEventListener.bind(socket);
export const events = (socket: WebSocket) => ({ open: socket.onopen, message: socket.onmessage });
export class Session extends WebSocket {
  ponged = this.on('pong', () => undefined);
}
export class Application extends WebSocketServer<typeof Session> {
  sessions = [...this.clients];
}
export default WebSocket;
