import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { WebSocketServer } from '../../src/server/websocket-server.js';
import { nodeDial } from '../../src/transports/websocket-node/dial.js';

/** What happens on a dialled transport, as it comes. */
function listening() {
  const events: unknown[] = [];
  const waiting: (() => void)[] = [];
  const note = (...event: unknown[]): void => {
    events.push(event);
    for (const wake of waiting.splice(0)) wake();
  };
  return {
    events,
    listener: {
      open: () => note('open'),
      message: (data: string | Uint8Array) => note('message', data),
      drain: () => note('drain'),
      close: (code: number, reason: string) => note('close', code, reason),
    },
    until: async (count: number) => {
      while (events.length < count) await new Promise<void>((resolve) => void waiting.push(resolve));
    },
  };
}

it('opens, sends, receives, is full and drains, and is terminated', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'b' });
  await once(server, 'listening');
  const { events, listener, until } = listening();
  const connection = once(server, 'connection');
  const transport = nodeDial(['a', 'b'])(
    `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    listener,
  );
  await until(1);
  const [socket] = await connection;
  expect(transport.subprotocol).toBe('b');
  socket.send('héllo');
  await until(2);
  socket.pause();
  let sent = 0;
  while (transport.send('x'.repeat(100_000))) sent++;
  expect(transport.bufferedAmount).toBeGreaterThan(0);
  socket.resume();
  await until(3);
  expect(events).toEqual([['open'], ['message', 'héllo'], ['drain']]);
  expect(sent).toBeLessThan(1000);
  const ended = once(socket, 'close');
  transport.terminate();
  expect((await ended)[0]).toBe(1006);
  await until(4);
  expect(events.at(-1)).toEqual(['close', 1006, '']);
  await server.drain();
});

it('closes where nobody listens', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await server.drain();
  const { events, listener, until } = listening();
  nodeDial()(`ws://127.0.0.1:${port}/`, listener);
  await until(1);
  expect(events).toEqual([['close', 1006, '']]);
});

it('throws for an address that cannot be', () => {
  expect(() => nodeDial()('nonsense', listening().listener)).toThrow(SyntaxError);
});
