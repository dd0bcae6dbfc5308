import { once } from 'node:events';
import { createServer } from 'node:http';
import { RawClient } from '../server/raw-client.js';
import { differential } from './differential.js';
import { connected, listen, stop } from './endpoints.js';
import {
  exchange,
  handshake,
  httpServer,
  lines,
  outcome,
  stopHttp,
  upgradeRequest,
} from './raw-handshakes.js';

differential('close', [
  {
    name: 'with port, without clients',
    async run(implementation, trace) {
      const { server } = await listen(implementation);
      server.on('close', (...args) => trace('close', args));
      trace(
        'result',
        server.close((...args: unknown[]) => trace('callback', args)),
      );
      trace('address', server.address());
      await once(server, 'close');
      trace('eventNames', server.listenerCount('close'));
    },
  },
  {
    name: 'before it listens',
    async run({ WebSocketServer }, trace) {
      const server = new WebSocketServer({ host: '127.0.0.1', port: 0 }, () => trace('callback'));
      server.on('listening', () => trace('listening'));
      server.close((error) => trace('closed', error));
      await once(server, 'close');
      trace('address', server.address());
    },
  },
  {
    name: 'twice while it closes',
    async run(implementation, trace) {
      const { server } = await listen(implementation);
      server.on('close', () => trace('close'));
      server.close((error) => trace('first', error));
      server.close((error) => trace('second', error));
      await once(server, 'close');
      await new Promise((resolve) => setImmediate(resolve));
    },
  },
  {
    name: 'again when it has closed',
    differs: {
      because: 'server-error-codes',
      ws: [
        'returned',
        'close',
        'callback Error(The server is not running)',
        'without callback undefined',
        'close',
      ],
      hawser: [
        'returned',
        'close',
        'callback TypeError(WS_ERR_SERVER_NOT_RUNNING: The server is not running)',
        'without callback undefined',
        'close',
      ],
    },
    async run(implementation, trace) {
      const { server } = await listen(implementation);
      await stop(server);
      server.on('close', () => trace('close'));
      await new Promise<void>((resolve) => {
        server.close((error) => {
          trace('callback', error);
          resolve();
        });
        trace('returned');
      });
      trace(
        'without callback',
        outcome(() => server.close()),
      );
      await new Promise((resolve) => setImmediate(resolve));
    },
  },
  {
    name: 'from a listener of close',
    differs: {
      because: 'server-error-codes',
      ws: ['callback Error(The server is not running)'],
      hawser: ['callback TypeError(WS_ERR_SERVER_NOT_RUNNING: The server is not running)'],
    },
    async run(implementation, trace) {
      const { server } = await listen(implementation);
      await new Promise<void>((resolve) => {
        server.once('close', () => {
          server.close((error) => {
            trace('callback', error);
            resolve();
          });
        });
        server.close();
      });
    },
  },
  {
    name: 'with open clients: they stay, close waits for them',
    differs: {
      because: 'server-close-is-last',
      ws: ['message Buffer <7374696c6c2068657265> false false 1', 'closed 1'],
      hawser: ['message Buffer <7374696c6c2068657265> false false 1', 'closed 0'],
    },
    async run(implementation, trace) {
      const { server, accepted, client } = await connected(implementation);
      let closed = false;
      const stopped = stop(server).then(() => {
        closed = true;
      });
      client.send('still here');
      trace('message', ...(await once(accepted, 'message')), closed, accepted.readyState);
      client.close(1000, 'now');
      await stopped;
      trace('closed', server.clients.size);
    },
  },
  {
    name: 'with clients that are terminated, as the documentation has it',
    async run(implementation, trace) {
      const { server, client } = await connected(implementation);
      const closed = once(client, 'close');
      const stopped = stop(server);
      for (const socket of server.clients) socket.terminate();
      await stopped;
      trace('client', ...(await closed));
      trace('clients', server.clients.size);
    },
  },
  {
    name: 'new connections while it closes, with port',
    async run(implementation, trace) {
      const { server, client } = await connected(implementation);
      const { port } = server.address() as { port: number };
      const stopped = stop(server);
      const second = new implementation.WebSocket(`ws://127.0.0.1:${port}/`);
      const [error] = await once(second, 'error');
      trace('error', error.code);
      client.terminate();
      await stopped;
    },
  },
  {
    name: 'requests on connections that were made before',
    differs: {
      because: 'closing-server-answers-503',
      ws: ['answer "HTTP/1.1 426 Upgrade Required"'],
      hawser: ['answer "HTTP/1.1 503 Service Unavailable"'],
    },
    async run(implementation, trace) {
      const { server, port } = await listen(implementation);
      const client = await RawClient.connect(port);
      client.socket.write('GET / HT');
      await new Promise<void>((resolve) => {
        const connections = () =>
          (server as unknown as { _server: import('node:http').Server })._server.getConnections((_, count) =>
            count > 0 ? resolve() : setImmediate(connections),
          );
        connections();
      });
      const stopped = stop(server);
      client.socket.write(upgradeRequest().slice('GET / HT'.length));
      await client.until(() => client.received.includes('\r\n\r\n'));
      trace('answer', client.received.toString().split('\r\n')[0]);
      client.reset();
      await stopped;
    },
  },
  {
    name: 'with a server that was given: it goes on',
    async run({ WebSocketServer }, trace) {
      const { http, port } = await httpServer();
      const server = new WebSocketServer({ server: http });
      server.on('close', () => trace('close'));
      server.close((error) => trace('callback', error));
      trace('returned', http.listening);
      await once(server, 'close');
      trace('http', http.listening, http.listenerCount('upgrade'));
      const answer = await exchange(port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      trace('answer', lines(answer)[0]);
      await stopHttp(http);
    },
  },
  {
    name: 'with a server that was given and clients',
    differs: {
      because: 'closing-server-answers-503',
      ws: ['listeners 0', 'message Buffer <7374696c6c2068657265> false', 'socket closed', 'close'],
      hawser: ['listeners 1', 'message Buffer <7374696c6c2068657265> false', 'socket closed', 'close'],
    },
    async run({ WebSocketServer, WebSocket }, trace) {
      const { http, port } = await httpServer();
      const server = new WebSocketServer({ server: http });
      const client = new WebSocket(`ws://127.0.0.1:${port}/`);
      const [[accepted]] = await Promise.all([once(server, 'connection'), once(client, 'open')]);
      accepted.on('close', () => trace('socket closed'));
      server.on('close', () => trace('close'));
      const stopped = stop(server);
      trace('listeners', http.listenerCount('upgrade'));
      client.send('still here');
      trace('message', ...(await once(accepted, 'message')));
      client.close();
      await stopped;
      await stopHttp(http);
    },
  },
  {
    name: 'new requests while it closes, with a server that was given',
    differs: {
      because: 'closing-server-answers-503',
      ws: ['answer "HTTP/1.1 200 OK"'],
      hawser: ['answer "HTTP/1.1 503 Service Unavailable"'],
    },
    async run({ WebSocketServer, WebSocket }, trace) {
      const { http, port } = await httpServer();
      const server = new WebSocketServer({ server: http });
      const client = new WebSocket(`ws://127.0.0.1:${port}/`);
      await Promise.all([once(server, 'connection'), once(client, 'open')]);
      const stopped = stop(server);
      const second = await handshake(port);
      trace('answer', second.head.split('\r\n')[0]);
      second.client.reset();
      client.terminate();
      await stopped;
      await stopHttp(http);
    },
  },
  {
    name: 'a second server takes the place of the first on one HTTP server',
    async run({ WebSocketServer, WebSocket }, trace) {
      const { http, port } = await httpServer();
      await stop(new WebSocketServer({ server: http }));
      const second = new WebSocketServer({ server: http });
      const client = new WebSocket(`ws://127.0.0.1:${port}/`);
      await once(client, 'open');
      trace('open', second.clients.size);
      client.terminate();
      await stop(second);
      await stopHttp(http);
    },
  },
  {
    name: 'with noServer',
    differs: {
      because: 'server-error-codes',
      ws: ['returned', 'close', 'callback undefined', 'close', 'again Error(The server is not running)'],
      hawser: [
        'returned',
        'close',
        'callback undefined',
        'close',
        'again TypeError(WS_ERR_SERVER_NOT_RUNNING: The server is not running)',
      ],
    },
    async run({ WebSocketServer }, trace) {
      const server = new WebSocketServer({ noServer: true });
      server.on('close', () => trace('close'));
      server.close((error) => trace('callback', error));
      trace('returned');
      await once(server, 'close');
      await new Promise<void>((resolve) => {
        server.close((error) => {
          trace('again', error);
          resolve();
        });
      });
    },
  },
  {
    name: 'with noServer: handleUpgrade afterwards',
    differs: {
      because: ['closing-server-answers-503', 'refusals-are-plain-text'],
      ws: [
        'answer "HTTP/1.1 503 Service Unavailable"',
        'answer "Connection: close"',
        'answer "Content-Type: text/html"',
        'answer "Content-Length: 19"',
        'answer ""',
        'answer "Service Unavailable"',
      ],
      hawser: [
        'answer "HTTP/1.1 503 Service Unavailable"',
        'answer "Connection: close"',
        'answer "Content-Type: text/plain; charset=utf-8"',
        'answer "Content-Length: 27"',
        'answer "Retry-After: 5"',
        'answer ""',
        'answer "The server is shutting down"',
      ],
    },
    async run({ WebSocketServer }, trace) {
      const { http, port } = await httpServer();
      const server = new WebSocketServer({ noServer: true });
      http.on('upgrade', (request, socket, head) => {
        server.handleUpgrade(request, socket, head, () => trace('callback'));
      });
      await stop(server);
      for (const line of lines(await exchange(port))) trace('answer', line);
      await stopHttp(http);
    },
  },
  {
    name: 'with noServer and clients',
    async run({ WebSocketServer, WebSocket }, trace) {
      const { http, port } = await httpServer();
      const server = new WebSocketServer({ noServer: true });
      http.on('upgrade', (request, socket, head) => {
        server.handleUpgrade(request, socket, head, (ws) => server.emit('connection', ws, request));
      });
      const client = new WebSocket(`ws://127.0.0.1:${port}/`);
      const [[accepted]] = await Promise.all([once(server, 'connection'), once(client, 'open')]);
      accepted.on('close', () => trace('socket closed', server.clients.size));
      server.on('close', () => trace('close'));
      const stopped = stop(server);
      client.close();
      await stopped;
      await stopHttp(http);
    },
  },
  {
    name: 'with clientTracking: false and a server that was given',
    async run({ WebSocketServer, WebSocket }, trace) {
      const { http, port } = await httpServer();
      const server = new WebSocketServer({ server: http, clientTracking: false });
      const client = new WebSocket(`ws://127.0.0.1:${port}/`);
      await Promise.all([once(server, 'connection'), once(client, 'open')]);
      await stop(server);
      trace('closed', client.readyState);
      client.close();
      trace('client', ...(await once(client, 'close')));
      await stopHttp(http);
    },
  },
  {
    name: 'the HTTP server that was given closes first',
    async run({ WebSocketServer }, trace) {
      const http = createServer();
      const server = new WebSocketServer({ server: http });
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      server.on('close', () => trace('close'));
      await stopHttp(http);
      trace('http closed', server.address());
      await stop(server);
    },
  },
  {
    name: 'what a closed server keeps',
    async run(implementation, trace) {
      const { server } = await listen(implementation, { path: '/chat' });
      await stop(server);
      trace('options', server.options.path, server.options.host, server.eventNames());
      trace('shouldHandle', server.shouldHandle({ url: '/chat' } as never), server.clients);
    },
  },
]);
