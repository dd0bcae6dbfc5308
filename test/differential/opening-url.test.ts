/** The address, the subprotocols and the overloads of the constructor. */
import { connect } from 'node:net';
import { differential, type Program } from './differential.js';
import type { Implementation, WebSocket } from './implementations.js';
import { construct, follow, peer, switching, tellRequest, told, wire } from './opening-peers.js';
import type { Trace } from './trace.js';

/** Constructs and gives up at once; tells the URL or what was thrown. */
async function attempt(implementation: Implementation, trace: Trace, ...args: unknown[]): Promise<void> {
  let client: WebSocket;
  try {
    client = construct(implementation, ...args);
  } catch (error) {
    trace('throws', told(error));
    return;
  }
  trace('url', client.url, client.readyState);
  client.on('error', () => {});
  const closed = new Promise((resolve) => client.on('close', resolve));
  client.terminate();
  await closed;
}

/** One attempt per list of arguments. */
function attempts(name: string, all: readonly (readonly unknown[])[], differs?: Program['differs']): Program {
  return {
    name,
    async run(implementation, trace) {
      for (const args of all) await attempt(implementation, trace, ...args);
    },
    ...(differs && { differs }),
  };
}

/** The request for a URL of any host, over a connection to the peer. */
function towards(name: string, url: string | URL, options: object = {}): Program {
  return {
    name,
    run: (implementation, trace) =>
      tellRequest(implementation, trace, ({ port }) => [
        url,
        { ...options, createConnection: () => connect(port, '127.0.0.1') },
      ]),
  };
}

differential('the address', [
  attempts('any spelling of a URL', [
    ['ws://127.0.0.1:9'],
    ['WS://127.0.0.1:9/A'],
    ['  ws://127.0.0.1:9/a b?c d  '],
    ['ws://127.0.0.1:9/ä?ö'],
    ['ws:127.0.0.1:9/x'],
    ['ws://127.0.0.1:80/'],
    ['wss://127.0.0.1:443/'],
    ['ws://127.1:9/'],
    ['ws://user:secret@127.0.0.1:9/'],
  ]),
  attempts('http: and https: become ws: and wss:', [
    ['http://127.0.0.1:9/a'],
    ['https://127.0.0.1:9/a'],
    ['http://127.0.0.1:80/a'],
    ['https://127.0.0.1:443/a'],
    [new URL('http://127.0.0.1:9/b')],
  ]),
  attempts('a URL object', [[new URL('ws://127.0.0.1:9/a?b=c')], [new URL('wss://127.0.0.1:9/')]]),
  {
    name: 'a URL object is not changed',
    async run(implementation, trace) {
      const url = new URL('http://127.0.0.1:9/a');
      const client = construct(implementation, url);
      client.on('error', () => {});
      trace('given', url.href);
      url.pathname = '/changed';
      trace('url', client.url);
      const closed = new Promise((resolve) => client.on('close', resolve));
      client.terminate();
      await closed;
    },
  },
  attempts('what is no URL', [
    [''],
    ['foo'],
    ['/path'],
    ['//host/path'],
    ['ws://'],
    ['ws://a b/'],
    ['ws://h:70000/'],
  ]),
  attempts('other schemes', [
    ['ftp://h/'],
    ['file:///tmp/x'],
    ['mailto:a@b'],
    ['javascript:1'],
    ['ws+tls://h/'],
  ]),
  attempts('fragments', [
    ['ws://127.0.0.1:9/#'],
    ['ws://127.0.0.1:9/#a'],
    ['ws://127.0.0.1:9/%23a'],
    [new URL('ws://127.0.0.1:9/#b')],
  ]),
  attempts('what is no string', [[undefined], [5], [true], [{}], [['ws://127.0.0.1:9/']]]),
  attempts('an object that has a string', [
    [{ toString: () => 'ws://127.0.0.1:9/' }],
    [{ href: 'ws://127.0.0.1:9/' }],
  ]),
  attempts('ws+unix: without a path', [
    ['ws+unix:'],
    ['ws+unix://'],
    ['ws+unix:///'],
    ['ws+unix:?a'],
    ['ws+unix:/x#y'],
  ]),
  {
    name: 'the constructor without new',
    run({ WebSocket }, trace) {
      try {
        (WebSocket as unknown as (url: string) => unknown)('ws://127.0.0.1:9/');
      } catch (error) {
        trace('throws', told(error));
      }
    },
  },
  attempts('without arguments', [[]]),
  towards('Host without the default port of ws:', 'ws://example.test:80/'),
  towards('Host with a port', 'ws://example.test:8080/'),
  towards('Host with the default port of wss:', 'ws://example.test:443/'),
  towards('Host of wss: without its default port', 'wss://example.test:443/'),
  towards('Host of wss: with the default port of ws:', 'wss://example.test:80/'),
  towards('Host of an IPv6 address', 'ws://[2001:DB8::1]:8080/'),
  towards('Host of an international name', 'ws://Bücher.test/'),
  wire('the path and the query', [], { target: '/a/b?c=d&e' }),
  wire('a path that is encoded', [], { target: '/a b/ä?ö=ü' }),
  wire('a path with dots', [], { target: '/a/../b/./c' }),
]);

differential('user and password', [
  towards('in the URL', 'ws://user:secret@example.test/'),
  towards('in the URL, encoded', 'ws://us%40er:s%3Aecr%C3%A9t@example.test/'),
  towards('in the URL, a user alone', 'ws://user@example.test/'),
  towards('in the URL, a password alone', 'ws://:secret@example.test/'),
  towards('in the option auth', 'ws://example.test/', { auth: 'user:secret' }),
  towards('in both', 'ws://url:secret@example.test/', { auth: 'option:secret' }),
  towards('in the option auth, not ASCII', 'ws://example.test/', { auth: 'usér:sécret' }),
  towards('in the option auth and a header', 'ws://example.test/', {
    auth: 'user:secret',
    headers: { Authorization: 'Bearer 7b1c' },
  }),
  towards('in the URL and a header', 'ws://user:secret@example.test/', {
    headers: { authorization: 'Bearer 7b1c' },
  }),
  towards('an empty option auth', 'ws://example.test/', { auth: '' }),
  towards('a stray percent sign in the URL', 'ws://us%er:secret@example.test/'),
]);

const nullIsNone = {
  because: 'null-subprotocols',
  ws: ['throws SyntaxError(An invalid or duplicated subprotocol was specified)'],
  hawser: ['< "GET / HTTP/1.1"'],
} as const;

differential('subprotocols', [
  wire('one', ['chat']),
  wire('one in a list', [['chat']]),
  wire('several', [['chat.v2', 'chat.v1', 'Chat.v1']]),
  wire('an empty list', [[]]),
  wire('undefined', [undefined]),
  wire('null', [null], { only: 'sec-websocket-protocol', differs: nullIsNone }),
  wire('in the header, not as argument', [{ headers: { 'Sec-WebSocket-Protocol': 'a, b' } }]),
  wire('in the option protocol', [{ protocol: 'chat' }]),
  wire('in the option protocols', [{ protocols: ['chat'] }]),
  wire('in the option protocols and as argument', [['a'], { protocols: ['b'] }]),
  wire('in the option protocols, undefined', [['a'], { protocols: undefined }]),
  wire('in the option protocols, empty', [['a'], { protocols: [] }]),
  wire('in the option protocols and an empty list', [[], { protocols: ['b'] }]),
  wire('in the option protocols, wrong', [{ protocols: ['a b'] }]),
  wire('in the option protocols, null', [{ protocols: null }], {
    only: 'sec-websocket-protocol',
    differs: nullIsNone,
  }),
  wire('in the option protocols, a string', [{ protocols: 'chat' }]),
  attempts('that are no tokens', [
    ['ws://127.0.0.1:9', ''],
    ['ws://127.0.0.1:9', ['']],
    ['ws://127.0.0.1:9', 'a b'],
    ['ws://127.0.0.1:9', 'a,b'],
    ['ws://127.0.0.1:9', ['a', 'b/c']],
    ['ws://127.0.0.1:9', ['ä']],
  ]),
  attempts('that come twice', [
    ['ws://127.0.0.1:9', ['a', 'a']],
    ['ws://127.0.0.1:9', ['a', 'b', 'a']],
  ]),
  attempts('that are no strings', [
    ['ws://127.0.0.1:9', [1]],
    ['ws://127.0.0.1:9', [null]],
    ['ws://127.0.0.1:9', [undefined]],
    ['ws://127.0.0.1:9', [['a']]],
  ]),
  attempts('given as a number, a boolean or a function', [
    ['ws://127.0.0.1:9', 5],
    ['ws://127.0.0.1:9', true],
    ['ws://127.0.0.1:9', false],
    ['ws://127.0.0.1:9', 0],
    ['ws://127.0.0.1:9', () => {}],
  ]),
  attempts('that are wrong for a URL that is wrong', [
    ['foo', ['a', 'a']],
    ['ws://127.0.0.1:9/#a', ['']],
  ]),
]);

differential('overloads of the constructor', [
  wire('(url, options)', [{ origin: 'http://a.test' }]),
  wire('(url, undefined, options)', [undefined, { origin: 'http://a.test' }]),
  wire('(url, null, options)', [null, { origin: 'http://a.test' }], {
    only: 'origin',
    differs: { ...nullIsNone, hawser: ['< "GET / HTTP/1.1"', '< "Origin: http://a.test"'] },
  }),
  wire('(url, [], options)', [[], { origin: 'http://a.test' }]),
  wire('(url, protocols, options)', ['chat', { origin: 'http://a.test' }]),
  wire('(url, options, options)', [{ origin: 'http://a.test' }, { origin: 'http://b.test' }]),
  wire('(url, protocols, null)', ['chat', null]),
  wire('(url, protocols, undefined)', ['chat', undefined]),
  wire('options without a prototype', [Object.assign(Object.create(null), { origin: 'http://a.test' })]),
  wire('options that are inherited', [Object.create({ origin: 'http://a.test' })]),
  {
    name: 'options are not changed',
    async run(implementation, trace) {
      const server = await peer((request) => switching(request));
      const options = {
        headers: { 'X-A': 'b' },
        perMessageDeflate: { threshold: 5 },
        auth: 'a:b',
        origin: 'http://c',
      };
      const protocols = ['chat'];
      await follow(construct(implementation, server.url, protocols, options), trace);
      trace('options', options, protocols);
      await server.stop();
    },
  },
  {
    name: 'frozen options',
    async run(implementation, trace) {
      const server = await peer((request) => switching(request));
      const options = Object.freeze({
        headers: Object.freeze({ 'X-A': 'b' }),
        perMessageDeflate: Object.freeze({}),
      });
      await follow(construct(implementation, server.url, options), trace);
      await server.stop();
    },
  },
]);

differential('null as address', [
  {
    name: 'without options',
    run(implementation, trace) {
      try {
        trace('made', construct(implementation, null).readyState);
      } catch (error) {
        trace('throws', error);
      }
    },
    differs: {
      because: 'null-address-without-options',
      ws: ["throws TypeError(Cannot read properties of undefined (reading 'autoPong'))"],
      hawser: ['made 0'],
    },
  },
  {
    name: 'is a WebSocket that does not connect',
    run(implementation, trace) {
      const client = construct(implementation, null, undefined, {});
      trace('properties', client.readyState, client.protocol, client.extensions);
      trace('more', client.binaryType, client.isPaused);
    },
  },
  {
    name: 'cannot send yet',
    run(implementation, trace) {
      const client = construct(implementation, null, undefined, {});
      for (const method of ['send', 'ping', 'pong'] as const) {
        try {
          client[method]('x');
          trace(method);
        } catch (error) {
          trace(method, (error as Error).message);
        }
      }
      client.pause();
      trace('paused', client.isPaused);
      client.resume();
      trace('state', client.readyState);
    },
  },
]);

differential('while CONNECTING', [
  {
    name: 'properties and methods',
    async run(implementation, trace) {
      const server = await peer(() => undefined);
      const client = construct(implementation, server.url, 'chat');
      trace('properties', client.readyState, client.url, client.protocol, client.extensions);
      trace('more', client.bufferedAmount, client.binaryType, client.isPaused);
      for (const method of ['send', 'ping', 'pong'] as const) {
        try {
          client[method]('x');
        } catch (error) {
          trace(method, (error as Error).message);
        }
      }
      client.pause();
      trace('paused', client.isPaused);
      client.resume();
      const closed = follow(client, trace);
      client.terminate();
      await closed;
      await server.stop();
    },
  },
  {
    name: 'binaryType may be set',
    async run(implementation, trace) {
      const server = await peer((request) => switching(request));
      const client = construct(implementation, server.url);
      client.binaryType = 'arraybuffer';
      trace('type', client.binaryType);
      client.binaryType = 'nonsense' as never;
      trace('type', client.binaryType);
      await follow(client, trace);
      trace('type', client.binaryType);
      await server.stop();
    },
  },
]);
