/**
 * A transport of a server-side WebSocket: hawser's, or any socket of the same shape, such as that of `ws`. It is told
 * by its shape, so that nothing here depends on Node.js.
 */

import type { Transport, TransportListener } from './transport.js';

/** The part of a server-side WebSocket that a transport needs. */
export interface MessageSocket {
  readonly protocol: string;
  readonly bufferedAmount: number;
  on(event: 'message', listener: (data: unknown, isBinary: boolean) => void): unknown;
  on(event: 'close', listener: (code: number, reason: unknown) => void): unknown;
  on(event: 'drain' | 'error', listener: () => void): unknown;
  send(data: string): unknown;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

/** What a message may be, as `binaryType` and `textType` say. */
type SocketData = string | Uint8Array | ArrayBuffer | readonly Uint8Array[];

// A message is its characters, a byte order mark included.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Makes a transport of an open socket.
 * @param socket its `binaryType` and `textType` may be anything
 */
export function socketTransport(socket: MessageSocket): Transport {
  return {
    get subprotocol() {
      return socket.protocol;
    },
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    listen: (listener) => listen(socket, listener),
    send: (message) => socket.send(message) !== false,
    close: (code = 1000, reason = '') => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
}

function listen(socket: MessageSocket, listener: TransportListener): void {
  socket.on('message', (data, isBinary) => {
    if (isBinary) listener.message(bytesOf(data as SocketData));
    else listener.message(textOf(data as SocketData));
  });
  socket.on('drain', () => listener.drain());
  socket.on('close', (code, reason) => listener.close(code, textOf(reason as SocketData)));
  // What went wrong is told by the close that follows; without a listener `ws` would end the process.
  socket.on('error', () => undefined);
}

function textOf(data: SocketData): string {
  return typeof data === 'string' ? data : decoder.decode(bytesOf(data));
}

function bytesOf(data: SocketData): Uint8Array {
  if (typeof data === 'string') return new TextEncoder().encode(data);
  if (data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return concatenate(data);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
