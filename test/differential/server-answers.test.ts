import type { RequestChanges } from '../server/raw-client.js';
import { differential, type Program } from './differential.js';
import { listen, type Options, stop } from './endpoints.js';
import type { ServerOptions } from './implementations.js';
import {
  ACCEPT,
  exchange,
  handshake,
  httpServer,
  KEY,
  lines,
  stopHttp,
  upgradeRequest,
} from './raw-handshakes.js';

/** A program: one request and the head of its answer, be it a refusal or not. */
function answered(
  name: string,
  request: RequestChanges | string,
  differs?: Program['differs'],
  options: Options<ServerOptions> = {},
): Program {
  return {
    name,
    ...(differs && { differs }),
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, options);
      server.on('connection', (socket) => trace('connection', socket.protocol, socket.extensions));
      const { client, head } = await handshake(port, request);
      for (const line of head.split('\r\n')) trace('answer', line);
      if (head.includes(' 101 ')) trace('accept', head.includes(`Sec-WebSocket-Accept: ${ACCEPT}\r\n`));
      client.reset();
      await stop(server);
    },
  };
}

const headers = (fields: NonNullable<RequestChanges['headers']>): RequestChanges => ({ headers: fields });

differential('HTTP answers', [
  answered('a good request', {}),
  answered('a good request with a query', { target: '/chat?room=1' }),
  answered('Upgrade in capitals', headers({ Upgrade: 'WebSocket' })),
  answered('Connection with several options', headers({ Connection: 'keep-alive, Upgrade' })),
  answered('version with a space before it', headers({ 'Sec-WebSocket-Version': ' 13' })),
  answered(
    'a key that ends in other bits than zeros',
    headers({ 'Sec-WebSocket-Key': `${KEY.slice(0, 21)}R==` }),
  ),
  answered('names of fields in other letters', {
    headers: { 'Sec-WebSocket-Key': null, 'Sec-WebSocket-Version': null },
    lines: [`sec-websocket-KEY: ${KEY}`, 'SEC-WEBSOCKET-VERSION: 13'],
  }),
  answered('an unknown extension', headers({ 'Sec-WebSocket-Extensions': 'x-unknown; a=1' }), undefined, {
    perMessageDeflate: true,
  }),
  answered('2,000 fields', { lines: Array.from({ length: 2_000 }, (_, index) => `x${index}:`) }),
  answered('what is no HTTP', 'hello\r\n\r\n'),
  answered('another method, in small letters', { method: 'get' }),
  answered(
    'an extension header that nobody asked for, malformed',
    headers({ 'Sec-WebSocket-Extensions': '=;' }),
    {
      because: 'malformed-extensions-are-refused',
      ws: [
        'connection "" ""',
        'answer "HTTP/1.1 101 Switching Protocols"',
        'answer "Upgrade: websocket"',
        'answer "Connection: Upgrade"',
        'answer "Sec-WebSocket-Accept: <chance>"',
        'answer ""',
        'answer ""',
        'accept true',
      ],
      hawser: [
        'answer "HTTP/1.1 400 Bad Request"',
        'answer "Connection: close"',
        'answer "Content-Type: text/plain; charset=utf-8"',
        'answer "Content-Length: 55"',
        'answer ""',
        'answer ""',
      ],
    },
  ),
  answered('Upgrade to several protocols', headers({ Upgrade: 'h2c, websocket' }), {
    because: 'upgrade-may-be-a-list',
    ws: [
      'answer "HTTP/1.1 400 Bad Request"',
      'answer "Connection: close"',
      'answer "Content-Type: text/html"',
      'answer "Content-Length: 22"',
      'answer ""',
      'answer ""',
    ],
    hawser: [
      'connection "" ""',
      'answer "HTTP/1.1 101 Switching Protocols"',
      'answer "Upgrade: websocket"',
      'answer "Connection: Upgrade"',
      'answer "Sec-WebSocket-Accept: <chance>"',
      'answer ""',
      'answer ""',
      'accept true',
    ],
  }),
  answered('subprotocols with an empty element', headers({ 'Sec-WebSocket-Protocol': 'a,,b' }), {
    because: 'lists-with-empty-elements',
    ws: [
      'answer "HTTP/1.1 400 Bad Request"',
      'answer "Connection: close"',
      'answer "Content-Type: text/html"',
      'answer "Content-Length: 37"',
      'answer ""',
      'answer ""',
    ],
    hawser: [
      'connection "a" ""',
      'answer "HTTP/1.1 101 Switching Protocols"',
      'answer "Upgrade: websocket"',
      'answer "Connection: Upgrade"',
      'answer "Sec-WebSocket-Accept: <chance>"',
      'answer "Sec-WebSocket-Protocol: a"',
      'answer ""',
      'answer ""',
      'accept true',
    ],
  }),
  answered('version 013', headers({ 'Sec-WebSocket-Version': '013' }), {
    because: 'only-version-13',
    ws: [
      'connection "" ""',
      'answer "HTTP/1.1 101 Switching Protocols"',
      'answer "Upgrade: websocket"',
      'answer "Connection: Upgrade"',
      'answer "Sec-WebSocket-Accept: <chance>"',
      'answer ""',
      'answer ""',
      'accept true',
    ],
    hawser: [
      'answer "HTTP/1.1 426 Upgrade Required"',
      'answer "Connection: close"',
      'answer "Content-Type: text/plain; charset=utf-8"',
      'answer "Content-Length: 47"',
      'answer "Sec-WebSocket-Version: 13"',
      'answer ""',
      'answer ""',
    ],
  }),
  answered(
    'version 8',
    headers({ 'Sec-WebSocket-Version': '8', 'Sec-WebSocket-Origin': 'http://example.org' }),
    {
      because: 'only-version-13',
      ws: [
        'connection "" ""',
        'answer "HTTP/1.1 101 Switching Protocols"',
        'answer "Upgrade: websocket"',
        'answer "Connection: Upgrade"',
        'answer "Sec-WebSocket-Accept: <chance>"',
        'answer ""',
        'answer ""',
        'accept true',
      ],
      hawser: [
        'answer "HTTP/1.1 426 Upgrade Required"',
        'answer "Connection: close"',
        'answer "Content-Type: text/plain; charset=utf-8"',
        'answer "Content-Length: 47"',
        'answer "Sec-WebSocket-Version: 13"',
        'answer ""',
        'answer ""',
      ],
    },
  ),
  answered('no Host', headers({ Host: null }), {
    because: 'handshakes-name-one-host',
    ws: [
      'connection "" ""',
      'answer "HTTP/1.1 101 Switching Protocols"',
      'answer "Upgrade: websocket"',
      'answer "Connection: Upgrade"',
      'answer "Sec-WebSocket-Accept: <chance>"',
      'answer ""',
      'answer ""',
      'accept true',
    ],
    hawser: [
      'answer "HTTP/1.1 400 Bad Request"',
      'answer "Connection: close"',
      'answer "Content-Type: text/plain; charset=utf-8"',
      'answer "Content-Length: 30"',
      'answer ""',
      'answer ""',
    ],
  }),
  answered('Host twice', headers({ Host: ['127.0.0.1', 'example.org'] }), {
    because: 'handshakes-name-one-host',
    ws: [
      'connection "" ""',
      'answer "HTTP/1.1 101 Switching Protocols"',
      'answer "Upgrade: websocket"',
      'answer "Connection: Upgrade"',
      'answer "Sec-WebSocket-Accept: <chance>"',
      'answer ""',
      'answer ""',
      'accept true',
    ],
    hawser: [
      'answer "HTTP/1.1 400 Bad Request"',
      'answer "Connection: close"',
      'answer "Content-Type: text/plain; charset=utf-8"',
      'answer "Content-Length: 30"',
      'answer ""',
      'answer ""',
    ],
  }),
  answered(
    'HTTP/1.0',
    { version: '1.0' },
    {
      because: 'handshakes-need-http-1-1',
      ws: [
        'connection "" ""',
        'answer "HTTP/1.1 101 Switching Protocols"',
        'answer "Upgrade: websocket"',
        'answer "Connection: Upgrade"',
        'answer "Sec-WebSocket-Accept: <chance>"',
        'answer ""',
        'answer ""',
        'accept true',
      ],
      hawser: [
        'answer "HTTP/1.1 400 Bad Request"',
        'answer "Connection: close"',
        'answer "Content-Type: text/plain; charset=utf-8"',
        'answer "Content-Length: 20"',
        'answer ""',
        'answer ""',
      ],
    },
  ),
  answered('no Upgrade', headers({ Upgrade: null }), {
    because: 'plain-requests-end-the-connection',
    ws: [
      'answer "HTTP/1.1 426 Upgrade Required"',
      'answer "Content-Length: 16"',
      'answer "Content-Type: text/plain"',
      'answer "Date: <chance>"',
      'answer "Connection: keep-alive"',
      'answer "Keep-Alive: timeout=5"',
      'answer ""',
      'answer ""',
    ],
    hawser: [
      'answer "HTTP/1.1 426 Upgrade Required"',
      'answer "Content-Type: text/plain; charset=utf-8"',
      'answer "Content-Length: 17"',
      'answer "Upgrade: websocket"',
      'answer "Connection: Upgrade, close"',
      'answer "Date: <chance>"',
      'answer ""',
      'answer ""',
    ],
  }),
  answered('Connection without Upgrade', headers({ Connection: 'keep-alive' }), {
    because: 'plain-requests-end-the-connection',
    ws: [
      'answer "HTTP/1.1 426 Upgrade Required"',
      'answer "Content-Length: 16"',
      'answer "Content-Type: text/plain"',
      'answer "Date: <chance>"',
      'answer "Connection: keep-alive"',
      'answer "Keep-Alive: timeout=5"',
      'answer ""',
      'answer ""',
    ],
    hawser: [
      'answer "HTTP/1.1 400 Bad Request"',
      'answer "Content-Type: text/plain; charset=utf-8"',
      'answer "Content-Length: 26"',
      'answer "Connection: close"',
      'answer "Date: <chance>"',
      'answer ""',
      'answer ""',
    ],
  }),
  answered('a plain GET', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', {
    because: 'plain-requests-end-the-connection',
    ws: [
      'answer "HTTP/1.1 426 Upgrade Required"',
      'answer "Content-Length: 16"',
      'answer "Content-Type: text/plain"',
      'answer "Date: <chance>"',
      'answer "Connection: keep-alive"',
      'answer "Keep-Alive: timeout=5"',
      'answer ""',
      'answer ""',
    ],
    hawser: [
      'answer "HTTP/1.1 426 Upgrade Required"',
      'answer "Content-Type: text/plain; charset=utf-8"',
      'answer "Content-Length: 17"',
      'answer "Upgrade: websocket"',
      'answer "Connection: Upgrade, close"',
      'answer "Date: <chance>"',
      'answer ""',
      'answer ""',
    ],
  }),
  answered('a plain GET that ends its connection', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', {
    because: 'plain-requests-end-the-connection',
    ws: [
      'answer "HTTP/1.1 426 Upgrade Required"',
      'answer "Content-Length: 16"',
      'answer "Content-Type: text/plain"',
      'answer "Date: <chance>"',
      'answer "Connection: close"',
      'answer ""',
      'answer ""',
    ],
    hawser: [
      'answer "HTTP/1.1 426 Upgrade Required"',
      'answer "Content-Type: text/plain; charset=utf-8"',
      'answer "Content-Length: 17"',
      'answer "Upgrade: websocket"',
      'answer "Connection: Upgrade, close"',
      'answer "Date: <chance>"',
      'answer ""',
      'answer ""',
    ],
  }),
  answered('a plain HEAD', 'HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', {
    because: 'plain-requests-end-the-connection',
    ws: [
      'answer "HTTP/1.1 426 Upgrade Required"',
      'answer "Content-Length: 16"',
      'answer "Content-Type: text/plain"',
      'answer "Date: <chance>"',
      'answer "Connection: keep-alive"',
      'answer "Keep-Alive: timeout=5"',
      'answer ""',
      'answer ""',
    ],
    hawser: [
      'answer "HTTP/1.1 405 Method Not Allowed"',
      'answer "Content-Type: text/plain; charset=utf-8"',
      'answer "Content-Length: 20"',
      'answer "Allow: GET"',
      'answer "Connection: close"',
      'answer "Date: <chance>"',
      'answer ""',
      'answer ""',
    ],
  }),
  answered('a plain POST', 'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\nhi', {
    because: 'plain-requests-end-the-connection',
    ws: [
      'answer "HTTP/1.1 426 Upgrade Required"',
      'answer "Content-Length: 16"',
      'answer "Content-Type: text/plain"',
      'answer "Date: <chance>"',
      'answer "Connection: keep-alive"',
      'answer "Keep-Alive: timeout=5"',
      'answer ""',
      'answer ""',
    ],
    hawser: [
      'answer "HTTP/1.1 405 Method Not Allowed"',
      'answer "Content-Type: text/plain; charset=utf-8"',
      'answer "Content-Length: 20"',
      'answer "Allow: GET"',
      'answer "Connection: close"',
      'answer "Date: <chance>"',
      'answer ""',
      'answer ""',
    ],
  }),
  {
    name: 'the body of the answer to a plain GET',
    differs: {
      because: 'plain-requests-end-the-connection',
      ws: ['body "Upgrade Required"'],
      hawser: ['body "Upgrade Required\\n"'],
    },
    async run(implementation, trace) {
      const { server, port } = await listen(implementation);
      const answer = await exchange(port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      trace('body', lines(answer).at(-1));
      await stop(server);
    },
  },
  {
    name: '1,100 fields at a server that was given',
    differs: {
      because: 'too-many-fields-are-431',
      ws: ['answer "HTTP/1.1 101 Switching Protocols"'],
      hawser: ['answer "HTTP/1.1 431 Request Header Fields Too Large"'],
    },
    async run({ WebSocketServer }, trace) {
      const { http, port } = await httpServer();
      const server = new WebSocketServer({ server: http });
      const fields = Array.from({ length: 1_100 }, (_, index) => `x${index}: 1`);
      const { client, head } = await handshake(port, { lines: fields });
      trace('answer', head.split('\r\n')[0]);
      client.reset();
      await stop(server);
      await stopHttp(http);
    },
  },
  {
    name: 'a request behind one that is refused is not answered',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation);
      const requests = upgradeRequest({ headers: { 'Sec-WebSocket-Key': 'x' } }) + upgradeRequest();
      const { client, head } = await handshake(port, requests);
      trace('answer', head.split('\r\n')[0]);
      await client.closed();
      trace('further', client.received.includes('HTTP/1.1'));
      await stop(server);
    },
  },
]);
