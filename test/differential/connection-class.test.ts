import { acceptedFromRaw, closed, next, outcome, socketOf, turns, unopened } from './connection-endpoints.js';
import { connection } from './connection-programs.js';
import { connected, stop } from './endpoints.js';

connection(
  'the class',
  [
    {
      name: 'constants of the class and of instances',
      run(implementation, trace) {
        const { WebSocket } = implementation;
        const socket = unopened(implementation);
        for (const name of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const) {
          trace(name, WebSocket[name], socket[name], name in WebSocket.prototype);
          for (const object of [WebSocket, WebSocket.prototype]) {
            const { enumerable, writable, configurable } =
              Object.getOwnPropertyDescriptor(object, name) ?? {};
            trace('is', enumerable, writable, configurable);
          }
        }
      },
    },
    {
      name: 'attributes can be enumerated, methods cannot',
      run({ WebSocket }, trace) {
        const names = [
          'binaryType',
          'bufferedAmount',
          'extensions',
          'isPaused',
          'onclose',
          'onerror',
          'onopen',
        ];
        names.push('onmessage', 'protocol', 'readyState', 'url', 'send', 'close', 'ping', 'addEventListener');
        const listed = new Set<string>();
        for (const name in WebSocket.prototype) listed.add(name);
        for (const name of names) trace(name, listed.has(name));
      },
    },
    {
      name: 'attributes of a socket that is not opened',
      run(implementation, trace) {
        const socket = unopened(implementation);
        const { readyState, bufferedAmount, extensions, protocol, isPaused, binaryType } = socket;
        trace('values', readyState, bufferedAmount, extensions, protocol, isPaused, binaryType);
      },
    },
    {
      name: 'the url of sockets without a client',
      async run(implementation, trace) {
        trace('unopened', unopened(implementation).url);
        const { socket, stop } = await acceptedFromRaw(implementation);
        trace('accepted', socket.url);
        await stop();
      },
    },
    {
      name: 'readyState cannot be assigned',
      run(implementation, trace) {
        const socket = unopened(implementation);
        for (const name of [
          'readyState',
          'bufferedAmount',
          'protocol',
          'extensions',
          'url',
          'isPaused',
          'OPEN',
        ]) {
          trace(name, outcome(() => Object.assign(socket, { [name]: 3 })) instanceof TypeError);
        }
      },
    },
    {
      name: 'sockets as text',
      async run(implementation, trace) {
        const { server, accepted, client } = await connected(implementation);
        trace('toString', String(client), Object.prototype.toString.call(client));
        for (const socket of [client, accepted, unopened(implementation)]) {
          trace('JSON', typeof outcome(() => JSON.stringify(socket)));
        }
        client.terminate();
        await closed(accepted);
        await stop(server);
      },
    },
    {
      name: 'a subclass that overrides send, close and emit',
      async run(implementation, trace) {
        class Own extends implementation.WebSocket {
          extra = 'field';

          override send(...args: unknown[]): void {
            trace('send', args.length);
            (super.send as (...args: unknown[]) => void)(...args);
          }

          override close(code?: number, reason?: string): void {
            trace('close', code, reason);
            (super.close as (...args: unknown[]) => void)(code, reason);
          }

          override emit(name: string, ...args: unknown[]): boolean {
            if (name !== 'newListener') trace('emit', name, args.length);
            return super.emit(name, ...args);
          }
        }
        const { socket, peer, stop } = await acceptedFromRaw(implementation, { WebSocket: Own });
        trace('is', socket instanceof Own, (socket as Own).extra, socket instanceof implementation.WebSocket);
        const close = closed(socket);
        peer.write({ opcode: 1, payload: 'x' });
        await next(socket, 'message');
        socket.send('y');
        socket.close(1000, 'bye');
        await peer.received(2);
        peer.write({ opcode: 8, payload: Buffer.of(3, 232) });
        void peer.ended.then(() => peer.socket.end());
        await close;
        await stop();
      },
    },
    {
      name: 'methods that are replaced on one socket',
      async run(implementation, trace) {
        const { socket, peer, stop } = await acceptedFromRaw(implementation);
        const send = socket.send.bind(socket) as (data: string) => void;
        Object.assign(socket, {
          send: (data: string) => {
            trace('replaced', data);
            send(`${data}!`);
          },
          mine: 1,
          id: 'own',
          latency: 5,
        });
        socket.send('x');
        await peer.received(1);
        trace('wire', peer.told, (socket as unknown as { latency: number }).latency);
        await stop();
      },
    },
    {
      name: 'new WebSocket(null) without options',
      run({ WebSocket }, trace) {
        trace(
          'made',
          outcome(() => new (WebSocket as unknown as new (a: null) => object)(null)) instanceof WebSocket,
        );
      },
    },
    {
      name: 'events of emit that are nobody’s',
      run(implementation, trace) {
        const socket = unopened(implementation);
        socket.removeAllListeners('error');
        trace(
          'emit',
          socket.emit('what'),
          outcome(() => socket.emit('error', new Error('thrown'))),
        );
      },
    },
  ],
  {
    'a subclass that overrides send, close and emit': {
      because: 'automatic-answers',
      ws: [
        'emit "open" 0',
        'is true "field" true',
        'emit "message" 2',
        'send 1',
        'close 1000 "bye"',
        'close 1000 Buffer <>',
        'emit "close" 2',
      ],
      hawser: [
        'emit "open" 0',
        'is true "field" true',
        'emit "message" 2',
        'send 1',
        'close 1000 "bye"',
        'emit "close" 2',
      ],
    },
    'attributes of a socket that is not opened': {
      because: 'attributes-without-client',
      ws: ['values 0 undefined "" "" false "nodebuffer"'],
      hawser: ['values 0 0 "" "" false "nodebuffer"'],
    },
    'new WebSocket(null) without options': {
      because: 'null-address-without-options',
      ws: ['made false'],
      hawser: ['made true'],
    },
    'the url of sockets without a client': {
      because: 'attributes-without-client',
      ws: ['unopened undefined', 'accepted undefined'],
      hawser: ['unopened ""', 'accepted ""'],
    },
  },
);

connection(
  'errors without a listener',
  [
    {
      name: 'at a server',
      async run(implementation, trace) {
        const { server, accepted, client } = await connected(implementation);
        const uncaught = new Promise<string>((resolve) => {
          const listeners = process.listeners('uncaughtException');
          process.removeAllListeners('uncaughtException');
          const restore = (outcome: string) => {
            process.removeAllListeners('uncaughtException');
            for (const listener of listeners) process.on('uncaughtException', listener);
            resolve(outcome);
          };
          process.once('uncaughtException', (error) => restore(`thrown: ${error.message}`));
          accepted.once('close', (code) => setImmediate(restore, `close ${code}`));
        });
        socketOf(client).write(Buffer.of(0x83, 0x80, 0, 0, 0, 0));
        trace('outcome', await uncaught);
        client.terminate();
        accepted.terminate();
        await turns();
        server.close();
      },
    },
  ],
  {
    'at a server': {
      because: 'server-errors-without-a-listener',
      ws: ['outcome "thrown: Invalid WebSocket frame: invalid opcode 3"'],
      hawser: ['outcome "close 1006"'],
    },
  },
);
