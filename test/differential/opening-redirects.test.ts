/** What a client does with answers 3xx, and what it takes along. */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverIdentity } from '../client/test-servers.js';
import { differential, type Program } from './differential.js';
import type { Implementation, WebSocket } from './implementations.js';
import {
  construct,
  follow,
  type Peer,
  peer,
  type Request,
  response,
  switching,
  told,
} from './opening-peers.js';
import type { Trace } from './trace.js';

const toldFields = ['authorization', 'cookie', 'host', 'x-a', 'origin'];

/** Fields of a request that say who is calling, with their names in lower case: see the program about the case. */
function tellCredentials(trace: Trace, { lines }: Request): void {
  const [startLine, ...fields] = lines;
  const pairs = fields.map((field) => field.split(': ', 2) as [string, string]);
  const values = new Map(pairs.map(([name, value]) => [name.toLowerCase(), value]));
  trace('<', startLine);
  for (const name of toldFields) if (values.has(name)) trace('<', `${name}: ${values.get(name)}`);
}

/** A peer that answers requests to `/` with a redirect and accepts the others; each is told. */
function redirecting(trace: Trace, location: (port: number) => string, status = '302 Found'): Promise<Peer> {
  return peer((request) => {
    tellCredentials(trace, request);
    const { socket, index } = request;
    return index === 0
      ? response(status, [`Location: ${location(socket.localPort as number)}`])
      : switching(request);
  });
}

interface Redirect {
  readonly location?: (port: number) => string;
  readonly status?: string;
  readonly options?: object;
  readonly protocols?: readonly string[];
  readonly listen?: (client: WebSocket, trace: Trace) => void;
  readonly user?: string;
  readonly differs?: Program['differs'];
}

/** A redirect that is followed, with credentials of all sorts. */
function redirect(
  name: string,
  { location = () => '/b', status, user = '', ...more }: Redirect = {},
): Program {
  return {
    name,
    async run(implementation, trace) {
      const server = await redirecting(trace, location, status);
      const url = `ws://${user}127.0.0.1:${server.port}/`;
      const options = { followRedirects: true, perMessageDeflate: false, ...more.options };
      const client = construct(implementation, url, more.protocols ?? [], options);
      more.listen?.(client, trace);
      await follow(client, trace, { open: () => client.terminate() });
      trace('url', client.url.replaceAll(String(server.port), '<port>'));
      await server.stop();
    },
    ...(more.differs && { differs: more.differs }),
  };
}

const credentials = {
  headers: { Authorization: 'Bearer 7b1c', Cookie: 'a=b', 'X-A': 'b' },
  origin: 'http://o.test',
};

const handshakeNames =
  '"Sec-WebSocket-Version", "Sec-WebSocket-Key", "Connection", "Upgrade", "Sec-WebSocket-Extensions"';
const followed = ['upgrade 101 0', 'open 1 "" ""', 'close 1006 Buffer <> 3'];
const withCredentials = [
  '< "GET / HTTP/1.1"',
  '< "authorization: Bearer 7b1c"',
  '< "cookie: a=b"',
  '< "host: 127.0.0.1:<port>"',
  '< "x-a: b"',
  '< "origin: http://o.test"',
];
const toOtherHost = [
  '< "GET / HTTP/1.1"',
  '< "host: 127.0.0.1:<port>"',
  '< "GET /b HTTP/1.1"',
  '< "host: localhost:<port>"',
  ...followed,
];

differential('a redirect', [
  redirect('to a path'),
  redirect('to a path, with everything', { options: credentials, protocols: [] }),
  redirect('with user and password in the URL', { user: 'me:secret@' }),
  redirect('with user and password in the option', { options: { auth: 'me:secret' } }),
  redirect('with user and password in the URL and in the Location', {
    user: 'me:secret@',
    location: (port) => `ws://you:other@127.0.0.1:${port}/b`,
  }),
  redirect('with user and password in the Location alone', {
    location: (port) => `ws://you:other@127.0.0.1:${port}/b`,
  }),
  redirect('to an absolute URL of the same host', {
    location: (port) => `ws://127.0.0.1:${port}/b?c`,
    options: credentials,
  }),
  redirect('to http:', { location: (port) => `http://127.0.0.1:${port}/b` }),
  redirect('to a relative path with a query', { location: () => 'b/../c?d' }),
  redirect('with 301', { status: '301 Moved Permanently' }),
  redirect('with 303', { status: '303 See Other' }),
  redirect('with 307', { status: '307 Temporary Redirect' }),
  redirect('with 308', { status: '308 Permanent Redirect' }),
  redirect('with 300', { status: '300 Multiple Choices' }),
  redirect('with 304', { status: '304 Not Modified' }),
  redirect('to another host', {
    location: (port) => `ws://localhost:${port}/b`,
    options: { ...credentials, family: 4 },
  }),
  redirect('to another host, with the option auth', {
    location: (port) => `ws://localhost:${port}/b`,
    options: { auth: 'me:secret', family: 4 },
  }),
  redirect('to another host, with user and password in the URL', {
    user: 'me:secret@',
    location: (port) => `ws://localhost:${port}/b`,
    options: { family: 4 },
  }),
  redirect('to another host, with user and password in the Location', {
    location: (port) => `ws://you:other@localhost:${port}/b`,
    options: { family: 4 },
    differs: {
      because: 'redirect-location-credentials',
      ws: [...toOtherHost, 'url "ws://you:other@localhost:<port>/b"'],
      hawser: [...toOtherHost, 'url "ws://localhost:<port>/b"'],
    },
  }),
  redirect('to another host, with the header Host', {
    location: (port) => `ws://localhost:${port}/b`,
    options: { headers: { Host: 'x.test' }, family: 4 },
  }),
  redirect('to the same host, with the header Host', { options: { headers: { host: 'x.test' } } }),
  redirect('with a listener, to the same host', {
    options: credentials,
    listen: (client, trace) =>
      client.on('redirect', (url, request) => {
        trace('redirect', url, client.readyState, client.url);
        trace('header', request.getHeader('authorization'), request.getHeader('cookie'));
        request.setHeader('X-A', 'changed');
      }),
  }),
  redirect('with a listener, to another host', {
    location: (port) => `ws://localhost:${port}/b`,
    options: { ...credentials, family: 4 },
    listen: (client, trace) =>
      client.on('redirect', (url, request) => {
        trace('redirect', url, client.readyState);
        trace('header', request.getHeader('authorization'), request.getHeader('cookie'));
      }),
    differs: {
      because: 'redirect-listener-credentials',
      ws: [
        ...withCredentials,
        'redirect "ws://localhost:<port>/b" 0',
        'header "Bearer 7b1c" "a=b"',
        '< "GET /b HTTP/1.1"',
        '< "authorization: Bearer 7b1c"',
        '< "cookie: a=b"',
        '< "host: localhost:<port>"',
        '< "x-a: b"',
        '< "origin: http://o.test"',
        ...followed,
        'url "ws://localhost:<port>/b"',
      ],
      hawser: [
        ...withCredentials,
        'redirect "ws://localhost:<port>/b" 0',
        'header undefined undefined',
        '< "GET /b HTTP/1.1"',
        '< "host: localhost:<port>"',
        '< "x-a: b"',
        '< "origin: http://o.test"',
        ...followed,
        'url "ws://localhost:<port>/b"',
      ],
    },
  }),
  redirect('with a listener that removes a header', {
    options: credentials,
    listen: (client) => client.on('redirect', (_url, request) => request.removeHeader('authorization')),
  }),
  redirect('with a listener that terminates', {
    listen: (client, trace) =>
      client.on('redirect', () => {
        client.terminate();
        trace('state', client.readyState);
      }),
  }),
  redirect('with a listener that closes', {
    listen: (client, trace) =>
      client.on('redirect', () => {
        client.close();
        trace('state', client.readyState);
      }),
  }),
  redirect('with a listener that destroys the request', {
    listen: (client) => client.on('redirect', (_url, request) => request.destroy(new Error('mine'))),
  }),
  redirect('with a listener that aborts the request', {
    listen: (client, trace) =>
      client.on('redirect', (_url, request) => {
        request.abort();
        setTimeout(() => {
          trace('later', client.readyState);
          client.terminate();
        }, 50);
      }),
    differs: {
      because: 'destroyed-request',
      ws: [
        '< "GET / HTTP/1.1"',
        '< "host: 127.0.0.1:<port>"',
        'later 0',
        'error Error(WebSocket was closed before the connection was established) 2',
        'close 1006 Buffer <> 3',
        'url "ws://127.0.0.1:<port>/b"',
      ],
      hawser: [
        '< "GET / HTTP/1.1"',
        '< "host: 127.0.0.1:<port>"',
        'error Error(WebSocket was closed before the connection was established) 2',
        'close 1006 Buffer <> 3',
        'url "ws://127.0.0.1:<port>/b"',
      ],
    },
  }),
  {
    name: 'and the names of the headers',
    async run(implementation, trace) {
      const server = await peer((request) => {
        trace(
          'names',
          request.lines.slice(1).map((line) => line.slice(0, line.indexOf(':'))),
        );
        return request.index === 0 ? response('302 Found', ['Location: /b']) : switching(request);
      });
      const options = { followRedirects: true, headers: { 'X-A': 'b' }, auth: 'me:secret' };
      await follow(construct(implementation, server.url, options), trace);
      await server.stop();
    },
    differs: {
      because: 'redirect-header-names',
      ws: [
        `names ["X-A", ${handshakeNames}, "Host", "Authorization"]`,
        `names ["x-a", "authorization", ${handshakeNames}, "Host"]`,
        ...followed,
      ],
      hawser: [
        `names ["X-A", ${handshakeNames}, "Host", "Authorization"]`,
        `names ["X-A", ${handshakeNames}, "Host", "Authorization"]`,
        ...followed,
      ],
    },
  },
  redirect('with finishRequest', {
    options: {
      finishRequest: (request: import('node:http').ClientRequest) => {
        request.setHeader('X-A', request.path);
        request.end();
      },
    },
  }),
  redirect('with finishRequest and a listener', {
    options: {
      finishRequest: (request: import('node:http').ClientRequest) => {
        request.setHeader('X-A', `${request.getHeader('x-a')} finished`);
        request.end();
      },
      headers: { 'X-A': 'a' },
    },
    listen: (client) =>
      client.on('redirect', (_url, request) =>
        request.setHeader('X-A', `${request.getHeader('x-a')} listened`),
      ),
  }),
  redirect('with an option socketPath that does not matter', {
    options: { host: 'x.test', path: '/x', port: 1 },
  }),
]);

/** Redirects to somewhere one cannot go. */
function astray(name: string, location: string | null, differs?: Program['differs']): Program {
  return {
    name,
    async run(implementation, trace) {
      const server = await peer(() =>
        response('302 Found', location === null ? [] : [`Location: ${location}`]),
      );
      const client = construct(implementation, server.url, { followRedirects: true });
      await follow(client, trace);
      await server.stop();
    },
    ...(differs && { differs }),
  };
}

const otherScheme = 'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"';

const invalidRedirect = (message: string): Program['differs'] => ({
  because: 'redirect-errors',
  ws: [`error SyntaxError(${message}) 2`, 'close 1006 Buffer <> 3'],
  hawser: [`error Error(${message}) 2`, 'close 1006 Buffer <> 3'],
});

differential('a redirect to nowhere', [
  astray('without Location', null),
  astray('with an empty Location', ''),
  astray('that is no URL', 'ws://', invalidRedirect('Invalid URL: ws://')),
  astray('of another scheme', 'ftp://127.0.0.1/', invalidRedirect(otherScheme)),
  astray('with a fragment', '/b#c', invalidRedirect('The URL contains a fragment identifier')),
  astray('to a Unix socket', 'ws+unix:/nowhere/peer.sock:/', {
    because: 'redirect-to-unix-socket',
    ws: ['error Error(ENOENT: connect ENOENT /nowhere/peer.sock) 2', 'close 1006 Buffer <> 3'],
    hawser: [
      'error Error(A redirect from the network to a Unix socket is not followed) 2',
      'close 1006 Buffer <> 3',
    ],
  }),
  {
    name: 'to a server that is not there',
    async run(implementation, trace) {
      const gone = await peer(() => undefined);
      await gone.stop();
      const server = await peer(() => response('302 Found', [`Location: ${gone.url}`]));
      await follow(construct(implementation, server.url, { followRedirects: true }), trace);
      await server.stop();
    },
  },
  {
    name: 'to a server that says no',
    async run(implementation, trace) {
      const server = await peer(({ index }) =>
        index === 0 ? response('302 Found', ['Location: /b']) : response('401 Unauthorized'),
      );
      await follow(construct(implementation, server.url, { followRedirects: true }), trace);
      await server.stop();
    },
  },
  {
    name: 'with a listener of unexpected-response',
    async run(implementation, trace) {
      const server = await peer(() => response('302 Found', ['Location: ftp://x/']));
      const client = construct(implementation, server.url, { followRedirects: true });
      client.on('unexpected-response', () => trace('unexpected-response'));
      await follow(client, trace);
      await server.stop();
    },
    differs: invalidRedirect(otherScheme) as NonNullable<Program['differs']>,
  },
]);

/** A loop of redirects. */
function loop(name: string, options: object, differs?: Program['differs']): Program {
  return {
    name,
    async run(implementation, trace) {
      const server = await peer(({ index }) =>
        index < 15 ? response('302 Found', [`Location: /${index}`]) : response('404 Not Found'),
      );
      const client = construct(implementation, server.url, options);
      await follow(client, trace);
      trace('requests', server.requests.length, client.url.replaceAll(String(server.port), '<port>'));
      await server.stop();
    },
    ...(differs && { differs }),
  };
}

differential('redirects without end', [
  loop('ten', { followRedirects: true }),
  loop('maxRedirects: 2', { followRedirects: true, maxRedirects: 2 }),
  loop('maxRedirects: 0', { followRedirects: true, maxRedirects: 0 }),
  loop(
    'maxRedirects: undefined',
    { followRedirects: true, maxRedirects: undefined },
    {
      because: 'undefined-options',
      ws: [
        'error Error(Unexpected server response: 404) 2',
        'close 1006 Buffer <> 3',
        'requests 16 "ws://127.0.0.1:<port>/14"',
      ],
      hawser: [
        'error Error(Maximum redirects exceeded) 2',
        'close 1006 Buffer <> 3',
        'requests 11 "ws://127.0.0.1:<port>/9"',
      ],
    },
  ),
  loop('followRedirects: false', { followRedirects: false }),
]);

/** Two servers, one of them with TLS. */
async function fromTo(
  implementation: Implementation,
  trace: Trace,
  ends: { from: 'ws' | 'wss'; to: 'ws' | 'wss' },
  options: object,
): Promise<void> {
  const where = (scheme: 'ws' | 'wss') => (scheme === 'wss' ? { tls: serverIdentity } : {});
  const target = await peer((request) => {
    tellCredentials(trace, request);
    return switching(request);
  }, where(ends.to));
  const location = `${ends.to}://127.0.0.1:${target.port}/b`;
  const source = await peer(() => response('302 Found', [`Location: ${location}`]), where(ends.from));
  const url = `${ends.from}://127.0.0.1:${source.port}/`;
  const client = construct(implementation, url, {
    followRedirects: true,
    rejectUnauthorized: false,
    ...options,
  });
  try {
    await follow(client, trace);
  } catch (error) {
    trace('throws', told(error));
  }
  await source.stop();
  await target.stop();
}

/** A redirect from a Unix socket; `<path>` in the location is its path. */
function fromUnixSocket(location: string, differs?: Program['differs']): Program {
  return {
    name: `from a Unix socket to ${location}`,
    async run(implementation, trace) {
      const folder = mkdtempSync(join(tmpdir(), 'hawser-'));
      const path = join(folder, 'peer.sock');
      const server = await peer(
        (request) => {
          tellCredentials(trace, request);
          const isFirst = request.index === 0;
          return isFirst
            ? response('302 Found', [`Location: ${location.replace('<path>', path)}`])
            : switching(request);
        },
        { path },
      );
      const options = { followRedirects: true, perMessageDeflate: false, ...credentials };
      const client = construct(implementation, `ws+unix:${path}:/a/x`, options);
      await follow(client, trace);
      trace('url', client.url.replace(path, '<path>'));
      await server.stop();
      rmSync(folder, { recursive: true });
    },
    ...(differs && { differs }),
  };
}

const fromSocket = [
  '< "GET /a/x HTTP/1.1"',
  '< "authorization: Bearer 7b1c"',
  '< "cookie: a=b"',
  '< "host: localhost"',
  '< "x-a: b"',
  '< "origin: http://o.test"',
];

differential('what belongs to a redirect', [
  {
    name: 'the first connection is closed, though its answer has not ended',
    async run(implementation, trace) {
      const server = await peer((request) =>
        request.index === 0
          ? 'HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 100\r\n\r\nhalf'
          : switching(request),
      );
      const client = construct(implementation, server.url, { followRedirects: true });
      const closed = follow(client, trace, {
        open: async () => {
          await server.gone(1);
          client.terminate();
        },
      });
      await closed;
      await server.stop();
    },
  },
  {
    name: 'createConnection and agent make each connection',
    async run(implementation, trace) {
      for (const name of ['createConnection', 'agent']) {
        const server = await peer((request) =>
          request.index === 0 ? response('302 Found', ['Location: ws://other.test/b']) : switching(request),
        );
        const createConnection = (options: { host?: string }): Socket => {
          trace(name, options.host);
          return connect(server.port, '127.0.0.1');
        };
        const agent = new Agent();
        Object.assign(agent, { createConnection });
        const options = name === 'agent' ? { agent } : { createConnection };
        await follow(
          construct(implementation, 'ws://first.test/', { followRedirects: true, ...options }),
          trace,
        );
        await server.stop();
      }
    },
  },
  fromUnixSocket('b'),
  fromUnixSocket('ws+unix:<path>:/b'),
  fromUnixSocket('ws://127.0.0.1:1/'),
  fromUnixSocket('/b?c', {
    because: 'redirect-on-unix-socket',
    ws: [
      ...fromSocket,
      'error Error(ENOENT: connect ENOENT /b?c) 2',
      'close 1006 Buffer <> 3',
      'url "ws+unix:/b?c"',
    ],
    hawser: [
      ...fromSocket,
      '< "GET /b?c HTTP/1.1"',
      ...fromSocket.slice(1),
      'upgrade 101 0',
      'open 1 "" ""',
      'close 1006 Buffer <> 3',
      'url "ws+unix:<path>:/b?c"',
    ],
  }),
]);

differential('redirects between ws: and wss:', [
  {
    name: 'up',
    run: (implementation, trace) => fromTo(implementation, trace, { from: 'ws', to: 'wss' }, credentials),
  },
  {
    name: 'down',
    run: (implementation, trace) => fromTo(implementation, trace, { from: 'wss', to: 'ws' }, credentials),
  },
  {
    name: 'from wss: to another port of wss:',
    run: (implementation, trace) => fromTo(implementation, trace, { from: 'wss', to: 'wss' }, credentials),
  },
]);
