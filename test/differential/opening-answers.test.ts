/** What comes of a server's answers: accepted, refused, wrong, late, none. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { connect as connectTcp, Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { differential, type Program } from './differential.js';
import type { WebSocket } from './implementations.js';
import { type Answer, construct, follow, meeting, peer, response, switching } from './opening-peers.js';
import type { Trace } from './trace.js';

const text = (...bytes: number[]): Buffer => Buffer.from([0x81, bytes.length, ...bytes]);

differential('a good answer', [
  meeting('opens', (request) => switching(request)),
  meeting('with headers, seen at upgrade', (request) =>
    switching(request, {}, ['Set-Cookie: a=b', 'Set-Cookie: c=d']),
  ),
  {
    name: 'is told with its headers and its socket',
    async run(implementation, trace) {
      const server = await peer((request) =>
        switching(request, { 'X-A': 'b' }, ['Set-Cookie: a=b', 'Set-Cookie: c=d']),
      );
      const client = construct(implementation, server.url);
      await follow(client, trace, {
        upgrade: (_client, { headers, statusMessage, httpVersion, url }) => {
          trace('headers', headers['x-a'], headers['set-cookie'], statusMessage, httpVersion, url);
        },
      });
      await server.stop();
    },
  },
  meeting('with other spellings', (request) =>
    switching(request, { Upgrade: 'WebSocket', Connection: 'keep-alive, UPGRADE' }),
  ),
  meeting('without a Connection header', (request) => switching(request, { Connection: null })),
  meeting('with a Connection header that does not say Upgrade', (request) =>
    switching(request, { Connection: 'keep-alive' }),
  ),
  meeting('in lower case', ({ key, ...request }) =>
    switching({ key, ...request }).replaceAll(/^[A-Z][\w-]+(?=: )/gm, (name) => name.toLowerCase()),
  ),
  meeting('with another reason phrase', (request) =>
    switching(request).replace('Switching Protocols', 'Yes'),
  ),
  meeting('in HTTP/1.0', (request) => switching(request).replace('HTTP/1.1', 'HTTP/1.0')),
  meeting('behind 100 Continue', (request) => `HTTP/1.1 100 Continue\r\n\r\n${switching(request)}`),
  meeting(
    'behind 103 Early Hints',
    (request) => `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${switching(request)}`,
  ),
  meeting('with Content-Length: 0', (request) => switching(request, { 'Content-Length': '0' })),
  {
    name: 'byte by byte',
    async run(implementation, trace) {
      const server = await peer((request) => {
        void (async () => {
          for (const byte of switching(request))
            await new Promise((done) => request.socket.write(byte, done));
        })();
        return undefined;
      });
      await follow(construct(implementation, server.url), trace);
      await server.stop();
    },
  },
  {
    name: 'with messages in the same packet',
    async run(implementation, trace) {
      const server = await peer((request) => {
        return Buffer.concat([
          Buffer.from(switching(request)),
          text(0x61),
          text(0x62),
          Buffer.from([0x89, 0x00]),
        ]);
      });
      const client = construct(implementation, server.url);
      client.on('message', (data, isBinary) => {
        trace('message', data, isBinary, client.readyState);
      });
      client.on('ping', (data) => {
        trace('ping', data);
        client.terminate();
      });
      await follow(client, trace, { open: () => {} });
      await server.stop();
    },
  },
  {
    name: 'with half a message in the same packet',
    async run(implementation, trace) {
      const server = await peer((request) => {
        setImmediate(() => request.socket.write(Buffer.from([0x62])));
        return Buffer.concat([Buffer.from(switching(request)), Buffer.from([0x81, 0x02, 0x61])]);
      });
      const client = construct(implementation, server.url);
      client.on('message', (data, isBinary) => {
        trace('message', data, isBinary);
        client.terminate();
      });
      await follow(client, trace, { open: () => {} });
      await server.stop();
    },
  },
  {
    name: 'with a close frame in the same packet',
    async run(implementation, trace) {
      const server = await peer((request) => {
        request.socket.end(
          Buffer.concat([Buffer.from(switching(request)), Buffer.from([0x88, 0x04, 0x03, 0xe8, 0x68, 0x69])]),
        );
        return undefined;
      });
      await follow(construct(implementation, server.url), trace, { open: () => {} });
      await server.stop();
    },
  },
  {
    name: 'with a wrong frame in the same packet',
    async run(implementation, trace) {
      const server = await peer((request) =>
        Buffer.concat([Buffer.from(switching(request)), Buffer.from([0x83, 0x00])]),
      );
      const client = construct(implementation, server.url);
      const closed = follow(client, trace, { open: () => {} });
      client.once('error', () => server.requests[0]?.socket.end());
      await closed;
      await server.stop();
    },
  },
  {
    name: 'and the end in the same packet',
    async run(implementation, trace) {
      const server = await peer((request) => {
        request.socket.end(switching(request));
        return undefined;
      });
      await follow(construct(implementation, server.url), trace, { open: () => {} });
      await server.stop();
    },
  },
  {
    name: 'listeners that are added within upgrade hear the rest',
    async run(implementation, trace) {
      const server = await peer((request) => Buffer.concat([Buffer.from(switching(request)), text(0x61)]));
      const client = construct(implementation, server.url);
      const closed = new Promise<void>((resolve) => {
        client.on('upgrade', () => {
          client.on('open', () => trace('open'));
          client.on('message', (data) => {
            trace('message', data);
            client.terminate();
          });
          client.on('close', (code) => {
            trace('close', code);
            resolve();
          });
        });
      });
      await closed;
      await server.stop();
    },
  },
  {
    name: 'and the turns in which events come',
    async run(implementation, trace) {
      const server = await peer((request) =>
        Buffer.concat([Buffer.from(switching(request)), text(0x61), text(0x62)]),
      );
      const client = construct(implementation, server.url);
      const turns = (name: string): void => {
        process.nextTick(() => trace(`nextTick after ${name}`));
        void Promise.resolve().then(() => trace(`microtask after ${name}`));
        setImmediate(() => trace(`setImmediate after ${name}`));
      };
      client.on('message', (data) => {
        trace('message', data);
        turns(String(data));
        if (String(data) === 'b') setImmediate(() => client.terminate());
      });
      await follow(client, trace, { upgrade: () => turns('upgrade'), open: () => turns('open') });
      await server.stop();
    },
  },
  {
    name: 'and the socket behind it',
    async run(implementation, trace) {
      const server = await peer((request) => switching(request));
      const client = construct(implementation, server.url) as WebSocket & { _socket: Socket };
      trace('socket', client._socket);
      await follow(client, trace, {
        open: () => {
          trace('socket', client._socket instanceof Socket, client._socket.remotePort === server.port);
          client._socket.destroy();
        },
      });
      await server.stop();
    },
  },
  {
    name: 'whose socket is destroyed within upgrade',
    async run(implementation, trace) {
      const server = await peer((request) => switching(request));
      const client = construct(implementation, server.url);
      await follow(client, trace, {
        upgrade: (_client, received) => void received.socket.destroy(),
        open: () => {},
      });
      await server.stop();
    },
  },
  {
    name: 'for a subclass',
    async run(implementation, trace) {
      const server = await peer((request) => switching(request));
      class Named extends implementation.WebSocket {
        readonly label = 'named';
        override emit(event: string, ...args: unknown[]): boolean {
          trace('emit', event, args.length, this.label);
          return super.emit(event, ...args);
        }
      }
      const client = new Named(server.url);
      trace('instance', client instanceof implementation, client.constructor.name);
      await follow(client, trace);
      await server.stop();
    },
  },
  {
    name: 'events of on… and addEventListener',
    async run(implementation, trace) {
      const server = await peer((request) => switching(request));
      const client = construct(implementation, server.url);
      const closed = new Promise<void>((resolve) => {
        client.onopen = ({ type, target }) => {
          trace('onopen', type, target === client, client.readyState);
          client.terminate();
        };
        client.addEventListener('open', ({ type }) => trace('open', type));
        client.onerror = ({ type, message }) => trace('onerror', type, message);
        client.onclose = ({ type, code, reason, wasClean, target }) => {
          trace('onclose', type, code, reason, wasClean, target === client);
          resolve();
        };
      });
      await closed;
      await server.stop();
    },
  },
]);

differential('a wrong 101', [
  meeting('without Upgrade', (request) => switching(request, { Upgrade: null })),
  meeting('without Upgrade and Connection', (request) =>
    switching(request, { Upgrade: null, Connection: null }),
  ),
  meeting('with another Upgrade', (request) => switching(request, { Upgrade: 'h2c' })),
  meeting('with a list in Upgrade', (request) => switching(request, { Upgrade: 'websocket, h2c' })),
  meeting('with two Upgrades', (request) => switching(request, {}, ['Upgrade: websocket'])),
  meeting('without an accept', (request) => switching(request, { 'Sec-WebSocket-Accept': null })),
  meeting('with another accept', (request) => switching(request, { 'Sec-WebSocket-Accept': 'AAAA' })),
  meeting('with an empty accept', (request) => switching(request, { 'Sec-WebSocket-Accept': '' })),
  meeting('with two accepts', (request) => switching(request, {}, ['Sec-WebSocket-Accept: AAAA'])),
  meeting('with the key as accept', (request) => switching(request, { 'Sec-WebSocket-Accept': request.key })),
  meeting('with a header that is malformed', (request) => switching(request, {}, ['X A: b'])),
]);

const subprotocol = (name: string, offered: unknown, ...fields: string[]): Program =>
  meeting(name, (request) => switching(request, {}, fields), {
    rest: offered === undefined ? [] : [offered],
  });

differential('subprotocols', [
  subprotocol('the first', ['a', 'b'], 'Sec-WebSocket-Protocol: a'),
  subprotocol('the last', ['a', 'b'], 'Sec-WebSocket-Protocol: b'),
  subprotocol('in other letters', ['a', 'b'], 'Sec-WebSocket-Protocol: A'),
  subprotocol('none', ['a', 'b']),
  subprotocol('an empty one', ['a', 'b'], 'Sec-WebSocket-Protocol: '),
  subprotocol('another one', ['a', 'b'], 'Sec-WebSocket-Protocol: c'),
  subprotocol('two in a list', ['a', 'b'], 'Sec-WebSocket-Protocol: a, b'),
  subprotocol('two headers', ['a', 'b'], 'Sec-WebSocket-Protocol: a', 'Sec-WebSocket-Protocol: b'),
  subprotocol(
    'the same in two headers',
    ['a', 'b'],
    'Sec-WebSocket-Protocol: a',
    'Sec-WebSocket-Protocol: a',
  ),
  subprotocol('that nobody asked for', undefined, 'Sec-WebSocket-Protocol: a'),
  subprotocol('that nobody asked for, empty', undefined, 'Sec-WebSocket-Protocol: '),
  subprotocol(
    'of the request’s own header',
    { headers: { 'Sec-WebSocket-Protocol': 'a' } },
    'Sec-WebSocket-Protocol: a',
  ),
  subprotocol('of the option protocols', { protocols: ['a'] }, 'Sec-WebSocket-Protocol: a'),
]);

const extensions = (name: string, perMessageDeflate: unknown, ...values: string[]): Program =>
  answeringExtensions(name, perMessageDeflate, values);

const accepted = ['upgrade 101 0', 'open 1 "" "permessage-deflate"', 'close 1006 Buffer <> 3'];
const refusedAnswer = [
  'upgrade 101 0',
  'error Error(Invalid Sec-WebSocket-Extensions header) 2',
  'close 1006 Buffer <> 3',
];

/** An answer that ws accepts and hawser refuses. */
const stricter = (name: string, perMessageDeflate: unknown, ...values: string[]): Program =>
  answeringExtensions(name, perMessageDeflate, values, {
    because: 'extensions-refused',
    ws: accepted,
    hawser: refusedAnswer,
  });

/** An answer that ws refuses although it may be. */
const milder = (name: string, perMessageDeflate: unknown, ...values: string[]): Program =>
  answeringExtensions(name, perMessageDeflate, values, {
    because: 'extensions-accepted',
    ws: refusedAnswer,
    hawser: accepted,
  });

const answeringExtensions = (
  name: string,
  perMessageDeflate: unknown,
  values: readonly string[],
  differs?: Program['differs'],
): Program =>
  meeting(
    name,
    (request) =>
      switching(
        request,
        {},
        values.map((value) => `Sec-WebSocket-Extensions: ${value}`),
      ),
    { rest: [{ perMessageDeflate }], ...(differs && { differs }) },
  );

differential('extensions', [
  extensions('permessage-deflate', true, 'permessage-deflate'),
  extensions('none', true),
  extensions(
    'with no context takeover',
    true,
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  ),
  extensions(
    'with window bits',
    true,
    'permessage-deflate; server_max_window_bits=10; client_max_window_bits=11',
  ),
  extensions('with quotes', true, 'permessage-deflate; server_max_window_bits="10"'),
  extensions('in other letters', true, 'Permessage-Deflate'),
  extensions('that were not offered', true, 'x-unknown'),
  extensions('that were not offered, beside one that was', true, 'permessage-deflate, x-unknown'),
  extensions('although none was offered', false, 'permessage-deflate'),
  stricter('twice', true, 'permessage-deflate, permessage-deflate'),
  stricter('in two headers', true, 'permessage-deflate', 'permessage-deflate'),
  extensions('with an unknown parameter', true, 'permessage-deflate; unknown'),
  extensions(
    'with a repeated parameter',
    true,
    'permessage-deflate; server_max_window_bits=9; server_max_window_bits=9',
  ),
  extensions('with a value where none may be', true, 'permessage-deflate; server_no_context_takeover=1'),
  extensions('without a value where one must be', true, 'permessage-deflate; client_max_window_bits'),
  extensions('with window bits that cannot be', true, 'permessage-deflate; server_max_window_bits=16'),
  extensions('with window bits that are too few', true, 'permessage-deflate; client_max_window_bits=7'),
  extensions('with window bits that are no number', true, 'permessage-deflate; client_max_window_bits=x'),
  stricter('with window bits with a leading zero', true, 'permessage-deflate; client_max_window_bits=09'),
  extensions('that are malformed', true, 'permessage-deflate; =10'),
  extensions('that are empty', true, ''),
  extensions('that are a comma', true, ','),
  milder('with an empty element', true, 'permessage-deflate,'),
  stricter(
    'more server window bits than asked for',
    { serverMaxWindowBits: 9 },
    'permessage-deflate; server_max_window_bits=10',
  ),
  extensions(
    'fewer server window bits than asked for',
    { serverMaxWindowBits: 10 },
    'permessage-deflate; server_max_window_bits=9',
  ),
  stricter('no server window bits although asked for', { serverMaxWindowBits: 9 }, 'permessage-deflate'),
  milder(
    'more client window bits than offered',
    { clientMaxWindowBits: 9 },
    'permessage-deflate; client_max_window_bits=10',
  ),
  extensions(
    'client window bits that were not offered',
    { clientMaxWindowBits: false },
    'permessage-deflate; client_max_window_bits=10',
  ),
  stricter(
    'no server_no_context_takeover although asked for',
    { serverNoContextTakeover: true },
    'permessage-deflate',
  ),
  milder(
    'client_no_context_takeover although unasked',
    { clientNoContextTakeover: false },
    'permessage-deflate; client_no_context_takeover',
  ),
]);

differential('another status', [
  meeting('200 with a body', () => response('200 OK', [], 'hello')),
  meeting('401 with a body', () => response('401 Unauthorized', ['WWW-Authenticate: Basic'], 'who are you?')),
  meeting('404 without a body', () => response('404 Not Found')),
  meeting('426', () => response('426 Upgrade Required', ['Sec-WebSocket-Version: 13'])),
  meeting('503 and the end', ({ socket }) => {
    socket.end(response('503 Service Unavailable', ['Connection: close'], 'later'));
    return undefined;
  }),
  meeting('302 that is not followed', () => response('302 Found', ['Location: ws://127.0.0.1:9/'])),
  meeting('200 with the headers of an upgrade', (request) =>
    switching(request).replace('101 Switching Protocols', '200 OK'),
  ),
  meeting('100 alone', ({ socket }) => {
    socket.end('HTTP/1.1 100 Continue\r\n\r\n');
    return undefined;
  }),
]);

/** A refusal with a listener for it. */
function refused(
  name: string,
  answer: Answer,
  listener: (tools: {
    client: WebSocket;
    request: ClientRequest;
    response: IncomingMessage;
    trace: Trace;
  }) => void,
): Program {
  return {
    name,
    async run(implementation, trace) {
      const server = await peer(answer);
      const client = construct(implementation, server.url);
      client.on('unexpected-response', (request, received) => {
        trace('unexpected-response', received.statusCode, client.readyState);
        listener({ client, request, response: received, trace });
      });
      await follow(client, trace);
      await server.gone(1);
      await server.stop();
    },
  };
}

/** For who would be CONNECTING for ever. */
function giveUpLater(client: WebSocket, trace: Trace): void {
  setTimeout(() => {
    trace('later', client.readyState);
    client.terminate();
  }, 50);
}

const unauthorized: Answer = () => response('401 Unauthorized', ['X-A: b'], 'who are you?');

differential('unexpected-response', [
  refused('may read the body and terminate', unauthorized, ({ client, response: received, trace }) => {
    let body = '';
    received.setEncoding('utf8');
    received.on('data', (chunk) => {
      body += chunk;
    });
    received.on('end', () => {
      trace('body', body, received.headers['x-a'], client.readyState);
      client.terminate();
    });
  }),
  refused('may close', unauthorized, ({ client, trace }) => {
    client.close();
    trace('state', client.readyState);
  }),
  refused('may close with a code', unauthorized, ({ client }) => client.close(1000, 'bye')),
  refused('may terminate', unauthorized, ({ client, trace }) => {
    client.terminate();
    trace('state', client.readyState);
  }),
  refused('may destroy the request', unauthorized, ({ client, request, trace }) => {
    request.destroy();
    giveUpLater(client, trace);
  }),
  refused('may destroy the request with an error', unauthorized, ({ request }) =>
    request.destroy(new Error('mine')),
  ),
  refused('may abort the request', unauthorized, ({ client, request, trace }) => {
    request.abort();
    giveUpLater(client, trace);
  }),
  refused('may terminate later', unauthorized, ({ client }) => setImmediate(() => client.terminate())),
  refused('gets the request', unauthorized, ({ client, request, trace }) => {
    trace('request', request.method, request.path, request.getHeader('upgrade'));
    client.terminate();
  }),
  refused(
    'of a wrong 101',
    (request) => switching(request, { Upgrade: null, Connection: null }),
    ({ client }) => client.terminate(),
  ),
  refused(
    'of a redirect',
    () => response('301 Moved', ['Location: /x']),
    ({ client, response: received, trace }) => {
      trace('location', received.headers.location);
      client.terminate();
    },
  ),
  {
    name: 'goes to each of its listeners',
    async run(implementation, trace) {
      const server = await peer(unauthorized);
      const client = construct(implementation, server.url);
      client.on('unexpected-response', () => trace('first'));
      client.on('unexpected-response', () => {
        trace('second');
        client.terminate();
      });
      await follow(client, trace);
      await server.stop();
    },
  },
]);

differential('a connection that fails', [
  {
    name: 'and the turns of error and close',
    async run(implementation, trace) {
      const server = await peer(() => response('401 Unauthorized'));
      const client = construct(implementation, server.url);
      const turns = (name: string): void => {
        process.nextTick(() => trace(`nextTick after ${name}`));
        void Promise.resolve().then(() => trace(`microtask after ${name}`));
      };
      client.on('close', () => turns('close'));
      await follow(client, trace, { error: () => turns('error') });
      await new Promise(setImmediate);
      await server.stop();
    },
  },
  {
    name: 'is refused',
    async run(implementation, trace) {
      const server = await peer(() => undefined);
      await server.stop();
      await follow(construct(implementation, server.url), trace);
    },
  },
  {
    name: 'fails with the details of the system',
    async run(implementation, trace) {
      const server = await peer(() => undefined);
      await server.stop();
      const client = construct(implementation, server.url);
      await new Promise((resolve) => {
        client.on('error', (error: NodeJS.ErrnoException & { port?: number; address?: string }) => {
          const { code, errno, syscall, address, port } = error;
          trace('error', code, errno, syscall, address, port === server.port);
        });
        client.on('close', resolve);
      });
    },
  },
  meeting('ends before the answer', ({ socket }) => {
    socket.end();
    return undefined;
  }),
  meeting('is reset before the answer', ({ socket }) => {
    socket.resetAndDestroy();
    return undefined;
  }),
  meeting('ends within the head of the answer', ({ socket }) => {
    socket.end('HTTP/1.1 101 Switching');
    return undefined;
  }),
  meeting('ends within the body of the answer', ({ socket }) => {
    socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\nhalf');
    return undefined;
  }),
  meeting('speaks no HTTP', () => 'SSH-2.0-OpenSSH_9.2\r\n'),
  meeting('sends a head without end', () => `HTTP/1.1 101 Switching Protocols\r\nX: ${'a'.repeat(20_000)}`),
  {
    name: 'of the old names: onerror gets an ErrorEvent',
    async run(implementation, trace) {
      const server = await peer(() => response('401 Unauthorized'));
      const client = construct(implementation, server.url);
      await new Promise<void>((resolve) => {
        client.onerror = ({ type, message, error, target }) =>
          trace('onerror', type, message, (error as Error).message, target === client, client.readyState);
        client.onclose = ({ code, wasClean, reason }) => {
          trace('onclose', code, wasClean, reason, client.readyState);
          resolve();
        };
      });
      await server.stop();
    },
  },
]);

differential('a Duplex that is no socket', [
  {
    name: 'may be the connection',
    async run(implementation, trace) {
      const server = await peer((request) => switching(request));
      const createConnection = (): Duplex => {
        const socket = connectTcp(server.port, '127.0.0.1');
        const duplex = new Duplex({
          read: () => void socket.resume(),
          write: (chunk, _encoding, done) => void socket.write(chunk, done),
          final: (done) => void socket.end(done),
          destroy: (error, done) => {
            socket.destroy();
            done(error);
          },
        });
        socket.on('data', (chunk) => void duplex.push(chunk)).on('end', () => void duplex.push(null));
        return duplex;
      };
      await follow(construct(implementation, server.url, { createConnection }), trace);
      await server.stop();
    },
  },
]);

/** The code of the error that each of these attempts ends with, whether it is thrown or emitted. */
differential('codes of errors', [
  {
    name: 'of an opening handshake',
    async run(implementation, trace) {
      const server = await peer((request) => {
        const [, target] = (request.lines[0] ?? '').split(' ');
        if (target === '/accept') return switching(request, { 'Sec-WebSocket-Accept': 'x' });
        if (target === '/upgrade') return switching(request, { Upgrade: 'h2c' });
        if (target === '/subprotocol') return switching(request, { 'Sec-WebSocket-Protocol': 'x' });
        if (target === '/extension') return switching(request, { 'Sec-WebSocket-Extensions': 'x' });
        if (target === '/parameter') {
          return switching(request, { 'Sec-WebSocket-Extensions': 'permessage-deflate; x' });
        }
        if (target === '/silence') return undefined;
        if (target?.startsWith('/loop')) return response('302 Found', ['Location: /loop']);
        return response('401 Unauthorized');
      });
      const attempt = async (target: string, ...rest: unknown[]): Promise<void> => {
        try {
          const client = construct(implementation, `${server.url}${target}`, ...rest);
          if (target === 'give-up') client.terminate();
          await new Promise((resolve) => {
            client.on('error', (error: NodeJS.ErrnoException) => trace(target, error.code));
            client.on('close', resolve);
          });
        } catch (error) {
          trace(target, (error as NodeJS.ErrnoException).code);
        }
      };
      await attempt('#fragment');
      await attempt('a', ['x', 'x']);
      await attempt('401');
      for (const target of ['accept', 'upgrade', 'subprotocol', 'extension', 'parameter', 'give-up']) {
        await attempt(target);
      }
      await attempt('loop', { followRedirects: true, maxRedirects: 1 });
      await attempt('silence', { handshakeTimeout: 20 });
      await server.stop();
    },
    differs: {
      because: 'opening-error-codes',
      ws: [
        '#fragment undefined',
        'a undefined',
        '401 undefined',
        'accept undefined',
        'upgrade undefined',
        'subprotocol undefined',
        'extension undefined',
        'parameter undefined',
        'give-up undefined',
        'loop undefined',
        'silence undefined',
      ],
      hawser: [
        '#fragment "WS_ERR_INVALID_URL"',
        'a "WS_ERR_INVALID_SUBPROTOCOL"',
        '401 "WS_ERR_UNEXPECTED_RESPONSE"',
        'accept "WS_ERR_INVALID_ACCEPT_HEADER"',
        'upgrade "WS_ERR_INVALID_UPGRADE_HEADER"',
        'subprotocol "WS_ERR_UNEXPECTED_SUBPROTOCOL"',
        'extension "WS_ERR_UNEXPECTED_EXTENSION"',
        'parameter "WS_ERR_INVALID_EXTENSIONS_HEADER"',
        'give-up "WS_ERR_CLOSED_BEFORE_OPEN"',
        'loop "WS_ERR_TOO_MANY_REDIRECTS"',
        'silence "WS_ERR_HANDSHAKE_TIMEOUT"',
      ],
    },
  },
]);
