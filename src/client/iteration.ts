/**
 * The two loops over a WebSocket's messages: whole messages, and each message as a stream of chunks. They hold
 * reading back while nobody asks. They may not know how messages come or what events tell of them.
 */
import { Hold } from '../node/hold.js';
import { iterationError, MessageIterator } from './message-iterator.js';
import { MessageStreams } from './message-streams.js';
import { CLOSED, notOpen } from './ready-state.js';
import type { WebSocket } from './websocket.js';

/** The iterator over a socket's messages: the one that goes on, or a new one. */
export function openIterator(socket: WebSocket): MessageIterator<string | Buffer> {
  if (socket._iterator !== null) return socket._iterator;
  const iterator = new MessageIterator<string | Buffer>({
    holdReading: (held) => holdReading(socket, held),
    detach: () => {
      socket._iterator = null;
      setImmediate(() => socket._iterator === null && holdReading(socket, false));
    },
  });
  if (socket.readyState === CLOSED) iterator.end(iterationError(socket._closedError()));
  else socket._iterator = iterator;
  iterator.rest();
  return iterator;
}

/** Hands a socket's messages out as streams from the next one on. @throws UsageError `WS_ERR_NOT_OPEN` */
export function openMessageStreams(
  socket: WebSocket,
  streams: MessageStreams | null,
  maxMessageSize: number,
): MessageStreams {
  const { _connection: connection, readyState } = socket;
  if (connection === null || readyState === CLOSED) throw notOpen(readyState);
  streams?.reopen();
  const open = streams ?? new MessageStreams(connection, maxMessageSize, () => socket._applyBinaryType());
  connection.streamReceiver = open;
  return open;
}

/** Holds reading back for an iterator, or ends that. */
export function holdReading({ _connection }: WebSocket, held: boolean): void {
  if (held) _connection?.hold(Hold.CONSUMER);
  else _connection?.release(Hold.CONSUMER);
}
