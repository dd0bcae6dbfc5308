// The same in CommonJS: require() gives the class, with everything else on it.
import WebSocket = require('hawser');

class Chatter extends WebSocket {
  nickname = 'nobody';
}

const server: WebSocket.Server<typeof Chatter> = new WebSocket.WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  WebSocket: Chatter,
});

server.on('connection', (socket, request) => {
  const name: string = socket.nickname;
  const version: string = request.httpVersion;
  // @ts-expect-error there is no such property
  socket.nikcname;
  socket.on('message', (data: WebSocket.RawData, isBinary: boolean) => {
    const below: boolean = socket.send(data, { binary: isBinary });
    console.log('server', data.toString(), below, name, version, socket instanceof WebSocket);
  });
});

server.on('listening', () => {
  const { port } = server.address() as { port: number };
  const options: WebSocket.ClientOptions = { perMessageDeflate: false };
  const client = new WebSocket(`ws://127.0.0.1:${port}/`, options);
  client.on('open', () => client.send('我是阿宝哥'));
  client.on('message', (data, isBinary) => {
    console.log('client', data.toString(), isBinary);
    client.close(4000, 'done');
  });
  client.on('close', (code: number, reason: Buffer) => {
    console.log('closed', code, reason.toString());
    server.close();
  });
});
