/** An object that an application sends as JSON, down to what the socket of its connection is given. */
import { Socket } from 'node:net';
import { WebSocket } from 'hawser';
import type { Case } from './case.js';

const MESSAGES = 64;

const quote = { id: 6455, symbol: 'HAWS', bid: 101.25, ask: 101.5, volume: 1200, open: true };

export function json(): Case[] {
  return [
    jsonCase(`${JSON.stringify(quote).length} B`, quote),
    jsonCase(`${JSON.stringify(Array(24).fill(quote)).length} B`, Array(24).fill(quote)),
  ];
}

/** A socket that takes everything at once. */
class MemorySocket extends Socket {
  written = 0;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.written += chunk.length;
    callback();
  }

  override _writev(chunks: { chunk: Buffer }[], callback: () => void): void {
    for (const { chunk } of chunks) this.written += chunk.length;
    callback();
  }
}

function jsonCase(size: string, value: unknown): Case {
  const socket = new MemorySocket();
  const webSocket = new WebSocket(null);
  webSocket.setSocket(socket, Buffer.alloc(0));
  const { length } = JSON.stringify(value);
  return {
    name: `${size}, ${MESSAGES} in a turn`,
    operations: MESSAGES,
    result: MESSAGES * (length + (length < 126 ? 2 : 4)),
    async run() {
      const { written } = socket;
      for (let count = 0; count < MESSAGES; count++) webSocket.send(JSON.stringify(value));
      // They leave at the end of the turn.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      return socket.written - written;
    },
  };
}
