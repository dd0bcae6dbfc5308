import { acceptedFromRaw, closed, outcome, record, unopened } from './connection-endpoints.js';
import { connection } from './connection-programs.js';
import type { Program } from './differential.js';
import { connected, stop } from './endpoints.js';
import type { WebSocket } from './implementations.js';
import type { Trace } from './trace.js';

type Adder = (type: string, listener: unknown, options?: unknown) => void;

/** Emits one event of each kind. */
function emitAll(socket: WebSocket): void {
  socket.emit('open');
  socket.emit('message', Buffer.from('text'), false);
  socket.emit('message', Buffer.of(1), true);
  socket.emit('error', new Error('wrong'));
  socket.emit('close', 4000, Buffer.from('why'));
}

/** What an event object tells. */
function told(event: object, target: unknown): unknown[] {
  const fields = ['type', 'data', 'code', 'reason', 'wasClean', 'message', 'error'] as const;
  const record = event as Record<string, unknown>;
  const present = fields.filter((field) => field in event).map((field) => [field, record[field]]);
  return [event.constructor.name, record.target === target, ...present];
}

const types = ['open', 'message', 'error', 'close'] as const;

/** A program about the listeners of a socket that is never opened. */
const listening = (
  name: string,
  run: (socket: WebSocket, trace: Trace, add: Adder) => void,
  differs?: Program['differs'],
): Program => ({
  name,
  run(implementation, trace) {
    const socket = unopened(implementation);
    run(socket, trace, (socket.addEventListener as Adder).bind(socket));
  },
  ...(differs && { differs }),
});

connection('listeners as of an EventTarget', [
  listening('the event objects', (socket, trace, add) => {
    for (const type of types) add(type, (event: object) => trace(type, ...told(event, socket)));
    emitAll(socket);
  }),
  listening('the attributes', (socket, trace) => {
    for (const type of types) {
      trace(type, socket[`on${type}`]);
      socket[`on${type}`] = (event: object) => trace(type, ...told(event, socket));
      trace('set', typeof socket[`on${type}`]);
    }
    emitAll(socket);
  }),
  listening('this of a listener', (socket, trace, add) => {
    const object = {
      handleEvent(event: object) {
        trace('handleEvent', this === object, event.constructor.name);
      },
    };
    add('open', function (this: unknown) {
      trace('function', this === socket);
    });
    add('open', object);
    socket.onopen = function (this: unknown) {
      trace('attribute', this === socket);
    };
    socket.emit('open');
  }),
  listening('once', (socket, trace, add) => {
    add('open', () => trace('once'), { once: true });
    add('open', () => trace('always'));
    socket.emit('open');
    socket.emit('open');
    trace('left', socket.listenerCount('open'));
  }),
  listening('a listener that is added twice', (socket, trace, add) => {
    const listener = () => trace('called');
    add('open', listener);
    add('open', listener);
    add('open', listener, { once: true });
    socket.emit('open');
    trace('listeners', socket.listenerCount('open'));
  }),
  listening('the same listener as attribute, by addEventListener and by on', (socket, trace, add) => {
    const listener = (...args: unknown[]) => trace('called', args.length);
    socket.onopen = listener;
    add('open', listener);
    socket.on('open', listener);
    socket.emit('open');
    socket.removeEventListener('open', listener);
    trace('without addEventListener', socket.listenerCount('open'));
    socket.onopen = null;
    trace('without the attribute', socket.listenerCount('open'));
    socket.off('open', listener);
    trace('without on', socket.listenerCount('open'));
  }),
  listening('removeEventListener', (socket, trace, add) => {
    const listener = () => trace('called');
    const object = { handleEvent: listener };
    socket.removeEventListener('open', listener);
    add('open', listener);
    add('open', object);
    socket.removeEventListener('message', listener);
    trace('both', socket.listenerCount('open'));
    socket.removeEventListener('open', object);
    socket.removeEventListener('open', listener);
    trace('none', socket.listenerCount('open'));
    add('open', listener, { once: true });
    socket.removeEventListener('open', listener);
    trace('none', socket.listenerCount('open'));
  }),
  listening('an attribute that is replaced, and cleared', (socket, trace) => {
    socket.onmessage = () => trace('first');
    socket.onmessage = () => trace('second');
    socket.emit('message', 'x', false);
    for (const value of [null, undefined, 12, 'text', {}]) {
      socket.onmessage = () => trace('third');
      (socket as { onmessage: unknown }).onmessage = value;
      trace('cleared', socket.onmessage, socket.listenerCount('message'));
    }
  }),
  listening('the place of an attribute among listeners', (socket, trace, add) => {
    socket.onopen = () => trace('attribute');
    add('open', () => trace('listener'));
    socket.on('open', () => trace('on'));
    socket.prependListener('open', () => trace('prepended'));
    socket.onopen = () => trace('new attribute');
    socket.emit('open');
  }),
  listening('types that do not exist', (socket, trace, add) => {
    for (const type of ['ping', 'pong', 'upgrade', 'what', 'toString']) {
      add(type, () => trace('called', type));
      trace(type, socket.listenerCount(type));
    }
  }),
  listening('what is no listener', (socket, trace, add) => {
    for (const listener of [null, undefined, 12, {}]) {
      trace('thrown', outcome(() => add('open', listener)) instanceof Error, socket.listenerCount('open'));
    }
  }),
  listening('data of messages', (socket, trace, add) => {
    add('message', ({ data }: { data: unknown }) => trace('data', data));
    socket.emit('message', Buffer.from('é'), false);
    socket.emit('message', Buffer.of(1), true);
    socket.emit('message', Uint8Array.of(2).buffer, true);
    socket.emit('message', [Buffer.of(3)], true);
    socket.emit('message', 'text', false);
  }),
  listening('event objects as other code looks at them', (socket, trace, add) => {
    add('close', (event: object) => {
      trace('keys', Object.keys(event));
      trace('text', JSON.stringify({ ...event, target: undefined }));
      for (const name of ['code', 'reason', 'wasClean', 'target', 'type']) {
        trace(name, name in event, Object.hasOwn(event, name));
        trace('assigned', outcome(() => Object.assign(event, { [name]: 1 })) instanceof TypeError);
      }
    });
    socket.emit('close', 1000, Buffer.from('why'));
  }),
  listening(
    'eventNames and listeners',
    (socket, trace, add) => {
      const listener = () => undefined;
      add('open', listener);
      socket.onclose = listener;
      trace('names', socket.eventNames());
      trace('listeners', socket.listeners('open').length, socket.listeners('open')[0] === listener);
    },
    {
      because: 'event-names-order',
      ws: ['names ["error", "open", "close"]', 'listeners 1 false'],
      hawser: ['names ["close", "error", "open"]', 'listeners 1 false'],
    },
  ),
]);

/** Tells what both ends of a real connection hand to event listeners. */
const overTheWire = (name: string, run: (client: WebSocket, accepted: WebSocket) => void): Program => ({
  name,
  async run(implementation, trace) {
    const { server, accepted, client } = await connected(implementation);
    const logs = [record(), record()] as const;
    for (const [index, socket] of [client, accepted].entries()) {
      for (const type of types) {
        (socket.addEventListener as Adder)(type, (event: object) =>
          logs[index]?.note(type, ...told(event, socket)),
        );
      }
    }
    const both = Promise.all([closed(client), closed(accepted)]);
    run(client, accepted);
    await both;
    logs[0].tell(trace, 'client');
    logs[1].tell(trace, 'server');
    await stop(server);
  },
});

connection('event objects over the wire', [
  overTheWire('a clean close', (client) => {
    client.send('text é');
    client.send(Buffer.of(1));
    client.close(4001, 'reason é');
  }),
  overTheWire('a close without a code', (_, accepted) => accepted.close()),
  overTheWire('a close that is not clean', (client) => client.terminate()),
  overTheWire('arraybuffer', (client, accepted) => {
    accepted.binaryType = 'arraybuffer';
    client.send(Buffer.of(1, 2));
    client.close();
  }),
  {
    name: 'an error and the close behind it',
    async run(implementation, trace) {
      const { socket, peer, stop } = await acceptedFromRaw(implementation);
      for (const type of types) {
        (socket.addEventListener as Adder)(type, (event: object) => trace(type, ...told(event, socket)));
      }
      void peer.ended.then(() => peer.socket.end());
      const close = closed(socket);
      peer.write({ opcode: 3 });
      await close;
      await stop();
    },
  },
]);
