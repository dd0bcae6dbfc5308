/** RPC on real sockets, with peers that do not keep to the rules. */

import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/index.js';
import { call, contract, stream } from '../../src/rpc/contract/contract.js';
import { unchecked } from '../../src/rpc/contract/schema.js';
import { rpcServer } from '../../src/rpc/server/rpc-server.js';
import { ManualClock } from '../../src/testing/index.js';
import { Connections, next, turns, until } from '../client/connections.js';
import { closeCodeOf, type RawPeer } from '../client/raw-peer.js';
import { request } from '../rpc/linked-rpc.js';
import { processErrors } from '../rpc/process-errors.js';

const connections = new Connections();
afterEach(() => connections.close());

const api = contract({
  count: call({ output: unchecked<number>() }),
  endless: stream({ item: unchecked<string>() }),
});

function server(options: object = {}) {
  const state = { runs: 0, made: 0, isReleased: false };
  const rpc = rpcServer(
    api,
    {
      count: () => ++state.runs,
      endless: async function* () {
        try {
          for (;;) {
            state.made++;
            yield 'x'.repeat(1000);
          }
        } finally {
          state.isReleased = true;
        }
      },
    },
    options,
  );
  return { rpc, state };
}

const say = (peer: RawPeer, message: object) =>
  peer.write({ opcode: 1, payload: Buffer.from(JSON.stringify(message)) });

/** Waits until a number does not grow any more. */
async function rest(read: () => number): Promise<number> {
  for (let before = -1, quiet = 0; ; quiet++) {
    const now = read();
    if (now !== before) quiet = 0;
    else if (quiet === 5) return now;
    before = now;
    await turns(300);
  }
}

describe('a server of RPC', () => {
  it('carries out nothing when the session has expired and the peer keeps quiet about the close', async () => {
    const clock = new ManualClock();
    const session = () => ({ context: {}, expires: clock.now() + 100 });
    const { rpc, state } = server({ clock, session });
    const { socket, peer } = await connections.rawClient(rpc.webSocketDefaults);
    rpc.accept(socket);
    clock.advance(100);
    const close = await peer.frame();
    expect([close.opcode, closeCodeOf(close)]).toEqual([8, 4401]);
    for (let id = 0; id < 10; id++) say(peer, request('count', { id }));
    // Read behind the calls.
    peer.close(1000);
    await peer.ended;
    await until(() => rpc.connections.size === 0);
    expect(state.runs).toBe(0);
  });

  it('survives a session() that throws, and closes the connection', async () => {
    const session = () => {
      throw new Error('a bad cookie');
    };
    const { rpc } = server({ session });
    const errors = await processErrors(async () => {
      const { socket, peer } = await connections.rawClient(rpc.webSocketDefaults);
      rpc.accept(socket);
      expect(closeCodeOf(await peer.frame())).toBe(1011);
      peer.close(1011);
      await peer.ended;
    });
    expect(errors).toEqual([]);
    await until(() => rpc.connections.size === 0);
  });

  it('stops a stream while its peer does not read, and ends it when the connection is lost', async () => {
    const { rpc, state } = server();
    const { socket, peer } = await connections.rawClient(rpc.webSocketDefaults);
    const connection = rpc.accept(socket);
    peer.socket.pause();
    say(peer, request('endless', { meta: { credit: 2 ** 32 } }));
    await until(() => state.made > 0);
    const made = await rest(() => state.made);
    expect(connection.isOpen).toBe(true);
    expect(state.isReleased).toBe(false);
    peer.socket.resetAndDestroy();
    await until(() => state.isReleased && rpc.connections.size === 0);
    await turns(100);
    // One item was under way at most.
    expect(state.made - made).toBeLessThanOrEqual(1);
    expect(connection.pending).toBe(0);
  });

  it('refuses a stream with a key, which would go on without a connection', async () => {
    const { rpc, state } = server();
    const { socket, peer } = await connections.rawClient(rpc.webSocketDefaults);
    rpc.accept(socket);
    say(peer, request('endless', { meta: { credit: 2 ** 32, idempotencyKey: 'k'.repeat(16) } }));
    expect(JSON.parse(`${(await peer.frame()).payload}`)).toMatchObject({ error: { code: -32600 } });
    peer.socket.resetAndDestroy();
    await until(() => rpc.connections.size === 0);
    expect(state.made).toBe(0);
  });

  it.each([
    ['{"method":"count"}', '', '"result":300'],
    ['x', 'jsonrpc-2.0', '-32700'],
  ])('answers 300 messages that come at once: %s', async (text, protocol, last) => {
    const { rpc } = server();
    const { socket, peer } = await connections.rawClient(rpc.webSocketDefaults, '', protocol);
    expect(socket.protocol).toBe(protocol);
    rpc.accept(socket);
    peer.write(...Array.from({ length: 300 }, () => ({ opcode: 1, payload: Buffer.from(text) })));
    let count = 0;
    const frames = await peer.framesUntil(({ opcode }) => opcode === 8 || ++count === 300);
    expect(frames.filter(({ opcode }) => opcode === 1)).toHaveLength(300);
    expect(`${frames.at(-1)?.payload}`).toContain(last);
  });

  it('does not keep a socket that has closed before it is handed over', async () => {
    const { rpc } = server();
    const { socket, client } = await connections.pair();
    const closed = next(socket, 'close');
    client.terminate();
    await closed;
    expect(rpc.accept(socket).isOpen).toBe(false);
    expect(rpc.connections.size).toBe(0);
  });

  it('closes with 1003 for a binary message, also where it comes as a Blob', async () => {
    const { rpc } = server();
    const { socket, client } = await connections.pair();
    expect(socket).toBeInstanceOf(WebSocket);
    socket.binaryType = 'blob';
    rpc.accept(socket);
    client.send(Buffer.from([1]));
    const [code] = await next(client, 'close');
    expect(code).toBe(1003);
  });
});
