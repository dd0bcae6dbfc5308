import { describe, expect, it } from 'vitest';
import { call, contract } from '../../../src/rpc/contract/contract.js';
import { unchecked } from '../../../src/rpc/contract/schema.js';
import { rpcServer } from '../../../src/rpc/server/rpc-server.js';
import { rpcError } from '../../../src/rpc/wire/error-object.js';
import { ManualClock } from '../../../src/testing/index.js';
import { FakeSocket } from '../fake-socket.js';
import { failure, rawPeer, request, settled } from '../linked-rpc.js';

const api = contract({ secret: call({ output: unchecked<string>() }) });

function server(options: object = {}) {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  let runs = 0;
  const secret = () => {
    runs++;
    return 'the secret';
  };
  const onError = (error: unknown) => errors.push(error);
  const rpc = rpcServer(api, { secret }, { clock, onError, ...options });
  return {
    rpc,
    clock,
    errors,
    get runs() {
      return runs;
    },
    /** Accepts a socket, which asks for the secret at once. */
    ask: async () => {
      const socket = new FakeSocket();
      rpc.accept(socket as never);
      socket.receive(request('secret'));
      await settled();
      return socket;
    },
  };
}

const token = (id: number) => request('rpc.auth', { id, params: { token: 'x' } });
const anybody = () => ({ context: {} });

describe('what the handshake finds out', () => {
  it('is nothing: then nothing is carried out, also where one cannot authenticate', async () => {
    const { ask } = server({ session: () => undefined });
    const { sent, closes } = await ask();
    expect(sent).toEqual([]);
    expect(closes).toEqual([4401]);
  });

  it('may take its time, and is not taken for a session before', async () => {
    const started = server({ session: async () => undefined, authentication: {} });
    const { sent } = await started.ask();
    expect(sent.map((text) => JSON.parse(text))).toEqual([failure(-32001)]);
    expect(started.runs).toBe(0);
  });

  it('is an error: the connection is closed, the hook told, and the caller of accept unharmed', async () => {
    const wrong = new Error('a bad cookie');
    const { ask, errors } = server({
      session: () => {
        throw wrong;
      },
    });
    const { sent, closes } = await ask();
    expect(sent).toEqual([]);
    expect(closes).toEqual([1011]);
    expect(errors).toEqual([wrong]);
  });

  it.each([
    [
      'at once',
      () => {
        throw rpcError('UNAUTHENTICATED');
      },
    ],
    ['later', () => Promise.reject(rpcError('UNAUTHENTICATED'))],
  ])('is a refusal, %s: the connection is closed, and the hook not told', async (_, session) => {
    const { ask, errors } = server({ session });
    const { sent, closes } = await ask();
    expect([sent, closes, errors]).toEqual([[], [4401], []]);
  });

  it.each([['ann'], [{ user: 'ann' }], [true]])('is no session: %j', async (found) => {
    const started = server({ session: () => found });
    const { sent, closes } = await started.ask();
    expect([sent, closes, started.runs]).toEqual([[], [1011], 0]);
    expect(started.errors).toEqual([new TypeError('A session is an object with a "context"')]);
  });

  it('may have been revoked', async () => {
    const started = server({ isRevoked: () => true });
    const peer = rawPeer(started.rpc as never, { session: { context: {} as never } });
    await settled();
    expect(await peer.ask(request('secret'))).toEqual([]);
    expect(peer.closes).toEqual([{ code: 4403, reason: 'revoked' }]);
    expect(started.runs).toBe(0);
  });
});

describe('authentication', () => {
  it('stays on when its deadline is undefined', async () => {
    const { rpc } = server({ authentication: { deadline: undefined, verify: anybody } });
    expect(await rawPeer(rpc as never).ask(request('secret'))).toEqual([failure(-32001)]);
  });

  it('that fails for a reason of ours is told to the hook', async () => {
    const reason = new TypeError('the keys cannot be had');
    const { rpc, errors } = server({
      authentication: {
        verify: () => {
          throw reason;
        },
      },
    });
    expect(await rawPeer(rpc as never).ask(token(1))).toEqual([failure(-32001)]);
    expect(errors).toEqual([reason]);
  });
});

describe('a session that is over, with a peer that does not answer the close', () => {
  it.each([1000, 60_000])('carries out nothing: it ended %i ms after it began', async (lasts) => {
    const started = server();
    const { clock, rpc } = started;
    const session = { context: {} as never, expires: clock.now() + lasts };
    const peer = rawPeer(rpc as never, { session });
    peer.transport.pause();
    clock.advance(lasts);
    peer.send(request('secret'));
    await settled();
    peer.transport.resume();
    await settled();
    expect(started.runs).toBe(0);
    expect(peer.take()).toEqual([]);
  });

  it('carries out nothing: it was revoked', async () => {
    let isRevoked = false;
    const started = server({ authentication: { verify: anybody }, isRevoked: () => isRevoked });
    const peer = rawPeer(started.rpc as never);
    await peer.ask(token(1));
    isRevoked = true;
    peer.transport.pause();
    peer.send(token(2));
    await settled();
    peer.send(request('secret', { id: 3 }));
    await settled();
    expect(started.runs).toBe(0);
  });
});
