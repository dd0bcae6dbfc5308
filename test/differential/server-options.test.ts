import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { differential } from './differential.js';
import { connected, listen, stop } from './endpoints.js';
import type { Implementation, ServerOptions, WebSocket } from './implementations.js';
import { exchange, handshake, lines, outcome } from './raw-handshakes.js';

/** The options that everybody sees: those that ws documents. */
const shown = [
  'allowSynchronousEvents',
  'autoPong',
  'backlog',
  'clientTracking',
  'closeTimeout',
  'handleProtocols',
  'host',
  'maxBufferedChunks',
  'maxFragments',
  'maxPayload',
  'maxPendingAutoPongs',
  'noServer',
  'path',
  'perMessageDeflate',
  'port',
  'server',
  'skipUTF8Validation',
  'verifyClient',
] as const;

function show(options: object): unknown {
  const known = options as Record<string, unknown>;
  return Object.fromEntries(shown.map((name) => [name, known[name]]));
}

differential('server.options', [
  {
    name: 'the defaults with noServer',
    differs: {
      because: ['server-max-fragments', 'server-max-buffered-chunks', 'server-max-pending-auto-pongs'],
      ws: [
        'allowSynchronousEvents true',
        'autoPong true',
        'backlog null',
        'clientTracking true',
        'closeTimeout 30000',
        'handleProtocols null',
        'host null',
        'maxBufferedChunks 262144',
        'maxFragments 16384',
        'maxPayload 104857600',
        'maxPendingAutoPongs 60',
        'noServer true',
        'path null',
        'perMessageDeflate false',
        'port null',
        'server null',
        'skipUTF8Validation false',
        'verifyClient null',
        'WebSocket "WebSocket"',
      ],
      hawser: [
        'allowSynchronousEvents true',
        'autoPong true',
        'backlog null',
        'clientTracking true',
        'closeTimeout 30000',
        'handleProtocols null',
        'host null',
        'maxBufferedChunks undefined',
        'maxFragments 131072',
        'maxPayload 104857600',
        'maxPendingAutoPongs undefined',
        'noServer true',
        'path null',
        'perMessageDeflate false',
        'port null',
        'server null',
        'skipUTF8Validation false',
        'verifyClient null',
        'WebSocket "WebSocket"',
      ],
    },
    run({ WebSocketServer }, trace) {
      const { options } = new WebSocketServer({ noServer: true });
      for (const name of shown) trace(name, (options as Record<string, unknown>)[name]);
      trace('WebSocket', options.WebSocket?.name);
    },
  },
  {
    name: 'the names that are there',
    differs: {
      because: ['server-max-buffered-chunks', 'server-max-pending-auto-pongs'],
      ws: [
        'names ["allowSynchronousEvents", "autoPong", "backlog", "clientTracking", "closeTimeout", "handleProtocols", "host", "maxBufferedChunks", "maxFragments", "maxPayload", "maxPendingAutoPongs", "noServer", "path", "perMessageDeflate", "port", "server", "skipUTF8Validation", "verifyClient"] true',
      ],
      hawser: [
        'names ["allowSynchronousEvents", "autoPong", "backlog", "clientTracking", "closeTimeout", "handleProtocols", "host", "maxFragments", "maxPayload", "noServer", "path", "perMessageDeflate", "port", "server", "skipUTF8Validation", "verifyClient"] true',
      ],
    },
    run({ WebSocketServer }, trace) {
      const { options } = new WebSocketServer({ noServer: true });
      trace(
        'names',
        shown.filter((name) => name in options),
        'WebSocket' in options,
      );
    },
  },
  {
    name: 'the class of the sockets is the one that is exported',
    run({ WebSocketServer, WebSocket }, trace) {
      trace('default', new WebSocketServer({ noServer: true }).options.WebSocket === WebSocket);
      class Mine extends WebSocket {}
      trace('own', new WebSocketServer({ noServer: true, WebSocket: Mine }).options.WebSocket === Mine);
    },
  },
  {
    name: 'values that were given',
    run({ WebSocketServer }, trace) {
      const given: ServerOptions & { maxPendingAutoPongs: number } = {
        noServer: true,
        path: '/chat',
        maxPayload: 10,
        clientTracking: false,
        skipUTF8Validation: true,
        autoPong: false,
        allowSynchronousEvents: false,
        backlog: 5,
        host: 'localhost',
        verifyClient: () => true,
        handleProtocols: () => false,
        perMessageDeflate: { threshold: 10 },
        maxFragments: 7,
        maxBufferedChunks: 9,
        maxPendingAutoPongs: 3,
      };
      const { options } = new WebSocketServer(given);
      trace('options', show(options));
      trace('perMessageDeflate', options.perMessageDeflate === given.perMessageDeflate);
      trace('copied', options !== given);
    },
  },
  {
    name: 'perMessageDeflate: true and others',
    differs: {
      because: 'undefined-options-are-defaults',
      ws: [
        'perMessageDeflate {}',
        'perMessageDeflate false',
        'perMessageDeflate undefined',
        'perMessageDeflate null',
        'perMessageDeflate 0',
      ],
      hawser: [
        'perMessageDeflate {}',
        'perMessageDeflate false',
        'perMessageDeflate false',
        'perMessageDeflate false',
        'perMessageDeflate 0',
      ],
    },
    run({ WebSocketServer }, trace) {
      for (const perMessageDeflate of [true, false, undefined, null, 0]) {
        const server = new WebSocketServer({ noServer: true, perMessageDeflate } as ServerOptions);
        trace('perMessageDeflate', server.options.perMessageDeflate);
      }
    },
  },
  {
    name: 'undefined and null',
    differs: {
      because: ['undefined-options-are-defaults', 'server-max-fragments', 'server-max-buffered-chunks'],
      ws: [
        'options {allowSynchronousEvents: true, autoPong: null, backlog: null, clientTracking: undefined, closeTimeout: 30000, handleProtocols: null, host: null, maxBufferedChunks: 262144, maxFragments: 16384, maxPayload: undefined, maxPendingAutoPongs: 60, noServer: true, path: undefined, perMessageDeflate: false, port: null, server: null, skipUTF8Validation: false, verifyClient: null}',
      ],
      hawser: [
        'options {allowSynchronousEvents: true, autoPong: true, backlog: null, clientTracking: true, closeTimeout: 30000, handleProtocols: null, host: null, maxBufferedChunks: undefined, maxFragments: 131072, maxPayload: 104857600, maxPendingAutoPongs: undefined, noServer: true, path: null, perMessageDeflate: false, port: null, server: null, skipUTF8Validation: false, verifyClient: null}',
      ],
    },
    run({ WebSocketServer }, trace) {
      const nothing = { maxPayload: undefined, path: undefined, autoPong: null, clientTracking: undefined };
      trace('options', show(new WebSocketServer({ noServer: true, ...nothing } as never).options));
    },
  },
  {
    name: 'with port and with a server',
    differs: {
      because: ['server-max-fragments', 'server-max-buffered-chunks', 'server-max-pending-auto-pongs'],
      ws: [
        'port {allowSynchronousEvents: true, autoPong: true, backlog: null, clientTracking: true, closeTimeout: 30000, handleProtocols: null, host: "127.0.0.1", maxBufferedChunks: 262144, maxFragments: 16384, maxPayload: 104857600, maxPendingAutoPongs: 60, noServer: false, path: null, perMessageDeflate: false, port: 0, server: null, skipUTF8Validation: false, verifyClient: null}',
        'server true null false',
      ],
      hawser: [
        'port {allowSynchronousEvents: true, autoPong: true, backlog: null, clientTracking: true, closeTimeout: 30000, handleProtocols: null, host: "127.0.0.1", maxBufferedChunks: undefined, maxFragments: 131072, maxPayload: 104857600, maxPendingAutoPongs: undefined, noServer: false, path: null, perMessageDeflate: false, port: 0, server: null, skipUTF8Validation: false, verifyClient: null}',
        'server true null false',
      ],
    },
    async run(implementation, trace) {
      const { server } = await listen(implementation);
      trace('port', show(server.options));
      await stop(server);
      const http = createServer();
      const { options } = new implementation.WebSocketServer({ server: http });
      trace('server', options.server === http, options.port, options.noServer);
    },
  },
  {
    name: 'unknown options are kept',
    run({ WebSocketServer }, trace) {
      const server = new WebSocketServer({ noServer: true, room: 'lobby' } as ServerOptions);
      trace('room', (server.options as { room?: string }).room);
    },
  },
  {
    name: 'the object that was given may change afterwards, without effect',
    async run(implementation, trace) {
      const given: ServerOptions = { host: '127.0.0.1', port: 0 };
      const server = new implementation.WebSocketServer(given);
      given.path = '/elsewhere';
      await once(server, 'listening');
      trace('path', server.options.path);
      const { port } = server.address() as { port: number };
      const { client, head } = await handshake(port);
      trace('answer', lines(head)[0]);
      client.reset();
      await stop(server);
    },
  },
  {
    name: 'options can be replaced and frozen objects can be given',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, Object.freeze({}));
      server.options = { ...server.options, path: '/new' };
      trace('path', server.options.path, server.shouldHandle({ url: '/new' } as never));
      trace('answer', lines(await exchange(port)).length > 0);
      await stop(server);
    },
  },
]);

/** A client that opens, tells its protocol and is ended. */
async function opened(
  implementation: Implementation,
  url: string,
  protocols: string[] = [],
): Promise<WebSocket> {
  const client = new implementation.WebSocket(url, protocols);
  await once(client, 'open');
  return client;
}

differential('options that are assigned late', [
  {
    name: 'handleProtocols',
    async run(implementation, trace) {
      const { server, url } = await listen(implementation);
      const before = await opened(implementation, url, ['a', 'b']);
      server.options.handleProtocols = (protocols, request) => {
        trace('handleProtocols', protocols, request.url);
        return 'b';
      };
      const after = await opened(implementation, url, ['a', 'b']);
      trace('protocols', before.protocol, after.protocol);
      before.terminate();
      after.terminate();
      await stop(server);
    },
  },
  {
    name: 'verifyClient',
    async run(implementation, trace) {
      const { server, port, url } = await listen(implementation);
      const before = await opened(implementation, url);
      server.options.verifyClient = ({ req }: { req: IncomingMessage }) => req.url === '/good';
      trace('refused', lines(await exchange(port, { target: '/bad' }))[0]);
      const after = await opened(implementation, `${url}good`);
      trace('open', after.readyState);
      before.terminate();
      after.terminate();
      await stop(server);
    },
  },
  {
    name: 'path',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, { path: '/old' });
      server.options.path = '/new';
      for (const url of ['/old', '/new', '/new?query', '/newer']) {
        trace(url, server.shouldHandle({ url } as never));
      }
      const { client, head } = await handshake(port, { target: '/new' });
      trace('answer', lines(head)[0]);
      client.reset();
      await stop(server);
    },
  },
  {
    name: 'maxPayload',
    async run(implementation, trace) {
      const { server, url } = await listen(implementation);
      server.options.maxPayload = 10;
      const connection = once(server, 'connection');
      const client = await opened(implementation, url);
      const [accepted] = await connection;
      accepted.on('error', (error: Error) => trace('error', error));
      accepted.on('message', (data: Buffer) => trace('message', data.length));
      client.send('a'.repeat(10));
      client.send('a'.repeat(11));
      trace('close', ...(await once(client, 'close')));
      await stop(server);
    },
  },
  {
    name: 'autoPong',
    async run(implementation, trace) {
      const { server, url } = await listen(implementation);
      server.options.autoPong = false;
      const connection = once(server, 'connection');
      const client = await opened(implementation, url);
      const [accepted] = await connection;
      accepted.on('ping', () => accepted.send('pinged'));
      client.on('pong', () => trace('pong'));
      client.ping();
      trace('message', ...(await once(client, 'message')));
      client.terminate();
      await stop(server);
    },
  },
  {
    name: 'perMessageDeflate',
    async run(implementation, trace) {
      const { server, url } = await listen(implementation);
      const before = await opened(implementation, url);
      server.options.perMessageDeflate = { threshold: 0 };
      const after = await opened(implementation, url);
      trace('extensions', before.extensions, after.extensions);
      before.terminate();
      after.terminate();
      await stop(server);
    },
  },
  {
    name: 'WebSocket',
    async run(implementation, trace) {
      const { server, url } = await listen(implementation);
      class Mine extends implementation.WebSocket {}
      server.options.WebSocket = Mine;
      const connection = once(server, 'connection');
      const client = await opened(implementation, url);
      const [accepted] = await connection;
      trace('class', accepted instanceof Mine, accepted.constructor.name);
      client.terminate();
      await stop(server);
    },
  },
  {
    name: 'skipUTF8Validation',
    async run(implementation, trace) {
      const { server, url } = await listen(implementation);
      server.options.skipUTF8Validation = true;
      const connection = once(server, 'connection');
      const client = await opened(implementation, url);
      const [accepted] = await connection;
      client.send(Buffer.from([0xff]), { binary: false });
      trace('message', ...(await once(accepted, 'message')));
      client.terminate();
      await stop(server);
    },
  },
  {
    name: 'clientTracking',
    async run(implementation, trace) {
      const { server, client } = await connected(implementation);
      server.options.clientTracking = false;
      trace('clients', server.clients.size);
      client.terminate();
      await stop(server);
      trace('closed');
    },
  },
  {
    name: 'noServer, as long as nothing asks for it',
    differs: {
      because: 'server-error-codes',
      ws: ['address Error(The server is operating in "noServer" mode)'],
      hawser: ['address TypeError(WS_ERR_INVALID_OPTIONS: The server is operating in "noServer" mode)'],
    },
    async run(implementation, trace) {
      const { server, client } = await connected(implementation);
      server.options.noServer = true;
      trace(
        'address',
        outcome(() => server.address() !== null),
      );
      client.terminate();
      await stop(server);
    },
  },
]);
