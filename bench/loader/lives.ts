/** Connections as such: many that do nothing, and many that are opened and closed. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { open, openAll, type Target } from './connections.js';
import { frame } from './frames.js';
import { Latencies, type Load, type LoadResult } from './load.js';

const close = frame(Buffer.from([0x03, 0xe8]), 8, { mask: true });

/** Opens the connections at once; they only answer pings. */
export async function idleLoad(connections: number, target: Target): Promise<Load> {
  const sockets = await openAll(target, connections);
  for (const socket of sockets) socket.resume().on('data', (chunk) => answerPing(socket, chunk));
  return {
    run: async () => ({ messages: sockets.length, bytes: 0, seconds: 0, p50: 0, p99: 0 }),
    close: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function answerPing(socket: Socket, chunk: Buffer): void {
  if (chunk[0] === 0x89) socket.write(frame(chunk.subarray(2), 10, { mask: true }));
}

/** Each of several loops opens a connection, closes it in order, and begins again. */
export function handshakeLoad(loops: number, target: Target): Load {
  const latencies = new Latencies();
  return {
    async run(seconds): Promise<LoadResult> {
      const started = performance.now();
      const end = started + seconds * 1000;
      let messages = 0;
      const loop = async (): Promise<void> => {
        while (performance.now() < end) {
          const began = performance.now();
          await openAndClose(target);
          latencies.add(performance.now() - began);
          messages += 1;
        }
      };
      await Promise.all(Array.from({ length: loops }, loop));
      return { messages, bytes: 0, seconds: (performance.now() - started) / 1000, ...latencies.take() };
    },
    close() {},
  };
}

async function openAndClose(target: Target): Promise<void> {
  const socket = await open(target);
  let answered = false;
  socket.resume().on('data', (chunk) => {
    answered ||= chunk[0] === 0x88;
    socket.end();
  });
  socket.write(close);
  await once(socket, 'close');
  if (!answered) throw new Error('the server has not answered the close frame');
}
