import { afterEach, describe, expect, it } from 'vitest';
import { CloseEvent, ErrorEvent, Event, MessageEvent } from '../../src/client/event-target.js';
import { WebSocket } from '../../src/client/websocket.js';
import { Connections, next } from './connections.js';

const connections = new Connections();
afterEach(() => connections.close());

describe('addEventListener', () => {
  it('calls functions and objects with handleEvent, with `this` as in the DOM', () => {
    const socket = new WebSocket(null);
    const calls: unknown[] = [];
    const object = {
      handleEvent(this: unknown, event: Event) {
        calls.push(this, event.type);
      },
    };
    socket.addEventListener('open', object);
    socket.addEventListener('open', function (this: unknown, event: Event) {
      calls.push(this, event.target);
    } as (event: Event) => void);
    socket.emit('open');
    expect(calls).toEqual([object, 'open', socket, socket]);
  });

  it('looks for handleEvent at the time of the event', () => {
    const socket = new WebSocket(null);
    const object = { handleEvent: () => expect.unreachable() };
    socket.addEventListener('open', object);
    let called = 0;
    object.handleEvent = (() => called++) as never;
    socket.emit('open');
    expect(called).toBe(1);
  });

  it('adds a listener once', () => {
    const socket = new WebSocket(null);
    let calls = 0;
    const listener = (): void => {
      calls++;
    };
    socket.addEventListener('open', listener);
    socket.addEventListener('open', listener);
    socket.addEventListener('open', listener, { once: true });
    expect(socket.listenerCount('open')).toBe(1);
    socket.emit('open');
    socket.emit('open');
    expect(calls).toBe(2);
  });

  it('once', () => {
    const socket = new WebSocket(null);
    let calls = 0;
    const listener = (): void => {
      calls++;
    };
    socket.addEventListener('open', listener, { once: true });
    socket.addEventListener('open', listener, { once: true });
    socket.emit('open');
    socket.emit('open');
    expect([calls, socket.listenerCount('open')]).toEqual([1, 0]);
  });

  it('ignores types that it does not know', () => {
    const socket = new WebSocket(null);
    socket.addEventListener('ping' as 'open', () => undefined);
    socket.addEventListener('toString' as 'open', () => undefined);
    expect(socket.eventNames()).toEqual([]);
  });
});

describe('removeEventListener', () => {
  it('removes functions, objects and listeners that are called once', () => {
    const socket = new WebSocket(null);
    const plain = (): void => undefined;
    const object = { handleEvent: () => undefined };
    const once = (): void => undefined;
    socket.addEventListener('close', plain);
    socket.addEventListener('close', object);
    socket.addEventListener('close', once, { once: true });
    socket.removeEventListener('close', () => undefined);
    expect(socket.listenerCount('close')).toBe(3);
    socket.removeEventListener('close', plain);
    socket.removeEventListener('close', object);
    socket.removeEventListener('close', once);
    expect(socket.listenerCount('close')).toBe(0);
  });

  it('leaves listeners of `on` and attributes alone', () => {
    const socket = new WebSocket(null);
    const listener = (): void => undefined;
    socket.on('open', listener);
    socket.onopen = listener;
    socket.removeEventListener('open', listener);
    expect(socket.listenerCount('open')).toBe(2);
  });
});

describe('on… attributes', () => {
  it.each(['onopen', 'onmessage', 'onerror', 'onclose'] as const)(
    '%s is null, a function, and replaced',
    (name) => {
      const socket = new WebSocket(null);
      const type = name.slice(2);
      expect(socket[name]).toBeNull();
      const calls: string[] = [];
      socket[name] = () => calls.push('old');
      const listener = (): unknown => calls.push('new');
      socket[name] = listener as never;
      expect(socket[name]).toBe(listener);
      expect(socket.listenerCount(type)).toBe(1);
      socket.emit(type, type === 'error' ? new Error('x') : 1000, Buffer.alloc(0));
      expect(calls).toEqual(['new']);
      socket[name] = {} as never;
      expect([socket[name], socket.listenerCount(type)]).toEqual([null, 0]);
      socket[name] = listener as never;
      socket[name] = null;
      expect([socket[name], socket.listenerCount(type)]).toEqual([null, 0]);
    },
  );

  it('do not get in the way of the same function as listener', () => {
    const socket = new WebSocket(null);
    let calls = 0;
    const listener = (): void => {
      calls++;
    };
    socket.onopen = listener;
    socket.addEventListener('open', listener);
    socket.emit('open');
    expect(calls).toBe(2);
    socket.onopen = null;
    socket.emit('open');
    expect(calls).toBe(3);
  });
});

describe('events', () => {
  it('open and message', async () => {
    const server = await connections.server();
    const client = connections.client(server);
    const events: Event[] = [];
    client.onopen = (event) => events.push(event);
    const done = new Promise<void>((resolve) => {
      client.onmessage = (event) => {
        events.push(event);
        if (events.length === 3) resolve();
      };
    });
    const [socket] = await next(server, 'connection');
    socket.send('text');
    socket.send(Buffer.from([1]));
    await done;
    const [open, text, binary] = events as [Event, MessageEvent, MessageEvent];
    expect(open).toBeInstanceOf(Event);
    expect([open.type, open.target]).toEqual(['open', client]);
    expect(text).toBeInstanceOf(MessageEvent);
    expect([text.type, text.target, text.data]).toEqual(['message', client, 'text']);
    expect(binary.data).toEqual(Buffer.from([1]));
  });

  it('close of a clean connection', async () => {
    const { socket, client } = await connections.pair();
    const closed = new Promise<CloseEvent>((resolve) => {
      client.onclose = resolve;
    });
    socket.close(4000, 'my reason');
    const event = await closed;
    expect(event).toBeInstanceOf(CloseEvent);
    expect(event).toMatchObject({ type: 'close', code: 4000, reason: 'my reason', wasClean: true });
    expect(event.target).toBe(client);
  });

  it('close of one that was cut off', async () => {
    const { socket, client } = await connections.pair();
    const closed = new Promise<CloseEvent>((resolve) => client.addEventListener('close', resolve));
    socket.terminate();
    expect(await closed).toMatchObject({ code: 1006, reason: '', wasClean: false });
  });

  it('error', async () => {
    const { client, peer } = await connections.rawServer();
    const failed = new Promise<ErrorEvent>((resolve) => {
      client.onerror = resolve;
    });
    const closed = new Promise<CloseEvent>((resolve) => {
      client.onclose = resolve;
    });
    peer.write({ opcode: 5 });
    const event = await failed;
    expect(event).toBeInstanceOf(ErrorEvent);
    expect(event).toMatchObject({ type: 'error', error: { code: 'WS_ERR_INVALID_OPCODE' } });
    expect(event.message).toBe(event.error.message);
    peer.socket.end();
    expect(await closed).toMatchObject({ code: 1006, wasClean: false });
  });
});
