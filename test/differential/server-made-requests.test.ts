import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { differential, type Program } from './differential.js';
import type { Implementation } from './implementations.js';
import { handshake, KEY, lines, stopHttp } from './raw-handshakes.js';

const headers = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-key': KEY,
  'sec-websocket-version': '13',
  'sec-websocket-protocol': 'a, b',
};

/** What `handleUpgrade` answers a request that no parser has made. */
async function answerTo({ WebSocketServer }: Implementation, request: object): Promise<string[]> {
  const server = new WebSocketServer({ noServer: true, clientTracking: false });
  const chunks: Buffer[] = [];
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, callback) {
      chunks.push(chunk);
      callback();
    },
  });
  await new Promise<void>((resolve) => {
    socket.once('close', resolve);
    server.handleUpgrade(request as IncomingMessage, socket, Buffer.alloc(0), () => resolve());
  });
  const answer = lines(Buffer.concat(chunks).toString());
  socket.destroy();
  return answer;
}

const made: readonly (readonly [name: string, request: object])[] = [
  ['without a socket and raw headers', { method: 'GET', url: '/', httpVersion: '1.1', headers }],
  [
    'with a version that is a number',
    {
      method: 'GET',
      url: '/',
      httpVersion: '1.1',
      headers: { ...headers, 'sec-websocket-version': 13 },
      socket: {},
    },
  ],
  [
    'with raw headers that are empty',
    { method: 'GET', url: '/', httpVersion: '1.1', headers, rawHeaders: [], socket: {} },
  ],
  [
    'with raw headers in pairs',
    { method: 'GET', url: '/', httpVersion: '1.1', headers, rawHeaders: Object.entries(headers), socket: {} },
  ],
];

differential('requests that a program has made', [
  ...made.map(
    ([name, request]): Program => ({
      name,
      async run(implementation, trace) {
        for (const line of await answerTo(implementation, request)) trace(line);
      },
    }),
  ),
]);

/** A handshake whose request a listener of `upgrade` changes before it hands it on. */
function changed(name: string, change: (headers: IncomingMessage['headers']) => void): Program {
  return {
    name,
    async run({ WebSocketServer }, trace) {
      const http = createServer();
      const noTakeover = { serverNoContextTakeover: true, clientNoContextTakeover: true };
      const server = new WebSocketServer({ noServer: true, perMessageDeflate: noTakeover });
      http.on('upgrade', (request, socket, head) => {
        change(request.headers);
        server.handleUpgrade(request, socket, head, (client) =>
          trace('opened', client.protocol, client.extensions),
        );
      });
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      const { client, head } = await handshake((http.address() as AddressInfo).port, {
        headers: { 'Sec-WebSocket-Protocol': 'a, b', 'Sec-WebSocket-Extensions': 'permessage-deflate' },
      });
      for (const line of lines(head).filter((entry) => entry.startsWith('Sec-WebSocket-'))) trace(line);
      client.reset();
      await stopHttp(http);
    },
  };
}

differential('requests that a program has changed', [
  changed('not at all', () => {}),
  changed('the subprotocols replaced', (fields) => {
    fields['sec-websocket-protocol'] = 'b';
  }),
  changed('the subprotocols removed', (fields) => {
    delete fields['sec-websocket-protocol'];
  }),
  changed('the extensions removed', (fields) => {
    delete fields['sec-websocket-extensions'];
  }),
]);
