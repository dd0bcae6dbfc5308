import { execFile } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { emitMessage } from '../../src/client/message-event.js';
import { WebSocket } from '../../src/client/websocket.js';

const { emit } = EventEmitter.prototype;
const builtIndex = new URL('../../dist/index.js', import.meta.url).href;
afterEach(() => {
  EventEmitter.captureRejections = false;
  EventEmitter.prototype.emit = emit;
});

/** What each listener was called with. */
function heardBy(socket: WebSocket, add: (socket: WebSocket, listener: () => void) => void): unknown[][] {
  const heard: unknown[][] = [];
  add(socket, function (this: unknown, ...args: unknown[]) {
    heard.push([this, ...args]);
  });
  return heard;
}

describe('emitMessage', () => {
  it('calls one listener with the socket as this', () => {
    const socket = new WebSocket(null);
    const heard = heardBy(socket, (target, listener) => target.on('message', listener));
    const data = Buffer.from('a');
    emitMessage(socket, data, false);
    expect(heard).toEqual([[socket, data, false]]);
  });

  it('calls one listener without Node’s emit in between', () => {
    const socket = new WebSocket(null);
    let stack = '';
    socket.on('message', () => {
      stack = new Error().stack ?? '';
    });
    emitMessage(socket, 'a', false);
    expect(stack).toContain('emitMessage');
    expect(stack).not.toContain('node:events');
  });

  it('calls several, and nobody where there is none', () => {
    const socket = new WebSocket(null);
    emitMessage(socket, 'nobody', false);
    const heard = [1, 2].map(() => heardBy(socket, (target, listener) => target.on('message', listener)));
    emitMessage(socket, 'both', false);
    expect(heard).toEqual([[[socket, 'both', false]], [[socket, 'both', false]]]);
  });

  it('calls a listener that was added once, once', () => {
    const socket = new WebSocket(null);
    const heard = heardBy(socket, (target, listener) => target.once('message', listener));
    for (let count = 0; count < 2; count++) emitMessage(socket, 'a', false);
    expect(heard).toHaveLength(1);
    expect(socket.listenerCount('message')).toBe(0);
  });

  it('lets an exception of the listener out', () => {
    const socket = new WebSocket(null);
    socket.on('message', () => {
      throw new Error('mine');
    });
    expect(() => emitMessage(socket, 'a', false)).toThrow('mine');
  });

  it('calls the emit of a subclass, of an instance, and one that was put in place of Node’s', () => {
    const events: unknown[] = [];
    class Traced extends WebSocket {
      override emit(name: string | symbol, ...args: unknown[]): boolean {
        events.push(`subclass ${String(name)}`);
        return super.emit(name, ...args);
      }
    }
    const instance = new WebSocket(null);
    instance.emit = (name: string | symbol) => events.push(`instance ${String(name)}`) > 0;
    const sockets = [new Traced(null), instance, new WebSocket(null)];
    for (const socket of sockets) socket.on('message', () => events.push('listener'));
    EventEmitter.prototype.emit = function (name: string | symbol, ...args: unknown[]) {
      events.push(`prototype ${String(name)}`);
      return emit.call(this, name, ...args);
    };
    for (const socket of sockets) emitMessage(socket, 'a', false);
    const ofPrototype = ['prototype message', 'listener'];
    expect(events).toEqual(['subclass message', ...ofPrototype, 'instance message', ...ofPrototype]);
  });

  it('calls an emit that was put in place of Node’s before hawser was loaded, such as that of domains', async () => {
    const program = `
      import { EventEmitter } from 'node:events';
      const { emit } = EventEmitter.prototype;
      EventEmitter.prototype.emit = function (...args) {
        console.log(args[0]);
        return emit.apply(this, args);
      };
      const { WebSocket } = await import(${JSON.stringify(builtIndex)});
      const socket = new WebSocket(null);
      socket.on('message', () => console.log('listener'));
      socket.connectionMessage(Buffer.from('a'), false);
    `;
    const command = ['--input-type=module', '--eval', program];
    const { stdout } = await promisify(execFile)(process.execPath, command);
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['message', 'listener']));
  });

  it('makes an error event of a promise that is rejected, where the application wants that', async () => {
    EventEmitter.captureRejections = true;
    const socket = new WebSocket(null);
    // It counts when an emitter is made.
    EventEmitter.captureRejections = false;
    const failed = new Promise((resolve) => socket.on('error', resolve));
    const error = new Error('mine');
    socket.on('message', () => Promise.reject(error) as unknown as undefined);
    emitMessage(socket, 'a', false);
    expect(await failed).toBe(error);
  });
});
