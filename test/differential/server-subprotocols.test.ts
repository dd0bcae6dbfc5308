import type { IncomingMessage } from 'node:http';
import { RawClient } from '../server/raw-client.js';
import { differential, type Program } from './differential.js';
import { listen, type Options, stop } from './endpoints.js';
import type { ServerOptions } from './implementations.js';
import { handshake, lines, upgradeRequest } from './raw-handshakes.js';

/** A program: a raw client that offers subprotocols, and the lines of the 101. */
function chosen(name: string, offer: string | null, options: Options<ServerOptions> = {}): Program {
  return {
    name,
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, options);
      server.on('connection', (socket) => trace('protocol', socket.protocol));
      const { client, head } = await handshake(port, { headers: { 'Sec-WebSocket-Protocol': offer } });
      for (const line of lines(head)) trace('answer', line);
      client.reset();
      await stop(server);
    },
  };
}

differential('subprotocols', [
  chosen('none offered', null),
  chosen('one offered', 'chat'),
  chosen('several offered', 'chat, news,  mail'),
  chosen('handleProtocols chooses', 'chat, news', { handleProtocols: () => 'news' }),
  chosen('handleProtocols chooses what was not offered', 'chat', { handleProtocols: () => 'other' }),
  chosen('handleProtocols returns false', 'chat, news', { handleProtocols: () => false }),
  chosen('handleProtocols returns an empty string', 'chat, news', { handleProtocols: () => '' }),
  chosen('handleProtocols returns nothing', 'chat', { handleProtocols: (() => undefined) as never }),
  {
    name: 'handleProtocols gets a Set and the request, and is not called without an offer',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, {
        handleProtocols: function (this: unknown, ...args: [Set<string>, IncomingMessage]) {
          trace('handleProtocols', this === server.options, args.length, args[0], args[1].url);
          return [...args[0]][1] ?? false;
        },
      });
      for (const offer of ['a, b, c', null, 'single']) {
        const { client, head } = await handshake(port, { headers: { 'Sec-WebSocket-Protocol': offer } });
        trace(
          'answer',
          lines(head).filter((line) => line.startsWith('Sec-WebSocket-Protocol')),
        );
        client.reset();
      }
      await stop(server);
    },
  },
  {
    name: 'handleProtocols comes after verifyClient and before headers and connection',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, {
        verifyClient: () => {
          trace('verifyClient');
          return true;
        },
        handleProtocols: () => {
          trace('handleProtocols');
          return 'a';
        },
      });
      server.on('headers', (headers) =>
        trace(
          'headers',
          headers.filter((line) => line.includes('Protocol')),
        ),
      );
      server.on('connection', () => trace('connection'));
      const { client } = await handshake(port, { headers: { 'Sec-WebSocket-Protocol': 'a' } });
      client.reset();
      await stop(server);
    },
  },
]);

differential('the event headers', [
  {
    name: 'has the lines of the 101, which may be changed',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation);
      server.on('headers', (headers, request, ...more) => {
        for (const line of headers) trace('line', line);
        trace('request', request.url, more);
        headers.push('Set-Cookie: a=1', 'Set-Cookie: b=2');
      });
      const { client, head } = await handshake(port, { target: '/x' });
      for (const line of lines(head)) trace('answer', line);
      client.reset();
      await stop(server);
    },
  },
  {
    name: 'takes lines away and has several listeners',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation);
      server.on('headers', (headers) => headers.splice(1, headers.length - 1, 'X-Only: this'));
      server.on('headers', (headers) => headers.push('X-More: that'));
      const { client, head } = await handshake(port);
      for (const line of lines(head)) trace('answer', line);
      client.reset();
      await stop(server);
    },
  },
  {
    name: 'with letters beyond ASCII',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation);
      server.on('headers', (headers) => headers.push('X-Name: Müller'));
      const client = await RawClient.connect(port);
      client.socket.write(upgradeRequest());
      await client.until(() => client.received.includes('\r\n\r\n'));
      trace('bytes', client.received.subarray(client.received.indexOf('X-Name')));
      client.reset();
      await stop(server);
    },
  },
]);
