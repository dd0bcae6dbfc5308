/** Raw connections that have been upgraded: the loader has no WebSocket implementation of its own to be slow. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where and how to connect. */
export interface Target {
  readonly port: number;
  readonly tls?: boolean;
  readonly deflate?: boolean;
}

/** Each has ports of its own, so that many connections can be opened. */
export const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'];

function requestOf({ deflate = false }: Target): string {
  return [
    'GET / HTTP/1.1',
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...(deflate ? ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'] : []),
    '\r\n',
  ].join('\r\n');
}

/** Opens one connection and resolves, paused, when the server has switched protocols. */
export async function open(target: Target, index = 0): Promise<Socket> {
  const address = addresses[index % addresses.length] as string;
  // Without a local address: binding to one would have to find a port that no closed connection holds.
  const settings = { host: address, port: target.port };
  const socket = target.tls ? connectTls({ ...settings, rejectUnauthorized: false }) : connect(settings);
  socket.setNoDelay(true);
  await once(socket, target.tls ? 'secureConnect' : 'connect');
  socket.write(requestOf(target));
  await upgraded(socket);
  return socket;
}

/** Bytes behind the head go back into the socket. */
async function upgraded(socket: Socket): Promise<void> {
  let received = Buffer.alloc(0);
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    received = Buffer.concat([received, chunk]);
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) continue;
    if (!received.toString('latin1', 0, 12).endsWith(' 101'))
      throw new Error(received.toString('latin1', 0, end));
    socket.pause();
    if (received.length > end + 4) socket.unshift(received.subarray(end + 4));
    return;
  }
}

/** Opens many, some at a time. */
export async function openAll(target: Target, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Math.min(100, count - sockets.length);
    const opened = Array.from({ length: batch }, (_, index) => open(target, sockets.length + index));
    sockets.push(...(await Promise.all(opened)));
  }
  return sockets;
}
