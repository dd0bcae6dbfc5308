import type { Dial } from '../transport/dial.js';
import { type WebSocketClass, webSocketDial } from '../transports/websocket/client.js';

/** Makes the dial of platforms that have no WebSocket of their own. */
let substitute: ((protocols?: readonly string[]) => Dial) | undefined;

/** Gives a platform without a global WebSocket a way to connect: what hawser does on Node.js. */
export function provideDial(makeDial: (protocols?: readonly string[]) => Dial): void {
  substitute = makeDial;
}

/**
 * Connects with the WebSocket of the platform.
 * @throws TypeError where there is none
 */
export function defaultDial(protocols?: readonly string[]): Dial {
  const Socket = globalThis.WebSocket as unknown as WebSocketClass | undefined;
  if (Socket !== undefined) return webSocketDial(Socket, protocols);
  if (substitute !== undefined) return substitute(protocols);
  throw new TypeError('There is no WebSocket here: set the option "dial"');
}
