import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/web/websocket.js';
import { WebSocketError } from '../../src/web/websocket-error.js';
import { WebSocketStream } from '../../src/web/websocket-stream.js';
import { Faces } from './faces.js';

const faces = new Faces();
afterEach(() => faces.close());

const attributes = ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol', 'binaryType'];
const handlers = ['onopen', 'onerror', 'onclose', 'onmessage'];
const constants = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];

describe('the interface WebSocket', () => {
  it('is an EventTarget and has the members of the standard, and no others', () => {
    expect(WebSocket.prototype).toBeInstanceOf(EventTarget);
    const members = [...attributes, ...handlers, ...constants, 'send', 'close'];
    expect(Object.keys(WebSocket.prototype).sort()).toEqual(members.sort());
    expect(Object.getOwnPropertyNames(WebSocket.prototype).sort()).toEqual(
      [...members, 'constructor'].sort(),
    );
    expect(Object.keys(WebSocket).sort()).toEqual([...constants].sort());
  });

  it.each(constants.map((name, value) => [name, value] as const))('%s is %i for good', (name, value) => {
    for (const owner of [WebSocket, WebSocket.prototype]) {
      expect(Object.getOwnPropertyDescriptor(owner, name)).toEqual({
        value,
        writable: false,
        enumerable: true,
        configurable: false,
      });
    }
  });

  it('has the lengths and the class string that Web IDL gives', () => {
    expect([WebSocket.length, WebSocket.prototype.send.length, WebSocket.prototype.close.length]).toEqual([
      1, 1, 0,
    ]);
    expect([WebSocketStream.length, WebSocketStream.prototype.close.length, WebSocketError.length]).toEqual([
      1, 0, 0,
    ]);
    expect(
      [WebSocket, WebSocketStream, WebSocketError].map(({ prototype }) =>
        Object.prototype.toString.call(prototype),
      ),
    ).toEqual(['WebSocket', 'WebSocketStream', 'WebSocketError'].map((name) => `[object ${name}]`));
    expect(Object.getOwnPropertyDescriptor(WebSocket.prototype, Symbol.toStringTag)).toEqual({
      value: 'WebSocket',
      writable: false,
      enumerable: false,
      configurable: true,
    });
  });

  it('has no own properties but those of an EventTarget', async () => {
    const { face } = await faces.open();
    expect(Object.keys(face)).toEqual(Object.keys(new EventTarget()));
  });

  it.each([...attributes, ...handlers])('%s is nobody else\u2019s', (name) => {
    const { get, set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, name) as PropertyDescriptor;
    expect(() => get?.call(Object.create(WebSocket.prototype))).toThrow(TypeError);
    if (set) expect(() => set.call(new EventTarget(), null)).toThrow(TypeError);
  });

  it('operations are nobody else\u2019s', () => {
    const fake = Object.create(WebSocket.prototype) as WebSocket;
    expect(() => fake.send('text')).toThrow(TypeError);
    expect(() => fake.close()).toThrow(TypeError);
  });
});

describe('the interface WebSocketStream', () => {
  it('has the members of the proposal, and no others', async () => {
    const members = ['close', 'closed', 'opened', 'url'];
    expect(Object.keys(WebSocketStream.prototype).sort()).toEqual(members);
    expect(Object.getOwnPropertyNames(WebSocketStream.prototype).sort()).toEqual(
      [...members, 'constructor'].sort(),
    );
    const { stream } = await faces.openStream();
    expect(Object.keys(stream)).toEqual([]);
  });

  it.each(['url', 'opened', 'closed'])('%s is nobody else\u2019s', (name) => {
    const { get } = Object.getOwnPropertyDescriptor(WebSocketStream.prototype, name) as PropertyDescriptor;
    expect(() => get?.call({})).toThrow(TypeError);
    expect(() => WebSocketStream.prototype.close.call({} as WebSocketStream)).toThrow(TypeError);
  });
});
