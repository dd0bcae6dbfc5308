/** Calls that are over before they are carried out, and schemas and times that are unlike others. */

import { describe, expect, it } from 'vitest';
import { call, contract } from '../../../src/rpc/contract/contract.js';
import { type Schema, unchecked } from '../../../src/rpc/contract/schema.js';
import { rpcServer } from '../../../src/rpc/server/rpc-server.js';
import { ManualClock } from '../../../src/testing/index.js';
import { failure, gate, rawPeer, request, settled } from '../linked-rpc.js';

function schemaOf(validate: (value: unknown) => unknown): Schema<object> {
  return { '~standard': { version: 1, vendor: 'test', validate: validate as never } };
}

/** A server whose parameters are checked when the gate opens. */
function server() {
  const { opened, open } = gate();
  const clock = new ManualClock();
  const input = schemaOf(async (value) => {
    await opened;
    return { value };
  });
  let runs = 0;
  const count = () => {
    runs++;
  };
  const rpc = rpcServer(contract({ count: call({ input }) }), { count }, { clock });
  return {
    clock,
    open,
    peer: rawPeer(rpc as never),
    get runs() {
      return runs;
    },
  };
}

const count = (meta?: object) => request('count', { params: {}, meta });

describe('a call whose parameters are still being checked', () => {
  it('is not carried out when it is cancelled', async () => {
    const started = server();
    const { peer } = started;
    await peer.ask(count());
    expect(await peer.ask(request('rpc.cancel', { id: 2, params: { id: 1 } }))).toEqual([
      failure(-32003),
      { jsonrpc: '2.0', result: null, id: 2 },
    ]);
    started.open();
    await settled();
    expect([started.runs, peer.take(), peer.connection.pending]).toEqual([0, [], 0]);
  });

  it('is not carried out behind its deadline', async () => {
    const started = server();
    const { peer, clock } = started;
    await peer.ask(count({ timeout: 10 }));
    clock.advance(10);
    started.open();
    await settled();
    expect(started.runs).toBe(0);
    expect(peer.take()).toEqual([failure(-32004)]);
  });

  it('is not carried out when its connection is lost', async () => {
    const started = server();
    const { peer } = started;
    await peer.ask(count());
    peer.cut();
    started.open();
    await settled();
    expect([started.runs, peer.connection.pending]).toEqual([0, 0]);
  });
});

it('a schema may give anything that has then()', async () => {
  const refusal = { issues: [{ message: 'no' }] };
  // biome-ignore lint/suspicious/noThenProperty: that is what this is about
  const input = schemaOf(() => ({ then: (resolve: (result: unknown) => void) => resolve(refusal) }));
  const rpc = rpcServer(contract({ run: call({ input, output: unchecked<string>() }) }), {
    run: () => 'was carried out',
  });
  expect(await rawPeer(rpc as never).ask(request('run', { params: {} }))).toEqual([failure(-32602)]);
});

it('a call may have longer than a timer of the platform', async () => {
  /** Delays beyond 31 bits end at once, as those of `setTimeout` do. */
  class PlatformClock extends ManualClock {
    override setTimeout(callback: () => void, delay: number): unknown {
      return super.setTimeout(callback, delay > 2 ** 31 - 1 ? 1 : delay);
    }
  }
  const clock = new PlatformClock();
  const { opened, open } = gate();
  const api = contract({ wait: call() });
  const rpc = rpcServer(api, { wait: () => opened }, { clock, maxTimeout: Number.POSITIVE_INFINITY });
  const peer = rawPeer(rpc as never);
  peer.send(request('wait', { meta: { timeout: 2 ** 32 } }));
  await settled();
  clock.advance(2 ** 32 - 1);
  await settled();
  expect(peer.take()).toEqual([]);
  open();
  await settled();
  expect(peer.take()).toEqual([{ jsonrpc: '2.0', result: null, id: 1 }]);
  expect(clock.pending).toBe(0);
});

describe('a handler that closes its connection', () => {
  const api = contract({ leave: call(), pay: call(), wait: call() });

  it('is given up, also where it has not waited for anything yet', async () => {
    const seen: boolean[] = [];
    const rpc = rpcServer(api, {
      leave: async (_, { connection, signal }) => {
        signal.addEventListener('abort', () => seen.push(signal.aborted));
        connection.close();
        await new Promise(() => undefined);
      },
      pay: () => undefined,
      wait: () => undefined,
    });
    const peer = rawPeer(rpc as never);
    expect(await peer.ask(request('leave'))).toEqual([]);
    expect(seen).toEqual([true]);
  });

  it('leaves the rest of its batch undone', async () => {
    const begun: string[] = [];
    const rpc = rpcServer(api, {
      leave: (_, { connection }) => connection.close(4403, 'banned'),
      pay: () => void begun.push('pay'),
      wait: () => {
        begun.push('wait');
        return new Promise<never>(() => undefined);
      },
    });
    const peer = rawPeer(rpc as never);
    await peer.ask([request('leave'), request('pay', { id: 2 }), request('wait', { id: 3 })]);
    expect([begun, peer.connection.pending]).toEqual([[], 0]);
    expect(peer.closes).toEqual([{ code: 4403, reason: 'banned' }]);
  });
});
