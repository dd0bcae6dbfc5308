/**
 * The client's WebSocket on Node.js: hawser's own, which says when it is full, can be terminated, and hands out all
 * messages of one read at once. Against the interface of the WHATWG that halves what a pipelined call costs.
 */

import { WebSocket } from '../../client/websocket.js';
import type { Dial } from '../../transport/dial.js';
import { socketTransport } from '../../transport/message-socket.js';

/**
 * Connects by hawser's WebSocket.
 * @param protocols subprotocols to offer; none by default
 */
export function nodeDial(protocols: readonly string[] = []): Dial {
  return (url, listener) => {
    const socket = new WebSocket(url, [...protocols], { textType: 'string' });
    const transport = socketTransport(socket);
    transport.listen(listener);
    socket.on('open', () => listener.open());
    return transport;
  };
}
