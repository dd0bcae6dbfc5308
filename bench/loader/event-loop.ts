/** Makes a server compress large messages, or inflate small ones into large. */
import type { EventLoopScenario } from '../scenarios.js';
import { openAll, type Target } from './connections.js';
import { compressed, FrameCounter, frame } from './frames.js';
import { Latencies, type Load } from './load.js';

const connections = 4;

export async function eventLoopLoad({ size, what }: EventLoopScenario, target: Target): Promise<Load> {
  const payload = what === 'bomb' ? Buffer.alloc(size) : Buffer.from('go');
  const message = frame(compressed(payload), 2, { mask: true, rsv1: true });
  const sockets = await openAll(target, connections);
  const latencies = new Latencies();
  let messages = 0;
  let bytes = 0;
  let end = 0;
  for (const socket of sockets) {
    const counter = new FrameCounter();
    socket.resume().on('data', (chunk) => {
      bytes += chunk.length;
      const answers = counter.count(chunk);
      messages += answers;
      if (answers > 0 && performance.now() < end) socket.write(message);
    });
  }
  return {
    async run(seconds) {
      messages = 0;
      bytes = 0;
      end = performance.now() + seconds * 1000;
      for (const socket of sockets) socket.write(message);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      return { messages, bytes, seconds, ...latencies.take() };
    },
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
