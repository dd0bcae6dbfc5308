import { describe, expect, it } from 'vitest';
import { contract, stream } from '../../../src/rpc/contract/contract.js';
import { schema, unchecked } from '../../../src/rpc/contract/schema.js';
import { rpcServer } from '../../../src/rpc/server/rpc-server.js';
import { RpcError } from '../../../src/rpc/wire/error-object.js';
import { linkedClient, rawPeer, settled } from '../linked-rpc.js';

const api = contract({
  count: stream({
    input: unchecked<{ to: number }>(),
    item: schema((value) => (value === 13 ? fail() : value)),
  }),
  endless: stream({ item: unchecked<number>() }),
  broken: stream({ item: unchecked<number>() }),
});

function fail(): never {
  throw new Error('thirteen');
}

function server() {
  const log: string[] = [];
  const errors: unknown[] = [];
  const rpc = rpcServer(
    api,
    {
      count: async function* ({ to }) {
        for (let n = 1; n <= to; n++) yield n;
      },
      endless: async function* (_, { signal }) {
        signal.addEventListener('abort', () => log.push('aborted'));
        try {
          for (let n = 1; ; n++) {
            log.push(`made ${n}`);
            yield n;
          }
        } finally {
          log.push('released');
        }
      },
      broken: async function* () {
        yield 1;
        throw new RpcError(9, 'broken');
      },
    },
    { onError: (error) => errors.push(error) },
  );
  return { rpc, log, errors };
}

const open = (method: string, credit?: number, params?: unknown) => ({
  jsonrpc: '2.0',
  method,
  params,
  id: 1,
  meta: credit === undefined ? undefined : { credit },
});
const begun = { jsonrpc: '2.0', result: { stream: true }, id: 1 };
const item = (seq: number, value: unknown) => ({
  jsonrpc: '2.0',
  method: 'rpc.stream.item',
  params: { id: 1, seq, item: value },
});
const end = (seq: number) => ({ jsonrpc: '2.0', method: 'rpc.stream.end', params: { id: 1, seq } });
const failed = (seq: number, code: number) => ({
  jsonrpc: '2.0',
  method: 'rpc.stream.error',
  params: { id: 1, seq, error: expect.objectContaining({ code }) },
});
const credit = (items: unknown) => ({
  jsonrpc: '2.0',
  method: 'rpc.stream.credit',
  params: { id: 1, items },
});
const cancel = { jsonrpc: '2.0', method: 'rpc.cancel', params: { id: 1 } };

describe('streams on the wire', () => {
  it('begin with an answer, count their items, and end', async () => {
    const peer = rawPeer(server().rpc as never);
    expect(await peer.ask(open('count', 10, { to: 2 }))).toEqual([begun, item(1, 1), item(2, 2), end(3)]);
    expect(peer.connection.pending).toBe(0);
  });

  it('need credit, with a hint', async () => {
    const [answer] = await rawPeer(server().rpc as never).ask(open('endless'));
    expect(answer).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: { code: -32600, message: expect.stringContaining('"meta": {"credit": 64}') },
    });
  });

  it('are refused in a batch and as notifications', async () => {
    const peer = rawPeer(server().rpc as never);
    expect(await peer.ask([open('endless', 1)])).toEqual([
      [expect.objectContaining({ id: 1, error: expect.anything() })],
    ]);
    expect(await peer.ask({ ...open('endless', 1), id: undefined })).toEqual([]);
    expect(peer.connection.pending).toBe(0);
  });

  it('make no more than there is credit for', async () => {
    const { rpc, log } = server();
    const peer = rawPeer(rpc as never);
    expect(await peer.ask(open('endless', 2))).toEqual([begun, item(1, 1), item(2, 2)]);
    expect(log).toEqual(['made 1', 'made 2']);
    expect(await peer.ask(credit(1))).toEqual([item(3, 3)]);
    for (const nonsense of [0, -1, 1.5, '1', null]) expect(await peer.ask(credit(nonsense))).toEqual([]);
  });

  it('wait for a transport that is full', async () => {
    const { rpc, log } = server();
    const peer = rawPeer(rpc as never, { highWaterMark: 300 });
    peer.transport.pause();
    expect(await peer.ask(open('endless', 1000))).toEqual([]);
    const made = log.length;
    expect(made).toBeLessThan(10);
    await settled();
    expect(log).toHaveLength(made);
    peer.transport.resume();
    await settled();
    expect(log.length).toBeGreaterThan(100);
  });

  it('are released when they are cancelled, while they wait for credit', async () => {
    const { rpc, log } = server();
    const peer = rawPeer(rpc as never);
    await peer.ask(open('endless', 1));
    expect(await peer.ask(cancel)).toEqual([failed(2, -32003)]);
    expect(log).toEqual(['made 1', 'aborted', 'released']);
    expect(peer.connection.pending).toBe(0);
  });

  it('are released when the connection is lost', async () => {
    const { rpc, log } = server();
    const peer = rawPeer(rpc as never);
    await peer.ask(open('endless', 1));
    peer.cut();
    await settled();
    expect(log).toEqual(['made 1', 'aborted', 'released']);
    expect(peer.connection.pending).toBe(0);
    expect(rpc.connections.size).toBe(0);
  });

  it('end with the error of their source, or with that of an item', async () => {
    const { rpc, errors } = server();
    const peer = rawPeer(rpc as never);
    expect(await peer.ask(open('broken', 5))).toEqual([begun, item(1, 1), failed(2, 9)]);
    const came = await peer.ask(open('count', 20, { to: 14 }));
    expect(came.slice(-2)).toEqual([item(12, 12), failed(13, -32603)]);
    expect(errors).toHaveLength(1);
    expect(peer.connection.pending).toBe(0);
  });

  it('have an id of their own', async () => {
    const peer = rawPeer(server().rpc as never);
    await peer.ask(open('endless', 1));
    expect(await peer.ask(open('endless', 1))).toEqual([
      expect.objectContaining({ id: 1, error: expect.anything() }),
    ]);
  });
});

describe('streams at the caller', () => {
  it('give every item once, in order', async () => {
    const client = linkedClient(api, server().rpc as never);
    const items: unknown[] = [];
    for await (const value of client.call.count({ to: 12 })) items.push(value);
    expect(items).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(client.caller.pending).toBe(0);
    await settled();
    expect(client.connection.pending).toBe(0);
  });

  it('stop the source while nobody reads', async () => {
    const { rpc, log } = server();
    const client = linkedClient(api, rpc as never);
    const iterator = client.call.endless(undefined, { credit: 4 })[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    await settled();
    expect(log).toHaveLength(4);
    await iterator.next();
    await settled();
    expect(log).toHaveLength(6);
    await iterator.return?.();
    await settled();
    expect(log.slice(-2)).toEqual(['aborted', 'released']);
    expect(client.connection.pending).toBe(0);
  });

  it('send nothing before they are read', async () => {
    const { rpc, log } = server();
    const client = linkedClient(api, rpc as never);
    client.call.endless();
    await settled();
    expect(log).toEqual([]);
    expect(client.caller.pending).toBe(0);
  });

  it('tell an error behind the items that came before it', async () => {
    const client = linkedClient(api, server().rpc as never);
    const iterator = client.call.broken()[Symbol.asyncIterator]();
    await settled();
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    await expect(iterator.next()).rejects.toMatchObject({ code: 9, message: 'broken' });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('end when they are aborted', async () => {
    const { rpc, log } = server();
    const client = linkedClient(api, rpc as never);
    const controller = new AbortController();
    const iterator = client.call.endless(undefined, { signal: controller.signal })[Symbol.asyncIterator]();
    await iterator.next();
    controller.abort(new Error('enough'));
    await expect(iterator.next()).rejects.toThrow('enough');
    await settled();
    expect(log).toContain('released');
    expect(client.caller.pending).toBe(0);
  });

  it('end with "unknown outcome" when the connection is lost', async () => {
    const client = linkedClient(api, server().rpc as never);
    const iterator = client.call.endless(undefined, { credit: 1 })[Symbol.asyncIterator]();
    await iterator.next();
    client.cut();
    await expect(
      (async () => {
        for (;;) await iterator.next();
      })(),
    ).rejects.toMatchObject({ code: 'RPC_ERR_UNKNOWN_OUTCOME' });
    expect(client.caller.pending).toBe(0);
  });

  it('refuse credit that is none', () => {
    const client = linkedClient(api, server().rpc as never);
    for (const nonsense of [0, -1, 0.5, Number.NaN]) {
      expect(() => client.call.endless(undefined, { credit: nonsense })).toThrow('positive integer');
    }
  });
});
