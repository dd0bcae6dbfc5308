import { afterEach, describe, expect, it } from 'vitest';
import { Sender } from '../../src/client/sender.js';
import { WebSocket } from '../../src/client/websocket.js';
import { Connections, messages, next } from './connections.js';

const connections = new Connections();
afterEach(() => connections.close());

interface Fields {
  _sender: {
    _bufferedBytes: number;
    sendFrame(frames: Buffer[], callback?: (error?: Error | null) => void): void;
    close(code?: number, reason?: string, mask?: boolean, callback?: () => void): void;
  };
  _receiver: { _maxPayload: number; _isServer: boolean };
  _closeCode: number;
  _req: unknown;
}

const fieldsOf = (socket: WebSocket): Fields => socket as unknown as Fields;
const frame = (text: string): Buffer[] => Sender.frame(Buffer.from(text), { fin: true, opcode: 1 });

describe('_sender', () => {
  it('writes frames behind a message that is being compressed, and counts what waits', async () => {
    const { socket, client } = await connections.pair({ perMessageDeflate: { threshold: 0 } });
    const received = messages(client, 3);
    socket.send('x'.repeat(100_000));
    expect(fieldsOf(socket)._sender._bufferedBytes).toBe(100_000);
    fieldsOf(socket)._sender.sendFrame(frame('framed'));
    socket.send('last');
    expect((await received).map(String).slice(1)).toEqual(['framed', 'last']);
  });

  it('tells a callback that frames were not sent', async () => {
    const { socket } = await connections.pair({ perMessageDeflate: { threshold: 0 } });
    const { _sender } = fieldsOf(socket);
    socket.send('x'.repeat(100_000));
    const waiting = new Promise((resolve) => _sender.sendFrame(frame('x'), resolve));
    socket.terminate();
    expect(await waiting).toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED' });
    const late = new Promise((resolve) => _sender.sendFrame(frame('y'), resolve));
    expect(await late).toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED' });
  });

  it('closes, and calls back', async () => {
    const { socket, client } = await connections.pair();
    const close = next(client, 'close');
    await new Promise<void>((resolve) => fieldsOf(socket)._sender.close(4000, 'why', false, resolve));
    expect(await close).toEqual([4000, Buffer.from('why')]);
  });
});

describe('_receiver', () => {
  it.each([false, true])('has a limit that may be changed; compressed: %s', async (perMessageDeflate) => {
    const threshold = perMessageDeflate && { threshold: 0 };
    const { socket, client } = await connections.pair(
      { perMessageDeflate, maxPayload: 10 },
      {
        perMessageDeflate: threshold,
      },
    );
    const { _receiver } = fieldsOf(socket);
    expect([_receiver._maxPayload, _receiver._isServer]).toEqual([10, true]);
    _receiver._maxPayload = 200;
    expect(_receiver._maxPayload).toBe(200);
    const message = next(socket, 'message');
    client.send(Buffer.alloc(200, 0x61));
    expect((await message)[0]).toHaveLength(200);
    const error = next(socket, 'error');
    client.send(Buffer.alloc(201, 0x61));
    expect((await error)[0]).toMatchObject({ code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' });
  });
});

describe('every field', () => {
  it('is made when it is asked for, and is the same then', async () => {
    const { socket } = await connections.pair();
    for (const name of ['_sender', '_receiver', '_socket', '_closeCode', '_req']) {
      expect(Object.hasOwn(socket, name), name).toBe(false);
    }
    expect(fieldsOf(socket)._sender).toBe(fieldsOf(socket)._sender);
    expect(fieldsOf(socket)._receiver).toBe(fieldsOf(socket)._receiver);
  });

  it('gives way to a property of the application', async () => {
    const { socket } = await connections.pair();
    fieldsOf(socket)._req = 'mine';
    expect([fieldsOf(socket)._req, Object.keys(socket).includes('_req')]).toEqual(['mine', true]);
  });

  it('is empty without a connection', () => {
    const socket = new WebSocket(null);
    expect([fieldsOf(socket)._sender, fieldsOf(socket)._receiver, socket._socket]).toEqual([
      null,
      null,
      null,
    ]);
    expect(fieldsOf(socket)._closeCode).toBe(1006);
  });
});

describe('JSON', () => {
  it('has the attributes and nothing that is secret, or a circle', async () => {
    const { client } = await connections.pair();
    Object.assign(client, { context: { secret: 1 }, self: client });
    const names = ['url', 'protocol', 'extensions', 'readyState', 'binaryType', 'bufferedAmount'];
    expect(Object.keys(JSON.parse(JSON.stringify(client)))).toEqual(names);
  });
});
