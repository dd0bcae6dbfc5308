/** Ways to read streamed messages. */

import type { MessageStream, MessageStreams } from '../../src/client/message-streams.js';
import type { WebSocket } from '../../src/client/websocket.js';

/** All of one message. */
export async function whole(message: MessageStream): Promise<string | Buffer> {
  const chunks: (string | Buffer)[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return message.isBinary ? Buffer.concat(chunks as Buffer[]) : chunks.join('');
}

/** All messages until the connection ends. */
export async function all(socket: WebSocket): Promise<(string | Buffer)[]> {
  const received: (string | Buffer)[] = [];
  for await (const message of socket.messageStreams()) received.push(await whole(message));
  return received;
}

/** The next message. */
export async function firstOf(streams: MessageStreams): Promise<MessageStream> {
  const { value } = await streams.next();
  return value as MessageStream;
}
