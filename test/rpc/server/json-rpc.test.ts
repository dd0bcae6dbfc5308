import { describe, expect, it } from 'vitest';
import { call, contract, notification, query, stream } from '../../../src/rpc/contract/contract.js';
import { schema, unchecked } from '../../../src/rpc/contract/schema.js';
import { rpcServer } from '../../../src/rpc/server/rpc-server.js';
import { RpcError } from '../../../src/rpc/wire/error-object.js';
import { rawPeer } from '../linked-rpc.js';

const numbers = schema((value) => {
  const { a, b } = (value ?? {}) as { a: number; b: number };
  if (typeof a !== 'number' || typeof b !== 'number') throw new Error('a and b are numbers');
  return { a, b };
});

const api = contract({
  subtract: call({ input: numbers, output: unchecked<number>(), positional: ['a', 'b'] }),
  getData: query({ output: unchecked<unknown[]>() }),
  fail: call(),
  refuse: call(),
  nothing: call(),
  update: notification({ input: unchecked<number[]>() }),
  count: stream({ item: unchecked<number>() }),
});

function server(options: Parameters<typeof rpcServer>[2] = {}) {
  const errors: unknown[] = [];
  const updates: unknown[] = [];
  const rpc = rpcServer(
    api,
    {
      subtract: ({ a, b }) => a - b,
      getData: () => ['hello', 5],
      fail: () => {
        throw new Error('a secret');
      },
      refuse: () => {
        throw new RpcError(7, 'Not today', { until: 'tomorrow' });
      },
      nothing: () => undefined,
      update: (values) => updates.push(values),
      count: async function* () {
        yield 1;
      },
    },
    { onError: (error) => errors.push(error), ...(options as object) },
  );
  return { rpc, errors, updates };
}

const request = (method: string, params?: unknown, id: unknown = 1) => ({
  jsonrpc: '2.0',
  method,
  params,
  id,
});
const failure = (code: number, id: unknown = null) => ({
  jsonrpc: '2.0',
  error: expect.objectContaining({ code, message: expect.any(String) }),
  id,
});

describe('JSON-RPC 2.0', () => {
  /** The examples of the specification, section 7, on our methods. */
  it.each([
    ['by position', request('subtract', [42, 23]), { jsonrpc: '2.0', result: 19, id: 1 }],
    ['by name', request('subtract', { b: 23, a: 42 }, 3), { jsonrpc: '2.0', result: 19, id: 3 }],
    ['a string as id', request('subtract', [1, 1], 'x'), { jsonrpc: '2.0', result: 0, id: 'x' }],
    ['null as id', request('subtract', [1, 1], null), { jsonrpc: '2.0', result: 0, id: null }],
    ['a fraction as id', request('subtract', [1, 1], 0.5), { jsonrpc: '2.0', result: 0, id: 0.5 }],
    ['no result', request('nothing'), { jsonrpc: '2.0', result: null, id: 1 }],
    ['empty parameters', request('nothing', []), { jsonrpc: '2.0', result: null, id: 1 }],
    ['parameters that are not there', request('nothing', [1]), failure(-32602, 1)],
    ['an unknown method', request('foobar', undefined, '1'), failure(-32601, '1')],
    ['a name of Object', request('constructor'), failure(-32601, 1)],
    ['a reserved name', request('rpc.foobar'), failure(-32601, 1)],
    ['wrong parameters', request('subtract', { a: 'x' }), failure(-32602, 1)],
    ['too many parameters', request('subtract', [1, 2, 3]), failure(-32602, 1)],
    ['no JSON', '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]', failure(-32700)],
    ['no text', '', failure(-32700)],
    ['a method that is no string', { jsonrpc: '2.0', method: 1, params: 'bar' }, failure(-32600)],
    ['parameters that are no structure', request('subtract', 'bar'), failure(-32600, 1)],
    ['parameters that are null', request('subtract', null), failure(-32600, 1)],
    ['an id that is an object', request('subtract', [1, 1], {}), failure(-32600)],
    [
      'an id that no number holds',
      '{"jsonrpc":"2.0","method":"getData","id":9007199254740993}',
      failure(-32600),
    ],
    ['another version', { ...request('subtract', [1, 1]), jsonrpc: '1.0' }, failure(-32600, 1)],
    ['an empty batch', [], failure(-32600)],
    ['a number', '1', failure(-32600)],
    ['neither request nor response', { jsonrpc: '2.0', id: 4 }, failure(-32600, 4)],
  ])('answers %s', async (_, message, answer) => {
    const peer = rawPeer(server().rpc as never);
    expect(await peer.ask(message)).toEqual([answer]);
  });

  it('tells what is wrong with parameters', async () => {
    const peer = rawPeer(server().rpc as never);
    expect(await peer.ask(request('subtract', {}))).toEqual([
      {
        jsonrpc: '2.0',
        id: 1,
        error: {
          code: -32602,
          message: 'Invalid params: a and b are numbers',
          data: { issues: [{ path: '', message: 'a and b are numbers' }] },
        },
      },
    ]);
  });

  it('does not tell the caller why a handler failed, but the hook', async () => {
    const { rpc, errors } = server();
    const peer = rawPeer(rpc as never);
    expect(await peer.ask(request('fail'))).toEqual([
      { jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'Internal error' } },
    ]);
    expect(errors).toEqual([new Error('a secret')]);
  });

  it('gives an RpcError as it is, and does not tell the hook', async () => {
    const { rpc, errors } = server();
    expect(await rawPeer(rpc as never).ask(request('refuse'))).toEqual([
      { jsonrpc: '2.0', id: 1, error: { code: 7, message: 'Not today', data: { until: 'tomorrow' } } },
    ]);
    expect(errors).toEqual([]);
  });

  it('does not answer a notification, whatever becomes of it', async () => {
    const { rpc, updates } = server();
    const peer = rawPeer(rpc as never);
    const notify = (method: string, params?: unknown) => ({ jsonrpc: '2.0', method, params });
    expect(await peer.ask(notify('update', [1, 2]))).toEqual([]);
    expect(await peer.ask(notify('foobar'))).toEqual([]);
    expect(await peer.ask(notify('fail'))).toEqual([]);
    expect(await peer.ask(notify('subtract', [1, 'x']))).toEqual([]);
    expect(updates).toEqual([[1, 2]]);
  });

  it('answers a batch with a batch, without the notifications', async () => {
    const peer = rawPeer(server().rpc as never);
    const [answers] = (await peer.ask([
      request('subtract', [42, 23], '2'),
      { jsonrpc: '2.0', method: 'update', params: [7] },
      { foo: 'boo' },
      1,
      request('foo.get', { name: 'myself' }, '5'),
      request('getData', undefined, '9'),
    ])) as [unknown[]];
    expect(answers).toHaveLength(5);
    expect(answers).toEqual(
      expect.arrayContaining([
        { jsonrpc: '2.0', result: 19, id: '2' },
        failure(-32600),
        failure(-32601, '5'),
        { jsonrpc: '2.0', result: ['hello', 5], id: '9' },
      ]),
    );
  });

  it('answers nothing to a batch of notifications', async () => {
    const peer = rawPeer(server().rpc as never);
    const notify = { jsonrpc: '2.0', method: 'update', params: [1] };
    expect(await peer.ask([notify, notify])).toEqual([]);
  });

  it('refuses a batch with too many messages as a whole', async () => {
    const { rpc, updates } = server({ maxBatch: 2 });
    const notify = { jsonrpc: '2.0', method: 'update', params: [1] };
    expect(await rawPeer(rpc as never).ask([notify, notify, notify])).toEqual([failure(-32600)]);
    expect(updates).toEqual([]);
  });

  it('refuses JSON that is nested too deeply, and the key __proto__, however it is written', async () => {
    const peer = rawPeer(server({ maxDepth: 4 }).rpc as never);
    const nested = (depth: number) =>
      `{"jsonrpc":"2.0","id":1,"method":"update","params":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(await peer.ask(nested(3))).toEqual([{ jsonrpc: '2.0', result: null, id: 1 }]);
    expect(await peer.ask(nested(4))).toEqual([failure(-32600, 1)]);
    expect(await peer.ask(nested(100_000))).toEqual([failure(-32600, 1)]);
    for (const key of ['__proto__', '\\u005f_proto__']) {
      const text = `{"jsonrpc":"2.0","id":1,"method":"update","params":{"x":{"${key}":{}}}}`;
      expect(await peer.ask(text)).toEqual([failure(-32600, 1)]);
    }
  });

  it('closes for binary messages and for long ones', async () => {
    const { rpc } = server({ maxMessageLength: 100 });
    const long = rawPeer(rpc as never);
    await long.ask('x'.repeat(101));
    expect(long.closes).toEqual([{ code: 1009, reason: 'at most 100 characters' }]);
  });

  it('answers rpc.ping', async () => {
    expect(await rawPeer(server().rpc as never).ask(request('rpc.ping'))).toEqual([
      { jsonrpc: '2.0', result: null, id: 1 },
    ]);
  });

  it('ignores answers that nobody waits for', async () => {
    const peer = rawPeer(server().rpc as never);
    expect(await peer.ask({ jsonrpc: '2.0', result: 1, id: 1 })).toEqual([]);
    expect(await peer.ask({ jsonrpc: '2.0', error: { code: 1, message: '' }, id: null })).toEqual([]);
  });

  it('refuses meta that it does not understand, and ignores members that it does not know', async () => {
    const peer = rawPeer(server().rpc as never);
    for (const meta of [1, [], { timeout: -1 }, { credit: 0 }, { idempotencyKey: 'short' }, { age: 'old' }]) {
      expect(await peer.ask({ ...request('nothing'), meta })).toEqual([failure(-32600, 1)]);
    }
    expect(await peer.ask({ ...request('nothing'), meta: { other: 1 }, other: 2 })).toEqual([
      { jsonrpc: '2.0', result: null, id: 1 },
    ]);
  });

  it('knows JSON-RPC by the subprotocol', async () => {
    const peer = rawPeer(server().rpc as never, { subprotocol: 'jsonrpc-2.0' });
    expect(await peer.ask({ method: 'nothing', args: [] })).toEqual([failure(-32600)]);
  });
});

describe('calls that were typed by hand', () => {
  it('are answered by name, in order', async () => {
    const peer = rawPeer(server().rpc as never);
    peer.send({ method: 'subtract', args: [3, 1] });
    peer.send({ method: 'refuse', args: [] });
    peer.send({ method: 'getData' });
    expect(await peer.ask({ method: 'foobar', args: [] })).toEqual([
      { method: 'subtract', result: 2 },
      { method: 'refuse', error: { code: 7, message: 'Not today', data: { until: 'tomorrow' } } },
      { method: 'getData', result: ['hello', 5] },
      { method: 'foobar', error: { code: -32601, message: 'Method not found' } },
    ]);
  });

  it('run one after another', async () => {
    const order: string[] = [];
    let finish: () => void = () => undefined;
    const rpc = rpcServer(contract({ slow: call(), quick: call() }), {
      slow: () =>
        new Promise<undefined>((resolve) => {
          order.push('slow');
          finish = () => resolve(undefined);
        }),
      quick: () => {
        order.push('quick');
      },
    });
    const peer = rawPeer(rpc as never);
    peer.send({ method: 'slow' });
    expect(await peer.ask({ method: 'quick' })).toEqual([]);
    expect(order).toEqual(['slow']);
    finish();
    expect(await peer.ask('{}')).toHaveLength(3);
    expect(order).toEqual(['slow', 'quick']);
  });

  it.each([['{}'], ['{"method":1}'], ['{"method":"nothing","args":{}}'], ['{"args":[]}']])(
    'answers %s with what to send',
    async (text) => {
      const [answer] = await rawPeer(server().rpc as never).ask(text);
      expect(answer).toEqual(failure(-32600));
      expect((answer as { error: { message: string } }).error.message).toContain('{"method": "name", "args"');
    },
  );

  it('cannot be streams', async () => {
    expect(await rawPeer(server().rpc as never).ask({ method: 'count' })).toEqual([
      { method: 'count', error: { code: -32600, message: expect.stringContaining('JSON-RPC 2.0') } },
    ]);
  });
});
