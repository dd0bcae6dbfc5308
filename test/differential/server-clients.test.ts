import { once } from 'node:events';
import type { Socket } from 'node:net';
import { ManualClock } from '../client/manual-clock.js';
import { RawClient } from '../server/raw-client.js';
import { differential } from './differential.js';
import { connected, listen, stop } from './endpoints.js';
import type { WebSocket } from './implementations.js';
import { handshake, maskedFrame, upgradeRequest } from './raw-handshakes.js';

const closed = (socket: WebSocket): Promise<[number, Buffer]> =>
  new Promise((resolve) => void socket.once('close', (...args) => resolve(args)));

differential('server.clients', [
  {
    name: 'at every moment',
    async run(implementation, trace) {
      const { server, url } = await listen(implementation);
      trace('before', server.clients);
      server.on('headers', () => trace('headers', server.clients.size));
      server.on('connection', (socket) => {
        trace('connection', server.clients.has(socket), server.clients.size);
        socket.on('message', () => socket.close(1000));
        socket.on('close', () => trace('close', server.clients.has(socket), server.clients.size));
      });
      const client = new implementation.WebSocket(url);
      await once(client, 'open');
      const [accepted] = server.clients;
      const gone = once(accepted, 'close');
      client.send('now');
      await once(client, 'close');
      await gone;
      trace('after', server.clients.size);
      await stop(server);
    },
  },
  {
    name: 'a socket that is closing or terminated is there until close',
    async run(implementation, trace) {
      const { server, accepted } = await connected(implementation);
      accepted.close();
      trace('closing', server.clients.size, accepted.readyState);
      await closed(accepted);
      trace('closed', server.clients.size, accepted.readyState);
      const second = new implementation.WebSocket(
        `ws://127.0.0.1:${(server.address() as { port: number }).port}`,
      );
      const [[other]] = await Promise.all([once(server, 'connection'), once(second, 'open')]);
      other.terminate();
      trace('terminated', server.clients.size, other.readyState);
      await once(other, 'close');
      trace('closed', server.clients.size);
      await stop(server);
    },
  },
  {
    name: 'in the order of connecting, for a broadcast',
    async run(implementation, trace) {
      const { server, url } = await listen(implementation);
      const clients: WebSocket[] = [];
      for (let index = 0; index < 3; index++) {
        const client = new implementation.WebSocket(`${url}?${index}`);
        const [, [, request]] = await Promise.all([once(client, 'open'), once(server, 'connection')]);
        trace('connected', request.url, server.clients.size);
        clients.push(client);
      }
      const received = clients.map((client) => once(client, 'message'));
      for (const socket of server.clients) {
        if (socket.readyState === implementation.WebSocket.OPEN) socket.send('to all');
      }
      for (const message of received) trace('message', ...(await message));
      for (const client of clients) client.terminate();
      await stop(server);
    },
  },
  {
    name: 'clientTracking: false',
    async run(implementation, trace) {
      const { server, client, accepted } = await connected(implementation, {
        server: { clientTracking: false },
      });
      trace('clients', server.clients, 'clients' in server);
      let hasClosed = false;
      const stopped = stop(server).then(() => {
        hasClosed = true;
      });
      client.send('still open');
      trace('message', ...(await once(accepted, 'message')), hasClosed);
      client.close();
      await stopped;
      trace('closed');
    },
  },
  {
    name: 'a client that is broken is taken out',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation);
      const connection = once(server, 'connection');
      const { client } = await handshake(port);
      const [accepted] = await connection;
      accepted.on('error', (error: Error) => trace('error', error, server.clients.size));
      client.socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]));
      const [code] = await closed(accepted);
      trace('close', code, server.clients.size);
      await client.closed();
      trace('bytes', client.received);
      await stop(server);
    },
  },
  {
    name: 'a client that is broken, and no listener of error',
    differs: {
      because: 'server-errors-without-a-listener',
      ws: ['error is emitted for listeners: 0', 'close 1006'],
      hawser: ['close 1006'],
    },
    async run(implementation, trace) {
      const { server, port } = await listen(implementation);
      const connection = once(server, 'connection');
      const { client } = await handshake(port);
      const [accepted] = await connection;
      const ended = closed(accepted);
      const { emit } = accepted;
      accepted.emit = function (this: WebSocket, name: string, ...args: unknown[]) {
        if (name !== 'error') return emit.call(this, name, ...args);
        trace('error is emitted for listeners:', accepted.listenerCount('error'));
        return false;
      };
      client.socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]));
      trace('close', (await ended)[0]);
      client.reset();
      await stop(server);
    },
  },
]);

differential('the class of the sockets', [
  {
    name: 'a subclass given as WebSocket: instances, fields, overridden methods',
    async run(implementation, trace) {
      class Player extends implementation.WebSocket {
        score = 7;
        created = this.readyState;
        override send(...args: unknown[]) {
          trace('send', args[0]);
          return super.send(...(args as [string]));
        }
        get name() {
          return `player ${this.score}`;
        }
      }
      const { server, url } = await listen(implementation, { WebSocket: Player as never });
      const connection = once(server, 'connection');
      const client = new implementation.WebSocket(url);
      const [player] = await connection;
      trace('player', player instanceof Player, player instanceof implementation.WebSocket);
      trace('fields', player.score, player.name, player.created, player.readyState);
      player.send('hello');
      trace('message', ...(await once(client, 'message')));
      client.terminate();
      await stop(server);
    },
  },
  {
    name: 'the constructor of the subclass',
    async run(implementation, trace) {
      class Told extends implementation.WebSocket {
        constructor(...args: unknown[]) {
          super(...(args as [null]));
          const [address, protocols, options] = args;
          trace('constructor', args.length, address, protocols, typeof options);
          trace('options', (options as { path?: unknown }).path, options === server.options);
          trace('state', this.readyState, this.protocol);
        }
      }
      const { server, url } = await listen(implementation, { WebSocket: Told as never });
      const client = new implementation.WebSocket(url, ['chat']);
      await once(client, 'open');
      client.terminate();
      await stop(server);
    },
  },
  {
    name: 'setSocket and emit of the subclass',
    differs: {
      because: 'set-socket-is-not-called',
      ws: ['setSocket 3', 'emit "open" 0', 'emit "close" 2'],
      hawser: ['emit "open" 0', 'emit "close" 2'],
    },
    async run(implementation, trace) {
      class Told extends implementation.WebSocket {
        setSocket(...args: unknown[]) {
          trace('setSocket', args.length);
          (
            implementation.WebSocket.prototype as unknown as { setSocket(...args: unknown[]): void }
          ).setSocket.apply(this, args);
        }
        override emit(name: string, ...args: unknown[]) {
          if (name !== 'newListener') trace('emit', name, args.length);
          return super.emit(name, ...args);
        }
      }
      const { server, url } = await listen(implementation, { WebSocket: Told as never });
      const connection = once(server, 'connection');
      const client = new implementation.WebSocket(url);
      const [accepted] = await connection;
      const ended = once(accepted, 'close');
      if (client.readyState === client.CONNECTING) await once(client, 'open');
      client.close(1000);
      await ended;
      await stop(server);
    },
  },
  {
    name: 'constants of the sockets',
    async run(implementation, trace) {
      const { server, accepted, client } = await connected(implementation);
      trace('constants', accepted.CONNECTING, accepted.OPEN, accepted.CLOSING, accepted.CLOSED);
      trace('state', accepted.readyState === implementation.WebSocket.OPEN);
      client.terminate();
      await stop(server);
    },
  },
  {
    name: 'properties that applications put on sockets',
    async run(implementation, trace) {
      const { server, accepted, client } = await connected(implementation);
      Object.assign(accepted, { isAlive: true, id: 7, user: { name: 'Ada' }, room: 'lobby', data: {} });
      const { isAlive, id, user, room } = accepted as unknown as Record<string, unknown>;
      trace('properties', isAlive, id, user, room);
      client.terminate();
      await stop(server);
    },
  },
]);

differential('options of the connections', [
  {
    name: 'maxPayload',
    async run(implementation, trace) {
      const { server, accepted, client } = await connected(implementation, { server: { maxPayload: 5 } });
      accepted.on('message', (data) => trace('message', data));
      accepted.on('error', (error) => trace('error', error));
      accepted.on('close', (code, reason) => trace('close', code, reason));
      client.send('12345');
      client.send('123456');
      const [code, reason] = await once(client, 'close');
      trace('client', code, reason);
      await stop(server);
    },
  },
  {
    name: 'maxPayload: 0',
    async run(implementation, trace) {
      const { server, accepted, client } = await connected(implementation, { server: { maxPayload: 0 } });
      client.send('123456');
      trace('message', ...(await once(accepted, 'message')));
      client.terminate();
      await stop(server);
    },
  },
  {
    name: 'autoPong: false',
    async run(implementation, trace) {
      const { server, accepted, client } = await connected(implementation, { server: { autoPong: false } });
      accepted.on('ping', (data) => {
        trace('ping', data);
        accepted.send('seen');
      });
      client.on('pong', (data) => trace('pong', data));
      client.ping('1');
      await once(client, 'message');
      accepted.removeAllListeners('ping');
      accepted.on('ping', (data) => accepted.pong(data));
      client.ping('2');
      await once(client, 'pong');
      client.terminate();
      await stop(server);
    },
  },
  {
    name: 'autoPong: undefined',
    differs: {
      because: 'undefined-options-are-defaults',
      ws: ['message Buffer <7365656e> false'],
      hawser: ['pong Buffer <31>', 'message Buffer <7365656e> false'],
    },
    async run(implementation, trace) {
      const { server, accepted, client } = await connected(implementation, {
        server: { autoPong: undefined },
      });
      accepted.on('ping', () => accepted.send('seen'));
      client.on('pong', (data) => trace('pong', data));
      client.ping('1');
      trace('message', ...(await once(client, 'message')));
      client.terminate();
      await stop(server);
    },
  },
  ...[true, false].map((allowSynchronousEvents) => ({
    name: `allowSynchronousEvents: ${allowSynchronousEvents}`,
    async run(
      implementation: Parameters<typeof listen>[0],
      trace: (label: string, ...values: unknown[]) => void,
    ) {
      const { server, port } = await listen(implementation, { allowSynchronousEvents });
      const done = new Promise<void>((resolve) => {
        server.on('connection', (socket) => {
          socket.on('message', (data) => {
            trace('message', data);
            queueMicrotask(() => trace('microtask'));
            process.nextTick(() => trace('tick'));
            if (String(data) === '3') setImmediate(resolve);
          });
        });
      });
      const client = await RawClient.connect(port);
      client.socket.write(upgradeRequest());
      await client.answer();
      client.socket.write(Buffer.concat(['1', '2', '3'].map((text) => maskedFrame(0x81, text))));
      await done;
      client.reset();
      await stop(server);
    },
  })),
  {
    name: 'skipUTF8Validation',
    async run(implementation, trace) {
      for (const skipUTF8Validation of [true, false]) {
        const { server, accepted, client } = await connected(implementation, {
          server: { skipUTF8Validation },
        });
        accepted.on('message', (data, isBinary) => {
          trace('message', data, isBinary);
          accepted.close(4000);
        });
        accepted.on('error', (error) => trace('error', (error as { code?: string }).code));
        client.send(Buffer.from([0x61, 0xff]), { binary: false });
        trace('close', (await once(client, 'close'))[0]);
        await stop(server);
      }
    },
  },
  {
    name: 'maxFragments',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, { maxFragments: 3 });
      const connection = once(server, 'connection');
      const { client } = await handshake(port);
      const [accepted] = await connection;
      accepted.on('message', (data: Buffer) => trace('message', data));
      accepted.on('error', (error: Error) => trace('error', error));
      const fragments = (count: number) =>
        Array.from({ length: count }, (_, index) =>
          maskedFrame((index === 0 ? 1 : 0) | (index === count - 1 ? 0x80 : 0), 'a'),
        );
      client.socket.write(Buffer.concat(fragments(3)));
      client.socket.write(Buffer.concat(fragments(4)));
      const [code] = await closed(accepted);
      trace('close', code);
      await client.closed();
      trace('bytes', client.received);
      await stop(server);
    },
  },
  {
    name: 'maxBufferedChunks',
    differs: {
      because: 'server-max-buffered-chunks',
      ws: [
        'error RangeError(WS_ERR_TOO_MANY_BUFFERED_PARTS: Too many buffered chunks)',
        'bytes Buffer <880203f0>',
      ],
      hawser: ['message Buffer <696e206d616e7920706965636573>', 'bytes Buffer <880203e8>'],
    },
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, { maxBufferedChunks: 2 });
      const connection = once(server, 'connection');
      const { client } = await handshake(port);
      const [accepted] = await connection;
      accepted.on('message', (data: Buffer) => {
        trace('message', data);
        accepted.close(1000);
      });
      accepted.on('error', (error: Error) => trace('error', error));
      const ended = closed(accepted);
      const frame = maskedFrame(0x81, 'in many pieces');
      const socket = accepted._socket as Socket;
      for (let index = 0; index < frame.length; index++) {
        const piece = frame.subarray(index, index + 1);
        if (socket.destroyed) break;
        socket.emit('data', piece);
      }
      await client.until(() => client.received.length >= 4);
      trace('bytes', client.received.subarray(0, 4));
      client.reset();
      await ended;
      await stop(server);
    },
  },
  {
    name: 'a client that is silent for 25 seconds',
    differs: { because: 'server-sends-heartbeats', ws: ['frame 1'], hawser: ['frame 9', 'frame 1'] },
    async run(implementation, trace) {
      const clock = new ManualClock();
      const { server, port } = await listen(implementation, { clock });
      const connection = once(server, 'connection');
      const { client } = await handshake(port);
      const [accepted] = await connection;
      for (let second = 0; second < 26; second++) clock.advance(1_000);
      accepted.send('after');
      await client.until(() => client.frames.some(({ opcode }) => opcode === 1));
      for (const { opcode } of client.frames) trace('frame', opcode);
      client.reset();
      await stop(server);
    },
  },
  {
    name: 'maxPendingAutoPongs',
    differs: {
      because: 'server-max-pending-auto-pongs',
      ws: ['close 1006'],
      hawser: [
        'frame 10 Buffer <31>',
        'frame 10 Buffer <32>',
        'frame 10 Buffer <33>',
        'frame 10 Buffer <34>',
        'frame 10 Buffer <35>',
        'frame 1 Buffer <656e64>',
        'close 1006',
      ],
    },
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, { maxPendingAutoPongs: 2 });
      const connection = once(server, 'connection');
      const { client } = await handshake(port);
      const [accepted] = await connection;
      accepted.on('error', (error: Error) => trace('error', error));
      const ended = closed(accepted);
      let pings = 0;
      const pinged = new Promise<void>((resolve) => {
        accepted.on('ping', () => ++pings === 5 && resolve());
      });
      // Nothing leaves, as for a client that does not read.
      const socket = accepted._socket as Socket;
      socket.cork();
      client.socket.write(Buffer.concat(['1', '2', '3', '4', '5'].map((text) => maskedFrame(0x89, text))));
      await pinged;
      socket.uncork();
      accepted.send('end');
      await Promise.race([client.until(() => client.frames.length === 6), client.closed()]).catch(() => {});
      for (const { opcode, payload } of client.frames) trace('frame', opcode, payload);
      client.reset();
      trace('close', (await ended)[0]);
      await stop(server);
    },
  },
  {
    name: 'closeTimeout',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, { closeTimeout: 20 });
      const connection = once(server, 'connection');
      const { client } = await handshake(port);
      const [accepted] = await connection;
      accepted.close(4000, 'bye');
      trace('close', ...(await once(accepted, 'close')));
      await client.closed();
      trace('bytes', client.received);
      await stop(server);
    },
  },
]);
