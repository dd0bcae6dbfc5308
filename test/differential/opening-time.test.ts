/** The limits of time for an opening handshake. */
import { differential } from './differential.js';
import { construct, follow, meeting, peer, switching } from './opening-peers.js';

const opened = ['upgrade 101 0', 'open 1 "" ""', 'close 1006 Buffer <> 3'];
const timedOut = ['error Error(Opening handshake has timed out) 2', 'close 1006 Buffer <> 3'];

differential('time', [
  {
    name: 'handshakeTimeout without an answer',
    async run(implementation, trace) {
      const server = await peer(() => undefined);
      await follow(construct(implementation, server.url, { handshakeTimeout: 50 }), trace);
      await server.gone(1);
      await server.stop();
    },
  },
  {
    name: 'handshakeTimeout without a connection',
    async run(implementation, trace) {
      const createConnection = (): undefined => undefined;
      const client = construct(implementation, 'ws://127.0.0.1:9/', {
        createConnection,
        handshakeTimeout: 50,
      });
      setTimeout(() => {
        trace('later', client.readyState);
        client.terminate();
      }, 200);
      await follow(client, trace);
      await new Promise((resolve) => setTimeout(resolve, 250));
    },
    differs: {
      because: 'handshake-timeout-in-all',
      ws: [
        'later 0',
        'error Error(WebSocket was closed before the connection was established) 2',
        'close 1006 Buffer <> 3',
      ],
      hawser: [...timedOut, 'later 3'],
    },
  },
  meeting('handshakeTimeout with an answer in time', (request) => switching(request), {
    rest: [{ handshakeTimeout: 5_000 }],
  }),
  meeting('handshakeTimeout: 0 is none', (request) => switching(request), {
    rest: [{ handshakeTimeout: 0 }],
  }),
  {
    name: 'handshakeTimeout does not go on after open',
    async run(implementation, trace) {
      const server = await peer((request) => switching(request));
      const client = construct(implementation, server.url, { handshakeTimeout: 1_200 });
      const closed = follow(client, trace, { open: () => {} });
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      trace('state', client.readyState);
      client.terminate();
      await closed;
      await server.stop();
    },
  },
  {
    name: 'handshakeTimeout while the server drips',
    async run(implementation, trace) {
      let drip: NodeJS.Timeout | undefined;
      const server = await peer((request) => {
        request.socket.write('HTTP/1.1 101 Switching Protocols\r\n');
        let count = 0;
        drip = setInterval(() => {
          count += 1;
          if (count < 20) request.socket.write(`X-${count}: a\r\n`);
          else {
            clearInterval(drip);
            request.socket.write(switching(request).slice(switching(request).indexOf('\r\n') + 2));
          }
        }, 100);
        return undefined;
      });
      await follow(construct(implementation, server.url, { handshakeTimeout: 1_200 }), trace);
      clearInterval(drip);
      await server.stop();
    },
    differs: { because: 'handshake-timeout-in-all', ws: opened, hawser: timedOut },
  },
  {
    name: 'handshakeTimeout while the body of a refusal is awaited',
    async run(implementation, trace) {
      const server = await peer(() => 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\nhalf');
      const client = construct(implementation, server.url, { handshakeTimeout: 100 });
      client.on('unexpected-response', (_request, response) => {
        trace('unexpected-response', response.statusCode);
        response.on('error', (error) => trace('response', error)).resume();
        response.on('close', () => trace('response closed', response.destroyed));
      });
      await follow(client, trace);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await server.gone(1);
      await server.stop();
    },
  },
  {
    name: 'the option timeout',
    async run(implementation, trace) {
      const server = await peer((request) => {
        setTimeout(() => request.socket.write(switching(request)), 400);
        return undefined;
      });
      await follow(construct(implementation, server.url, { timeout: 100 }), trace);
      await server.stop();
    },
    differs: { because: 'option-timeout', ws: opened, hawser: timedOut },
  },
]);
