/** Programs about making a WebSocket and what the interface looks like. */

import { follow, type Loose, next, outcome, type Program, type Sides, task, words } from './program.js';

type Socket = InstanceType<Sides['WebSocket']>;

/** Makes one, and closes it at once. */
function urlOf(WebSocket: Sides['WebSocket'], ...given: unknown[]): string {
  return outcome(() => {
    const socket = new (WebSocket as unknown as Loose<Socket>)(...given);
    socket.close();
    return socket.url;
  });
}

const urls: Program = async ({ WebSocket, url, log }) => {
  const absolute = url('echo').replace(/\?.*/, '');
  const { port } = new URL(absolute);
  const given = [
    absolute,
    absolute.replace('ws:', 'WS:'),
    absolute.replace('ws:', 'http:'),
    absolute.replace('ws:', 'HTTP:'),
    absolute.replace('ws://', 'ws:'),
    absolute.replace('ws://', 'ws:///'),
    absolute.replace('ws://', 'ws:\\\\'),
    absolute.replace('127.0.0.1', '127.1'),
    absolute.replace('127.0.0.1', '0x7f000001'),
    absolute.replace('127.0.0.1', 'user:password@127.0.0.1'),
    absolute.replace('127.0.0.1', '@127.0.0.1'),
    `  ${absolute}\n`,
    `${absolute}?`,
    `${absolute}?a b=ü'"<>&c`,
    `${absolute}/../a b/%7Eü/./x`,
    `wss://127.0.0.1:${port}/secure`,
    `https://127.0.0.1:${port}/secure`,
    'ws://127.0.0.1:80/',
    'wss://127.0.0.1:443/',
    `${absolute}#`,
    `${absolute}#fragment`,
    `${absolute}?query#`,
    'ftp://127.0.0.1/',
    'file:///x',
    'mailto:x@127.0.0.1',
    'about:blank',
    'data:,x',
    'javascript:0',
    'blob:http://127.0.0.1/x',
    'wss:',
    'ws://',
    'ws:///',
    'ws://127.0.0.1:99999/',
    'ws://127.0.0.1:x/',
    'ws://a b/',
    'ws://127.0.0.1.5.6/',
    'ws://[::1',
    'ws://%00/',
    'ws+unix:///socket',
  ];
  for (const one of given) log(words(one), urlOf(WebSocket, one));
  log('URL', urlOf(WebSocket, new URL(absolute)));
  log('toString', urlOf(WebSocket, { toString: () => absolute }));
  log('throwing toString', urlOf(WebSocket, { toString: () => BigInt(1) / BigInt(0) }));
  log('symbol', urlOf(WebSocket, Symbol('x')));
  log('nothing', urlOf(WebSocket));
  log('a lone surrogate', urlOf(WebSocket, `${absolute}?\ud800`));
};

const protocols: Program = async (sides) => {
  const { WebSocket, url, log } = sides;
  const given: unknown[] = [
    undefined,
    [],
    'chat',
    ['chat'],
    ['b', 'a'],
    ['a', 'A'],
    new Set(['one', 'two']),
    null,
    5,
    true,
    [5, null],
    "!#$%&'*+-.^_`|~09azAZ",
    { toString: () => 'from-toString' },
    {
      *[Symbol.iterator]() {
        yield 'generated';
      },
    },
    Object.assign(() => 0, { toString: () => 'callable' }),
  ];
  for (const [index, one] of given.entries()) {
    const socket = new WebSocket(url('echo', `protocols ${String(index).padStart(2, '0')}`), one as string);
    const event = await Promise.race([next(socket, 'open'), next(socket, 'close')]);
    log(index, event.type, socket.protocol, socket.extensions);
    socket.close();
    await next(socket, 'close');
  }
  const refused: unknown[] = [
    '',
    [''],
    ['a', 'a'],
    ['a', 'b', 'a'],
    'a b',
    'a,b',
    ['a', 'b c'],
    'ü',
    'a\n',
    '\u0000',
    'a\u007f',
    '(a)',
    '"a"',
    'a/b',
    {},
    Symbol('x'),
    [Symbol('x')],
    { [Symbol.iterator]: 5 },
    { [Symbol.iterator]: null, toString: () => 'with a null iterator' },
  ];
  for (const one of refused) log(words(one), urlOf(WebSocket, url('hold'), one));
  log('the URL is judged first', urlOf(WebSocket, 'x:', ''), urlOf(WebSocket, 'x:', Symbol('x')));
};

const interfaceShape: Program = async ({ WebSocket, WebSocketStream, WebSocketError, CloseEvent, log }) => {
  for (const definition of [WebSocket, WebSocketStream, WebSocketError, CloseEvent]) {
    const { name, length, prototype } = definition;
    log(name, length, Object.prototype.toString.call(prototype));
    log('parent', Object.getPrototypeOf(definition).name);
    log('static', describeAll(definition, ['length', 'name', 'prototype']));
    log('prototype', describeAll(prototype, []));
    log('prototype property', describeOne(definition, 'prototype'));
    log(
      'called',
      outcome(() => (definition as unknown as () => void)()),
    );
    log('enumerated', Object.keys(prototype).sort().join(' '));
  }
};

/** Own properties in words, sorted: their order is nobody's business. */
function describeAll(owner: object, except: readonly string[]): string {
  return Reflect.ownKeys(owner)
    .filter((key) => !except.includes(String(key)))
    .map((key) => describeOne(owner, key))
    .sort()
    .join('; ');
}

function describeOne(owner: object, key: PropertyKey): string {
  const property = Object.getOwnPropertyDescriptor(owner, key) as PropertyDescriptor;
  const { enumerable, configurable, writable, get, set, value } = property;
  const flags = [enumerable && 'enumerable', configurable && 'configurable', writable && 'writable'];
  const accessor = get && `get "${get.name}" ${get.length} set ${set && `"${set.name}" ${set.length}`}`;
  const constant = typeof value === 'object' ? Object.prototype.toString.call(value) : words(value);
  const method = typeof value === 'function' ? `function "${value.name}" ${value.length}` : constant;
  return `${String(key)}: ${accessor ?? method} ${flags.filter(Boolean).join(' ')}`;
}

const instances: Program = async (sides) => {
  const { WebSocket, url, log } = sides;
  const socket = new WebSocket(url('echo', 'instances'));
  log(Object.prototype.toString.call(socket), Object.keys(socket).length);
  log(socket instanceof EventTarget, Object.getPrototypeOf(socket) === WebSocket.prototype);
  log(socket.CONNECTING, socket.OPEN, socket.CLOSING, socket.CLOSED);
  log(WebSocket.CONNECTING, WebSocket.OPEN, WebSocket.CLOSING, WebSocket.CLOSED);
  const loose = socket as unknown as Record<string, unknown>;
  for (const name of ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol', 'OPEN']) {
    log(
      `assigning ${name}`,
      outcome(() => {
        loose[name] = 7;
        return loose[name] === 7;
      }),
    );
  }
  const { prototype } = WebSocket;
  for (const name of ['url', 'readyState', 'binaryType', 'onopen'] as const) {
    log(
      `illegal ${name}`,
      outcome(() => prototype[name]),
    );
    log(
      `alien ${name}`,
      outcome(() => Reflect.get(prototype, name, {})),
    );
    log(
      `alien set ${name}`,
      outcome(() => Reflect.set(prototype, name, 'x', {})),
    );
  }
  for (const method of ['send', 'close'] as const) {
    log(
      `illegal ${method}`,
      outcome(() => (prototype[method] as (value?: unknown) => void).call({}, 1000)),
    );
  }
  class Derived extends WebSocket {
    readonly more = 1;
  }
  const derived = new Derived(url('hold', 'derived'));
  log(
    derived instanceof WebSocket,
    derived.more,
    derived.readyState,
    Object.prototype.toString.call(derived),
  );
  derived.close();
  const ended = follow(sides, socket);
  await next(socket, 'open');
  log(socket.readyState, socket.extensions, socket.protocol);
  socket.close();
  log(socket.readyState);
  await ended;
};

const closeEvents: Program = async ({ CloseEvent, log }) => {
  const Loose = CloseEvent as unknown as Loose<InstanceType<typeof CloseEvent>>;
  const shown = (...given: unknown[]) =>
    outcome(() => {
      const { type, code, reason, wasClean, bubbles, cancelable, composed } = new Loose(...given);
      return { type, code, reason, wasClean, bubbles, cancelable, composed };
    });
  log(shown());
  log(shown('close'));
  log(shown('x', { code: 65_537, reason: '\ud800', wasClean: 1, bubbles: true, cancelable: 'yes' }));
  log(shown('x', { code: -1.5 }), shown('x', { code: Number.NaN }), shown('x', { code: '3000' }));
  log(shown('x', { code: BigInt(1) }), shown('x', { reason: null }), shown('x', { reason: Symbol('x') }));
  log(
    shown('x', null),
    shown('x', undefined),
    shown('x', 5),
    shown('x', () => 0),
    shown(undefined),
    shown(Symbol('x')),
  );
  log(shown('x', { code: undefined, reason: undefined, wasClean: undefined }));
  await task();
};

export const constructing: Readonly<Record<string, Program>> = {
  URLs: urls,
  subprotocols: protocols,
  'shape of the interfaces': interfaceShape,
  instances: instances,
  CloseEvent: closeEvents,
};
