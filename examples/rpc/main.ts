/**
 * An RPC server: a contract (`contract.ts`), a login by password or by JWT (`accounts.ts`), calls, a stream, and a page
 * that tells how to call it from the browser's console. `npm run example -- rpc`, PORT chooses the port (default 4000).
 * With the server running, `npm run example -- rpc/client` calls it.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setInterval as intervals } from 'node:timers/promises';
import { WebSocketServer } from 'hawser';
import { RpcError, RpcErrorCode } from 'hawser/rpc';
import { type Handlers, logCalls, rateLimit, rpcServer } from 'hawser/rpc/server';
import { isPassword, issueToken, verifyToken } from './accounts.js';
import { api, type User } from './contract.js';

const MAX_USERS = 1_000;

/** Whose connection it is; the claims of a token have it as well. */
interface Context {
  readonly sub: string;
}

const users: User[] = [
  { id: 1, name: 'admin' },
  { id: 2, name: 'Ada' },
];

const handlers: Handlers<typeof api, Context, Record<never, never>> = {
  auth: async ({ user, password }, call) => {
    if (!isPassword(user, password)) {
      throw new RpcError(RpcErrorCode.PERMISSION_DENIED, 'Wrong user or password');
    }
    const { token, expires } = await issueToken(user);
    await call.authenticate({ context: { sub: user }, principal: user, expires });
    return { user, token };
  },
  getUsers: () => users,
  addUser: ({ name }) => {
    if (users.length >= MAX_USERS) throw new RpcError(RpcErrorCode.RESOURCE_EXHAUSTED, 'Too many users');
    const user = { id: users.length + 1, name };
    users.push(user);
    return user;
  },
  ticks: async function* ({ every }, { signal }) {
    let count = 0;
    // The signal ends it when the caller has had enough, or is gone.
    for await (const _ of intervals(every, undefined, { signal })) {
      yield { count: ++count, at: new Date().toISOString() };
    }
  },
};

const rpc = rpcServer<typeof api, Context>(api, handlers, {
  authentication: { method: 'auth', verify: verifyToken },
  middleware: [
    rateLimit({ calls: 20 }), // also slows down who guesses passwords
    logCalls(({ method, principal, errorCode }) => console.log(method, principal ?? '-', errorCode ?? 'ok')),
  ],
  onError: (error, call) => console.error(call?.method ?? '-', error),
});

const page = readFileSync(new URL('index.html', import.meta.url));
const http = createServer((request, response) => {
  if (request.url !== '/') {
    response.writeHead(404).end();
    return;
  }
  response.setHeader('Content-Type', 'text/html; charset=utf-8').end(page);
});
const server = new WebSocketServer({ ...rpc.webSocketDefaults, server: http });
server.on('connection', rpc.accept);

http.listen(Number(process.env.PORT ?? 4000), '127.0.0.1', () => {
  const address = http.address();
  if (address !== null && typeof address === 'object') console.log(`http://127.0.0.1:${address.port}`);
});

async function stop(): Promise<void> {
  http.close();
  await server.drain({ deadline: 2_000 });
  http.closeAllConnections();
}
process.on('SIGINT', stop).on('SIGTERM', stop);
