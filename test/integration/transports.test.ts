/** What RPC promises over every transport: the same, but where a table says why not. */

import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { HandshakeError } from '../../src/protocol/errors.js';
import { answerCalls } from '../../src/rpc/server/answer-calls.js';
import { turns, until } from '../client/connections.js';
import { type Transport, transports } from '../transports/dialing.js';
import { outcome } from '../transports/outcome.js';
import { type Context, clientApi, type SceneOptions, startScene, untilState } from './transport-scene.js';

const unknownOutcome = 'UnknownOutcomeError RPC_ERR_UNKNOWN_OUTCOME';

/** Whom the handshake lets in is whoever `?who=` says, but for those on a list. */
function handshake(banned: ReadonlyMap<string, Error> = new Map()): SceneOptions {
  return {
    server: {
      authenticate: ({ url = '' }: IncomingMessage): Context => {
        const name = new URL(url, 'http://server').searchParams.get('who') ?? '';
        const error = banned.get(name);
        if (error !== undefined) throw error;
        return { name };
      },
    },
  };
}

describe.each(transports)('by %s: who is let in', (transport) => {
  it('is known by the handshake', async () => {
    const { client, rpc } = await startScene(transport, handshake());
    expect(await client({ who: 'bob' }).call.whoAmI()).toBe('bob');
    expect([...rpc.connections].map(({ context }) => context)).toEqual([{ name: 'bob' }]);
  });

  // A WebSocket's API tells nobody the status of a handshake, so it is tried again; an HTTP response can be read.
  const refusals: Record<'401' | '403' | '503', Record<Transport, unknown[]>> = {
    401: fallbackSays(['waiting', 4401, 'Who are you?']),
    403: fallbackSays(['closed', 4403, 'Not you']),
    503: fallbackSays(['waiting', 1013, 'retry-after=60']),
  };
  it.each(['401', '403', '503'] as const)('is told by a refused handshake: %s', async (status) => {
    const reason = { 401: 'Who are you?', 403: 'Not you', 503: 'retry-after=60' }[status];
    const banned = new Map([['eve', new HandshakeError(Number(status), reason)]]);
    const { client, rpc, sockets } = await startScene(transport, handshake(banned));
    const connection = client({ who: 'eve' });
    const [state, code, reasonHeard] = refusals[status][transport];
    const seen = await untilState(connection, state as 'waiting');
    expect([seen.state, seen.code, seen.reason]).toEqual([state, code, reasonHeard]);
    expect([rpc.connections.size, sockets().length]).toEqual([0, 0]);
  });

  it('is asked about every request where there are more than one', async () => {
    const banned = new Map<string, Error>();
    const { client } = await startScene(transport, handshake(banned));
    const connection = client({ who: 'bob' });
    expect(await connection.call.whoAmI()).toBe('bob');
    banned.set('bob', new HandshakeError(403, 'No more'));
    // Nobody asks again for a WebSocket: `isRevoked` and the end of its token are for that.
    const answers = { websocket: 0, sse: unknownOutcome, polling: unknownOutcome };
    expect(await outcome(connection.call.text({ length: 0 }).then(({ length }) => length))).toBe(
      answers[transport],
    );
    if (transport !== 'websocket') {
      expect(connection.status).toMatchObject({ state: 'closed', code: 4403, reason: 'No more' });
    }
  });

  it('authenticates in-band, and again when the token has expired', async () => {
    const { client, clock, rpc } = await startScene(transport, inBand());
    let count = 0;
    const connection = client({ token: () => `bob ${++count}` });
    expect(await connection.call.whoAmI()).toBe('bob 1');
    const ended = untilState(connection, 'waiting');
    clock.advance(60_000);
    expect(await ended).toMatchObject({ code: 4401, reason: 'token expired' });
    expect(await connection.call.whoAmI()).toBe('bob 2');
    await until(() => rpc.connections.size === 1);
  });

  it('is served nothing before, and has its time', async () => {
    const { bare, clock, rpc } = await startScene(transport, inBand());
    const { connection, ask } = bare();
    expect(await ask('{"jsonrpc":"2.0","id":1,"method":"whoAmI"}')).toMatchObject({
      error: { code: -32001 },
    });
    const ended = untilState(connection, 'waiting');
    clock.advance(10_000);
    expect(await ended).toMatchObject({ code: 4401, reason: 'authenticate in time' });
    connection.close();
    await until(() => rpc.connections.size === 0);
  });

  it('is asked for another token when it was refused', async () => {
    const { client } = await startScene(transport, inBand());
    let count = 0;
    const connection = client({ token: () => (++count === 1 ? 'eve' : 'bob') });
    const { code } = await untilState(connection, 'waiting');
    expect([code, await connection.call.whoAmI()]).toEqual([4401, 'bob']);
  });

  it.each(['handshake', 'in-band'])('is out for good when it was revoked: %s', async (way) => {
    const options = way === 'in-band' ? inBand() : handshake();
    const session = (socket: { context?: Context }) => ({ context: socket.context as Context });
    const rpcOptions = { ...options.rpc, isRevoked: () => true, ...(way === 'handshake' && { session }) };
    const { client, rpc } = await startScene(transport, { ...options, rpc: rpcOptions as never });
    const connection = client(way === 'in-band' ? { token: () => 'bob' } : {});
    expect(await untilState(connection, 'closed')).toMatchObject({ code: 4403, reason: 'revoked' });
    expect(await outcome(connection.call.whoAmI())).toBe('NotSentError RPC_ERR_CLOSED');
    await until(() => rpc.connections.size === 0);
  });
});

function fallbackSays(said: unknown[]): Record<Transport, unknown[]> {
  return { websocket: ['waiting', 1006, ''], sse: said, polling: said };
}

/** Tokens are names, and last a minute. */
function inBand(): SceneOptions {
  return {
    rpc: {
      authentication: {
        verify: (name) => {
          if (name === 'eve') throw new Error('not her');
          return { context: { name }, principal: name, expires: 1_000_000_000_000 + 60_000 * count(name) };
        },
      },
    },
  };
}

/** The number at the end of a name. */
const count = (name: string): number => Number(name.split(' ')[1] ?? 1);

describe.each(transports)('by %s: limits', (transport) => {
  it.each([1100, 100_000, 3_000_000])(
    'a message of %i bytes ends the connection with 1009, and is not sent again',
    async (length) => {
      const maxPayload = 1000;
      const { client, deeds, rpc, sockets } = await startScene(transport, { server: { maxPayload } });
      const connection = client();
      await untilState(connection, 'open');
      const ended = untilState(connection, 'waiting');
      expect(await outcome(connection.call.raise({ text: 'x'.repeat(length) }))).toBe(unknownOutcome);
      expect((await ended).code).toBe(1009);
      expect(await connection.call.raise()).toBe(1);
      expect(deeds.raised).toBe(1);
      await until(() => rpc.connections.size === 1 && sockets().length === 1);
    },
  );

  it('many messages at once are none that is too long', async () => {
    const { client, deeds } = await startScene(transport, { server: { maxPayload: 3000 } });
    const connection = client();
    await untilState(connection, 'open');
    // JSON in JSON, and octets of UTF-8: a request is longer than its messages.
    const texts = Array.from({ length: 600 }, (_, index) => `${index}${'"€'.repeat(200)}`);
    await Promise.all(texts.map((text) => connection.call.note([text])));
    await until(() => deeds.notes.length === texts.length || connection.status.state !== 'open');
    expect([connection.status.state, deeds.notes.length]).toEqual(['open', texts.length]);
    expect(deeds.notes).toEqual(texts);
  });

  it('a message that RPC finds too long, though the transport did not, ends it as well', async () => {
    const { client, deeds } = await startScene(transport, { rpc: { maxMessageLength: 1000 } });
    const connection = client();
    await untilState(connection, 'open');
    const ended = untilState(connection, 'waiting');
    expect(await outcome(connection.call.raise({ text: 'x'.repeat(1000) }))).toBe(unknownOutcome);
    expect(await ended).toMatchObject({ code: 1009, reason: 'at most 1000 characters' });
    expect(deeds.raised).toBe(0);
  });

  it('calls that are too many are refused, and the others go on', async () => {
    const { client, deeds } = await startScene(transport, { rpc: { maxConcurrentCalls: 3 } });
    const connection = client();
    const calls = Array.from({ length: 5 }, () => outcome(connection.call.wait()));
    const refused = 'RemoteError -32005';
    expect(await Promise.all(calls.slice(3))).toEqual([refused, refused]);
    for (const answer of deeds.waiting) answer();
    expect(await Promise.all(calls.slice(0, 3))).toEqual(['gone on', 'gone on', 'gone on']);
    expect(connection.status.state).toBe('open');
  });

  it('batches and nesting are bounded', async () => {
    const { bare, deeds } = await startScene(transport, { rpc: { maxBatch: 2, maxDepth: 5 } });
    const { ask, connection } = bare();
    const one = '{"jsonrpc":"2.0","id":1,"method":"raise"}';
    const invalid = { error: { code: -32600 } };
    expect(await ask(`[${one},${one},${one}]`)).toMatchObject(invalid);
    expect(
      await ask(`{"jsonrpc":"2.0","id":1,"method":"raise","params":${'['.repeat(5)}${']'.repeat(5)}}`),
    ).toMatchObject(invalid);
    expect(deeds.raised).toBe(0);
    const answers = (await ask(`[${one},${one.replace(':1,', ':2,')}]`)) as { result: number }[];
    expect(answers.map(({ result }) => result)).toEqual([1, 2]);
    expect(connection.status.state).toBe('open');
  });
});

describe.each(transports)('by %s: a slow reader', (transport) => {
  it('has a stream wait for it', async () => {
    const { bare, deeds, proxy, rpc, cut } = await startScene(transport);
    const { connection, ask } = bare();
    await ask('{"jsonrpc":"2.0","id":1,"method":"whoAmI"}');
    proxy.throttle(0, { direction: 'down' });
    await connection.send('{"jsonrpc":"2.0","id":2,"method":"endless","meta":{"credit":4294967296}}');
    await until(() => deeds.made > 0);
    const made = await rest(() => deeds.made);
    // The buffers of the system and of the proxy, and our own.
    expect(made).toBeLessThan(20_000);
    expect([rpc.connections.size, deeds.released]).toEqual([1, 0]);
    connection.close();
    cut();
    await until(() => deeds.released === 1 && rpc.connections.size === 0);
  });

  it('is given up when too much waits for it', async () => {
    const maxBufferedAmount = 500_000;
    const options = { rpc: { maxBufferedAmount }, server: { maxBufferedAmount } };
    const { bare, proxy, rpc, sockets, deeds } = await startScene(transport, options);
    const { connection, ask } = bare();
    await ask('{"jsonrpc":"2.0","id":1,"method":"whoAmI"}');
    proxy.throttle(0, { direction: 'down' });
    let most = 0;
    deeds.watch = () => {
      for (const { bufferedAmount } of sockets()) most = Math.max(most, bufferedAmount);
    };
    const call = (id: number) => `{"jsonrpc":"2.0","id":${id},"method":"text","params":{"length":100000}}`;
    // All in one request, the answer to which does not come either.
    await Promise.all(Array.from({ length: 200 }, (_, id) => connection.send(call(id))));
    await until(() => rpc.connections.size === 0);
    expect(most).toBeLessThanOrEqual(maxBufferedAmount + 100_200);
    expect(most).toBeGreaterThan(300_000);
  });
});

/** Waits until a number does not grow any more. */
async function rest(read: () => number): Promise<number> {
  for (let before = -1; ; ) {
    const now = read();
    if (now === before) return now;
    before = now;
    await turns(300);
  }
}

describe.each(transports)('by %s: calls', (transport) => {
  it('are carried out once where they are idempotent, however often they are sent', async () => {
    const { client, deeds, cut, rpc } = await startScene(transport);
    const { call } = client();
    let release = (): void => undefined;
    deeds.holding = new Promise((resolve) => {
      release = resolve;
    });
    const answer = call.raise();
    for (let round = 0; round < 3; round++) {
      await until(() => deeds.raised === 1 && [...rpc.connections][0]?.pending === 1);
      const lost = [...rpc.connections][0];
      cut();
      await until(() => !rpc.connections.has(lost as never));
    }
    await until(() => [...rpc.connections][0]?.pending === 1);
    release();
    expect(await answer).toBe(1);
    expect(await call.raise()).toBe(2);
  });

  it('are given up by who has called', async () => {
    const { client, deeds, rpc } = await startScene(transport);
    const controller = new AbortController();
    const ended = outcome(client().call.wait(undefined, { signal: controller.signal }));
    await until(() => deeds.waiting.length === 1);
    controller.abort(new Error('enough'));
    expect(await ended).toBe('Error enough');
    await until(() => deeds.notes.includes('given up'));
    expect([...rpc.connections].map(({ pending }) => pending)).toEqual([0]);
  });

  it('may be notifications, which arrive in order', async () => {
    const { client, deeds } = await startScene(transport);
    const connection = client();
    const { call } = connection;
    await untilState(connection, 'open');
    const names = Array.from({ length: 1500 }, (_, index) => `${index}`);
    await Promise.all(names.map((name) => call.note([name])));
    await until(() => deeds.notes.length === names.length);
    expect(deeds.notes).toEqual(names);
  });

  it('go both ways', async () => {
    const { client, rpc } = await startScene(transport);
    const told: string[] = [];
    const answers = answerCalls(clientApi, {
      answer: ({ question }) => `${question}!`,
      tell: (texts) => told.push(...texts),
    });
    const { call } = client({ answers });
    expect(await call.askBack({ question: 'why' })).toBe('why!');
    const names = Array.from({ length: 1500 }, (_, index) => `${index}`);
    for (const connection of rpc.connections) for (const name of names) connection.client.tell([name]);
    await until(() => told.length === names.length);
    expect(told).toEqual(names);
  });
});

// A WebSocket ends with its TCP connection: what then is unknown, see 'calls' above.
describe.each(['sse', 'polling'] as const)('by %s: a session', (transport) => {
  it('goes on when connections are reset: everything arrives once and in order, both ways', async () => {
    const { client, deeds, proxy, rpc, sockets } = await startScene(transport);
    proxy.latency(5);
    const told: string[] = [];
    const answers = answerCalls(clientApi, {
      answer: ({ question }) => question,
      tell: (texts) => told.push(...texts),
    });
    const connection = client({ answers });
    await connection.call.whoAmI();
    const [served] = [...rpc.connections];
    const [socket] = sockets();
    const names = Array.from({ length: 20 }, (_, index) => `${index}`);
    for (const [index, name] of names.entries()) {
      await until(() => proxy.connections > 0);
      await connection.call.note([name]);
      served?.client.tell([name]);
      // The answer to a request, a message down and a request up are lost by turns.
      if (index % 4 === 0) await until(() => deeds.notes.length === index + 1);
      if (index % 4 === 1) await until(() => told.length === index + 1);
      if (index % 4 === 2) await until(() => socket?.bufferedAmount === 0);
      expect(proxy.reset()).toBeGreaterThan(0);
    }
    await until(() => deeds.notes.length >= names.length && told.length >= names.length);
    expect(await connection.call.whoAmI()).toBe('nobody');
    expect([deeds.notes, told]).toEqual([names, names]);
    expect([[...rpc.connections], sockets()]).toEqual([[served], [socket]]);
    expect(connection.status.state).toBe('open');
  });
});

describe.each(transports)('by %s: the end', (transport) => {
  it('of a server that drains tells clients when to come back, and takes no new ones', async () => {
    const { client, drain, clock, rpc } = await startScene(transport);
    const parts = { clock, random: () => 0, backoff: { initial: 1000, max: 1000 } };
    const connection = client(parts);
    await connection.call.whoAmI();
    const ended = untilState(connection, 'waiting');
    expect(await drain({ retryAfter: 7 })).toEqual({ closed: 1, terminated: 0 });
    const { code, reason, retryAt } = await ended;
    expect([code, reason, (retryAt ?? 0) - clock.now()]).toEqual([1012, 'retry-after=7', 7000]);
    expect(rpc.connections.size).toBe(0);
    const late = client(parts);
    // A WebSocket's API tells nobody why a handshake was refused.
    const codes = { websocket: 1006, sse: 1012, polling: 1012 };
    expect((await untilState(late, 'waiting')).code).toBe(codes[transport]);
    expect(rpc.connections.size).toBe(0);
  });

  it('of 200 clients leaves nothing behind', async () => {
    const { client, rpc, fallback, server, sockets, clock, cut, requests, proxy } =
      await startScene(transport);
    const slow = { initial: 600_000, max: 600_000 };
    for (let round = 0; round < 10; round++) {
      const clients = Array.from({ length: 20 }, () => client({ backoff: slow, random: () => 1 }));
      expect(await Promise.all(clients.map(({ call }) => call.whoAmI()))).toHaveLength(20);
      // Some say good-bye, the others are lost and do not come back.
      for (const each of clients.slice(10)) each.close();
      await until(() => rpc.connections.size === 10);
      const lost = clients.slice(0, 10).map((each) => untilState(each, 'waiting'));
      cut();
      await Promise.all(lost);
      await until(() => rpc.connections.size === 0 && sockets().length === 0);
    }
    expect(fallback.clients.size).toBe(0);
    await until(() => requests.size === 0);
    // Connections without a request are kept by `fetch` for the next one.
    if (transport !== 'websocket') proxy.reset();
    const count = () => new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
    while ((await count()) !== 0) await turns();
    // How sessions have ended is told for some seconds; then there is no timer any more.
    clock.advance(12_000);
    expect(clock.pending).toBe(0);
  });
});
