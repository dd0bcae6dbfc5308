/** Errors of handlers, sources and hooks that must not end the process, nor keep others from their answers. */

import { describe, expect, it } from 'vitest';
import { call, contract, stream } from '../../../src/rpc/contract/contract.js';
import { unchecked } from '../../../src/rpc/contract/schema.js';
import { logCalls } from '../../../src/rpc/server/middleware.js';
import { rpcServer } from '../../../src/rpc/server/rpc-server.js';
import { RpcError } from '../../../src/rpc/wire/error-object.js';
import { failure, rawPeer, request } from '../linked-rpc.js';
import { processErrors } from '../process-errors.js';

const api = contract({
  bad: call({ output: unchecked<number>() }),
  good: call({ output: unchecked<number>() }),
});
const streams = contract({ items: stream({ item: unchecked<number>() }) });

/** No JSON. */
const unspeakable = () => new RpcError(1, 'a number', { number: 1n });

function peerOf(bad: () => number, options: object = {}) {
  return rawPeer(rpcServer(api, { bad, good: () => 1 }, options) as never);
}

/** A server whose stream has this iterator. */
function streamServer(iterator: () => object) {
  const source = { [Symbol.asyncIterator]: iterator } as AsyncIterable<number>;
  return rpcServer(streams, { items: () => source });
}

const open = request('items', { meta: { credit: 5 } });
const endless = () => new Promise<never>(() => undefined);
const boom = () => {
  throw new Error('boom');
};

describe('an error whose data cannot be JSON', () => {
  const bad = () => {
    throw unspeakable();
  };

  it('is an internal error', async () => {
    let answers: unknown[] = [];
    const errors = await processErrors(async () => {
      answers = await peerOf(bad).ask(request('bad'));
    });
    expect({ errors, answers }).toEqual({ errors: [], answers: [failure(-32603)] });
  });

  it('does not keep later calls that were typed by hand from their answers', async () => {
    const peer = peerOf(bad);
    let answers: unknown[] = [];
    const errors = await processErrors(async () => {
      await peer.ask({ method: 'bad' });
      answers = await peer.ask({ method: 'good' });
    });
    expect({ errors, answers }).toEqual({ errors: [], answers: [{ method: 'good', result: 1 }] });
  });

  it('does not keep the rest of its batch from an answer', async () => {
    let answers: unknown[] = [];
    const errors = await processErrors(async () => {
      answers = await peerOf(bad).ask([request('bad'), request('good', { id: 2 })]);
    });
    expect(errors).toEqual([]);
    expect(answers).toEqual([
      expect.arrayContaining([failure(-32603), { jsonrpc: '2.0', result: 1, id: 2 }]),
    ]);
  });

  it('ends a stream', async () => {
    const rpc = rpcServer(streams, {
      items: async function* () {
        yield 1;
        throw unspeakable();
      },
    });
    let answers: unknown[] = [];
    const errors = await processErrors(async () => {
      answers = await rawPeer(rpc as never).ask(open);
    });
    expect(errors).toEqual([]);
    expect(answers.at(-1)).toMatchObject({ method: 'rpc.stream.error', params: { error: { code: -32603 } } });
  });
});

describe('a refusal of a token whose data cannot be JSON', () => {
  it('is an internal error, and the next token is looked at', async () => {
    const verify = () => {
      throw unspeakable();
    };
    const peer = rawPeer(rpcServer(contract({}), {}, { authentication: { verify } }) as never);
    const token = (id: number) => request('rpc.auth', { id, params: { token: 'x' } });
    const answers: unknown[] = [];
    const errors = await processErrors(async () => {
      for (const id of [1, 2]) answers.push(...(await peer.ask(token(id))));
    });
    expect({ errors, answers }).toEqual({ errors: [], answers: [failure(-32603), failure(-32603, 2)] });
  });
});

describe('an error that throws when it is looked at', () => {
  it('is how a cancelled call ends, and is remembered', async () => {
    class Strange {
      get name(): string {
        throw new Error('boo');
      }
    }
    const api = contract({ wait: call({ output: unchecked<number>(), idempotent: true }) });
    const rpc = rpcServer(api, {
      wait: (_, { signal }) =>
        new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Strange()))),
    });
    const wait = (meta: object = {}) =>
      request('wait', { meta: { idempotencyKey: 'k'.repeat(16), ...meta } });
    const peer = rawPeer(rpc as never);
    let answers: unknown[] = [];
    const errors = await processErrors(async () => {
      await peer.ask(wait());
      await peer.ask(request('rpc.cancel', { id: 2, params: { id: 1 } }));
      answers = await rawPeer(rpc as never).ask(wait({ age: 1 }));
    });
    expect({ errors, answers }).toEqual({ errors: [], answers: [failure(-32603)] });
    expect(peer.connection.pending).toBe(0);
  });
});

describe('a source of a stream', () => {
  it('that throws when it is asked for its iterator is an internal error', async () => {
    const peer = rawPeer(streamServer(boom) as never);
    let answers: unknown[] = [];
    const errors = await processErrors(async () => {
      answers = await peer.ask(open);
    });
    expect({ errors, answers }).toEqual({ errors: [], answers: [failure(-32603)] });
  });

  it('that fails, and throws when it is released', async () => {
    const fail = () => Promise.reject(new Error('broken'));
    const peer = rawPeer(streamServer(() => ({ next: fail, return: boom })) as never);
    let answers: unknown[] = [];
    const errors = await processErrors(async () => {
      answers = await peer.ask(open);
    });
    expect(errors).toEqual([]);
    expect(answers.at(-1)).toMatchObject({ method: 'rpc.stream.error' });
  });

  describe.each([
    ['gives no promise', () => ({ done: true, value: undefined })],
    ['throws', boom],
  ])('whose return() %s', (_, release) => {
    it('ends when the connection is lost', async () => {
      const rpc = streamServer(() => ({ next: endless, return: release }));
      const peer = rawPeer(rpc as never);
      const errors = await processErrors(async () => {
        await peer.ask(open);
        expect(() => peer.cut()).not.toThrow();
      });
      expect({ errors, open: rpc.connections.size }).toEqual({ errors: [], open: 0 });
    });

    it('ends when it is cancelled', async () => {
      const peer = rawPeer(streamServer(() => ({ next: endless, return: release })) as never);
      let answers: unknown[] = [];
      const errors = await processErrors(async () => {
        await peer.ask(open);
        answers = await peer.ask(request('rpc.cancel', { id: 2, params: { id: 1 } }));
      });
      expect(errors).toEqual([]);
      expect(answers).toEqual([
        expect.objectContaining({ method: 'rpc.stream.error' }),
        { jsonrpc: '2.0', result: null, id: 2 },
      ]);
    });
  });
});

describe('a hook', () => {
  it('onError may reject', async () => {
    const onError = async () => boom();
    let answers: unknown[] = [];
    const errors = await processErrors(async () => {
      answers = await peerOf(boom, { onError }).ask(request('bad'));
    });
    expect({ errors, answers }).toEqual({ errors: [], answers: [failure(-32603)] });
  });

  it('logCalls may fail: a call that succeeded has succeeded', async () => {
    const peer = peerOf(boom, { middleware: [logCalls(boom)] });
    expect(await peer.ask(request('good'))).toEqual([{ jsonrpc: '2.0', result: 1, id: 1 }]);
  });
});
