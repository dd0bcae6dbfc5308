// A newcomer's echo server: no annotation is needed, the types of everything are inferred.
import { WebSocket, WebSocketServer } from 'hawser';

const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  authenticate: async (request) => ({ path: request.url ?? '/', since: Date.now() }),
});

server.on('connection', (socket, request) => {
  const since: number = socket.context.since;
  const agent: string | undefined = request.headers['user-agent'];
  // @ts-expect-error the context has what authenticate returns, and nothing else
  socket.context.missing;
  socket.on('message', (data, isBinary) => {
    const text: string = isBinary ? '' : data.toString();
    const below: boolean = socket.send(data, { binary: isBinary });
    console.log('server', text, below, since > 0, agent === undefined);
  });
});

server.on('listening', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  const client = new WebSocket(`ws://127.0.0.1:${address.port}/`);
  client.on('open', () => client.send('我是阿宝哥'));
  client.on('message', (data: WebSocket.RawData, isBinary) => {
    console.log('client', data.toString(), isBinary);
    client.close(4000, 'done');
  });
  client.on('close', (code, reason) => {
    console.log('closed', code, reason.toString());
    server.close();
  });
});
