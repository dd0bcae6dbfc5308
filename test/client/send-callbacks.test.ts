/** Callbacks of `send` come in the order of the messages, and `drain` comes, whatever becomes of the callbacks. */

import { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/client/websocket.js';
import { uncaught } from '../node/connected.js';
import { randomBytes } from '../node/sample-data.js';
import { Connections, turns, until } from './connections.js';

const connections = new Connections();
afterEach(() => connections.close());

/** A Duplex of the user that takes each write after some turns of the event loop. */
class SlowDuplex extends Duplex {
  readonly #delays: Buffer;
  #writes = 0;

  constructor(seed: number) {
    super();
    this.#delays = randomBytes(1000, seed, 5);
  }

  override _read(): void {}

  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    let left = this.#delays[this.#writes++ % this.#delays.length];
    const wait = (): unknown => (left-- > 0 ? setImmediate(wait) : done());
    wait();
  }
}

function onDuplex(seed: number): WebSocket {
  const socket = new WebSocket(null);
  socket.setSocket(new SlowDuplex(seed), Buffer.alloc(0));
  return socket;
}

const sizes = [0, 10, 200, 5000, 20_000, 70_000, 1_000_000];

interface Plan {
  readonly seed: number;
  /** Turns. */
  readonly count: number;
  /** How many of the sizes are used. */
  readonly most: number;
  /** Whether some are pings: without compression, since a ping does not wait for that. */
  readonly withPings: boolean;
}

/** Sends up to four messages in each of so many turns; resolves when every callback has come. */
async function sendAll(
  socket: WebSocket,
  { seed, count, most, withPings }: Plan,
  eachTurn: (turn: number) => void = () => undefined,
) {
  const random = randomBytes(count * 16, seed);
  const done: number[] = [];
  const result = { sent: 0, done, wasFull: false, drains: 0 };
  socket.on('drain', () => {
    result.drains++;
  });
  const next = () => {
    const number = result.sent++;
    return { number, left: () => done.push(number) };
  };
  for (let turn = 0; turn < count; turn++) {
    eachTurn(turn);
    const bytes = random.subarray(turn * 16, turn * 16 + 16);
    for (let index = 0; index <= bytes[15] % 4; index++) {
      const { left } = next();
      const size = sizes[bytes[index] % most];
      if (withPings && bytes[index + 4] % 10 === 0) socket.ping('x', undefined, left);
      else if (!socket.send(Buffer.alloc(size), { compress: bytes[index + 8] % 3 === 0 }, left)) {
        result.wasFull = true;
      }
    }
    await turns(bytes[14] % 3);
  }
  eachTurn(count);
  await until(() => done.length === result.sent);
  await turns();
  return result;
}

const inOrder = (count: number) => Array.from({ length: count }, (_, number) => number);

describe('callbacks of send', () => {
  it('keep the order of the messages over TCP, with a slow reader', async () => {
    const { socket, client } = await connections.pair(
      { perMessageDeflate: true },
      { perMessageDeflate: true },
    );
    const { sent, done, wasFull, drains } = await sendAll(
      socket,
      { seed: 1, count: 100, most: 7, withPings: false },
      (turn) => {
        if (turn % 20 === 0) client.pause();
        if (turn % 20 === 15 || turn === 100) client.resume();
      },
    );
    expect(done).toEqual(inOrder(sent));
    expect(socket.bufferedAmount).toBe(0);
    expect([wasFull, drains > 0]).toEqual([true, true]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('keep the order of the messages on a Duplex, seed %i', async (seed) => {
    const socket = onDuplex(seed);
    const { sent, done, wasFull, drains } = await sendAll(socket, {
      seed,
      count: 20,
      most: 6,
      withPings: true,
    });
    expect(done).toEqual(inOrder(sent));
    expect(socket.bufferedAmount).toBe(0);
    expect(drains > 0).toBe(wasFull);
    socket.terminate();
  });
});

describe('a callback that throws', () => {
  const theirs = new Error('theirs');
  const fail = () => {
    throw theirs;
  };

  it('does not stop drain over TCP', async () => {
    const { socket, peer } = await connections.rawClient();
    peer.socket.pause();
    let drains = 0;
    socket.on('drain', () => drains++);
    let more: boolean | undefined;
    const errors = await uncaught(async () => {
      more = socket.send(Buffer.alloc(20_000_000), fail);
      await turns();
      // Only read, so that the frame is not put together.
      peer.socket.removeAllListeners('data').resume();
    });
    await until(() => drains > 0);
    expect([more, errors, drains]).toEqual([false, [theirs], 1]);
  });

  it('does not stop drain on a Duplex', async () => {
    const socket = onDuplex(1);
    let drains = 0;
    socket.on('drain', () => drains++);
    let more: boolean | undefined;
    const errors = await uncaught(() => {
      more = socket.send(Buffer.alloc(100_000), fail);
    });
    await until(() => drains > 0);
    expect([more, errors, drains]).toEqual([false, [theirs], 1]);
    socket.terminate();
  });
});
