/** WebSockets as a transport of the client: the class is handed in, so that this runs wherever there is one. */

import type { Dial } from '../../transport/dial.js';
import { HIGH_WATER_MARK } from '../../transport/transport.js';

/** The part of a WebSocket (WHATWG WebSockets) that a transport needs. */
export interface WebSocketLike {
  readonly protocol: string;
  readonly bufferedAmount: number;
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

/** The class of a WebSocket: that of the browser, or of hawser/web. */
export type WebSocketClass = new (url: string, protocols?: string[]) => WebSocketLike;

/** Milliseconds between looks at what waits: a WebSocket says nothing when it has left (WHATWG WebSockets). */
const LOOK_INTERVAL = 20;

/**
 * Connects by WebSocket.
 * @param Socket the class
 * @param protocols subprotocols to offer; none by default
 */
export function webSocketDial(Socket: WebSocketClass, protocols: readonly string[] = []): Dial {
  return (url, listener) => {
    const socket = new Socket(url, [...protocols]);
    let isFull = false;
    let isClosed = false;
    const look = (): void => {
      // What a socket did not send before its end counts for ever.
      if (isClosed) return;
      isFull = socket.bufferedAmount >= HIGH_WATER_MARK;
      if (isFull) setTimeout(look, LOOK_INTERVAL);
      else listener.drain();
    };
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => listener.open();
    socket.onmessage = ({ data }: { data: string | ArrayBuffer }) => {
      listener.message(typeof data === 'string' ? data : new Uint8Array(data));
    };
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => {
      isClosed = true;
      listener.close(code, reason);
    };
    return {
      name: 'websocket',
      get subprotocol() {
        return socket.protocol;
      },
      get bufferedAmount() {
        return socket.bufferedAmount;
      },
      listen: () => undefined,
      send: (message) => {
        socket.send(message);
        if (isFull || socket.bufferedAmount < HIGH_WATER_MARK) return !isFull;
        isFull = true;
        setTimeout(look, LOOK_INTERVAL);
        return false;
      },
      close: (code = 1000, reason = '') => socket.close(code, reason),
      terminate: () => socket.close(),
    };
  };
}
