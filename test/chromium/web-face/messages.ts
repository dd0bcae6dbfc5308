/** Programs about messages, the events that bring them, and who listens. */

import { follow, next, outcome, type Program, type Sides, task, words } from './program.js';

type Socket = InstanceType<Sides['WebSocket']>;
type Sending = (data?: unknown) => void;

/** A socket that is open. */
async function open({ WebSocket, url }: Sides, id: string): Promise<Socket> {
  const socket = new WebSocket(url('echo', id));
  await next(socket, 'open');
  return socket;
}

/** Logs messages as they come, until there are `count`. */
async function receive({ log }: Sides, socket: Socket, count: number): Promise<void> {
  const received: unknown[] = [];
  await new Promise<void>((resolve) => {
    socket.addEventListener('message', function take({ data }) {
      received.push(data);
      if (received.length < count) return;
      socket.removeEventListener('message', take);
      resolve();
    });
  });
  for (const data of received) log(words(data), data instanceof Blob ? words(await data.arrayBuffer()) : '');
}

async function close(socket: Socket): Promise<void> {
  const closed = next(socket, 'close');
  socket.close();
  await closed;
}

const sending: Program = async (sides) => {
  const socket = await open(sides, 'sending');
  socket.binaryType = 'arraybuffer';
  const memory = Uint8Array.from({ length: 16 }, (_, index) => index).buffer;
  const data: unknown[] = [
    '',
    'h\u00e9llo \u{1f600}',
    'lone \ud800 and \udc00',
    memory,
    new ArrayBuffer(0),
    new Uint8Array(memory, 4, 4),
    new Uint16Array(memory, 2, 3),
    new Float64Array(memory, 8, 1),
    new BigInt64Array(memory, 8),
    new DataView(memory, 1, 5),
    new Uint8ClampedArray([1, 300, -5]),
    new Blob(['blob']),
    'behind the blob',
    new Blob([]),
    new Uint8Array([9]),
    new Blob(['a', new Uint8Array([0xff]), 'b'], { type: 'text/plain' }),
    null,
    undefined,
    5,
    true,
    {},
    ['a', 'b'],
    new Date(Number.NaN),
  ];
  for (const one of data) {
    (socket.send as Sending).call(socket, one);
    await receive(sides, socket, 1);
  }
  sides.log(
    'nothing',
    outcome(() => (socket.send as Sending)()),
  );
  sides.log(
    'symbol',
    outcome(() => (socket.send as Sending).call(socket, Symbol('x'))),
  );
  sides.log(
    'throwing',
    outcome(() => (socket.send as Sending).call(socket, { toString: () => BigInt(1) / BigInt(0) })),
  );
  await close(socket);
};

const order: Program = async (sides) => {
  const socket = await open(sides, 'order');
  socket.binaryType = 'arraybuffer';
  const received = receive(sides, socket, 5);
  const bytes = new Uint8Array([1, 2, 3]);
  socket.send(new Blob(['first']));
  socket.send('second');
  socket.send(bytes);
  bytes.fill(7);
  socket.send(new Blob(['fourth']));
  socket.send(bytes.buffer);
  sides.log(socket.bufferedAmount);
  await received;
  socket.send(new Blob(['the last']));
  const closed = next(socket, 'close');
  socket.close(3000, 'behind the Blob');
  await closed;
};

const bufferedAmount: Program = async (sides) => {
  const { log, WebSocket, url } = sides;
  const connecting = new WebSocket(url('hold', 'connecting'));
  log(
    connecting.bufferedAmount,
    outcome(() => connecting.send('x')),
    connecting.bufferedAmount,
  );
  log(outcome(() => (connecting.send as Sending).call(connecting, { toString: () => 'converted first' })));
  connecting.close();
  log(
    connecting.readyState,
    outcome(() => connecting.send('four')),
    connecting.bufferedAmount,
  );
  await next(connecting, 'close');
  connecting.send(new Uint8Array(3));
  log(connecting.readyState, connecting.bufferedAmount);

  const socket = await open(sides, 'open');
  socket.send('h\u00e9llo');
  log(socket.bufferedAmount);
  socket.send(new Uint8Array(1000));
  log(socket.bufferedAmount);
  socket.send(new Blob([new Uint8Array(500)]));
  log(socket.bufferedAmount);
  await receive(sides, socket, 3);
  log(socket.bufferedAmount);
  socket.send('x');
  socket.close();
  socket.send('closing');
  log(socket.bufferedAmount);
  await next(socket, 'close');
  const before = socket.bufferedAmount;
  socket.send('\ud800');
  socket.send(new Blob(['blob']));
  log(before, socket.bufferedAmount);
};

const binaryType: Program = async (sides) => {
  const { log } = sides;
  const socket = await open(sides, 'binaryType');
  log(socket.binaryType);
  for (const value of [
    'arraybuffer',
    'ArrayBuffer',
    '',
    'nodebuffer',
    null,
    5,
    'blob',
    { toString: () => 'arraybuffer' },
  ]) {
    log(
      words(value),
      outcome(() => {
        (socket as { binaryType: unknown }).binaryType = value;
        return socket.binaryType;
      }),
    );
  }
  log(
    outcome(() => {
      (socket as { binaryType: unknown }).binaryType = Symbol('x');
    }),
  );
  for (const type of ['blob', 'arraybuffer'] as const) {
    socket.binaryType = type;
    socket.send(new Uint8Array([1, 2]));
    await receive(sides, socket, 1);
  }
  socket.send(new Uint8Array([3]));
  // The type counts when the message is dispatched.
  socket.binaryType = 'blob';
  await receive(sides, socket, 1);
  await close(socket);
};

const events: Program = async (sides) => {
  const { WebSocket, url, log } = sides;
  const socket = new WebSocket(url('echo', 'events'));
  for (const type of ['open', 'message', 'close']) {
    socket.addEventListener(type, function (this: unknown, event) {
      log(
        type,
        event.constructor.name,
        this === socket,
        event.target === socket,
        event.currentTarget === socket,
      );
      log(
        event.eventPhase,
        event.bubbles,
        event.cancelable,
        event.composed,
        event.isTrusted,
        event.defaultPrevented,
      );
      log(event.composedPath().length, event.srcElement === socket, typeof event.timeStamp);
      if (type !== 'message') return;
      const { data, origin, lastEventId, source, ports } = event as MessageEvent;
      log(words(data), origin === new URL(socket.url).origin, words(lastEventId), source, words(ports));
    });
  }
  await next(socket, 'open');
  socket.send('text');
  const event = await next(socket, 'message');
  await task();
  log('afterwards', event.eventPhase, event.currentTarget, event.target === socket);
  await close(socket);
  const failed = new WebSocket(
    url('not-served', 'failed').replace('/not-served', '/raw').concat('&script={"status":"404 No"}'),
  );
  failed.addEventListener('error', (error) =>
    log(
      'error',
      error.constructor.name,
      error.bubbles,
      error.cancelable,
      error.isTrusted,
      'message' in error,
    ),
  );
  await follow(sides, failed);
};

const oneTaskPerMessage: Program = async (sides) => {
  const { log } = sides;
  const socket = await open(sides, 'burst');
  let count = 0;
  const all = new Promise<void>((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      log(data as string);
      queueMicrotask(() => log(`microtask behind ${data}`));
      if (++count === 3) resolve();
    });
  });
  socket.send('!burst one two three');
  await all;
  // Messages are not dispatched once close has been called.
  socket.send('!burst four five');
  await close(socket);
};

const handlers: Program = async (sides) => {
  const { log } = sides;
  const socket = await open(sides, 'handlers');
  const loose = socket as unknown as Record<string, unknown>;
  const kept = { handleEvent: () => log('never called') };
  for (const name of ['onopen', 'onmessage', 'onerror', 'onclose']) log(name, loose[name]);
  for (const value of [undefined, null, 5, 'text', true, Symbol('x')]) {
    loose.onopen = value;
    log(words(value), loose.onopen);
  }
  loose.onmessage = kept;
  log('an object is kept', loose.onmessage === kept);
  socket.send('nobody is called');
  await receive(sides, socket, 1);
  socket.addEventListener('message', () => log('listener 1'));
  const handler = function (this: unknown, event: Event) {
    log('handler', this === socket, event.type);
    return false;
  };
  // It takes the place that the object had.
  socket.onmessage = handler;
  log(socket.onmessage === handler);
  socket.addEventListener('message', () => log('listener 2'));
  socket.send('first');
  await receive(sides, socket, 1);
  socket.onmessage = null;
  socket.onmessage = () => log('handler anew');
  socket.send('second');
  await receive(sides, socket, 1);
  socket.onmessage = () => {
    socket.onmessage = () => log('replaced while dispatched');
    log('replaces itself');
  };
  socket.send('third');
  await receive(sides, socket, 1);
  socket.send('fourth');
  await receive(sides, socket, 1);
  socket.onmessage = null;
  const cancelable = new Event('message', { cancelable: true });
  socket.onmessage = () => false;
  log(socket.dispatchEvent(cancelable), cancelable.defaultPrevented);
  socket.onmessage = () => 0 as never;
  log(socket.dispatchEvent(new Event('message', { cancelable: true })));
  socket.onclose = ({ code }) => log('onclose', code);
  socket.onerror = () => log('onerror');
  await close(socket);
};

const listeners: Program = async (sides) => {
  const { log } = sides;
  const socket = await open(sides, 'listeners');
  const twice = () => log('added twice, called once');
  const object = {
    handleEvent(this: unknown, { type }: Event) {
      log('handleEvent', type, this === object);
    },
  };
  const controller = new AbortController();
  const removed = () => log('never called');
  socket.addEventListener('message', twice);
  socket.addEventListener('message', twice);
  socket.addEventListener('message', twice, { capture: true });
  socket.addEventListener('message', object);
  socket.addEventListener('message', null);
  socket.addEventListener('message', () => log('once'), { once: true });
  socket.addEventListener('message', () => log('until aborted'), { signal: controller.signal });
  socket.addEventListener('message', () => log('already aborted'), { signal: AbortSignal.abort() });
  socket.addEventListener(
    'message',
    (event) => {
      event.preventDefault();
      log('passive', event.defaultPrevented);
    },
    { passive: true },
  );
  socket.addEventListener('message', removed);
  socket.addEventListener('message', removed, true);
  socket.removeEventListener('message', removed);
  socket.removeEventListener('message', removed, { capture: true });
  socket.addEventListener(
    'message',
    () => {
      socket.addEventListener('message', () => log('added while dispatched'), { once: true });
    },
    { once: true },
  );
  let came: () => void = () => undefined;
  socket.addEventListener('message', (event) => {
    log('stops');
    event.stopImmediatePropagation();
    came();
  });
  socket.addEventListener('message', () => log('behind the one that stops'));
  for (const text of ['first', 'second']) {
    socket.send(text);
    await new Promise<void>((resolve) => {
      came = resolve;
    });
    await task();
    controller.abort();
  }
  const Loose = socket as unknown as { addEventListener(...given: unknown[]): void };
  log(
    outcome(() => Loose.addEventListener('x', 5)),
    outcome(() => Loose.addEventListener('x')),
  );
  log(outcome(() => socket.dispatchEvent(new Event('message'))));
  await close(socket);
};

const capturing: Program = async (sides) => {
  const socket = await open(sides, 'capturing');
  socket.addEventListener('x', () => sides.log('at the target'));
  socket.addEventListener('x', () => sides.log('captured'), true);
  socket.dispatchEvent(new Event('x'));
  await close(socket);
};

const microtasks: Program = async (sides) => {
  const socket = await open(sides, 'microtasks');
  const happened: string[] = [];
  socket.addEventListener('message', () =>
    queueMicrotask(() => happened.push('microtask of the first listener')),
  );
  socket.addEventListener('message', () => happened.push('second listener'));
  socket.send('x');
  await next(socket, 'message');
  await task();
  sides.log(happened.join(', '));
  await close(socket);
};

export const messages: Readonly<Record<string, Program>> = {
  'what can be sent': sending,
  'order of Blobs and others': order,
  bufferedAmount: bufferedAmount,
  binaryType: binaryType,
  events: events,
  'a task for each message': oneTaskPerMessage,
  'event handlers': handlers,
  'event listeners': listeners,
  'capturing listeners': capturing,
  'microtasks between listeners': microtasks,
};
