import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { perfectLine } from '../../src/testing/faulty-pipe.js';
import { ProxiedConnection } from '../../src/testing/proxied-connection.js';

/** Two ends of a TCP connection. */
async function socketPair(): Promise<[near: Socket, far: Socket]> {
  const listener = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const far = connect({ port: (listener.address() as AddressInfo).port, host: '127.0.0.1' });
  far.on('error', () => undefined);
  const [near] = (await once(listener, 'connection')) as [Socket];
  listener.close();
  return [near, far];
}

it('closes its sockets when it is reset while one of them is shutting down', async () => {
  const [client, user] = await socketPair();
  const [server, service] = await socketPair();
  let ends = 0;
  const connection = new ProxiedConnection({
    client,
    server,
    up: { ...perfectLine },
    down: { ...perfectLine },
    random: () => 0,
    forwarded: () => undefined,
    ended: () => {
      ends++;
    },
  });
  const sockets = [client, server, user, service];
  // Not `once`, which rejects for the errors that are due.
  const closed = sockets.map((socket) => new Promise((resolve) => socket.on('close', resolve)));
  server.end();
  await new Promise((resolve) => process.nextTick(resolve));
  expect(server.writableFinished).toBe(false);
  connection.reset();
  await Promise.all(closed);
  expect(ends).toBe(1);
});
