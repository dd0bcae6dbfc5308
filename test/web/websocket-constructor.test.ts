import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { CloseEvent } from '../../src/web/events.js';
import { WebSocket } from '../../src/web/websocket.js';
import { next, turns, urlOf } from '../client/connections.js';
import { event, Faces, fieldsOf, record, thrown } from './faces.js';

const faces = new Faces();
afterEach(() => faces.close());

describe('the constructor', () => {
  it.each([
    ['no URL', () => new WebSocket('no URL')],
    ['another scheme', () => new WebSocket('ftp://127.0.0.1')],
    ['a fragment', () => new WebSocket('ws://127.0.0.1/#')],
    ['undefined', () => new WebSocket(undefined as unknown as string)],
    ['a subprotocol that is no token', () => new WebSocket('ws://127.0.0.1', 'a b')],
    ['null as subprotocols that come twice', () => new WebSocket('ws://127.0.0.1', [null, null] as never)],
    ['an empty subprotocol', () => new WebSocket('ws://127.0.0.1', '')],
  ])('throws a SyntaxError for %s', (_name, construct) => {
    expect(thrown(construct)).toBe('SyntaxError');
    expect(construct).toThrow(DOMException);
  });

  it.each([
    ['no argument', () => new (WebSocket as unknown as new () => WebSocket)()],
    ['a symbol as URL', () => new WebSocket(Symbol('url') as unknown as string)],
    ['a symbol as subprotocol', () => new WebSocket('ws://127.0.0.1', [Symbol('chat')] as never)],
    ['a missing new', () => (WebSocket as unknown as (url: string) => void)('ws://127.0.0.1')],
  ])('throws a TypeError for %s', (_name, construct) => {
    expect(construct).toThrow(TypeError);
  });

  it('connects to http URLs as ws, with the URL as it was parsed', async () => {
    const server = await faces.connections.server();
    const connection = next(server, 'connection');
    const face = new WebSocket(new URL(`${urlOf(server).replace('ws:', 'http:')}/a b?c`));
    expect([
      face.url,
      face.readyState,
      face.protocol,
      face.extensions,
      face.bufferedAmount,
      face.binaryType,
    ]).toEqual([`${urlOf(server)}/a%20b?c`, 0, '', '', 0, 'blob']);
    const [, request] = await connection;
    expect(request.url).toBe('/a%20b?c');
    await event(face, 'open');
  });

  it('offers subprotocols from a string and from any iterable', async () => {
    const server = await faces.connections.server({
      handleProtocols: (protocols) => [...protocols].at(-1) ?? false,
    });
    const face = new WebSocket(urlOf(server), new Set(['v1.chat', 'v2.chat']));
    await event(face, 'open');
    expect(face.protocol).toBe('v2.chat');
    const other = new WebSocket(urlOf(server), 'single');
    await event(other, 'open');
    expect(other.protocol).toBe('single');
  });

  it('fails if the server chooses none of the subprotocols', async () => {
    const { url } = await faces.raw();
    const face = new WebSocket(url, 'chat');
    const events = record(face);
    await event(face, 'close');
    expect(events).toEqual(['error 3', 'close 3']);
  });

  it('shows the extensions that the server chose', async () => {
    const chosen = 'permessage-deflate; server_no_context_takeover';
    const { face } = await faces.openRaw({ fields: { 'Sec-WebSocket-Extensions': chosen } });
    expect(face.extensions).toBe(chosen);
  });

  it('does not connect to a blocked port, and tells so later', async () => {
    const connects: unknown[] = [];
    const listener = (message: unknown): void => void connects.push(message);
    subscribe('net.client.socket', listener);
    const face = new WebSocket('ws://127.0.0.1:6666/');
    const events = record(face);
    expect(face.readyState).toBe(0);
    await Promise.resolve();
    expect(events).toEqual([]);
    const closed = await event<CloseEvent>(face, 'close');
    unsubscribe('net.client.socket', listener);
    expect(connects).toEqual([]);
    expect(events).toEqual(['error 3', 'close 3']);
    expect(fieldsOf(closed)).toEqual({ wasClean: false, code: 1006, reason: '' });
  });

  it('fails where nobody listens, and where the answer is no upgrade', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const answering = await faces.servers.answering((_request, response) => {
      response.writeHead(302, { Location: `ws://127.0.0.1:${port}/` }).end();
    });
    for (const refusing of [port, answering.port]) {
      const face = new WebSocket(`ws://127.0.0.1:${refusing}`);
      const events = record(face);
      const closed = await event<CloseEvent>(face, 'close');
      expect(events).toEqual(['error 3', 'close 3']);
      expect(fieldsOf(closed)).toEqual({ wasClean: false, code: 1006, reason: '' });
    }
  });

  it('can be extended', async () => {
    class Named extends WebSocket {
      readonly label = 'named';
    }
    const { url } = await faces.raw();
    const face = new Named(url);
    const opened = await event(face, 'open');
    expect([face.label, opened.target, face instanceof WebSocket]).toEqual(['named', face, true]);
  });

  it('close before a blocked port is told changes nothing but the state', async () => {
    const face = new WebSocket('ws://127.0.0.1:6666/');
    const events = record(face);
    face.close();
    expect(face.readyState).toBe(2);
    await event(face, 'close');
    await turns(20);
    expect(events).toEqual(['error 3', 'close 3']);
  });

  it('fails for a certificate that nobody has signed', async () => {
    const { port } = await faces.servers.https();
    const face = new WebSocket(`https://127.0.0.1:${port}`);
    expect(face.url).toBe(`wss://127.0.0.1:${port}/`);
    const events = record(face);
    expect((await event<CloseEvent>(face, 'close')).code).toBe(1006);
    expect(events).toEqual(['error 3', 'close 3']);
  });
});
