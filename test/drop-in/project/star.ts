/** What TypeScript allows without `esModuleInterop` only: the class as a namespace object. Compiled and run. */

import * as WebSocket from 'ws';

const server = new WebSocket.Server({ host: '127.0.0.1', port: 0 }, () => {
  const { port } = server.address() as WebSocket.AddressInfo;
  const client: WebSocket = new WebSocket(`ws://127.0.0.1:${port}`);
  client.on('open', () => client.send('hello'));
  client.on('message', (data: WebSocket.RawData, isBinary) => {
    console.log('echo', data.toString(), isBinary, client instanceof WebSocket.WebSocket);
    client.close();
    server.close();
  });
});
server.on('connection', (socket) => socket.on('message', (data) => socket.send(data.toString())));
