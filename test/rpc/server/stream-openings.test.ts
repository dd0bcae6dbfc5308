import { describe, expect, it } from 'vitest';
import { contract, stream } from '../../../src/rpc/contract/contract.js';
import { unchecked } from '../../../src/rpc/contract/schema.js';
import { answerCalls } from '../../../src/rpc/server/answer-calls.js';
import { rpcServer } from '../../../src/rpc/server/rpc-server.js';
import { FakeSocket } from '../fake-socket.js';
import { failure, gate, rawPeer, request, settled } from '../linked-rpc.js';

const api = contract({ items: stream({ item: unchecked<unknown>() }) });
const open = (meta: object) => request('items', { meta });

/** A server whose stream opens when the gate does. */
function lateServer(source: () => AsyncIterable<unknown>) {
  const { opened, open } = gate();
  const items = async () => {
    await opened;
    return source();
  };
  return { open, peer: rawPeer(rpcServer(api, { items: items as never }) as never) };
}

async function* three() {
  yield 1;
  yield 2;
  yield 3;
}

describe('a stream', () => {
  it('has no idempotency key', async () => {
    const peer = rawPeer(rpcServer(api, { items: three }) as never);
    expect(await peer.ask(open({ credit: 9, idempotencyKey: 'k'.repeat(16) }))).toEqual([failure(-32600)]);
  });

  it('that is cancelled while it opens has its source released', async () => {
    let isReleased = false;
    const iterator = {
      next: async () => ({ done: false as const, value: 1 }),
      return: async () => {
        isReleased = true;
        return { done: true as const, value: undefined };
      },
    };
    const { open: letOpen, peer } = lateServer(() => ({ [Symbol.asyncIterator]: () => iterator }));
    await peer.ask(open({ credit: 1 }));
    expect(await peer.ask(request('rpc.cancel', { id: undefined, params: { id: 1 } }))).toEqual([
      failure(-32003),
    ]);
    letOpen();
    await settled();
    expect(isReleased).toBe(true);
    expect([peer.take(), peer.connection.pending]).toEqual([[], 0]);
  });

  it('whose handler closes the connection produces nothing', async () => {
    let made = 0;
    const rpc = rpcServer(api, {
      items: (_, { connection }) => {
        connection.close();
        return (async function* () {
          for (;;) yield ++made;
        })();
      },
    });
    const peer = rawPeer(rpc as never);
    await peer.ask(open({ credit: 5 }));
    await settled();
    expect([made, peer.connection.pending]).toEqual([0, 0]);
  });

  it('takes credit while it opens', async () => {
    const { open: letOpen, peer } = lateServer(three);
    await peer.ask(open({ credit: 1 }));
    await peer.ask({ jsonrpc: '2.0', method: 'rpc.stream.credit', params: { id: 1, items: 5 } });
    letOpen();
    await settled();
    expect(peer.take()).toMatchObject([
      { result: { stream: true } },
      { params: { item: 1 } },
      { params: { item: 2 } },
      { params: { item: 3 } },
      { method: 'rpc.stream.end' },
    ]);
  });
});

describe('a stream without end', () => {
  let made = 0;
  async function* endless() {
    for (made = 0; ; made++) yield 'x'.repeat(1000);
  }

  it('waits for a socket that does not say whether more may be sent', async () => {
    const socket = new FakeSocket();
    const rpc = rpcServer(api, { items: endless }, { maxBufferedAmount: 1_000_000 });
    rpc.accept(socket as never);
    socket.receive(open({ credit: Number.MAX_SAFE_INTEGER }));
    await settled();
    const { bufferedAmount } = socket;
    expect(bufferedAmount).toBeGreaterThan(0);
    expect(bufferedAmount).toBeLessThan(200_000);
    await settled();
    expect(socket.bufferedAmount).toBe(bufferedAmount);
    expect(socket.closes).toEqual([]);
    socket.terminate();
    await settled();
    expect(rpc.connections.size).toBe(0);
  });

  it('at a client lets other work have its turn, though nothing says when to wait', async () => {
    const responder = answerCalls(api, { items: endless })(() => undefined);
    responder.request(
      { kind: 'request', id: 1, method: 'items', params: undefined, meta: { credit: 2 ** 40 } },
      () => undefined,
      false,
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThan(10_000);
    responder.lost();
  });

  it('is over when the connection is terminated within its own send', async () => {
    const rpc = rpcServer(api, { items: endless }, { maxBufferedAmount: 500 });
    const peer = rawPeer(rpc as never, { highWaterMark: 10 });
    peer.transport.pause();
    peer.send(open({ credit: 10 }));
    await settled();
    for (let index = 0; index < 20; index++) peer.send(request('rpc.ping', { id: `ping ${index}` }));
    await settled();
    expect([peer.connection.isOpen, peer.connection.pending, rpc.connections.size]).toEqual([false, 0, 0]);
  });
});
