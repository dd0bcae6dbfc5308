import { describe, expect, it } from 'vitest';
import { TokenLogin, type TokenSource } from '../../src/browser/token.js';
import { call, contract } from '../../src/rpc/contract/contract.js';
import { unchecked } from '../../src/rpc/contract/schema.js';
import { answerCalls } from '../../src/rpc/server/answer-calls.js';
import { ManualClock } from '../../src/testing/index.js';
import { testClient } from './test-client.js';
import { settled } from './test-network.js';

async function login(source: TokenSource) {
  const clock = new ManualClock();
  const log: string[] = [];
  const sent: unknown[] = [];
  const tokens = new TokenLogin({
    clock,
    source,
    send: (text) => sent.push(JSON.parse(text).params.token),
    accepted: () => log.push('accepted'),
    refused: (error) => log.push(`refused: ${(error as Error).message}`),
  });
  tokens.start();
  await settled();
  const receive = (message: object) => tokens.receive(JSON.stringify({ jsonrpc: '2.0', ...message }));
  return {
    clock,
    log,
    sent,
    tokens,
    receive,
    accept: (expiresIn: number | null) => receive({ id: 'rpc.auth', result: { expiresIn } }),
    refuse: (message: string) => receive({ id: 'rpc.auth', error: { code: -32001, message } }),
    /** Time goes by, a second at a time, so that promises do too. */
    wait: async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        clock.advance(1000);
        await Promise.resolve();
        await Promise.resolve();
      }
    },
  };
}

/** A source whose tokens are numbered. */
function numbered() {
  const state = { asked: 0 };
  return { state, source: () => `token ${++state.asked}` };
}

describe('TokenLogin', () => {
  it('takes the answer to its token, once, and no other message', async () => {
    const { receive, accept, log, sent } = await login(() => 'abc');
    expect(sent).toEqual(['abc']);
    expect(receive({ id: 1, result: 'rpc.auth' })).toBe(false);
    expect(receive({ id: 'rpc.auth', result: 'x'.repeat(5000) })).toBe(false);
    expect(log).toEqual([]);
    expect(accept(null)).toBe(true);
    expect(accept(null)).toBe(false);
    expect(log).toEqual(['accepted']);
  });

  it('is refused by the server, or by its source', async () => {
    const { refuse, log } = await login(() => 'abc');
    expect(refuse('no')).toBe(true);
    expect(log).toEqual(['refused: no']);
    const failed = await login(() => Promise.reject(new Error('logged out')));
    expect([failed.log, failed.sent]).toEqual([['refused: logged out'], []]);
  });

  it('says nothing more when the connection has ended', async () => {
    let give: (token: string) => void = () => undefined;
    const { tokens, sent, log } = await login(
      () =>
        new Promise((resolve) => {
          give = resolve;
        }),
    );
    tokens.end();
    give('late');
    await settled();
    expect([sent, log]).toEqual([[], []]);
  });

  it('has its timers ended with the connection', async () => {
    const { tokens, accept, clock } = await login(() => 'abc');
    accept(100_000);
    expect(clock.pending).toBe(1);
    tokens.end();
    expect(clock.pending).toBe(0);
  });

  it('hands over the next token a fifth of its life before its end, a minute at most', async () => {
    const { source, state } = numbered();
    const { accept, clock, sent, log } = await login(source);
    accept(100_000);
    clock.advance(79_999);
    expect(state.asked).toBe(1);
    clock.advance(1);
    await settled();
    expect(sent).toEqual(['token 1', 'token 2']);
    accept(3_600_000);
    clock.advance(3_539_999);
    expect(state.asked).toBe(2);
    clock.advance(1);
    expect(state.asked).toBe(3);
    expect(log).toEqual(['accepted']);
  });

  it('does not ask in a tight loop where the same token comes until it expires', async () => {
    let asked = 0;
    const { accept, wait, sent, clock } = await login(() => {
      asked++;
      return 'the same';
    });
    accept(300_000);
    await wait(310);
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThan(10);
    expect(sent).toEqual(['the same']);
    expect(clock.pending).toBe(0);
  });

  it('asks again in time when its source has failed once', async () => {
    const state = { asked: 0 };
    const { accept, wait, sent, log } = await login(() => {
      if (++state.asked === 2) throw new Error('503');
      return `token ${state.asked}`;
    });
    accept(600_000);
    await wait(599);
    expect(state.asked).toBe(3);
    expect(sent).toEqual(['token 1', 'token 3']);
    expect(log).toEqual(['accepted']);
  });

  it('is not moved by answers that nobody asked for', async () => {
    const { source, state } = numbered();
    const { accept, clock } = await login(source);
    accept(100_000);
    for (let index = 0; index < 100; index++) expect(accept(100)).toBe(false);
    expect(clock.pending).toBe(1);
    clock.advance(1000);
    await settled();
    expect(state.asked).toBe(1);
  });
});

describe('a client with a token', () => {
  const accepted = { jsonrpc: '2.0', result: { expiresIn: null }, id: 'rpc.auth' };

  /** A client that answers calls, and a server that takes its tokens when it is told to. */
  function answering() {
    const state = { runs: 0, isAborted: false };
    const api = contract({ greet: call({ output: unchecked<number>() }), wait: call() });
    const answers = answerCalls(api, {
      greet: () => ++state.runs,
      wait: (_, { signal }) =>
        new Promise<never>(() => {
          signal.addEventListener('abort', () => {
            state.isAborted = true;
          });
        }),
    });
    const started = testClient({ token: () => 'abc', answers });
    return {
      ...started,
      state,
      send: async (message: object) => {
        started.network.last.send({ jsonrpc: '2.0', ...message });
        await settled();
      },
      /** How the call with this id was answered. */
      answersTo: (id: number) => started.network.last.received.filter((message) => message.id === id),
    };
  }

  it('answers a call that came before the token was taken', async () => {
    const { client, open, send, state, answersTo } = answering();
    await open();
    await send({ method: 'greet', id: 7 });
    await send(accepted);
    expect([client.status.state, state.runs]).toEqual(['open', 1]);
    expect(answersTo(7)).toMatchObject([{ result: 1 }]);
  });

  it('answers one over the next connection, and gives up those that are lost with it', async () => {
    const { client, open, cut, send, state, answersTo } = answering();
    await open();
    await send(accepted);
    expect(client.status.state).toBe('open');
    await cut();
    await open();
    await send({ method: 'greet', id: 7 });
    await send({ method: 'wait', id: 8 });
    await send(accepted);
    expect(answersTo(7)).toMatchObject([{ result: 1 }]);
    expect(state).toEqual({ runs: 1, isAborted: false });
    await cut();
    expect(state).toEqual({ runs: 1, isAborted: true });
  });

  it('takes a hundred messages before that, and drops the connection at one more', async () => {
    const { client, open, send, state } = answering();
    await open();
    for (let id = 0; id < 100; id++) await send({ method: 'greet', id });
    expect(client.status.state).toBe('connecting');
    await send({ method: 'greet', id: 100 });
    expect(client.status).toMatchObject({ state: 'waiting', code: 4408 });
    await open();
    await send(accepted);
    expect([client.status.state, state.runs]).toEqual(['open', 0]);
  });

  it('does not hand over a token of an attempt that its source has ended', async () => {
    let asked = 0;
    const { attempt, client, network } = testClient({
      token: () => {
        if (++asked > 1) return 'new';
        client.close();
        client.reconnect();
        return 'old';
      },
    });
    await attempt();
    network.last.open();
    await settled();
    expect(network.attempts).toHaveLength(2);
    network.last.open();
    await settled();
    expect(network.attempts.map(({ received }) => received.map(({ params }) => params))).toEqual([
      [],
      [{ token: 'new' }],
    ]);
  });
});
