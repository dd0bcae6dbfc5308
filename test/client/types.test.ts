/** What TypeScript makes of the API: the compiler checks these, running them only shows that they compile. */

import type { ClientRequest, IncomingMessage } from 'node:http';
import { describe, expectTypeOf, it } from 'vitest';
import {
  type BufferLike,
  type CloseEvent,
  type ErrorEvent,
  type MessageEvent,
  type MessageStream,
  type PreparedMessage,
  type RawData,
  WebSocket,
  WebSocketServer,
} from '../../src/index.js';

const socket = new WebSocket(null);

describe('a socket', () => {
  it('knows the arguments of its listeners', () => {
    socket.on('message', function (data, isBinary) {
      expectTypeOf(this).toEqualTypeOf<WebSocket>();
      expectTypeOf(data).toEqualTypeOf<RawData>();
      expectTypeOf(isBinary).toEqualTypeOf<boolean>();
    });
    socket.once('close', (code, reason) => {
      expectTypeOf(code).toEqualTypeOf<number>();
      expectTypeOf(reason).toEqualTypeOf<Buffer>();
    });
    socket.on('error', (error) => expectTypeOf(error).toEqualTypeOf<Error>());
    socket.addListener('ping', (data) => expectTypeOf(data).toEqualTypeOf<Buffer>());
    socket.on('drain', (...args) => expectTypeOf(args).toEqualTypeOf<[]>());
    socket.on('upgrade', (response) => expectTypeOf(response).toEqualTypeOf<IncomingMessage>());
    socket.on('redirect', (url, request) => {
      expectTypeOf(url).toEqualTypeOf<string>();
      expectTypeOf(request).toEqualTypeOf<ClientRequest>();
    });
    socket.off('close', () => undefined);
    socket.on('an event of somebody else', (anything) => expectTypeOf(anything).toBeAny());
    socket.removeAllListeners();
  });

  it('knows its event objects', () => {
    socket.addEventListener('message', (event) => expectTypeOf(event).toEqualTypeOf<MessageEvent>());
    socket.addEventListener('close', {
      handleEvent: (event) => expectTypeOf(event).toEqualTypeOf<CloseEvent>(),
    });
    socket.onerror = (event) => expectTypeOf(event).toEqualTypeOf<ErrorEvent>();
    socket.onmessage = (event) => expectTypeOf(event.target).toEqualTypeOf<WebSocket>();
    // @ts-expect-error there is no such type of event
    socket.addEventListener('drain', () => undefined);
    socket.removeAllListeners();
  });

  it('send', () => {
    expectTypeOf(socket.send).returns.toEqualTypeOf<boolean>();
    expectTypeOf<string>().toExtend<BufferLike>();
    expectTypeOf<Float64Array>().toExtend<BufferLike>();
    expectTypeOf<DataView>().toExtend<BufferLike>();
    expectTypeOf<Blob>().toExtend<BufferLike>();
    expectTypeOf<Buffer[]>().toExtend<BufferLike>();
    expectTypeOf(socket.send).toBeCallableWith('x', (error) => {
      expectTypeOf(error).toEqualTypeOf<Error | undefined>();
    });
    expectTypeOf(socket.send).toBeCallableWith(
      'x',
      { binary: true, compress: false, fin: true },
      () => undefined,
    );
    expectTypeOf<PreparedMessage>().toExtend<Parameters<typeof socket.send>[0]>();
    // @ts-expect-error a boolean is no message
    (): boolean => socket.send(true);
    // @ts-expect-error no such option
    (): boolean => socket.send('x', { text: true });
  });

  it('iteration', () => {
    expectTypeOf(async () => {
      for await (const message of socket) expectTypeOf(message).toEqualTypeOf<string | Buffer>();
      for await (const message of socket.messageStreams()) {
        expectTypeOf(message).toEqualTypeOf<MessageStream>();
        for await (const chunk of message) expectTypeOf(chunk).toEqualTypeOf<string | Buffer>();
      }
    }).toBeFunction();
    expectTypeOf(socket.sendStream)
      .parameter(0)
      .extract<AsyncIterable<string | Uint8Array>>()
      .not.toBeNever();
    expectTypeOf(socket.sendStream).returns.resolves.toBeVoid();
  });

  it('states and binaryType', () => {
    expectTypeOf(socket.readyState).toEqualTypeOf<0 | 1 | 2 | 3>();
    expectTypeOf(WebSocket.OPEN).toEqualTypeOf<1>();
    expectTypeOf(socket.OPEN).toEqualTypeOf<1>();
    expectTypeOf(socket.binaryType).toEqualTypeOf<'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob'>();
  });
});

describe('a server', () => {
  it('infers the context from authenticate', () => {
    const server = new WebSocketServer({
      noServer: true,
      authenticate: async (request) => {
        expectTypeOf(request).toEqualTypeOf<IncomingMessage>();
        return { user: 'ada', admin: true };
      },
    });
    server.on('connection', (client, request) => {
      expectTypeOf(client.context).toEqualTypeOf<{ user: string; admin: boolean }>();
      expectTypeOf(request).toEqualTypeOf<IncomingMessage>();
      client.on('message', (data) => expectTypeOf(data).toEqualTypeOf<RawData>());
    });
    for (const client of server.clients) expectTypeOf(client.context.user).toEqualTypeOf<string>();
    server.broadcast('x', { filter: (client) => client.context.admin });
  });

  it('has no context without it', () => {
    const server = new WebSocketServer({ noServer: true });
    server.on('connection', (client) => expectTypeOf(client.context).toBeUnknown());
  });

  it('has sockets of the class that was given', () => {
    class Session extends WebSocket {
      readonly visits = 0;
    }
    const server = new WebSocketServer({ noServer: true, WebSocket: Session });
    server.on('connection', (client) => expectTypeOf(client.visits).toEqualTypeOf<number>());
  });
});
