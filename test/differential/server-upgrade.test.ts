import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { differential, type Program } from './differential.js';
import { listen, stop } from './endpoints.js';
import type { WebSocket } from './implementations.js';
import {
  exchange,
  handshake,
  httpServer,
  KEY,
  lines,
  maskedFrame,
  outcome,
  stopHttp,
  upgradeRequest,
} from './raw-handshakes.js';

/** A request as Node makes it, without a connection. */
function madeRequest(changes: object = {}, fields: Record<string, string> = {}): IncomingMessage {
  const headers = {
    host: '127.0.0.1',
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': KEY,
    'sec-websocket-version': '13',
    ...fields,
  };
  const rawHeaders = Object.entries(headers).flat();
  return {
    method: 'GET',
    url: '/',
    httpVersion: '1.1',
    headers,
    rawHeaders,
    socket: {},
    ...changes,
  } as never;
}

/** A Duplex that keeps what is written. */
function sink(): { socket: Duplex; written: () => string } {
  const chunks: Buffer[] = [];
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, callback) {
      chunks.push(chunk);
      callback();
    },
  });
  return { socket, written: () => Buffer.concat(chunks).toString('latin1') };
}

const closed = (client: WebSocket) => new Promise((resolve) => client.once('close', resolve));

differential('handleUpgrade and paths', [
  {
    name: 'called by hand from upgrade, as the documentation of ws has it',
    async run({ WebSocketServer, WebSocket }, trace) {
      const { http, port } = await httpServer();
      const server = new WebSocketServer({ noServer: true });
      server.on('connection', (socket, request, ...more) => {
        trace('connection', socket.readyState, request.url, more);
        socket.send('hello');
      });
      http.on('upgrade', (request, socket, head) => {
        trace('upgrade', request.url, head);
        server.handleUpgrade(request, socket, head, (websocket, same, ...more) => {
          trace('callback', websocket instanceof WebSocket, same === request, more, server.clients.size);
          server.emit('connection', websocket, request);
        });
        trace('returned');
      });
      const client = new WebSocket(`ws://127.0.0.1:${port}/chat?room=1`);
      trace('message', ...(await once(client, 'message')));
      client.terminate();
      await stop(server);
      await stopHttp(http);
    },
  },
  {
    name: 'the order of headers, 101, callback and return',
    run({ WebSocketServer }, trace) {
      const server = new WebSocketServer({ noServer: true });
      server.on('headers', (headers, request) => trace('headers', headers.length, request.url));
      const { socket, written } = sink();
      trace(
        'result',
        server.handleUpgrade(madeRequest(), socket, Buffer.alloc(0), (websocket) => {
          trace('callback', websocket.readyState, written().slice(0, 34), server.clients.has(websocket));
        }),
      );
      trace('clients', server.clients.size);
    },
  },
  {
    name: 'twice with the same socket',
    differs: {
      because: 'server-error-codes',
      ws: [
        'callback',
        'second Error(server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration)',
      ],
      hawser: [
        'callback',
        'second TypeError(WS_ERR_INVALID_ARGUMENT: server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration)',
      ],
    },
    run({ WebSocketServer }, trace) {
      const server = new WebSocketServer({ noServer: true });
      const { socket } = sink();
      const upgrade = () =>
        server.handleUpgrade(madeRequest(), socket, Buffer.alloc(0), () => trace('callback'));
      upgrade();
      trace('second', outcome(upgrade));
    },
  },
  {
    name: 'two listeners of upgrade hand the same socket to two servers',
    differs: {
      because: 'server-error-codes',
      ws: [
        'callback',
        'handle undefined',
        'handle Error(server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration)',
      ],
      hawser: [
        'callback',
        'handle undefined',
        'handle TypeError(WS_ERR_INVALID_ARGUMENT: server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration)',
      ],
    },
    run({ WebSocketServer }, trace) {
      const servers = [new WebSocketServer({ noServer: true }), new WebSocketServer({ noServer: true })];
      const { socket } = sink();
      for (const server of servers) {
        trace(
          'handle',
          outcome(() =>
            server.handleUpgrade(madeRequest(), socket, Buffer.alloc(0), () => trace('callback')),
          ),
        );
      }
    },
  },
  {
    name: 'what the callback throws comes out of handleUpgrade',
    run({ WebSocketServer }, trace) {
      const server = new WebSocketServer({ noServer: true });
      const { socket } = sink();
      trace(
        'thrown',
        outcome(() =>
          server.handleUpgrade(madeRequest(), socket, Buffer.alloc(0), () => {
            throw new Error('in the callback');
          }),
        ),
      );
      trace('clients', server.clients.size, socket.destroyed);
    },
  },
  ...(
    [
      ['a request that breaks a rule', { upgrade: 'h2c' }, '/'],
      ['a request for another path', {}, '/other'],
    ] as const
  ).map(
    ([name, fields, url]): Program => ({
      name: `called by hand with ${name}`,
      run({ WebSocketServer }, trace) {
        const server = new WebSocketServer({ noServer: true, path: '/' });
        const { socket, written } = sink();
        const request = madeRequest({ url }, fields);
        trace(
          'result',
          server.handleUpgrade(request, socket, Buffer.alloc(0), () => trace('callback')),
        );
        trace('answer', written().slice(0, 10), written().includes('Connection: close'));
        trace('clients', server.clients.size);
      },
    }),
  ),
  {
    name: 'a socket that has ended already',
    async run({ WebSocketServer }, trace) {
      const server = new WebSocketServer({ noServer: true });
      const { socket, written } = sink();
      socket.destroy();
      await once(socket, 'close');
      server.handleUpgrade(madeRequest(), socket, Buffer.alloc(0), () => trace('callback'));
      trace('written', written(), server.clients.size);
    },
  },
  {
    name: 'a Duplex that is no TCP socket',
    async run({ WebSocketServer }, trace) {
      const server = new WebSocketServer({ noServer: true });
      const { socket, written } = sink();
      server.handleUpgrade(madeRequest(), socket, maskedFrame(0x81, 'early'), (websocket) => {
        websocket.on('message', (data, isBinary) => {
          trace('message', data, isBinary);
          websocket.close(1000);
        });
        websocket.on('close', (code, reason) => trace('close', code, reason, server.clients.size));
        websocket.once('message', () => {
          socket.push(maskedFrame(0x88, Buffer.from([3, 232])));
          socket.push(null);
        });
      });
      await once(socket, 'close');
      trace('frames', Buffer.from(written().split('\r\n\r\n')[1], 'latin1'));
    },
  },
  {
    name: 'frames behind the request',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation);
      server.on('connection', (socket) => {
        trace('connection');
        socket.on('message', (data, isBinary) => {
          trace('message', data, isBinary);
          if (String(data) === 'second') socket.close(4000, 'enough');
        });
        socket.on('close', (code, reason) => trace('close', code, reason));
      });
      const { client } = await handshake(
        port,
        upgradeRequest() +
          Buffer.concat([maskedFrame(0x81, 'first'), maskedFrame(0x82, 'second')]).toString('latin1'),
      );
      await client.until(() => client.received.length >= 10);
      trace('frames', client.received);
      client.socket.write(maskedFrame(0x88, Buffer.from([0x0f, 0xa0])));
      await client.closed();
      await stop(server);
    },
  },
  {
    name: 'several servers with noServer, one for each path',
    async run({ WebSocketServer, WebSocket }, trace) {
      const { http, port } = await httpServer();
      const servers = new Map(['/a', '/b'].map((path) => [path, new WebSocketServer({ noServer: true })]));
      for (const [path, server] of servers) server.on('connection', (socket) => socket.send(path));
      http.on('upgrade', (request, socket, head) => {
        const server = servers.get(request.url as string);
        if (server === undefined) socket.destroy();
        else server.handleUpgrade(request, socket, head, (ws) => server.emit('connection', ws, request));
      });
      for (const path of ['/b', '/a']) {
        const client = new WebSocket(`ws://127.0.0.1:${port}${path}`);
        trace('message', ...(await once(client, 'message')));
        client.terminate();
      }
      trace('answer', await exchange(port, { target: '/c' }));
      await stopHttp(http);
    },
  },
  {
    name: 'several servers with path on one HTTP server',
    differs: {
      because: 'paths-are-shared',
      ws: ['message "/a" Buffer <2f61>', 'error "/a"', 'error "/b"'],
      hawser: ['message "/a" Buffer <2f61>', 'message "/b" Buffer <2f62>'],
    },
    async run({ WebSocketServer, WebSocket }, trace) {
      const { http, port } = await httpServer();
      const servers = ['/a', '/b'].map((path) => {
        const server = new WebSocketServer({ server: http, path });
        server.on('connection', (socket) => socket.send(path));
        return server;
      });
      for (const path of ['/a', '/b']) {
        const client = new WebSocket(`ws://127.0.0.1:${port}${path}`);
        client.on('message', (data) => {
          trace('message', path, data);
          client.close();
        });
        client.on('error', () => trace('error', path));
        await closed(client);
      }
      for (const server of servers) await stop(server);
      await stopHttp(http);
    },
  },
  {
    name: 'several servers with path by one listener of upgrade and shouldHandle',
    async run({ WebSocketServer, WebSocket }, trace) {
      const { http, port } = await httpServer();
      const servers = ['/a', '/b'].map((path) => new WebSocketServer({ noServer: true, path }));
      http.on('upgrade', (request, socket, head) => {
        const server = servers.find((candidate) => candidate.shouldHandle(request));
        if (server === undefined) socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
        else server.handleUpgrade(request, socket, head, (ws) => ws.send(String(server.options.path)));
      });
      for (const path of ['/b?query', '/a']) {
        const client = new WebSocket(`ws://127.0.0.1:${port}${path}`);
        trace('message', ...(await once(client, 'message')));
        client.terminate();
      }
      trace('answer', await exchange(port, { target: '/c' }));
      await stopHttp(http);
    },
  },
  {
    name: 'shouldHandle and paths',
    run({ WebSocketServer }, trace) {
      for (const path of [undefined, '', '/', '/chat', '/chat?x=1']) {
        const server = new WebSocketServer({ noServer: true, path });
        const urls = ['/', '/chat', '/chat?x=1', '/chat/', '/Chat', '/%63hat', '/chat#part', '//chat'];
        trace(
          String(path),
          urls.filter((url) => server.shouldHandle({ url } as IncomingMessage)),
        );
      }
    },
  },
  {
    name: 'a path that is not served',
    differs: {
      because: ['path-not-served-is-404', 'refusals-are-plain-text'],
      ws: [
        'answer "HTTP/1.1 400 Bad Request"',
        'answer "Connection: close"',
        'answer "Content-Type: text/html"',
        'answer "Content-Length: 11"',
        'answer ""',
        'answer "Bad Request"',
      ],
      hawser: [
        'answer "HTTP/1.1 404 Not Found"',
        'answer "Connection: close"',
        'answer "Content-Type: text/plain; charset=utf-8"',
        'answer "Content-Length: 34"',
        'answer ""',
        'answer "No WebSocket endpoint at this path"',
      ],
    },
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, { path: '/chat' });
      server.on('wsClientError', (error) => trace('wsClientError', error));
      for (const line of lines(await exchange(port, { target: '/other' }))) trace('answer', line);
      await stop(server);
    },
  },
  {
    name: 'shouldHandle is overwritten',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation);
      server.shouldHandle = (request) => {
        trace('shouldHandle', request.url, request.headers.upgrade);
        return request.url === '/good';
      };
      const { client, head } = await handshake(port, { target: '/good' });
      trace('answer', lines(head)[0]);
      client.reset();
      trace('refused', (await exchange(port, { target: '/bad' })).startsWith('HTTP/1.1 4'));
      await stop(server);
    },
  },
  {
    name: 'shouldHandle of a subclass, with a promise',
    async run(implementation, trace) {
      class Open extends implementation.WebSocketServer {
        override async shouldHandle() {
          trace('shouldHandle');
          return true;
        }
      }
      const server = new Open({ host: '127.0.0.1', port: 0 });
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const { client, head } = await handshake(port);
      trace('answer', lines(head)[0]);
      client.reset();
      await stop(server);
    },
  },
  {
    name: 'handleUpgrade is overwritten',
    async run(implementation, trace) {
      const { server, url } = await listen(implementation);
      const original = server.handleUpgrade;
      server.handleUpgrade = function (this: typeof server, request, socket, head, callback) {
        trace('handleUpgrade', this === server, request.url, head, typeof callback);
        original.call(this, request, socket, head, (websocket: WebSocket, same: IncomingMessage) => {
          trace('callback', same === request);
          callback(websocket, same);
        });
      };
      server.on('connection', (socket) => trace('connection', socket.readyState));
      const client = new implementation.WebSocket(url);
      await once(client, 'open');
      client.terminate();
      await stop(server);
    },
  },
  {
    name: 'handleUpgrade of the prototype is wrapped, as instrumentation does',
    async run(implementation, trace) {
      const prototype = implementation.WebSocketServer.prototype;
      const original = prototype.handleUpgrade;
      prototype.handleUpgrade = function (request, socket, head, callback) {
        trace('wrapped', request.url);
        return original.call(this, request, socket, head, callback);
      };
      try {
        const { server, url } = await listen(implementation);
        const client = new implementation.WebSocket(url);
        await once(client, 'open');
        client.terminate();
        await stop(server);
      } finally {
        prototype.handleUpgrade = original;
      }
    },
  },
  {
    name: 'completeUpgrade is overwritten',
    differs: {
      because: 'complete-upgrade-is-not-there',
      ws: [
        'completeUpgrade true 7 ["permessage-deflate"]',
        'arguments "string" Set ["chat"] "/" true',
        'and Buffer <> "function"',
        'open "chat" "permessage-deflate"',
      ],
      hawser: ['open "chat" "permessage-deflate"'],
    },
    async run(implementation, trace) {
      const { server, url } = await listen(implementation, { perMessageDeflate: true });
      type Complete = (...args: unknown[]) => void;
      const open = server as unknown as { completeUpgrade: Complete };
      const original = open.completeUpgrade;
      open.completeUpgrade = function (this: unknown, ...args) {
        const [extensions, key, protocols, request, socket, head, callback] = args;
        trace('completeUpgrade', this === server, args.length, Object.keys(extensions as object));
        trace('arguments', typeof key, protocols, (request as IncomingMessage).url, socket instanceof Duplex);
        trace('and', head, typeof callback);
        original.apply(this, args);
      };
      const client = new implementation.WebSocket(url, ['chat']);
      await once(client, 'open');
      trace('open', client.protocol, client.extensions);
      client.terminate();
      await stop(server);
    },
  },
  {
    name: 'functions of the options that throw',
    differs: {
      because: 'checks-that-throw-are-500',
      ws: ['handleUpgrade Error(a mistake) ""', 'handleUpgrade Error(a mistake) ""'],
      hawser: [
        'handleUpgrade undefined "HTTP/1.1 500 Internal Server Error"',
        'handleUpgrade undefined "HTTP/1.1 500 Internal Server Error"',
      ],
    },
    run({ WebSocketServer }, trace) {
      const fail = () => {
        throw new Error('a mistake');
      };
      for (const options of [{ verifyClient: fail }, { handleProtocols: fail }]) {
        const server = new WebSocketServer({ noServer: true, ...options });
        const { socket, written } = sink();
        const request = madeRequest({}, { 'sec-websocket-protocol': 'chat' });
        const upgrade = () => server.handleUpgrade(request, socket, Buffer.alloc(0), () => trace('callback'));
        trace('handleUpgrade', outcome(upgrade), written().split('\r\n')[0]);
      }
    },
  },
  {
    name: 'emit is overwritten',
    async run(implementation, trace) {
      const { server, url } = await listen(implementation);
      const original = server.emit;
      server.emit = function (this: typeof server, name: string, ...args: unknown[]) {
        trace('emit', name, args.length);
        return original.call(this, name, ...args);
      } as typeof server.emit;
      const client = new implementation.WebSocket(url);
      await once(client, 'open');
      const closed = new Promise((resolve) => [...server.clients][0].once('close', resolve));
      client.terminate();
      await closed;
      await stop(server);
    },
  },
  {
    name: 'the server emits connection synchronously with the 101',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation);
      server.on('headers', () => {
        trace('headers', server.clients.size);
        process.nextTick(() => trace('next tick'));
      });
      server.on('connection', (socket) => trace('connection', server.clients.has(socket)));
      const { client } = await handshake(port);
      client.reset();
      await stop(server);
    },
  },
  {
    name: 'the request of connection is that of upgrade',
    async run({ WebSocketServer, WebSocket }, trace) {
      const { http, port } = await httpServer();
      const server = new WebSocketServer({ server: http });
      let seen: IncomingMessage | undefined;
      http.prependListener('upgrade', (request) => {
        seen = request;
        Object.assign(request, { session: 'from a listener before' });
      });
      const connection = once(server, 'connection');
      const client = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { 'X-Token': 'secret' } });
      const [[socket, request]] = await Promise.all([connection, once(client, 'open')]);
      trace('request', request === seen, request.session, request.headers['x-token'], request.method);
      trace('upgradeReq', 'upgradeReq' in socket, socket.upgradeReq);
      trace('socket', request.socket === socket._socket, socket.protocol, socket.extensions);
      trace('more', socket.binaryType, socket.isPaused, socket.bufferedAmount, socket.readyState);
      client.terminate();
      await stop(server);
      await stopHttp(http);
    },
  },
  {
    name: 'plain requests to an HTTP server that was given are its own',
    async run({ WebSocketServer }, trace) {
      const { http, port } = await httpServer();
      const server = new WebSocketServer({ server: http });
      const answer = await exchange(port, 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
      trace('answer', lines(answer)[0], answer.endsWith('page\r\n0\r\n\r\n') || answer.endsWith('page'));
      await stop(server);
      await stopHttp(http);
    },
  },
  {
    name: 'a listener of upgrade that answers other protocols itself',
    async run({ WebSocketServer }, trace) {
      const http = createServer();
      const server = new WebSocketServer({ noServer: true });
      http.on('upgrade', (request, socket, head) => {
        if (request.headers.upgrade !== 'websocket') socket.end('HTTP/1.1 501 No\r\n\r\n');
        else server.handleUpgrade(request, socket, head, () => trace('callback'));
      });
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      const { port } = http.address() as AddressInfo;
      trace('answer', await exchange(port, { headers: { Upgrade: 'h2c' } }));
      const { client } = await handshake(port);
      client.reset();
      await stopHttp(http);
    },
  },
]);
