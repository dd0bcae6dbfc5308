import { once } from 'node:events';
import { RawClient, type RequestChanges } from '../server/raw-client.js';
import { differential, type Program } from './differential.js';
import { listen, stop } from './endpoints.js';
import { exchange, upgradeRequest } from './raw-handshakes.js';

const headers = (fields: NonNullable<RequestChanges['headers']>): RequestChanges => ({ headers: fields });

differential('wsClientError', [
  {
    name: 'takes over the answer',
    differs: {
      because: 'server-error-codes',
      ws: [
        'wsClientError Error(Missing or invalid Sec-WebSocket-Key header) "/" true 0',
        'answer "HTTP/1.1 418 Teapot\\r\\nConnection: close\\r\\n\\r\\n"',
      ],
      hawser: [
        'wsClientError Error(WS_ERR_INVALID_KEY_HEADER: Missing or invalid Sec-WebSocket-Key header) "/" true 0',
        'answer "HTTP/1.1 418 Teapot\\r\\nConnection: close\\r\\n\\r\\n"',
      ],
    },
    async run(implementation, trace) {
      const { server, port } = await listen(implementation);
      server.on('wsClientError', (error, socket, request) => {
        trace('wsClientError', error, request.url, socket.writable, server.clients.size);
        socket.end('HTTP/1.1 418 Teapot\r\nConnection: close\r\n\r\n');
      });
      trace('answer', await exchange(port, { headers: { 'Sec-WebSocket-Key': 'bad' } }));
      await stop(server);
    },
  },
  ...(
    [
      ['method', { method: 'PUT' }, 'WS_ERR_INVALID_METHOD', 'Invalid HTTP method'],
      ['Upgrade', headers({ Upgrade: 'h2c' }), 'WS_ERR_INVALID_UPGRADE_HEADER', 'Invalid Upgrade header'],
      [
        'key',
        headers({ 'Sec-WebSocket-Key': 'x' }),
        'WS_ERR_INVALID_KEY_HEADER',
        'Missing or invalid Sec-WebSocket-Key header',
      ],
      [
        'version',
        headers({ 'Sec-WebSocket-Version': '9' }),
        'WS_ERR_INVALID_VERSION_HEADER',
        'Missing or invalid Sec-WebSocket-Version header',
      ],
      [
        'subprotocol',
        headers({ 'Sec-WebSocket-Protocol': 'a,a' }),
        'WS_ERR_INVALID_PROTOCOL_HEADER',
        'Invalid Sec-WebSocket-Protocol header',
      ],
      [
        'extension',
        headers({ 'Sec-WebSocket-Extensions': 'permessage-deflate; x=' }),
        'WS_ERR_INVALID_EXTENSIONS_HEADER',
        'Invalid or unacceptable Sec-WebSocket-Extensions header',
      ],
    ] as const
  ).map(
    ([name, request, code, message]): Program => ({
      name: `is told of a wrong ${name}`,
      differs: {
        because: 'server-error-codes',
        ws: [`wsClientError Error(${message})`, 'answer "HTTP/1.1 418 Teapot"'],
        hawser: [`wsClientError Error(${code}: ${message})`, 'answer "HTTP/1.1 418 Teapot"'],
      },
      async run(implementation, trace) {
        const { server, port } = await listen(implementation, { perMessageDeflate: true });
        server.on('wsClientError', (error, socket) => {
          trace('wsClientError', error);
          socket.end('HTTP/1.1 418 Teapot\r\nConnection: close\r\n\r\n');
        });
        const answer = await exchange(port, request);
        trace('answer', answer.split('\r\n')[0]);
        await stop(server);
      },
    }),
  ),
  {
    name: 'is not told of a path that is not served, nor of a client that is refused',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, { path: '/chat', verifyClient: () => false });
      server.on('wsClientError', (error) => trace('wsClientError', error));
      for (const target of ['/', '/chat']) trace('answer', (await exchange(port, { target })).slice(9, 10));
      await stop(server);
    },
  },
  {
    name: 'is not told of plain requests, nor of what is no HTTP',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation);
      server.on('wsClientError', (error) => trace('wsClientError', error));
      trace(
        'plain',
        (await exchange(port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).split('\r\n')[0],
      );
      trace('no HTTP', (await exchange(port, 'nonsense\r\n\r\n')).split('\r\n')[0]);
      await stop(server);
    },
  },
  {
    name: 'errors of the socket are swallowed while the answer is outstanding',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation);
      const told = once(server, 'wsClientError');
      const client = await RawClient.connect(port);
      client.socket.write(upgradeRequest({ headers: { 'Sec-WebSocket-Key': 'x' } }));
      const [, socket] = await told;
      trace('listeners', socket.listenerCount('error'));
      client.reset();
      await new Promise((resolve) => socket.once('close', resolve));
      trace('closed', socket.destroyed);
      await stop(server);
    },
  },
]);

differential('clients that leave early', [
  {
    name: 'before the request is complete',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation);
      for (const event of ['connection', 'error', 'wsClientError']) server.on(event, () => trace(event));
      const client = await RawClient.connect(port);
      client.socket.write('GET / HTTP/1.1\r\nHost: 127');
      client.socket.end();
      await client.closed();
      trace('closed', client.received.toString().split('\r\n')[0]);
      await stop(server);
    },
  },
  {
    name: 'right behind the request',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation);
      server.on('connection', (socket) => {
        trace('connection');
        socket.on('error', (error) => trace('error', error));
        socket.on('close', (code, reason) => trace('close', code, reason));
      });
      const client = await RawClient.connect(port);
      client.socket.end(upgradeRequest());
      await client.closed();
      trace('answer', client.received.toString().split('\r\n')[0]);
      await stop(server);
    },
  },
]);
