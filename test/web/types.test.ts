/** What TypeScript makes of the faces: the compiler checks these, running them only shows that they compile. */

import { afterEach, describe, expectTypeOf, it } from 'vitest';
import {
  type BinaryType,
  type BufferSource,
  CloseEvent,
  type EventHandler,
  type MessageData,
  MessageEvent,
  WebSocket,
  type WebSocketCloseInfo,
  WebSocketError,
  type WebSocketOpenInfo,
  WebSocketStream,
  type WebSocketStreamOptions,
} from '../../src/web/index.js';
import { Faces } from './faces.js';

const faces = new Faces();
afterEach(() => faces.close());

describe('WebSocket', () => {
  it('knows its arguments', () => {
    expectTypeOf(WebSocket).constructorParameters.toEqualTypeOf<
      [url: string | URL, protocols?: string | Iterable<string> | undefined]
    >();
    expectTypeOf<WebSocket['send']>().parameters.toEqualTypeOf<[data: string | BufferSource | Blob]>();
    expectTypeOf<WebSocket['close']>().parameters.toEqualTypeOf<
      [code?: number | undefined, reason?: string | undefined]
    >();
    expectTypeOf<Float64Array>().toExtend<BufferSource>();
    expectTypeOf<DataView>().toExtend<BufferSource>();
    expectTypeOf<number[]>().not.toExtend<BufferSource>();
  });

  it('knows its attributes', () => {
    expectTypeOf<WebSocket['readyState']>().toEqualTypeOf<0 | 1 | 2 | 3>();
    expectTypeOf<WebSocket['binaryType']>().toEqualTypeOf<BinaryType>();
    expectTypeOf<BinaryType>().toEqualTypeOf<'blob' | 'arraybuffer'>();
    expectTypeOf(WebSocket.OPEN).toEqualTypeOf<1>();
    expectTypeOf<WebSocket['CLOSED']>().toEqualTypeOf<3>();
    expectTypeOf<WebSocket>().toExtend<EventTarget>();
  });

  it('knows its events', async () => {
    const { face } = await faces.open();
    face.onmessage = function (event) {
      expectTypeOf(this).toEqualTypeOf<WebSocket>();
      expectTypeOf(event.data).toEqualTypeOf<string | Blob | ArrayBuffer>();
    };
    face.addEventListener('message', (event) =>
      expectTypeOf(event).toEqualTypeOf<MessageEvent<MessageData>>(),
    );
    face.addEventListener('close', {
      handleEvent: (event) => expectTypeOf(event).toEqualTypeOf<CloseEvent>(),
    });
    face.addEventListener('error', (event) => expectTypeOf(event).toEqualTypeOf<Event>(), { once: true });
    face.addEventListener('an event of somebody else', (event) => expectTypeOf(event).toEqualTypeOf<Event>());
    face.onclose = ({ wasClean, code, reason }) => {
      expectTypeOf([wasClean, code, reason] as const).toEqualTypeOf<readonly [boolean, number, string]>();
    };
    expectTypeOf(face.onopen).toEqualTypeOf<EventHandler<WebSocket, Event>>();
    // @ts-expect-error an array of bytes is no BufferSource
    face.send([1, 2, 3]);
    // @ts-expect-error there is no such type
    face.binaryType = 'nodebuffer';
  });
});

describe('events', () => {
  it('can be made', () => {
    expectTypeOf(new CloseEvent('close', { code: 1000, reason: 'bye', wasClean: true })).toExtend<Event>();
    expectTypeOf(new MessageEvent('message', { data: 1 }).data).toEqualTypeOf<number>();
  });
});

describe('WebSocketStream', () => {
  it('knows what it tells', () => {
    expectTypeOf<WebSocketStream['opened']>().toEqualTypeOf<Promise<WebSocketOpenInfo>>();
    expectTypeOf<WebSocketOpenInfo['readable']>().toEqualTypeOf<ReadableStream<string | Uint8Array>>();
    expectTypeOf<WebSocketOpenInfo['writable']>().toEqualTypeOf<WritableStream<string | BufferSource>>();
    expectTypeOf<WebSocketStream['closed']>().resolves.toEqualTypeOf<{ closeCode: number; reason: string }>();
    expectTypeOf<WebSocketStream['close']>().parameters.toEqualTypeOf<
      [closeInfo?: WebSocketCloseInfo | undefined]
    >();
    expectTypeOf(WebSocketStream).constructorParameters.toEqualTypeOf<
      [url: string | URL, options?: WebSocketStreamOptions | undefined]
    >();
    expectTypeOf<WebSocketStreamOptions['signal']>().toEqualTypeOf<AbortSignal | undefined>();
    expectTypeOf<Set<string>>().toExtend<NonNullable<WebSocketStreamOptions['protocols']>>();
    expectTypeOf<WebSocketError>().toExtend<DOMException>();
    expectTypeOf<WebSocketError['closeCode']>().toEqualTypeOf<number | null>();
    expectTypeOf(new WebSocketError('text', { closeCode: 3000 }).reason).toEqualTypeOf<string>();
  });
});
