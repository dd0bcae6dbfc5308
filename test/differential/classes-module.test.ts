import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import * as hawser from '../../src/index.js';
import { attempt, classesOf } from './classes.js';
import { differential } from './differential.js';
import { type Implementation, implementations } from './implementations.js';

type Class = { readonly name: string; readonly length: number; readonly prototype: object };

const classNames = ['WebSocket', 'WebSocketServer', 'Sender', 'Receiver', 'PerMessageDeflate'] as const;

const classOf = (implementation: Implementation, name: string): Class =>
  (implementation as unknown as Record<string, Class>)[name] as Class;

/** The names of ws, which hawser must have as well. */
const exported = Object.keys(implementations.ws).sort();

/** The members of a class and its own ancestors. */
function members(prototype: object): Map<string, PropertyDescriptor> {
  const found = new Map<string, PropertyDescriptor>();
  const ends: unknown[] = [EventEmitter.prototype, Writable.prototype, Object.prototype];
  for (let at = prototype; !ends.includes(at); at = Object.getPrototypeOf(at) as object) {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (!found.has(name)) found.set(name, descriptor);
  }
  return found;
}

function kindOf(descriptor: PropertyDescriptor | undefined): string {
  if (descriptor === undefined) return 'missing';
  if (descriptor.get || descriptor.set) return `${descriptor.get ? 'get' : ''}${descriptor.set ? 'set' : ''}`;
  return typeof descriptor.value;
}

/** What documents and types of ws name; the rest of its members is for itself. */
const documented: Readonly<Record<(typeof classNames)[number], readonly string[]>> = {
  WebSocket: [
    ...['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED', 'binaryType', 'bufferedAmount', 'extensions', 'isPaused'],
    ...['onopen', 'onmessage', 'onerror', 'onclose', 'protocol', 'readyState', 'url', 'addEventListener'],
    ...['removeEventListener', 'close', 'pause', 'ping', 'pong', 'resume', 'send', 'setSocket', 'terminate'],
  ],
  WebSocketServer: ['address', 'close', 'handleUpgrade', 'shouldHandle'],
  Sender: ['close', 'ping', 'pong', 'send', 'sendFrame'],
  Receiver: ['_write'],
  PerMessageDeflate: ['offer', 'accept', 'cleanup', 'compress', 'decompress'],
};

/** The namespace that `import` gives. */
async function namespaceOf(implementation: Implementation): Promise<Record<string, unknown>> {
  if (implementation !== implementations.ws) return hawser;
  const { href } = new URL('../peers/node_modules/ws/wrapper.mjs', import.meta.url);
  return (await import(href)) as Record<string, unknown>;
}

differential('the module', [
  {
    name: 'every name of ws is there',
    run(implementation, trace) {
      for (const name of exported) {
        const descriptor = Object.getOwnPropertyDescriptor(implementation, name);
        trace(name, typeof descriptor?.value, descriptor?.enumerable);
      }
    },
  },
  {
    name: 'the class is the module',
    run(implementation, trace) {
      const { WebSocket, Server, WebSocketServer } = implementation;
      trace('class', typeof implementation, implementation.name);
      trace('same', (WebSocket as unknown) === implementation, Server === WebSocketServer);
      trace('default', (implementation as unknown as { default?: unknown }).default);
      for (const name of classNames) trace(name, classOf(implementation, name).name);
      trace('stream', implementation.createWebSocketStream.name);
    },
  },
  {
    name: 'names for import',
    async run(implementation, trace) {
      const namespace = await namespaceOf(implementation);
      const wanted = Object.keys(await namespaceOf(implementations.ws)).sort();
      for (const name of wanted) trace(name, typeof namespace[name]);
      trace('default', namespace.default === namespace.WebSocket, namespace.default === implementation);
      trace(
        'same',
        classNames.map((name) => namespace[name] === classOf(implementation, name)),
      );
    },
  },
  {
    name: 'constants of the class and of its instances',
    run(implementation, trace) {
      for (const target of [implementation, implementation.prototype]) {
        for (const name of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'])
          trace(name, Object.getOwnPropertyDescriptor(target, name));
      }
    },
  },
  {
    name: 'every documented member of the classes',
    run(implementation, trace) {
      for (const name of classNames) {
        const found = members(classOf(implementation, name).prototype);
        for (const member of documented[name]) trace(`${name}.${member}`, kindOf(found.get(member)));
      }
      trace('static', typeof classesOf(implementation).Sender.frame);
    },
  },
  {
    name: 'what the classes are',
    run(implementation, trace) {
      const { Sender, Receiver, PerMessageDeflate } = classesOf(implementation);
      const receiver = new Receiver();
      trace('Receiver', receiver instanceof Writable, receiver instanceof EventEmitter);
      trace('Sender', Object.getPrototypeOf(Sender.prototype) === Object.prototype);
      trace('PerMessageDeflate', new PerMessageDeflate() instanceof PerMessageDeflate);
      trace('WebSocket', implementation.prototype instanceof EventEmitter);
      trace('WebSocketServer', implementation.WebSocketServer.prototype instanceof EventEmitter);
    },
  },
  {
    name: 'lengths of functions',
    run(implementation, trace) {
      for (const name of ['Sender', 'Receiver', 'PerMessageDeflate'] as const) {
        const { length, prototype } = classOf(implementation, name);
        trace(name, length);
        for (const member of documented[name]) {
          const { value } = members(prototype).get(member) as { value: { length: number } };
          trace(`${name}.${member}`, value.length);
        }
      }
      trace('parse', implementation.extension.parse.length, implementation.subprotocol.parse.length);
      trace('format', implementation.extension.format.length);
      trace('frame', classesOf(implementation).Sender.frame.length);
    },
  },
  {
    name: 'a class is no function',
    run(implementation, trace) {
      for (const name of classNames) {
        const call = classOf(implementation, name) as unknown as () => void;
        attempt(trace, name, () => call());
      }
    },
  },
  {
    name: 'subclasses',
    run(implementation, trace) {
      const { Sender, Receiver, PerMessageDeflate } = classesOf(implementation);
      class Counting extends Receiver {
        override emit(event: string | symbol, ...values: never[]): boolean {
          trace('emit', event, values.length);
          return super.emit(event as 'drain', ...(values as []));
        }
      }
      new Counting({}).write(Buffer.from('810161890162', 'hex'));
      class Tagging extends Sender {
        override send(...values: Parameters<InstanceType<typeof Sender>['send']>): void {
          trace('send', values[0]);
          super.send(...values);
        }
      }
      const wire = new PassThrough();
      new Tagging(wire).send('a', { fin: true });
      trace('written', wire.read());
      class Named extends PerMessageDeflate {}
      trace('extensionName', Named.extensionName, new Named() instanceof PerMessageDeflate);
    },
  },
]);

differential('the module, where it differs', [
  {
    name: 'names that hawser adds',
    async run(implementation, trace) {
      const more = Object.keys(implementation).filter((name) => !exported.includes(name));
      const wanted = Object.keys(await namespaceOf(implementations.ws));
      const names = Object.keys(await namespaceOf(implementation)).filter((name) => !wanted.includes(name));
      trace('more', more.length > 0, names.length > 0);
    },
    differs: {
      because: 'module-more-names',
      ws: ['more false false'],
      hawser: ['more true true'],
    },
  },
  {
    name: 'members that are for the classes themselves',
    run(implementation, trace) {
      for (const name of ['Sender', 'Receiver', 'PerMessageDeflate'] as const) {
        const found = members(classOf(implementation, name).prototype);
        const wanted = members(classOf(implementations.ws, name).prototype).keys();
        const kept = [...wanted].filter((member) => found.has(member));
        const own = kept.filter((member) => member !== 'constructor' && !documented[name].includes(member));
        trace(name, own.sort().join(' '));
      }
    },
    differs: {
      because: 'class-internals',
      ws: [
        'Sender "dequeue dispatch enqueue getBlobData"',
        'Receiver "consume controlMessage createError dataMessage decompress getData getInfo getMask getPayloadLength16 getPayloadLength64 haveLength startLoop"',
        'PerMessageDeflate "_compress _decompress acceptAsClient acceptAsServer normalizeParams"',
      ],
      hawser: ['Sender ""', 'Receiver ""', 'PerMessageDeflate ""'],
    },
  },
  {
    name: 'fields of instances that begin with _',
    run(implementation, trace) {
      const { Sender, Receiver, PerMessageDeflate } = classesOf(implementation);
      const plain = Object.keys(new Writable());
      for (const instance of [new Sender(new PassThrough()), new Receiver(), new PerMessageDeflate()]) {
        const own = Object.keys(instance).filter((name) => !plain.includes(name) && name.startsWith('_'));
        trace(instance.constructor.name, own.sort().join(' '));
      }
    },
    differs: {
      because: 'class-internals',
      ws: [
        'Sender "_bufferedBytes _compress _extensions _firstFragment _queue _socket _state"',
        'Receiver "_allowSynchronousEvents _binaryType _bufferedBytes _buffers _compressed _errored _extensions _fin _fragmented _fragments _isServer _loop _mask _masked _maxBufferedChunks _maxFragments _maxPayload _messageLength _numFragments _opcode _payloadLength _skipUTF8Validation _state _totalPayloadLength"',
        'PerMessageDeflate "_deflate _inflate _isServer _maxPayload _options _threshold"',
      ],
      hawser: ['Sender "_bufferedBytes _socket _state"', 'Receiver ""', 'PerMessageDeflate ""'],
    },
  },
  {
    name: 'lengths of constructors',
    run(implementation, trace) {
      trace('createWebSocketStream', implementation.createWebSocketStream.length);
      trace('constructors', implementation.length, implementation.WebSocketServer.length);
    },
    differs: {
      because: 'function-lengths',
      ws: ['createWebSocketStream 2', 'constructors 3 2'],
      hawser: ['createWebSocketStream 1', 'constructors 2 0'],
    },
  },
]);
