import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differential } from './differential.js';
import { connected, listen, stop } from './endpoints.js';
import type { ServerOptions } from './implementations.js';
import { httpServer, outcome, stopHttp } from './raw-handshakes.js';

const pem = (name: string) => readFileSync(new URL(`../client/certificates/${name}`, import.meta.url));

differential('the constructor of WebSocketServer', [
  {
    name: 'none of port, server and noServer',
    differs: {
      because: 'server-error-codes',
      ws: [
        'none TypeError(One and only one of the "port", "server", or "noServer" options must be specified)',
        'none TypeError(One and only one of the "port", "server", or "noServer" options must be specified)',
        'none TypeError(One and only one of the "port", "server", or "noServer" options must be specified)',
        'none TypeError(One and only one of the "port", "server", or "noServer" options must be specified)',
        'none TypeError(One and only one of the "port", "server", or "noServer" options must be specified)',
        'none TypeError(One and only one of the "port", "server", or "noServer" options must be specified)',
      ],
      hawser: [
        'none TypeError(WS_ERR_INVALID_OPTIONS: One and only one of the "port", "server", or "noServer" options must be specified)',
        'none TypeError(WS_ERR_INVALID_OPTIONS: One and only one of the "port", "server", or "noServer" options must be specified)',
        'none TypeError(WS_ERR_INVALID_OPTIONS: One and only one of the "port", "server", or "noServer" options must be specified)',
        'none TypeError(WS_ERR_INVALID_OPTIONS: One and only one of the "port", "server", or "noServer" options must be specified)',
        'none TypeError(WS_ERR_INVALID_OPTIONS: One and only one of the "port", "server", or "noServer" options must be specified)',
        'none TypeError(WS_ERR_INVALID_OPTIONS: One and only one of the "port", "server", or "noServer" options must be specified)',
      ],
    },
    run({ WebSocketServer }, trace) {
      const none = [
        undefined,
        {},
        { port: null },
        { noServer: false },
        { host: '127.0.0.1' },
        { server: null },
      ];
      for (const options of none) {
        trace(
          'none',
          outcome(() => new WebSocketServer(options as ServerOptions)),
        );
      }
    },
  },
  {
    name: 'two or three of port, server and noServer',
    differs: {
      because: 'server-error-codes',
      ws: [
        'several TypeError(One and only one of the "port", "server", or "noServer" options must be specified)',
        'several TypeError(One and only one of the "port", "server", or "noServer" options must be specified)',
        'several TypeError(One and only one of the "port", "server", or "noServer" options must be specified)',
        'several TypeError(One and only one of the "port", "server", or "noServer" options must be specified)',
        'listeners 0 1',
      ],
      hawser: [
        'several TypeError(WS_ERR_INVALID_OPTIONS: One and only one of the "port", "server", or "noServer" options must be specified)',
        'several TypeError(WS_ERR_INVALID_OPTIONS: One and only one of the "port", "server", or "noServer" options must be specified)',
        'several TypeError(WS_ERR_INVALID_OPTIONS: One and only one of the "port", "server", or "noServer" options must be specified)',
        'several TypeError(WS_ERR_INVALID_OPTIONS: One and only one of the "port", "server", or "noServer" options must be specified)',
        'listeners 0 1',
      ],
    },
    run({ WebSocketServer }, trace) {
      const server = createServer();
      const several = [
        { port: 0, server },
        { port: 0, noServer: true },
        { server, noServer: true },
        { port: 0, server, noServer: true },
      ];
      for (const options of several)
        trace(
          'several',
          outcome(() => new WebSocketServer(options)),
        );
      trace('listeners', server.listenerCount('upgrade'), server.listenerCount('listening'));
    },
  },
  {
    name: 'null as options',
    run({ WebSocketServer }, trace) {
      const thrown = outcome(() => new WebSocketServer(null as unknown as ServerOptions));
      trace('null', thrown instanceof TypeError);
    },
  },
  {
    name: 'called without new',
    run({ WebSocketServer }, trace) {
      const call = WebSocketServer as unknown as (options: ServerOptions) => unknown;
      trace(
        'without new',
        outcome(() => call({ noServer: true })),
      );
    },
  },
  {
    name: 'names and statics',
    run(WebSocket, trace) {
      trace('Server', WebSocket.Server === WebSocket.WebSocketServer, WebSocket.WebSocketServer.name);
      trace('WebSocket', WebSocket.WebSocket === WebSocket);
      const { WebSocketServer } = WebSocket;
      for (const name of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED', 'RUNNING']) {
        trace(name, name in WebSocketServer, name in WebSocketServer.prototype);
      }
      for (const name of ['address', 'close', 'handleUpgrade', 'shouldHandle'] as const) {
        trace(name, WebSocketServer.prototype[name]);
        trace('own', Object.hasOwn(WebSocketServer.prototype, name));
      }
    },
  },
  {
    name: 'the property path',
    differs: { because: 'server-path-property', ws: ['path undefined'], hawser: ['path "/chat"'] },
    run({ WebSocketServer }, trace) {
      trace('path', new WebSocketServer({ noServer: true, path: '/chat' }).path);
    },
  },
  {
    name: 'is an EventEmitter, with properties of its own',
    run({ WebSocketServer }, trace) {
      const server = new WebSocketServer({ noServer: true });
      trace('emitter', 'on' in server, 'prependListener' in server, String(server));
      trace(
        'keys',
        Object.keys(server)
          .filter((key) => !key.startsWith('_'))
          .sort(),
      );
      trace('clients', server.clients);
      trace('events', server.eventNames());
    },
  },
  {
    name: 'with port: the callback is a listener of listening',
    async run({ WebSocketServer }, trace) {
      const events: string[] = [];
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }, function (this: unknown, ...args) {
        events.push(`callback ${args.length}`);
      });
      trace('address before', server.address());
      server.on('listening', () => events.push('listening'));
      await once(server, 'listening');
      trace('events', events.sort());
      const { address, family } = server.address() as AddressInfo;
      trace('address', address, family);
      await stop(server);
      trace('address after', server.address());
    },
  },
  {
    name: 'the callback comes before the listeners of listening',
    async run({ WebSocketServer }, trace) {
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => trace('callback'));
      server.on('listening', () => trace('listening'));
      await once(server, 'listening');
      trace('clients', server.clients);
      await stop(server);
    },
  },
  {
    name: 'the callback is not called with a server that was given',
    async run({ WebSocketServer }, trace) {
      const http = createServer();
      const server = new WebSocketServer({ server: http }, () => trace('callback'));
      server.on('listening', () => trace('listening'));
      trace('address before', server.address());
      http.listen(0, '127.0.0.1', () => trace('http listening'));
      await once(http, 'listening');
      trace('address', (server.address() as AddressInfo).address);
      await stop(server);
      trace('http', http.listening);
      await stopHttp(http);
    },
  },
  {
    name: 'the callback is not called with noServer',
    differs: {
      because: 'server-error-codes',
      ws: [
        'address Error(The server is operating in "noServer" mode)',
        'address after Error(The server is operating in "noServer" mode)',
      ],
      hawser: [
        'address TypeError(WS_ERR_INVALID_OPTIONS: The server is operating in "noServer" mode)',
        'address after TypeError(WS_ERR_INVALID_OPTIONS: The server is operating in "noServer" mode)',
      ],
    },
    async run({ WebSocketServer }, trace) {
      const server = new WebSocketServer({ noServer: true }, () => trace('callback'));
      await new Promise((resolve) => setImmediate(resolve));
      trace(
        'address',
        outcome(() => server.address()),
      );
      await stop(server);
      trace(
        'address after',
        outcome(() => server.address()),
      );
    },
  },
  {
    name: 'a server that listens already tells nothing more',
    async run({ WebSocketServer }, trace) {
      const { http } = await httpServer();
      const server = new WebSocketServer({ server: http });
      server.on('listening', () => trace('listening'));
      await new Promise((resolve) => setImmediate(resolve));
      trace('address', (server.address() as AddressInfo).address);
      await stop(server);
      await stopHttp(http);
    },
  },
  {
    name: 'a server that listens on a path of the file system',
    async run({ WebSocketServer }, trace) {
      const http = createServer();
      const server = new WebSocketServer({ server: http });
      const path = join(tmpdir(), `differential-${process.pid}-${Math.random().toString(36).slice(2)}.sock`);
      http.listen(path);
      await once(server, 'listening');
      trace('address', server.address() === path);
      await stop(server);
      await stopHttp(http);
    },
  },
  {
    name: 'an HTTPS server that was given',
    async run({ WebSocketServer, WebSocket }, trace) {
      const https = createHttpsServer({ cert: pem('server.pem'), key: pem('server-key.pem') });
      const server = new WebSocketServer({ server: https });
      server.on('connection', (socket, request) => {
        trace('connection', 'encrypted' in request.socket, request.url);
        socket.on('message', (data) => socket.send(data));
      });
      https.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const client = new WebSocket(`wss://127.0.0.1:${port}/secret`, { rejectUnauthorized: false });
      await once(client, 'open');
      client.send('hello');
      trace('message', ...(await once(client, 'message')));
      client.terminate();
      await stop(server);
      await new Promise((resolve) => https.close(resolve));
    },
  },
  {
    name: 'host and backlog are those of listen',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, { host: '::1', backlog: 7 });
      const { address, family } = server.address() as AddressInfo;
      trace('address', address, family, server.options.backlog);
      const client = new implementation.WebSocket(`ws://[::1]:${port}/`);
      await once(client, 'open');
      trace('open');
      client.terminate();
      await stop(server);
    },
  },
  {
    name: 'the port may be a string',
    async run(implementation, trace) {
      const { server } = await listen(implementation, { port: '0' as never });
      trace('port', (server.address() as AddressInfo).port > 0, server.options.port);
      await stop(server);
    },
  },
  {
    name: 'a port out of range',
    run({ WebSocketServer }, trace) {
      trace(
        'thrown',
        outcome(() => new WebSocketServer({ port: 70_000 })),
      );
    },
  },
  {
    name: 'a port that is taken',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation);
      const second = new implementation.WebSocketServer({ host: '127.0.0.1', port }, () => trace('callback'));
      second.on('listening', () => trace('listening'));
      second.on('close', () => trace('close'));
      const [error] = await once(second, 'error');
      const { code, syscall, address } = error as NodeJS.ErrnoException & { address: string };
      trace('error', code, syscall, address, (error as Error).name);
      trace('address', second.address());
      await new Promise<void>((resolve) => {
        second.close((closing) => {
          trace('closed', closing);
          resolve();
        });
      });
      await stop(server);
    },
  },
  {
    name: 'errors of the server that was given are passed on',
    run({ WebSocketServer }, trace) {
      const http = createServer();
      const server = new WebSocketServer({ server: http });
      trace(
        'without listener',
        outcome(() => http.emit('error', new Error('first'))),
      );
      server.on('error', (error) => trace('error', error));
      trace('with listener', http.emit('error', new Error('second')));
    },
  },
  {
    name: 'listeners on the server that was given',
    async run({ WebSocketServer }, trace) {
      const http = createServer();
      const counts = () =>
        ['listening', 'error', 'upgrade', 'request', 'connection', 'close'].map((name) =>
          http.listenerCount(name),
        );
      const before = counts();
      const server = new WebSocketServer({ server: http });
      trace(
        'added',
        counts().map((count, index) => count - before[index]),
      );
      await stop(server);
      trace(
        'after',
        counts().map((count, index) => count - before[index]),
      );
    },
  },
  {
    name: 'options of a wrong type or out of range',
    differs: {
      because: 'server-options-are-checked',
      ws: [
        'made ["maxPayload"] "a server"',
        'made ["maxPayload"] "a server"',
        'made ["path"] "a server"',
        'made ["verifyClient"] "a server"',
        'made ["handleProtocols"] "a server"',
        'made ["closeTimeout"] "a server"',
        'made ["perMessageDeflate"] "a server"',
        'made ["perMessageDeflate"] "a server"',
      ],
      hawser: [
        'made ["maxPayload"] TypeError(WS_ERR_INVALID_OPTIONS: The option "maxPayload" must be a number from 0 on, not -1)',
        'made ["maxPayload"] TypeError(WS_ERR_INVALID_OPTIONS: The option "maxPayload" must be a number from 0 on, not \'1mb\')',
        'made ["path"] TypeError(WS_ERR_INVALID_OPTIONS: The option "path" must be a string that begins with \'/\', not \'chat\')',
        'made ["verifyClient"] TypeError(WS_ERR_INVALID_OPTIONS: The option "verifyClient" must be a function, not \'yes\')',
        'made ["handleProtocols"] TypeError(WS_ERR_INVALID_OPTIONS: The option "handleProtocols" must be a function, not \'chat\')',
        'made ["closeTimeout"] TypeError(WS_ERR_INVALID_OPTIONS: The option "closeTimeout" must be a number from 0 on, not -5)',
        'made ["perMessageDeflate"] TypeError(WS_ERR_INVALID_OPTIONS: serverMaxWindowBits must be an integer from 8 to 15)',
        'made ["perMessageDeflate"] TypeError(WS_ERR_INVALID_OPTIONS: Invalid zlib options: The value of "options.level" is out of range. It must be >= -1 and <= 9. Received 77)',
      ],
    },
    run({ WebSocketServer }, trace) {
      const wrong = [
        { maxPayload: -1 },
        { maxPayload: '1mb' },
        { path: 'chat' },
        { verifyClient: 'yes' },
        { handleProtocols: 'chat' },
        { closeTimeout: -5 },
        { perMessageDeflate: { serverMaxWindowBits: 7 } },
        { perMessageDeflate: { zlibDeflateOptions: { level: 77 } } },
      ];
      for (const options of wrong) {
        const made = outcome(() => new WebSocketServer({ noServer: true, ...options } as never));
        trace('made', Object.keys(options), made instanceof WebSocketServer ? 'a server' : made);
      }
    },
  },
  {
    name: 'null and undefined stand for the default',
    async run(implementation, trace) {
      const nothing = { path: null, verifyClient: null, handleProtocols: null, backlog: null, server: null };
      const { server, accepted, client } = await connected(implementation, {
        server: { ...(nothing as object), noServer: undefined },
      });
      accepted.on('message', (data) => accepted.send(data));
      client.send('hello');
      trace('message', ...(await once(client, 'message')));
      client.terminate();
      await stop(server);
    },
  },
  {
    name: 'the field _server that programs look into',
    async run(implementation, trace) {
      type Inside = { _server?: { listening: boolean } | null };
      const http = createServer();
      const shared = new implementation.WebSocketServer({ server: http });
      trace('server', (shared as unknown as Inside)._server === http);
      const { server } = await listen(implementation);
      trace('port', (server as unknown as Inside)._server?.listening);
      server.close();
      trace('closing', (server as unknown as Inside)._server);
      await once(server, 'close');
      const none = new implementation.WebSocketServer({ noServer: true });
      trace('noServer', Boolean((none as unknown as Inside)._server));
    },
  },
  {
    name: 'a subclass of WebSocketServer',
    async run(implementation, trace) {
      class Chat extends implementation.WebSocketServer {
        rooms = new Map<string, unknown>();
        override address() {
          trace('address called');
          return super.address();
        }
      }
      const server = new Chat({ port: 0, host: '127.0.0.1' });
      trace('instance', server instanceof implementation.Server, server.rooms, server.constructor.name);
      await once(server, 'listening');
      trace('listening', server.address() !== null);
      await stop(server);
    },
  },
]);
