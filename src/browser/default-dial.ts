import type { Dial } from '../transport/dial.js';
import { type WebSocketClass, webSocketDial } from '../transports/websocket/client.js';

/** The class of platforms that have none of their own. */
let substitute: WebSocketClass | undefined;

/** Gives a platform without a global WebSocket a class: what hawser does on Node.js with its own. */
export function provideWebSocket(Socket: WebSocketClass): void {
  substitute = Socket;
}

/** Connects with the WebSocket of the platform. */
export function defaultDial(protocols?: readonly string[]): Dial {
  const Socket = (globalThis.WebSocket as unknown as WebSocketClass | undefined) ?? substitute;
  if (Socket === undefined) throw new TypeError('There is no WebSocket here: set the option "dial"');
  return webSocketDial(Socket, protocols);
}
