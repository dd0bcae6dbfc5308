/** CommonJS as TypeScript writes it; with and without `esModuleInterop`. Compiled and run. */

import WebSocket = require('ws');

import { WebSocketServer } from 'ws';

const server: WebSocket.Server = new WebSocket.Server({ host: '127.0.0.1', port: 0 }, () => {
  const { port } = server.address() as WebSocket.AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  client.on('open', () => client.send('hello'));
  client.on('message', (data: WebSocket.RawData, isBinary: boolean) => {
    console.log('echo', data.toString(), isBinary, server instanceof WebSocketServer);
    client.close();
    server.close();
  });
});
server.on('connection', (socket: WebSocket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
