/**
 * A program: `hawser/web` opens the `wss:` URL of its argument with both classes and prints what it sees. Which
 * certificates are trusted is told by the environment, as everywhere in the standard's API.
 */
import { WebSocket, WebSocketStream } from '../../src/web/index.js';

const url = process.argv[2] as string;

async function useWebSocket(): Promise<string> {
  const socket = new WebSocket(url);
  const closed = new Promise<string>((resolve) => {
    socket.addEventListener('close', ({ code, wasClean }) => resolve(`${code} ${wasClean}`));
  });
  socket.addEventListener('open', () => socket.send('secret'));
  socket.addEventListener('message', ({ data }) => {
    console.log(`WebSocket: ${data}`);
    socket.close(1000);
  });
  return `WebSocket: ${await closed}`;
}

async function useWebSocketStream(): Promise<string> {
  const stream = new WebSocketStream(url);
  stream.closed.catch(() => {});
  try {
    const { readable, writable } = await stream.opened;
    await writable.getWriter().write('secret');
    for await (const message of readable) {
      console.log(`WebSocketStream: ${message}`);
      stream.close({ closeCode: 1000 });
    }
    return `WebSocketStream: ${(await stream.closed).closeCode}`;
  } catch (error) {
    return `WebSocketStream: ${(error as Error).name}`;
  }
}

console.log(await useWebSocket());
console.log(await useWebSocketStream());
