import { describe, expect, it } from 'vitest';
import { call, contract, query } from '../../../src/rpc/contract/contract.js';
import { schema, unchecked } from '../../../src/rpc/contract/schema.js';
import { answerCalls } from '../../../src/rpc/server/answer-calls.js';
import { rpcServer } from '../../../src/rpc/server/rpc-server.js';
import { ManualClock } from '../../../src/testing/index.js';
import { linkedClient, rawPeer, settled } from '../linked-rpc.js';

const api = contract({
  wait: call({ output: unchecked<string>() }),
  ask: call({ input: unchecked<{ question: string }>(), output: unchecked<string>() }),
  user: query({ output: schema((value) => ({ name: (value as { name: string }).name })) }),
  wrong: query({
    output: schema((value) => {
      if (typeof value !== 'number') throw new Error('a number');
      return value;
    }),
  }),
});

const clientApi = contract({
  confirm: call({ input: unchecked<{ question: string }>(), output: unchecked<boolean>() }),
});

function server(options: object = {}) {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const log: string[] = [];
  const waiting: ((value: string) => void)[] = [];
  const rpc = rpcServer(
    api,
    {
      wait: (_, { signal }) =>
        new Promise<string>((resolve, reject) => {
          waiting.push(resolve);
          signal.addEventListener('abort', () => {
            log.push((signal.reason as Error).message);
            reject(signal.reason);
          });
        }),
      ask: async ({ question }, { client }) => ((await client.confirm({ question })) ? 'yes' : 'no'),
      user: () => ({ name: 'Ada', password: 'x' }),
      wrong: () => 'a string' as never,
    },
    { clock, calls: clientApi, onError: (error: unknown) => errors.push(error), ...options },
  );
  return { rpc, clock, errors, log, waiting };
}

const request = (method: string, meta?: object, id: unknown = 1) => ({ jsonrpc: '2.0', method, id, meta });
const failure = (code: number, id: unknown = 1) => ({
  jsonrpc: '2.0',
  id,
  error: expect.objectContaining({ code }),
});

describe('a call', () => {
  it('has its result as the contract has it, so that nothing else gets out', async () => {
    const peer = rawPeer(server().rpc as never);
    expect(await peer.ask(request('user'))).toEqual([{ jsonrpc: '2.0', result: { name: 'Ada' }, id: 1 }]);
  });

  it('whose result breaks the contract is an internal error', async () => {
    const { rpc, errors } = server();
    expect(await rawPeer(rpc as never).ask(request('wrong'))).toEqual([failure(-32603)]);
    expect(errors).toEqual([expect.objectContaining({ name: 'SchemaError', message: 'a number' })]);
  });

  it('is given up at its deadline, and its handler told', async () => {
    const { rpc, clock, log } = server();
    const peer = rawPeer(rpc as never);
    await peer.ask(request('wait', { timeout: 100 }));
    clock.advance(99);
    await settled();
    expect(peer.take()).toEqual([]);
    clock.advance(1);
    await settled();
    expect(peer.take()).toEqual([failure(-32004)]);
    expect(log).toEqual(['Deadline exceeded']);
    expect(peer.connection.pending).toBe(0);
  });

  it('without time is not carried out', async () => {
    const { rpc, waiting } = server();
    expect(await rawPeer(rpc as never).ask(request('wait', { timeout: 0 }))).toEqual([failure(-32004)]);
    expect(waiting).toEqual([]);
  });

  it('has no longer than the server allows', async () => {
    const { rpc, clock } = server({ maxTimeout: 50 });
    const peer = rawPeer(rpc as never);
    await peer.ask(request('wait', { timeout: 1e9 }));
    clock.advance(50);
    await settled();
    expect(peer.take()).toEqual([failure(-32004)]);
  });

  it('is cancelled', async () => {
    const { rpc, log } = server();
    const peer = rawPeer(rpc as never);
    await peer.ask(request('wait'));
    expect(await peer.ask({ jsonrpc: '2.0', method: 'rpc.cancel', params: { id: 1 } })).toEqual([
      failure(-32003),
    ]);
    expect(log).toEqual(['Cancelled']);
    expect(await peer.ask({ jsonrpc: '2.0', method: 'rpc.cancel', params: { id: 1 } })).toEqual([]);
    expect(await peer.ask({ jsonrpc: '2.0', method: 'rpc.cancel', params: {} })).toEqual([]);
  });

  it('is given up when the connection is lost', async () => {
    const { rpc, log, errors } = server();
    const peer = rawPeer(rpc as never);
    await peer.ask(request('wait'));
    peer.cut();
    await settled();
    expect(log).toEqual(['The connection was lost']);
    expect(errors).toEqual([]);
    expect(peer.connection.pending).toBe(0);
  });

  it('has an id that no other has', async () => {
    const peer = rawPeer(server().rpc as never);
    await peer.ask(request('wait'));
    expect(await peer.ask(request('wait'))).toEqual([failure(-32600)]);
    expect(await peer.ask(request('user', undefined, '1'))).toHaveLength(1);
  });

  it('is refused beyond the limit, and counts until its handler is done', async () => {
    const { rpc, waiting } = server({ maxConcurrentCalls: 2 });
    const peer = rawPeer(rpc as never);
    await peer.ask(request('wait', undefined, 1));
    await peer.ask(request('wait', undefined, 2));
    expect(await peer.ask(request('user', undefined, 3))).toEqual([failure(-32005, 3)]);
    expect(await peer.ask({ method: 'user' })).toEqual([
      { method: 'user', error: expect.objectContaining({ code: -32005 }) },
    ]);
    waiting[0]?.('done');
    await settled();
    expect(peer.take()).toEqual([{ jsonrpc: '2.0', result: 'done', id: 1 }]);
    expect(await peer.ask(request('user', undefined, 3))).toHaveLength(1);
  });

  it('in a batch that was cancelled leaves the others their answer', async () => {
    const peer = rawPeer(server().rpc as never);
    await peer.ask([request('wait', undefined, 1), request('user', undefined, 2)]);
    const [answers] = await peer.ask({ jsonrpc: '2.0', method: 'rpc.cancel', params: { id: 1 } });
    expect(answers).toEqual([{ jsonrpc: '2.0', result: { name: 'Ada' }, id: 2 }, failure(-32003)]);
  });
});

describe('a caller', () => {
  it('gives up at its timeout and tells the server', async () => {
    const { rpc, clock, log } = server();
    const client = linkedClient(api, rpc as never, { clock });
    const answer = client.call.wait(undefined, { timeout: 100 });
    await settled();
    clock.advance(100);
    await expect(answer).rejects.toMatchObject({ code: 'RPC_ERR_TIMEOUT', wasSent: true });
    await settled();
    expect(log).toHaveLength(1);
    expect(client.caller.pending).toBe(0);
    expect(client.clock.pending).toBe(0);
  });

  it('gives up when it is aborted, with the reason', async () => {
    const { rpc, log } = server();
    const client = linkedClient(api, rpc as never);
    const controller = new AbortController();
    const answer = client.call.wait(undefined, { signal: controller.signal });
    await settled();
    controller.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
    await settled();
    expect(log).toEqual(['Cancelled']);
    await expect(client.call.user(undefined, { signal: controller.signal })).rejects.toThrow('enough');
  });

  it('does not know what became of a call when the connection was lost', async () => {
    const { rpc } = server();
    const client = linkedClient(api, rpc as never);
    const answer = client.call.wait();
    await settled();
    client.cut();
    await expect(answer).rejects.toMatchObject({
      name: 'UnknownOutcomeError',
      code: 'RPC_ERR_UNKNOWN_OUTCOME',
    });
    await expect(client.call.user()).rejects.toMatchObject({ name: 'NotSentError', code: 'RPC_ERR_CLOSED' });
  });

  it('refuses parameters that are no structure, and those that JSON cannot hold', async () => {
    const client = linkedClient(api, server().rpc as never);
    await expect(client.call.ask('x' as never)).rejects.toMatchObject({ code: 'RPC_ERR_INVALID_ARGUMENT' });
    await expect(client.call.ask({ question: 1n } as never)).rejects.toMatchObject({
      code: 'RPC_ERR_INVALID_ARGUMENT',
    });
    expect(client.caller.pending).toBe(0);
  });

  it('refuses a result that breaks the contract', async () => {
    const strict = contract({
      user: query({
        output: schema(() => {
          throw new Error('never right');
        }),
      }),
    });
    const client = linkedClient(strict, server().rpc as never);
    await expect(client.call.user()).rejects.toMatchObject({ code: 'RPC_ERR_INVALID_ANSWER' });
  });
});

describe('a server that calls its client', () => {
  it('gets the answer of its handler', async () => {
    const answers = answerCalls(clientApi, { confirm: ({ question }) => question === 'sure?' });
    const client = linkedClient(api, server().rpc as never, { answers });
    expect(await client.call.ask({ question: 'sure?' })).toBe('yes');
    expect(await client.call.ask({ question: 'really?' })).toBe('no');
  });

  it('does not pass the error of one peer on to another', async () => {
    const { rpc, errors } = server();
    const client = linkedClient(api, rpc as never);
    await expect(client.call.ask({ question: '' })).rejects.toMatchObject({ code: -32603 });
    expect(errors).toEqual([expect.objectContaining({ name: 'RemoteError', code: -32601 })]);
  });
});
