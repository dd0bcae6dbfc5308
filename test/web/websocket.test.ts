import { afterEach, describe, expect, it } from 'vitest';
import { CloseEvent, MessageEvent } from '../../src/web/events.js';
import { WebSocket } from '../../src/web/websocket.js';
import { turns } from '../client/connections.js';
import { closeCodeOf } from '../client/raw-peer.js';
import { rawFrame } from '../protocol/raw-frame.js';
import { event, Faces, fieldsOf, record, thrown } from './faces.js';

const faces = new Faces();
afterEach(() => faces.close());

describe('messages', () => {
  it('have the types that binaryType says, and the origin of the server', async () => {
    const { face, socket, url } = await faces.open();
    const receive = (): Promise<MessageEvent> => event(face, 'message');
    let received = receive();
    socket.send('h\u00e9llo \ud83d\ude00');
    const text = await received;
    expect(text).toBeInstanceOf(MessageEvent);
    expect([text.data, text.origin, text.lastEventId, text.source, text.isTrusted]).toEqual([
      'h\u00e9llo \ud83d\ude00',
      url,
      '',
      null,
      true,
    ]);
    received = receive();
    socket.send(Buffer.from([1, 2, 3]));
    const blob = (await received).data as Blob;
    expect(blob).toBeInstanceOf(Blob);
    expect([...new Uint8Array(await blob.arrayBuffer())]).toEqual([1, 2, 3]);
    face.binaryType = 'arraybuffer';
    received = receive();
    socket.send(Buffer.from([4, 5]));
    const buffer = (await received).data as ArrayBuffer;
    expect(buffer).toBeInstanceOf(ArrayBuffer);
    expect([...new Uint8Array(buffer)]).toEqual([4, 5]);
  });

  it('binaryType ignores what it does not know', async () => {
    const { face } = await faces.open();
    face.binaryType = 'arraybuffer';
    for (const value of ['nodebuffer', 'Blob', '', null, undefined]) face.binaryType = value as never;
    expect(face.binaryType).toBe('arraybuffer');
    face.binaryType = 'blob';
    expect(face.binaryType).toBe('blob');
  });

  it('come in tasks of their own, behind the one of open', async () => {
    const behind = Buffer.concat(
      ['a', 'b', 'c'].map((text) => rawFrame({ opcode: 1, payload: Buffer.from(text) })),
    );
    const { url } = await faces.raw({ behind });
    const face = new WebSocket(url);
    const order: string[] = [];
    const note = (name: string): void => {
      order.push(name);
      queueMicrotask(() => order.push(`${name} microtask`));
      process.nextTick(() => order.push(`${name} tick`));
    };
    // A listener that is added in a microtask of open misses nothing.
    face.onopen = () => {
      note('open');
      Promise.resolve().then(() => {
        face.onmessage = ({ data }) => note(String(data));
      });
    };
    while (order.length < 12) await turns(1);
    const names = order.filter((name) => !name.includes(' '));
    expect(names).toEqual(['open', 'a', 'b', 'c']);
    for (const [index, name] of names.entries()) {
      expect(order.slice(3 * index, 3 * index + 3).sort()).toEqual([
        name,
        `${name} microtask`,
        `${name} tick`,
      ]);
    }
  });

  it('are read in order where some are compressed', async () => {
    const { face, socket } = await faces.open({ perMessageDeflate: { threshold: 100 } });
    expect(face.extensions).toContain('permessage-deflate');
    const sent = Array.from({ length: 20 }, (_, index) => `${index} `.repeat(index % 2 === 0 ? 1 : 20_000));
    const received: unknown[] = [];
    face.onmessage = ({ data }) => received.push(data);
    for (const text of sent) socket.send(text);
    while (received.length < sent.length) await event(face, 'message');
    expect(received).toEqual(sent);
  });

  it('that come after close are not told', async () => {
    const { face, peer } = await faces.openRaw();
    const events = record(face);
    face.close();
    await peer.frame();
    peer.write({ opcode: 1, payload: Buffer.from('late') });
    peer.close(1000);
    await event(face, 'close');
    expect(events).toEqual(['close 3']);
  });
});

describe('closing', () => {
  it.each([
    [[], undefined, ''],
    [[1000], 1000, ''],
    [['3000', 'bye'], 3000, 'bye'],
    [[4999.4, 'caf\u00e9'], 4999, 'caf\u00e9'],
    [[undefined, 'why'], 1000, 'why'],
    [[undefined, ''], undefined, ''],
    [[1000, 'x\ud800'], 1000, 'x\ufffd'],
    [[3001, 'r'.repeat(123)], 3001, 'r'.repeat(123)],
  ] as [unknown[], number | undefined, string][])('close%j sends %s', async (args, code, reason) => {
    const { face, peer } = await faces.openRaw();
    face.close(...(args as [number, string]));
    expect(face.readyState).toBe(2);
    const frame = await peer.frame();
    expect([frame.opcode, closeCodeOf(frame), frame.payload.toString('utf8', 2)]).toEqual([8, code, reason]);
    peer.close(4000, 'their reason');
    const closed = await event<CloseEvent>(face, 'close');
    expect(closed).toBeInstanceOf(CloseEvent);
    expect(closed.isTrusted).toBe(true);
    // The code is that of the frame that was received.
    expect(fieldsOf(closed)).toEqual({ wasClean: true, code: 4000, reason: 'their reason' });
  });

  it.each([999, 1001, 1005, 1006, 2999, 5000, 0, -1, 70_000, Number.NaN, null, 'code'])(
    'close(%s) throws an InvalidAccessError',
    async (code) => {
      const { face } = await faces.open();
      expect(thrown(() => face.close(code as number))).toBe('InvalidAccessError');
      expect(face.readyState).toBe(1);
    },
  );

  it('judges the arguments in every state, the code first', async () => {
    const { face } = await faces.open();
    const long = '\u00e9'.repeat(62);
    expect(thrown(() => face.close(1000, long))).toBe('SyntaxError');
    expect(thrown(() => face.close(undefined, long))).toBe('SyntaxError');
    expect(thrown(() => face.close(1001, long))).toBe('InvalidAccessError');
    face.close();
    await event(face, 'close');
    expect(thrown(() => face.close(1001))).toBe('InvalidAccessError');
    expect(thrown(() => face.close(1000, long))).toBe('SyntaxError');
    expect(face.close()).toBe(undefined);
  });

  it('by the peer: CLOSING, then a clean end with its code', async () => {
    const { face, socket } = await faces.open();
    const events = record(face);
    socket.close(4001, 'd\u00e9j\u00e0 vu');
    const closed = await event<CloseEvent>(face, 'close');
    expect(fieldsOf(closed)).toEqual({ wasClean: true, code: 4001, reason: 'd\u00e9j\u00e0 vu' });
    expect(events).toEqual(['close 3']);
  });

  it('by the peer without a code is 1005', async () => {
    const { face, peer } = await faces.openRaw();
    peer.write({ opcode: 8, payload: Buffer.alloc(0) });
    const closed = event<CloseEvent>(face, 'close');
    expect((await peer.frame()).payload.length).toBe(0);
    expect(face.readyState).toBe(2);
    expect(fieldsOf(await closed)).toEqual({ wasClean: true, code: 1005, reason: '' });
  });

  it('while CONNECTING fails the connection', async () => {
    const { url } = await faces.raw();
    const face = new WebSocket(url);
    const events = record(face);
    face.close(1000, 'changed my mind');
    expect(face.readyState).toBe(2);
    await Promise.resolve();
    expect(events).toEqual([]);
    const closed = await event<CloseEvent>(face, 'close');
    expect(fieldsOf(closed)).toEqual({ wasClean: false, code: 1006, reason: '' });
    expect(events).toEqual(['error 3', 'close 3']);
  });

  it('a peer that dies is 1006, after an error', async () => {
    for (const how of ['destroy', 'end', 'resetAndDestroy'] as const) {
      const { face, peer } = await faces.openRaw();
      const events = record(face);
      peer.socket[how]();
      const closed = await event<CloseEvent>(face, 'close');
      expect(fieldsOf(closed)).toEqual({ wasClean: false, code: 1006, reason: '' });
      expect(events).toEqual(['error 3', 'close 3']);
    }
  });

  it('a peer that breaks a rule is told why, and is 1006 here', async () => {
    const { face, peer } = await faces.openRaw();
    const events = record(face);
    peer.write({ opcode: 1, payload: Buffer.from([0xff]) });
    expect(closeCodeOf(await peer.frame())).toBe(1007);
    peer.socket.end();
    const closed = await event<CloseEvent>(face, 'close');
    expect(fieldsOf(closed)).toEqual({ wasClean: false, code: 1006, reason: '' });
    expect(events).toEqual(['error 3', 'close 3']);
  });

  it('a peer that goes before our close frame is out is not clean, with its code', async () => {
    const { face, peer } = await faces.openRaw();
    const events = record(face);
    const blob = Object.assign(new Blob(['never read']), { arrayBuffer: () => new Promise(() => undefined) });
    face.send(blob);
    peer.close(3000, 'gone');
    peer.socket.end();
    const closed = await event<CloseEvent>(face, 'close');
    expect(fieldsOf(closed)).toEqual({ wasClean: false, code: 3000, reason: 'gone' });
    expect(events).toEqual(['close 3']);
    expect(face.bufferedAmount).toBe(blob.size);
  });

  it('a peer that does not answer our close frame is 1006 without an error', async () => {
    const { face, peer } = await faces.openRaw();
    const events = record(face);
    face.close();
    await peer.frame();
    peer.socket.end();
    expect(fieldsOf(await event<CloseEvent>(face, 'close'))).toEqual({
      wasClean: false,
      code: 1006,
      reason: '',
    });
    expect(events).toEqual(['close 3']);
  });
});

describe('listeners', () => {
  it('take once, signal, capture and handleEvent', async () => {
    const { face, socket } = await faces.open();
    const order: string[] = [];
    const controller = new AbortController();
    const removed = (): void => void order.push('removed');
    const captured = (): void => void order.push('captured');
    face.addEventListener('message', () => order.push('once'), { once: true, passive: true });
    face.addEventListener('message', () => order.push('signal'), { signal: controller.signal });
    face.addEventListener('message', { handleEvent: (fired) => order.push(`object ${fired.data}`) });
    face.addEventListener('message', removed);
    face.addEventListener('message', captured, { capture: true });
    face.removeEventListener('message', captured);
    face.removeEventListener('message', removed, { capture: false });
    face.onmessage = () => order.push('attribute');
    socket.send('1');
    await event(face, 'message');
    controller.abort();
    socket.send('2');
    await event(face, 'message');
    expect(order).toEqual([
      'once',
      'signal',
      'object 1',
      'captured',
      'attribute',
      'object 2',
      'captured',
      'attribute',
    ]);
  });

  it('are called with the socket as this and target', async () => {
    const { face, socket } = await faces.open();
    const targets: unknown[] = [];
    face.onclose = function (fired) {
      targets.push(this, fired.target, fired.currentTarget);
    };
    socket.close();
    await event(face, 'close');
    expect(targets).toEqual([face, face, face]);
  });

  it('attributes hold objects, and null for anything else', async () => {
    const { face } = await faces.open();
    for (const name of ['onopen', 'onmessage', 'onerror', 'onclose'] as const) {
      expect(face[name]).toBe(null);
      const object = {};
      face[name] = object as never;
      expect(face[name]).toBe(object);
      face[name] = 'text' as never;
      expect(face[name]).toBe(null);
    }
  });
});
