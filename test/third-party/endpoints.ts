/**
 * What the software of others runs on here: the packed hawser, which it finds under the name `ws`, with sockets on
 * 127.0.0.1. Knows none of the packages.
 */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { WebSocket as WhatwgWebSocket } from 'ws/web';

/** Loads and finds packages as a module in this folder does, without vitest in between. */
export const requireNatively: NodeJS.Require = createRequire(import.meta.url);

/** Both classes that a library takes as "a WebSocket implementation". */
export const faces: readonly [name: string, face: typeof WebSocket | typeof WhatwgWebSocket][] = [
  ['the Node face', WebSocket],
  ['hawser/web', WhatwgWebSocket],
];

/** A listening server on a port that the system chose; it and its connections end with the test. */
export async function listen(
  options: ServerOptions = {},
): Promise<{ server: WebSocketServer; port: number; url: string }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });
  onTestFinished(async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `ws://127.0.0.1:${port}/` };
}

/** The next connection of a server, as the server sees it. */
export async function nextConnection(server: WebSocketServer): Promise<WebSocket> {
  const [socket] = await once(server, 'connection');
  return socket;
}

/** The code and the reason with which a connection ends. */
export async function closed(socket: WebSocket): Promise<[code: number, reason: string]> {
  const [code, reason] = await once(socket, 'close');
  return [code, String(reason)];
}

/** Resolves with the first `count` text messages of `socket` that are accepted. */
export function messages(
  socket: WebSocket,
  count: number,
  isWanted: (text: string) => boolean = () => true,
): Promise<string[]> {
  return new Promise((resolve) => {
    const texts: string[] = [];
    socket.on('message', (data) => {
      if (!isWanted(String(data))) return;
      texts.push(String(data));
      if (texts.length === count) resolve(texts);
    });
  });
}
