import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type MessageSocket, socketTransport } from '../../src/transport/message-socket.js';

class Socket extends EventEmitter implements MessageSocket {
  readonly protocol = 'jsonrpc-2.0';
  readonly bufferedAmount = 7;
  readonly calls: unknown[][] = [];
  answer: unknown = true;

  send(data: string): unknown {
    this.calls.push(['send', data]);
    return this.answer;
  }
  close(code?: number, reason?: string): void {
    this.calls.push(['close', code, reason]);
  }
  terminate(): void {
    this.calls.push(['terminate']);
  }
}

function listening() {
  const socket = new Socket();
  const transport = socketTransport(socket);
  const seen: unknown[][] = [];
  transport.listen({
    message: (data) => seen.push(['message', data]),
    drain: () => seen.push(['drain']),
    close: (code, reason) => seen.push(['close', code, reason]),
  });
  return { socket, transport, seen };
}

describe('socketTransport', () => {
  const text = '\ufeffhéllo €';
  const bytes = new TextEncoder().encode(text);

  it.each<[string, unknown]>([
    ['a string', text],
    ['a Buffer', Buffer.from(text)],
    ['a Uint8Array', bytes],
    ['an ArrayBuffer', bytes.buffer],
    ['fragments', [bytes.subarray(0, 3), bytes.subarray(3, 4), bytes.subarray(4)]],
  ])('takes a text as %s', (_, data) => {
    const { socket, seen } = listening();
    socket.emit('message', data, false);
    expect(seen).toEqual([['message', text]]);
  });

  it.each<[string, unknown]>([
    ['a Buffer', Buffer.from([1, 2, 3])],
    ['an ArrayBuffer', new Uint8Array([1, 2, 3]).buffer],
    ['fragments', [new Uint8Array([1]), new Uint8Array([2, 3])]],
  ])('takes bytes as %s', (_, data) => {
    const { socket, seen } = listening();
    socket.emit('message', data, true);
    expect(seen.map(([what, value]) => [what, [...(value as Uint8Array)]])).toEqual([['message', [1, 2, 3]]]);
  });

  it('takes a Blob as bytes: which, nobody can say at once', () => {
    const { socket, seen } = listening();
    socket.emit('message', new Blob(['abc']), true);
    expect(seen).toEqual([['message', expect.any(Uint8Array)]]);
  });

  it('passes the other events on, and survives errors', () => {
    const { socket, seen } = listening();
    socket.emit('error', new Error('broken'));
    socket.emit('drain');
    socket.emit('close', 1001, Buffer.from('bye'));
    expect(seen).toEqual([['drain'], ['close', 1001, 'bye']]);
  });

  it('sends, closes and terminates', () => {
    const { socket, transport } = listening();
    expect(transport.subprotocol).toBe('jsonrpc-2.0');
    expect(transport.bufferedAmount).toBe(7);
    expect(transport.send('a')).toBe(true);
    // `ws` says nothing: more may be sent.
    socket.answer = undefined;
    expect(transport.send('b')).toBe(true);
    socket.answer = false;
    expect(transport.send('c')).toBe(false);
    transport.close();
    transport.close(4403, 'revoked');
    transport.terminate();
    expect(socket.calls.slice(3)).toEqual([['close', 1000, ''], ['close', 4403, 'revoked'], ['terminate']]);
  });
});
