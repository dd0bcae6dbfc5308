/** The form of ES modules, compiled to either kind of module. Compiled and run. */

import WebSocket, { type RawData, WebSocketServer } from 'ws';

const server: WebSocketServer = new WebSocketServer({ host: '127.0.0.1', port: 0 }, () => {
  const { port } = server.address() as WebSocket.AddressInfo;
  const client: WebSocket = new WebSocket(`ws://127.0.0.1:${port}`);
  client.on('open', () => client.send('hello'));
  client.on('message', (data: RawData, isBinary: boolean) => {
    console.log('echo', data.toString(), isBinary, client instanceof WebSocket);
    client.close();
    server.close();
  });
});
server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
