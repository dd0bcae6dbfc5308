import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { webSocketDial } from '../../src/transports/websocket/client.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A WebSocket whose test is the network. */
class Socket {
  readonly protocol = 'chosen';
  readonly calls: unknown[][] = [];
  bufferedAmount = 0;
  binaryType = 'blob';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror = null;

  constructor(...parameters: unknown[]) {
    this.calls.push(parameters);
    last = this;
  }
  send(text: string): void {
    this.bufferedAmount += text.length;
  }
  close(...parameters: unknown[]): void {
    this.calls.push(['close', ...parameters]);
  }
}
let last: Socket;

function dialled(protocols?: string[]) {
  const log: unknown[][] = [];
  const transport = webSocketDial(Socket, protocols)('ws://server/', {
    open: () => log.push(['open']),
    message: (data) => log.push(['message', data]),
    drain: () => log.push(['drain']),
    close: (code, reason) => log.push(['close', code, reason]),
  });
  return { transport, log, socket: last };
}

const large = 'x'.repeat(65_536);

describe('webSocketDial', () => {
  it('connects, and tells what happens', () => {
    const { transport, log, socket } = dialled(['a', 'b']);
    expect(socket.calls).toEqual([['ws://server/', ['a', 'b']]]);
    expect(socket.binaryType).toBe('arraybuffer');
    socket.onopen?.();
    socket.onmessage?.({ data: 'text' });
    socket.onmessage?.({ data: new Uint8Array([1, 2]).buffer });
    socket.onclose?.({ code: 1001, reason: 'bye' });
    expect(log).toEqual([
      ['open'],
      ['message', 'text'],
      ['message', new Uint8Array([1, 2])],
      ['close', 1001, 'bye'],
    ]);
    expect(transport.subprotocol).toBe('chosen');
  });

  it('closes with 1000 unless it is told another code, and cannot end at once', () => {
    const { transport, socket } = dialled();
    transport.close();
    transport.close(3000, 'done');
    transport.terminate();
    expect(socket.calls.slice(1)).toEqual([['close', 1000, ''], ['close', 3000, 'done'], ['close']]);
  });

  it('says when it is full, and once when it has room again', () => {
    const { transport, log, socket } = dialled();
    expect(transport.send('x')).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    expect(transport.send(large)).toBe(false);
    expect(transport.send('x')).toBe(false);
    expect(transport.bufferedAmount).toBe(65_538);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(100);
    expect(log).toEqual([]);
    socket.bufferedAmount = 65_535;
    vi.advanceTimersByTime(20);
    expect(log).toEqual([['drain']]);
    expect(vi.getTimerCount()).toBe(0);
    socket.bufferedAmount = 0;
    expect(transport.send('x')).toBe(true);
  });

  it('is full until it has said otherwise', () => {
    const { transport, log, socket } = dialled();
    transport.send(large);
    socket.bufferedAmount = 0;
    expect(transport.send('x')).toBe(false);
    vi.advanceTimersByTime(20);
    expect(log).toEqual([['drain']]);
  });

  it('does not look for ever at a socket that has closed: what it holds stays', () => {
    const { transport, log, socket } = dialled();
    transport.send(large);
    socket.onclose?.({ code: 1006, reason: '' });
    vi.advanceTimersByTime(1000);
    expect(log).toEqual([['close', 1006, '']]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
