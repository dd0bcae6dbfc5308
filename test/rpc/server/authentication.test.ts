import { describe, expect, it } from 'vitest';
import { call, contract, query } from '../../../src/rpc/contract/contract.js';
import { unchecked } from '../../../src/rpc/contract/schema.js';
import { rpcServer } from '../../../src/rpc/server/rpc-server.js';
import { rpcError } from '../../../src/rpc/wire/error-object.js';
import { ManualClock } from '../../../src/testing/index.js';
import { rawPeer, settled } from '../linked-rpc.js';

interface User {
  readonly name: string;
}

const api = contract({
  auth: call({
    input: unchecked<{ user: string; password: string }>(),
    output: unchecked<string>(),
    positional: ['user', 'password'],
  }),
  whoAmI: query({ output: unchecked<string>() }),
});

function server(options: object = {}) {
  const clock = new ManualClock();
  const revoked = new Set<string>();
  const rpc = rpcServer<typeof api, User>(
    api,
    {
      auth: async ({ user, password }, call) => {
        if (password !== 'secret') throw rpcError('PERMISSION_DENIED', 'Wrong password');
        await call.authenticate({ context: { name: user }, principal: user });
        return `hello ${user}`;
      },
      whoAmI: (_, { context }) => context.name,
    },
    {
      clock,
      isRevoked: ({ name }) => revoked.has(name),
      authentication: {
        method: 'auth',
        // A token is a name and the milliseconds that it lasts.
        verify: (token) => {
          const [name = '', lasts] = token.split(':');
          if (name === '') throw new Error('no name');
          return { context: { name }, principal: name, expires: clock.now() + Number(lasts) };
        },
      },
      ...options,
    },
  );
  return { rpc, clock, revoked };
}

const request = (method: string, params?: unknown) => ({ jsonrpc: '2.0', method, params, id: 1 });
const result = (value: unknown) => ({ jsonrpc: '2.0', result: value, id: 1 });
const failure = (code: number) => ({ jsonrpc: '2.0', id: 1, error: expect.objectContaining({ code }) });

describe('a connection that has to authenticate', () => {
  it('does nothing before', async () => {
    const peer = rawPeer(server().rpc as never);
    for (const method of ['whoAmI', 'unknown', 'rpc.ping']) {
      expect(await peer.ask(request(method))).toEqual([failure(-32001)]);
    }
    expect(await peer.ask({ jsonrpc: '2.0', method: 'whoAmI' })).toEqual([]);
    expect(await peer.ask({ method: 'whoAmI' })).toEqual([
      { method: 'whoAmI', error: expect.objectContaining({ code: -32001 }) },
    ]);
  });

  it('passes the classic session: a wrong password, the right one, a call', async () => {
    const peer = rawPeer(server().rpc as never);
    expect(await peer.ask('{"method":"auth","args":["admin","wrong"]}')).toEqual([
      { method: 'auth', error: { code: -32002, message: 'Wrong password' } },
    ]);
    expect(await peer.ask('{"method":"auth","args":["admin","secret"]}')).toEqual([
      { method: 'auth', result: 'hello admin' },
    ]);
    expect(await peer.ask('{"method":"whoAmI","args":[]}')).toEqual([{ method: 'whoAmI', result: 'admin' }]);
  });

  it('is closed with 4401 after ten seconds', async () => {
    const { rpc, clock } = server();
    const peer = rawPeer(rpc as never);
    clock.advance(9999);
    await settled();
    expect(peer.closes).toEqual([]);
    clock.advance(1);
    await settled();
    expect(peer.closes).toEqual([{ code: 4401, reason: 'authenticate in time' }]);
    expect(clock.pending).toBe(0);
  });

  it('stays when it has', async () => {
    const { rpc, clock } = server();
    const peer = rawPeer(rpc as never);
    await peer.ask(request('auth', ['ada', 'secret']));
    clock.advance(1e9);
    expect(await peer.ask(request('whoAmI'))).toEqual([result('ada')]);
  });

  it('need not when the handshake has found out who it is', async () => {
    const { rpc } = server();
    const peer = rawPeer(rpc as never, { session: { context: { name: 'eve' } as never } });
    expect(await peer.ask(request('whoAmI'))).toEqual([result('eve')]);
  });
});

describe('a token', () => {
  it('begins a session and says how long it lasts', async () => {
    const peer = rawPeer(server().rpc as never);
    expect(await peer.ask(request('rpc.auth', { token: 'ada:5000' }))).toEqual([result({ expiresIn: 5000 })]);
    expect(await peer.ask(request('whoAmI'))).toEqual([result('ada')]);
    expect(peer.connection.principal).toBe('ada');
  });

  it.each([
    [{ token: '' }],
    [{ token: 1 }],
    [{}],
    [['ada:5000']],
    [{ token: 'ada:0' }],
    [{ token: 'ada:-1' }],
  ])('%j is refused', async (params) => {
    const peer = rawPeer(server().rpc as never);
    const [answer] = (await peer.ask(request('rpc.auth', params))) as [
      { error: { code: number; message: string } },
    ];
    expect([-32001, -32602]).toContain(answer.error.code);
    expect(answer.error.message).not.toContain('no name');
    expect(await peer.ask(request('whoAmI'))).toEqual([failure(-32001)]);
  });

  it('that expires closes the connection with 4401', async () => {
    const { rpc, clock } = server();
    const peer = rawPeer(rpc as never);
    await peer.ask(request('rpc.auth', { token: 'ada:5000' }));
    clock.advance(4999);
    await settled();
    expect(peer.closes).toEqual([]);
    clock.advance(1);
    await settled();
    expect(peer.closes).toEqual([{ code: 4401, reason: 'token expired' }]);
  });

  it('that is refreshed lasts longer', async () => {
    const { rpc, clock } = server();
    const peer = rawPeer(rpc as never);
    await peer.ask(request('rpc.auth', { token: 'ada:5000' }));
    clock.advance(4000);
    await peer.ask(request('rpc.auth', { token: 'ada:5000' }));
    clock.advance(4000);
    expect(await peer.ask(request('whoAmI'))).toEqual([result('ada')]);
    clock.advance(1000);
    await settled();
    expect(peer.closes).toEqual([{ code: 4401, reason: 'token expired' }]);
  });

  it('of somebody else is refused on the same connection', async () => {
    const peer = rawPeer(server().rpc as never);
    await peer.ask(request('rpc.auth', { token: 'ada:5000' }));
    expect(await peer.ask(request('rpc.auth', { token: 'bob:5000' }))).toEqual([failure(-32002)]);
    expect(await peer.ask(request('whoAmI'))).toEqual([result('ada')]);
  });

  it('cannot revive a session that was revoked', async () => {
    const { rpc, revoked } = server();
    const peer = rawPeer(rpc as never);
    await peer.ask(request('rpc.auth', { token: 'ada:5000' }));
    revoked.add('ada');
    peer.send(request('rpc.auth', { token: 'ada:5000' }));
    await settled();
    expect(peer.closes).toEqual([{ code: 4403, reason: 'revoked' }]);
    const again = rawPeer(rpc as never);
    again.send(request('rpc.auth', { token: 'ada:5000' }));
    await settled();
    expect(again.closes).toEqual([{ code: 4403, reason: 'revoked' }]);
  });

  it('is nothing to a server that takes none', async () => {
    const { rpc } = server({ authentication: {} });
    expect(await rawPeer(rpc as never).ask(request('rpc.auth', { token: 'ada:5000' }))).toEqual([
      failure(-32601),
    ]);
  });
});
