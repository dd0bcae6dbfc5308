import { describe, expect, it } from 'vitest';
import { call, contract } from '../../../src/rpc/contract/contract.js';
import { schema, unchecked } from '../../../src/rpc/contract/schema.js';
import type { Middleware } from '../../../src/rpc/server/call.js';
import { authorize, type CallRecord, logCalls, rateLimit } from '../../../src/rpc/server/middleware.js';
import { rpcServer } from '../../../src/rpc/server/rpc-server.js';
import { ManualClock } from '../../../src/testing/index.js';
import { rawPeer } from '../linked-rpc.js';

const api = contract({
  work: call({
    input: schema((value) => {
      if (value === undefined) throw new Error('something');
      return value as object;
    }),
    output: unchecked<string>(),
  }),
  fail: call(),
});

function peerWith(middleware: Middleware<never>[], clock = new ManualClock()) {
  const handlers = {
    work: () => 'done',
    fail: () => {
      throw new Error('secret');
    },
  };
  return rawPeer(rpcServer(api, handlers, { clock, middleware: middleware as never }) as never);
}

const request = (method: string, params: unknown = {}) => ({ jsonrpc: '2.0', method, params, id: 1 });
const failure = (code: number) => ({ jsonrpc: '2.0', id: 1, error: expect.objectContaining({ code }) });

describe('middleware', () => {
  it('stands around the call, the first outermost, and may change the result', async () => {
    const order: string[] = [];
    const around =
      (name: string): Middleware<never> =>
      async (_, next) => {
        order.push(`${name} before`);
        const result = await next();
        order.push(`${name} after`);
        return `${result} ${name}`;
      };
    const peer = peerWith([around('a'), around('b')]);
    expect(await peer.ask(request('work'))).toEqual([{ jsonrpc: '2.0', result: 'done b a', id: 1 }]);
    expect(order).toEqual(['a before', 'b before', 'b after', 'a after']);
  });

  it('sees calls before the contract is applied', async () => {
    const seen: unknown[] = [];
    const peer = peerWith([
      (call, next) => {
        seen.push(call.params);
        return next();
      },
    ]);
    await peer.ask({ jsonrpc: '2.0', method: 'work', id: 1 });
    expect(seen).toEqual([undefined]);
  });
});

describe('logCalls', () => {
  it('tells of calls that succeed and of those that do not', async () => {
    const records: CallRecord[] = [];
    const peer = peerWith([logCalls((record) => records.push(record), new ManualClock())]);
    await peer.ask(request('work'));
    await peer.ask({ jsonrpc: '2.0', method: 'work', id: 1 });
    await peer.ask(request('fail'));
    expect(records.map(({ method, errorCode }) => [method, errorCode])).toEqual([
      ['work', undefined],
      ['work', -32602],
      ['fail', -32603],
    ]);
  });
});

describe('authorize', () => {
  it('lets through what it is told to', async () => {
    const peer = peerWith([authorize(({ method }) => method === 'work')]);
    expect(await peer.ask(request('work'))).toEqual([{ jsonrpc: '2.0', result: 'done', id: 1 }]);
    expect(await peer.ask(request('fail'))).toEqual([failure(-32002)]);
  });
});

describe('rateLimit', () => {
  it('refuses more than so many calls in a time, and says when to try', async () => {
    const clock = new ManualClock();
    const peer = peerWith([rateLimit({ calls: 2, per: 1000, clock })], clock);
    await peer.ask(request('work'));
    await peer.ask(request('work'));
    expect(await peer.ask(request('work'))).toEqual([
      {
        jsonrpc: '2.0',
        id: 1,
        error: { code: -32005, message: 'Too many calls', data: { retryAfter: 500 } },
      },
    ]);
    clock.advance(500);
    expect(await peer.ask(request('work'))).toEqual([{ jsonrpc: '2.0', result: 'done', id: 1 }]);
    expect(await peer.ask(request('work'))).toEqual([failure(-32005)]);
  });
});
