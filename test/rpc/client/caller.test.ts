import { describe, expect, it } from 'vitest';
import { Caller, type CallerOptions } from '../../../src/rpc/client/caller.js';
import { call, contract } from '../../../src/rpc/contract/contract.js';
import { unchecked } from '../../../src/rpc/contract/schema.js';
import { Endpoint } from '../../../src/rpc/endpoint.js';
import { directLink } from '../../../src/rpc/server/direct-link.js';
import { rpcServer } from '../../../src/rpc/server/rpc-server.js';
import { ManualClock } from '../../../src/testing/index.js';
import { NotSentError } from '../../../src/transport/errors.js';
import { gate, linkedClient, settled, settlement } from '../linked-rpc.js';

/** A calling half whose texts are kept, and an end that a test feeds. */
function caller(options: CallerOptions = {}) {
  const clock = new ManualClock();
  const sent: string[] = [];
  const state = { isOpen: true };
  const send = (text: string) => {
    sent.push(text);
  };
  const caller = new Caller(directLink({ isOpen: () => state.isOpen, send }), { clock, ...options });
  const limits = { maxDepth: 64, maxBatch: 100, plainCalls: false };
  const endpoint = new Endpoint({ caller, limits, send });
  return {
    caller,
    clock,
    state,
    /** What was sent, parsed. */
    sent: () => sent.map((text) => JSON.parse(text)),
    receive: (message: object) => endpoint.receive(JSON.stringify({ jsonrpc: '2.0', ...message })),
  };
}

const item = (seq: number, value: unknown) => ({
  method: 'rpc.stream.item',
  params: { id: 1, seq, item: value },
});

describe('Caller', () => {
  it('gives each call an id of its own, and answers to whoever waits for them', async () => {
    const { caller: calls, sent, receive } = caller();
    const answers = Promise.all([calls.call('a', undefined), calls.call('b', { x: 1 })]);
    expect(sent()).toEqual([
      { jsonrpc: '2.0', method: 'a', id: 1, meta: { timeout: 30_000 } },
      { jsonrpc: '2.0', method: 'b', params: { x: 1 }, id: 2, meta: { timeout: 30_000 } },
    ]);
    receive({ id: 2, result: 'second' });
    receive({ id: '1', result: 'not this one' });
    receive({ id: 1, result: 'first' });
    receive({ id: 1, result: 'again' });
    expect(await answers).toEqual(['first', 'second']);
    expect(calls.pending).toBe(0);
  });

  it('rejects with the error that came', async () => {
    const { caller: calls, receive } = caller();
    const answer = calls.call('a', undefined);
    receive({ id: 1, error: { code: 7, message: 'Not today', data: [1] } });
    await expect(answer).rejects.toMatchObject({ name: 'RemoteError', code: 7, data: [1] });
  });

  it('sends no meta where the server does not want it, and no key then', () => {
    const { caller: calls, sent } = caller({ metadata: false });
    calls.call('a', undefined, {}, { retry: 'key' }).catch(() => undefined);
    expect(sent()).toEqual([{ jsonrpc: '2.0', method: 'a', id: 1 }]);
  });

  it('sends notifications without an id, and rejects where that cannot be', async () => {
    const { caller: calls, sent, state } = caller();
    await calls.notify('note', [1]);
    expect(sent()).toEqual([{ jsonrpc: '2.0', method: 'note', params: [1] }]);
    await expect(calls.notify('note', 5)).rejects.toMatchObject({ code: 'RPC_ERR_INVALID_ARGUMENT' });
    state.isOpen = false;
    await expect(calls.notify('note', [1])).rejects.toMatchObject({ code: 'RPC_ERR_CLOSED' });
  });

  it('fails what is under way when there is no connection any more', async () => {
    const { caller: calls } = caller();
    const answer = settlement(calls.call('a', undefined));
    calls.lost();
    calls.close(new NotSentError('RPC_ERR_CLOSED'));
    await settled();
    expect(answer.error).toMatchObject({ code: 'RPC_ERR_UNKNOWN_OUTCOME' });
    expect(calls.pending).toBe(0);
  });

  it.each([[{ error: { code: 'E', message: 'x' } }], [{ result: 1, error: null }], [{}]])(
    'fails a call at once whose answer has %j',
    async (answer) => {
      const { caller: calls, receive, clock } = caller();
      const outcome = settlement(calls.call('a', undefined, { timeout: Number.POSITIVE_INFINITY }));
      receive({ id: 1, ...answer });
      await settled();
      expect(outcome.error).toMatchObject({ code: 'RPC_ERR_INVALID_ANSWER' });
      expect([calls.pending, clock.pending]).toEqual([0, 0]);
    },
  );

  it('ends a stream whose method is none', async () => {
    const { caller: calls, receive } = caller();
    const next = settlement(calls.stream('a', undefined)[Symbol.asyncIterator]().next());
    receive({ id: 1, result: 5 });
    await settled();
    expect(next.error).toBeInstanceOf(Error);
    expect(calls.pending).toBe(0);
  });

  it('ends a stream that has a gap', async () => {
    const { caller: calls, receive } = caller();
    const iterator = calls.stream('a', undefined)[Symbol.asyncIterator]();
    const first = iterator.next();
    receive({ id: 1, result: { stream: true } });
    receive(item(1, 'one'));
    receive(item(3, 'three'));
    expect(await first).toEqual({ done: false, value: 'one' });
    await expect(iterator.next()).rejects.toMatchObject({ code: 'RPC_ERR_INVALID_STREAM' });
    expect(calls.pending).toBe(0);
  });
});

describe('a call to a server of hawser', () => {
  const api = contract({
    ask: call({ input: unchecked<object | undefined>(), output: unchecked<unknown>() }),
  });
  const deep = () => {
    let value = {};
    for (let depth = 0; depth < 70; depth++) value = { value };
    return value;
  };

  it('may take longer than the server has by default', async () => {
    const clock = new ManualClock();
    const { opened, open } = gate();
    const ask = async () => {
      await opened;
      return 1;
    };
    const client = linkedClient(api, rpcServer(api, { ask }, { clock }) as never, { clock });
    const answer = client.call.ask(undefined, { timeout: Number.POSITIVE_INFINITY });
    await settled();
    clock.advance(31_000);
    await settled();
    open();
    expect(await answer).toBe(1);
  });

  it('fails at once when the server refuses its parameters for their depth', async () => {
    const client = linkedClient(api, rpcServer(api, { ask: () => 1 }) as never);
    await expect(client.call.ask(deep())).rejects.toMatchObject({ code: -32600 });
    expect(client.caller.pending).toBe(0);
  });

  it('fails at once when its result is too deep for the client', async () => {
    const client = linkedClient(api, rpcServer(api, { ask: deep }) as never);
    await expect(client.call.ask(undefined)).rejects.toMatchObject({ code: 'RPC_ERR_INVALID_ANSWER' });
    expect(client.caller.pending).toBe(0);
  });
});
