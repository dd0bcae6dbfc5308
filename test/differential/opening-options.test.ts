/** What the options of a client do to the request and to how it is sent. */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type ClientRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { differential, type Program } from './differential.js';
import type { Implementation, WebSocket } from './implementations.js';
import {
  construct,
  follow,
  type Listening,
  peer,
  switching,
  tellRequest,
  told,
  wire,
} from './opening-peers.js';
import type { Trace } from './trace.js';

/** Opens a connection with these options and tells its events. */
async function opening(implementation: Implementation, trace: Trace, options: object): Promise<void> {
  const server = await peer((request) => switching(request));
  await follow(construct(implementation, server.url, options), trace);
  await server.stop();
}

/** A connection on which nothing ever comes, so that nothing is left to fail when a constructor throws. */
const silence = (): Duplex => new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });

/** Whether the constructor takes such options. */
function throwing(name: string, all: readonly object[], differs?: Program['differs']): Program {
  return {
    name,
    async run(implementation, trace) {
      for (const options of all) {
        try {
          const client = construct(implementation, 'ws://127.0.0.1:9/', {
            createConnection: silence,
            ...options,
          });
          trace('accepted', options);
          const closed = follow(client, () => {});
          client.terminate();
          await closed;
        } catch (error) {
          trace('throws', told(error));
        }
      }
    },
    ...(differs && { differs }),
  };
}

differential('headers', [
  wire('none', []),
  wire('of the user come first', [{ headers: { 'X-B': '2', 'X-A': '1', Cookie: 'a=b' } }]),
  wire('of the user beside all others', [
    'chat',
    { headers: { 'X-A': '1' }, origin: 'http://a.test', auth: 'u:p' },
  ]),
  wire('a header with a list', [{ headers: { 'X-A': ['1', '2'] } }]),
  wire('a header that is a number', [{ headers: { 'X-A': 5 } }]),
  wire('a header that is empty', [{ headers: { 'X-A': '' } }]),
  wire('a header that is undefined', [{ headers: { 'X-A': undefined } }]),
  wire('a header with a line break', [{ headers: { 'X-A': 'a\r\nX-B: c' } }]),
  wire('a name that is no token', [{ headers: { 'X A': 'a' } }]),
  wire('a header in Latin-1', [{ headers: { 'X-A': 'ä' } }]),
  wire('a header beyond Latin-1', [{ headers: { 'X-A': '我' } }]),
  wire('Host', [{ headers: { Host: 'example.test' } }]),
  wire('host in lower case', [{ headers: { host: 'example.test', 'X-A': 'b' } }]),
  wire('Origin in headers', [{ headers: { Origin: 'http://h.test' } }]),
  wire('Origin in headers and option', [{ headers: { Origin: 'http://h.test' }, origin: 'http://o.test' }]),
  wire('User-Agent', [{ headers: { 'User-Agent': 'me/1' } }]),
  wire('Connection, Upgrade and version cannot be replaced', [
    { headers: { Connection: 'keep-alive', Upgrade: 'h2c', 'Sec-WebSocket-Version': '8', 'X-A': '1' } },
  ]),
  wire('in lower case they cannot be replaced either', [
    { headers: { connection: 'keep-alive', upgrade: 'h2c', 'sec-websocket-version': '8', 'x-a': '1' } },
  ]),
  wire('the key cannot be replaced', [{ headers: { 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==' } }]),
  wire('extensions are replaced by those that are offered', [
    { headers: { 'Sec-WebSocket-Extensions': 'x-a' } },
  ]),
  wire('extensions without an offer', [
    { headers: { 'Sec-WebSocket-Extensions': 'x-a' }, perMessageDeflate: false },
  ]),
  wire('subprotocols in headers and argument', ['chat', { headers: { 'Sec-WebSocket-Protocol': 'other' } }]),
  wire('null as headers', [{ headers: null }]),
  wire('headers without a prototype', [{ headers: Object.assign(Object.create(null), { 'X-A': '1' }) }]),
]);

differential('origin', [
  wire('is a header', [{ origin: 'https://example.test' }]),
  wire('empty', [{ origin: '' }]),
  wire('undefined', [{ origin: undefined }]),
  wire('null', [{ origin: null }]),
]);

const offering = (name: string, perMessageDeflate: unknown, differs?: Program['differs']): Program =>
  wire(name, [{ perMessageDeflate }], { only: 'sec-websocket-extensions', ...(differs && { differs }) });

const request = '< "GET / HTTP/1.1"';

/** What a request tells that offers permessage-deflate with these parameters. */
const offered = (parameters: string): string[] => [
  request,
  `< "Sec-WebSocket-Extensions: permessage-deflate${parameters}"`,
];

/** An option that ws sends as it is and hawser refuses. */
const refusedBits = (parameters: string, option: string): Program['differs'] => ({
  because: 'wrong-options',
  ws: offered(parameters),
  hawser: [`throws TypeError(${option} must be an integer from 8 to 15)`],
});

differential('perMessageDeflate', [
  ...[
    true,
    false,
    null,
    0,
    {},
    { serverNoContextTakeover: true },
    { clientNoContextTakeover: true },
    { serverNoContextTakeover: false, clientNoContextTakeover: false },
    { serverMaxWindowBits: 10 },
    { serverMaxWindowBits: false },
    { clientMaxWindowBits: 10 },
    { clientMaxWindowBits: true },
    { clientMaxWindowBits: false },
    { serverMaxWindowBits: 8, clientMaxWindowBits: 8 },
    {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 9,
      clientMaxWindowBits: 12,
      threshold: 10,
      concurrencyLimit: 3,
      zlibDeflateOptions: { level: 1 },
      zlibInflateOptions: { chunkSize: 1024 },
    },
  ].map((perMessageDeflate) => offering(`is ${JSON.stringify(perMessageDeflate)}`, perMessageDeflate)),
  offering('has undefined window bits', { clientMaxWindowBits: undefined, serverMaxWindowBits: undefined }),
  offering('is undefined', undefined, {
    because: 'undefined-options',
    ws: [request],
    hawser: offered('; client_max_window_bits'),
  }),
  offering(
    'has 15 window bits',
    { serverMaxWindowBits: 15, clientMaxWindowBits: 15 },
    {
      because: 'window-bits-by-default',
      ws: offered('; server_max_window_bits=15; client_max_window_bits=15'),
      hawser: offered('; client_max_window_bits'),
    },
  ),
  offering(
    'has serverMaxWindowBits: true',
    { serverMaxWindowBits: true },
    {
      because: 'window-bits-by-default',
      ws: offered('; server_max_window_bits; client_max_window_bits'),
      hawser: offered('; client_max_window_bits'),
    },
  ),
  ...[7, 16, '10'].map((bits) =>
    offering(
      `has serverMaxWindowBits: ${JSON.stringify(bits)}`,
      { serverMaxWindowBits: bits },
      refusedBits(`; server_max_window_bits=${bits}; client_max_window_bits`, 'serverMaxWindowBits'),
    ),
  ),
  ...[7, 16].map((bits) =>
    offering(
      `has clientMaxWindowBits: ${bits}`,
      { clientMaxWindowBits: bits },
      refusedBits(`; client_max_window_bits=${bits}`, 'clientMaxWindowBits'),
    ),
  ),
]);

const unsupported = (error: string, versions: readonly unknown[], supported: string): string[] =>
  versions.map(
    (version) =>
      `throws ${error}(Unsupported protocol version: ${version} (supported versions: ${supported}))`,
  );

/** Versions that both refuse, in other words. */
const refusedVersions = (...versions: unknown[]): Program =>
  throwing(
    versions.map(String).join(', '),
    versions.map((protocolVersion) => ({ protocolVersion })),
    {
      because: 'protocol-version-8',
      ws: unsupported('RangeError', versions, '8, 13'),
      hawser: unsupported('TypeError', versions, '13'),
    },
  );

differential('protocolVersion', [
  wire('13', [{ protocolVersion: 13 }]),
  wire('8', [{ protocolVersion: 8 }], {
    only: 'sec-websocket-version',
    differs: {
      because: 'protocol-version-8',
      ws: [request, '< "Sec-WebSocket-Version: 8"'],
      hawser: unsupported('TypeError', [8], '13'),
    },
  }),
  wire('8, with an origin', [{ protocolVersion: 8, origin: 'http://a.test' }], {
    only: 'sec-websocket-origin',
    differs: {
      because: 'protocol-version-8',
      ws: [request, '< "Sec-WebSocket-Origin: http://a.test"'],
      hawser: unsupported('TypeError', [8], '13'),
    },
  }),
  refusedVersions(12, 0, '13', null),
  throwing('undefined', [{ protocolVersion: undefined }], {
    because: 'undefined-options',
    ws: unsupported('RangeError', [undefined], '8, 13'),
    hawser: ['accepted {protocolVersion: undefined}'],
  }),
]);

differential('options of http.request', [
  wire('host and hostname', [{ host: 'a.test', hostname: 'b.test' }]),
  wire('port', [{ port: 1 }]),
  wire('path', [{ path: '/other' }], { target: '/mine' }),
  wire('method', [{ method: 'POST' }]),
  wire('protocol', [{ protocol: 'https:' }]),
  wire('defaultPort', [{ defaultPort: 1234 }]),
  wire('setHost', [{ setHost: false }]),
  wire('setHost, with user and password', [{ setHost: false, auth: 'a:b' }]),
  wire('family', [{ family: 4 }]),
  wire('localAddress', [{ localAddress: '127.0.0.1' }]),
  wire('maxHeaderSize', [{ maxHeaderSize: 4096 }]),
  wire('insecureHTTPParser', [{ insecureHTTPParser: true }]),
  wire('uniqueHeaders', [{ uniqueHeaders: ['x-a'], headers: { 'X-A': ['1', '2'] } }]),
  wire('joinDuplicateHeaders', [{ joinDuplicateHeaders: true }]),
  wire('search and query', [{ search: '?a', query: 'b', pathname: '/c', hash: '#d', href: 'ws://e/' }]),
  wire('a path with a space cannot be', [{ path: '/a b' }]),
  {
    name: 'localAddress is where it comes from',
    async run(implementation, trace) {
      const server = await peer(({ socket }) => {
        trace('from', socket.remoteAddress);
        socket.destroy();
        return undefined;
      });
      await follow(construct(implementation, server.url, { localAddress: '127.0.0.2' }), trace);
      await server.stop();
    },
  },
  {
    name: 'lookup resolves the host',
    run: (implementation, trace) =>
      tellRequest(implementation, trace, ({ port }) => [
        `ws://example.test:${port}/`,
        {
          headers: { Host: 'x' },
          family: 4,
          lookup: (
            host: string,
            { family, all }: { family: number; all: boolean },
            callback: (...args: unknown[]) => void,
          ) => {
            trace('lookup', host, family);
            if (all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
            else callback(null, '127.0.0.1', 4);
          },
        },
      ]),
  },
  {
    name: 'lookup fails',
    async run(implementation, trace) {
      const lookup = (_host: string, _options: unknown, callback: (error: Error) => void): void =>
        callback(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }));
      await follow(construct(implementation, 'ws://example.test/', { lookup }), trace);
    },
  },
  {
    name: 'signal that is aborted',
    async run(implementation, trace) {
      const server = await peer(() => undefined);
      const controller = new AbortController();
      const client = construct(implementation, server.url, { signal: controller.signal });
      const closed = follow(client, trace);
      controller.abort();
      await closed;
      await server.stop();
    },
  },
]);

differential('createConnection', [
  {
    name: 'is called with host and port',
    async run(implementation, trace) {
      const server = await peer((request) => switching(request));
      const createConnection = (options: Record<string, unknown>): Socket => {
        const { host, hostname, port, path, socketPath, protocol, method, servername, timeout } = options;
        trace('options', host, hostname, port === server.port, path, socketPath);
        trace('of http', protocol, method, servername, timeout);
        return connect(server.port, '127.0.0.1');
      };
      await follow(construct(implementation, `${server.url}a?b`, { createConnection }), trace);
      await server.stop();
    },
  },
  {
    name: 'may hand over its socket later',
    async run(implementation, trace) {
      const server = await peer((request) => switching(request));
      const createConnection = (_: unknown, callback: (error: null, socket: Socket) => void): undefined => {
        setImmediate(() => callback(null, connect(server.port, '127.0.0.1')));
      };
      await follow(construct(implementation, server.url, { createConnection }), trace);
      await server.stop();
    },
  },
  {
    name: 'may fail',
    async run(implementation, trace) {
      const createConnection = (_: unknown, callback: (error: Error) => void): undefined => {
        setImmediate(() => callback(new Error('no connection')));
      };
      await follow(construct(implementation, 'ws://127.0.0.1:9/', { createConnection }), trace);
    },
  },
  {
    name: 'may throw',
    async run(implementation, trace) {
      const createConnection = (): never => {
        throw new Error('no connection');
      };
      await follow(construct(implementation, 'ws://127.0.0.1:9/', { createConnection }), trace);
    },
  },
  {
    name: 'of wss: takes the place of TLS',
    run: (implementation, trace) =>
      tellRequest(implementation, trace, ({ port }) => [
        'wss://example.test/',
        { createConnection: () => connect(port, '127.0.0.1') },
      ]),
  },
]);

/** An agent that tells how it is used. */
function tellingAgent(trace: Trace, port: number, options: object = {}): Agent {
  return new (
    class extends Agent {
      override createConnection(settings: Record<string, unknown>): Socket {
        trace('agent', settings.host, settings.path, settings.servername);
        return connect(port, '127.0.0.1');
      }
    } as unknown as typeof Agent
  )(options);
}

differential('agent', [
  {
    name: 'makes the connection',
    run: (implementation, trace) =>
      tellRequest(implementation, trace, ({ port }) => [
        'ws://example.test/',
        { agent: tellingAgent(trace, port) },
      ]),
  },
  {
    name: 'with keepAlive',
    run: (implementation, trace) =>
      tellRequest(implementation, trace, ({ port }) => [
        'ws://example.test/',
        { agent: tellingAgent(trace, port, { keepAlive: true }) },
      ]),
  },
  {
    name: 'and createConnection',
    run: (implementation, trace) =>
      tellRequest(implementation, trace, ({ port }) => [
        'ws://example.test/',
        {
          agent: tellingAgent(trace, port),
          createConnection: () => {
            trace('createConnection');
            return connect(port, '127.0.0.1');
          },
        },
      ]),
  },
  wire('false', [{ agent: false }]),
  wire('null', [{ agent: null }]),
  wire('of the wrong type', [{ agent: 5 }]),
  {
    name: 'of http for wss:',
    async run(implementation, trace) {
      const agent = new Agent();
      try {
        const client = construct(implementation, 'wss://127.0.0.1:9/', { agent });
        await follow(client, trace);
      } catch (error) {
        trace('throws', error);
      }
    },
  },
  {
    name: 'lets go of the connection',
    async run(implementation, trace) {
      const agent = new Agent({ keepAlive: true });
      await opening(implementation, trace, { agent });
      trace('left', Object.keys(agent.sockets).length, Object.keys(agent.freeSockets).length);
      agent.destroy();
    },
  },
]);

/** A folder that is there while a program runs. */
async function inFolder(program: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-'));
  try {
    await program(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function overUnixSocket(
  name: string,
  args: (path: string) => readonly unknown[],
  { socketName = 'peer.sock', differs }: { socketName?: string; differs?: Program['differs'] } = {},
): Program {
  return {
    name,
    run: (implementation, trace) =>
      inFolder(async (folder) => {
        const where: Listening = { path: join(folder, socketName) };
        const withoutFolder: Trace = (label, value) => {
          trace(label, value instanceof Error ? (value as NodeJS.ErrnoException).code : value);
        };
        await tellRequest(implementation, withoutFolder, () => args(where.path as string), {
          ...where,
          ...(differs && { only: 'nothing' }),
        });
      }),
    ...(differs && { differs }),
  };
}

differential('Unix sockets', [
  overUnixSocket('ws+unix: without a target', (path) => [`ws+unix:${path}`]),
  overUnixSocket('ws+unix: with a target', (path) => [`ws+unix:${path}:/chat?room=1`]),
  overUnixSocket('ws+unix: with a query alone', (path) => [`ws+unix:${path}?room=1`], {
    differs: {
      because: 'unix-socket-urls',
      ws: ['error "ENOENT"'],
      hawser: ['< "GET /?room=1 HTTP/1.1"'],
    },
  }),
  overUnixSocket('ws+unix: with a target without slash', (path) => [`ws+unix:${path}:chat`], {
    differs: {
      because: 'unix-socket-urls',
      ws: ['< "GET chat HTTP/1.1"'],
      hawser: ['< "GET /chat HTTP/1.1"'],
    },
  }),
  overUnixSocket('ws+unix: with two colons', (path) => [`ws+unix:${path}:/a:b`]),
  overUnixSocket('ws+unix:// with slashes', (path) => [`ws+unix://${path}:/chat`]),
  overUnixSocket('ws+unix: with a space in the path', (path) => [`ws+unix:${path}:/`], {
    socketName: 'a b.sock',
    differs: {
      because: 'unix-socket-urls',
      ws: ['error "ENOENT"'],
      hawser: ['< "GET / HTTP/1.1"'],
    },
  }),
  overUnixSocket('the option socketPath', (socketPath) => ['ws://127.0.0.1:1/a?b', { socketPath }], {
    differs: {
      because: 'option-socket-path',
      ws: ['error "ECONNREFUSED"'],
      hawser: ['< "GET /a?b HTTP/1.1"'],
    },
  }),
  overUnixSocket('the option socketPath with ws+unix:', (path) => [
    `ws+unix:${path}:/a`,
    { socketPath: '/nowhere' },
  ]),
  {
    name: 'the URL of a connection',
    run: (implementation, trace) =>
      inFolder(async (folder) => {
        const server = await peer((request) => switching(request), { path: join(folder, 'peer.sock') });
        const client = construct(implementation, `ws+unix:${folder}/peer.sock:/a`);
        trace('url', client.url.replace(folder, '<folder>'));
        await follow(client, trace);
        await server.stop();
      }),
  },
  {
    name: 'a socket that is not there',
    async run(implementation, trace) {
      await follow(construct(implementation, 'ws+unix:/nowhere/peer.sock:/a'), trace);
    },
  },
]);

function withFinishRequest(
  name: string,
  finishRequest: (trace: Trace) => (request: ClientRequest, websocket: WebSocket) => void,
): Program {
  return {
    name,
    run: (implementation, trace) =>
      tellRequest(implementation, trace, ({ url }) => [url, { finishRequest: finishRequest(trace) }]),
  };
}

differential('finishRequest', [
  withFinishRequest('is called with the request and the WebSocket', (trace) => (request, websocket) => {
    trace('finishRequest', websocket.readyState, websocket.url, request.path, request.method);
    trace('header', request.getHeader('upgrade'), request.getHeaderNames());
    request.end();
  }),
  withFinishRequest('may set and remove headers', () => (request) => {
    request.setHeader('X-Late', '1');
    request.removeHeader('Sec-WebSocket-Extensions');
    request.end();
  }),
  withFinishRequest('may end the request later', (trace) => (request) => {
    request.on('socket', (socket) => {
      socket.on('connect', () => {
        trace('connected');
        request.setHeader('X-Late', '1');
        request.end();
      });
    });
  }),
  withFinishRequest('may throw', () => (_request, websocket) => {
    websocket.on('error', () => {});
    throw new Error('from finishRequest');
  }),
  withFinishRequest('may destroy the request', () => (request) => {
    request.destroy();
  }),
  withFinishRequest('may destroy the request with an error', () => (request) => {
    request.destroy(new Error('mine'));
  }),
  withFinishRequest('may close', (trace) => (_request, websocket) => {
    websocket.close();
    trace('state', websocket.readyState);
  }),
  withFinishRequest('may terminate', (trace) => (request, websocket) => {
    websocket.terminate();
    trace('state', websocket.readyState);
    request.end();
  }),
  {
    name: 'that does not end the request sends nothing',
    async run(implementation, trace) {
      const server = await peer(() => undefined);
      const client = construct(implementation, server.url, { finishRequest: () => trace('called') });
      const closed = follow(client, trace);
      setTimeout(() => client.terminate(), 50);
      await closed;
      trace('requests', server.requests.length);
      await server.stop();
    },
  },
  throwing('is no function', [{ finishRequest: 5 }, { finishRequest: 'x' }], {
    because: 'wrong-options',
    ws: [
      'throws TypeError(opts.finishRequest is not a function)',
      'throws TypeError(opts.finishRequest is not a function)',
    ],
    hawser: [
      'throws TypeError(The option "finishRequest" must be a function, not 5)',
      'throws TypeError(The option "finishRequest" must be a function, not \'x\')',
    ],
  }),
  {
    name: 'that throws, and what becomes of the connection',
    async run(implementation, trace) {
      const connection = silence();
      try {
        construct(implementation, 'ws://127.0.0.1:9/', {
          createConnection: () => connection,
          finishRequest: (_request: ClientRequest, websocket: WebSocket) => {
            websocket.on('error', () => {});
            throw new Error('from finishRequest');
          },
        });
      } catch (error) {
        trace('throws', error);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      trace('destroyed', connection.destroyed);
      connection.destroy();
    },
    differs: {
      because: 'constructor-that-throws',
      ws: ['throws Error(from finishRequest)', 'destroyed false'],
      hawser: ['throws Error(from finishRequest)', 'destroyed true'],
    },
  },
  throwing('is false or null', [{ finishRequest: false }, { finishRequest: null }]),
]);

const mustBeAmount = (option: string, value: unknown): string =>
  `throws TypeError(The option "${option}" must be a number from 0 on, not ${
    typeof value === 'string' ? `'${value}'` : value
  })`;

/** Amounts that ws takes and hawser refuses. */
const refusedAmounts = (option: string, ...values: unknown[]): Program =>
  throwing(
    option,
    values.map((value) => ({ [option]: value })),
    {
      because: 'wrong-options',
      ws: values.map((value) => `accepted {${option}: ${typeof value === 'string' ? `"${value}"` : value}}`),
      hawser: values.map((value) => mustBeAmount(option, value)),
    },
  );

differential('options that are wrong', [
  throwing('handshakeTimeout', [{ handshakeTimeout: -1 }, { handshakeTimeout: '10' }], {
    because: 'wrong-options',
    ws: [
      'throws RangeError(ERR_OUT_OF_RANGE: The value of "timeout" is out of range. It must be a non-negative finite number. Received -1)',
      'throws TypeError(ERR_INVALID_ARG_TYPE: The "timeout" argument must be of type number. Received type string (\'10\'))',
    ],
    hawser: [mustBeAmount('handshakeTimeout', -1), mustBeAmount('handshakeTimeout', '10')],
  }),
  refusedAmounts('maxPayload', -1, '10', Number.NaN),
  refusedAmounts('maxRedirects', -1, 'many'),
  refusedAmounts('closeTimeout', -1, 'long'),
  refusedAmounts('maxFragments', -1, 'many'),
  throwing('maxBufferedChunks', [{ maxBufferedChunks: -1 }, { maxBufferedChunks: 'many' }]),
  throwing('maxPendingAutoPongs', [{ maxPendingAutoPongs: -1 }, { maxPendingAutoPongs: 'many' }]),
  throwing('generateMask', [{ generateMask: 5 }], {
    because: 'wrong-options',
    ws: ['accepted {generateMask: 5}'],
    hawser: ['throws TypeError(The option "generateMask" must be a function, not 5)'],
  }),
  throwing('autoPong and the like', [{ autoPong: 5, allowSynchronousEvents: 'x', skipUTF8Validation: {} }]),
  throwing('perMessageDeflate', [
    { perMessageDeflate: 5 },
    { perMessageDeflate: 'x' },
    { perMessageDeflate: 0 },
  ]),
  throwing('perMessageDeflate.threshold', [{ perMessageDeflate: { threshold: -1 } }]),
  throwing('localAddress', [{ localAddress: 'nowhere' }]),
  throwing('options that nobody knows', [{ colour: 'red' }]),
]);
