/** The echo endpoints of `hawser serve`. */
import type { WebSocket } from 'hawser';

/** Sends every message of a connection back as it came. */
export function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => {
    if (!socket.send(data, { binary: isBinary })) readAgainWhenDrained(socket);
  });
}

/** A client that does not read its echoes is not read from, either. */
function readAgainWhenDrained(socket: WebSocket): void {
  socket.pause();
  socket.once('drain', () => socket.resume());
}
