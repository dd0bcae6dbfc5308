/** WebSockets as a transport of the client: the class is handed in, so that this runs wherever there is one. */

import type { Dial } from '../../transport/dial.js';

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

/**
 * Connects by WebSocket.
 * @param Socket the class
 * @param protocols subprotocols to offer; none by default
 */
export function webSocketDial(Socket: WebSocketClass, protocols: readonly string[] = []): Dial {
  return (url, listener) => {
    const socket = new Socket(url, [...protocols]);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => listener.open();
    socket.onmessage = ({ data }: { data: string | ArrayBuffer }) => {
      listener.message(typeof data === 'string' ? data : new Uint8Array(data));
    };
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => listener.close(code, reason);
    return {
      get subprotocol() {
        return socket.protocol;
      },
      get bufferedAmount() {
        return socket.bufferedAmount;
      },
      listen: () => undefined,
      send: (message) => {
        socket.send(message);
        return true;
      },
      close: (code = 1000, reason = '') => socket.close(code, reason),
      terminate: () => socket.close(),
    };
  };
}
