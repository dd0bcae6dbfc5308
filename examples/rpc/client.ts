/**
 * A client of the RPC server beside it: a call, a stream, and an error. `npm run example -- rpc/client`; an argument is
 * the server's URL (default ws://127.0.0.1:4000).
 */
import { connect } from 'hawser/client';
import { RemoteError } from 'hawser/rpc';
import { api } from './contract.js';

const [url = 'ws://127.0.0.1:4000'] = process.argv.slice(2);

/** Trades the password for a token, on a connection that is there for nothing else. */
async function logIn(): Promise<string> {
  const login = connect(url, { api });
  try {
    const { token } = await login.call.auth({ user: 'admin', password: 'secret' }, { timeout: 5_000 });
    return token;
  } finally {
    login.close();
  }
}

// Every connection begins with a token, those that come after a loss as well.
const client = connect(url, { api, token: logIn });
try {
  const added = await client.call.addUser({ name: 'Grace' }, { timeout: 5_000 });
  console.log('added:', added.name);

  const users = await client.call.getUsers();
  console.log('users:', users.map(({ name }) => name).join(', '));

  for await (const { count } of client.call.ticks({ every: 100 })) {
    console.log('tick:', count);
    if (count === 3) break; // takes the call back: the server stops counting
  }

  await client.call.addUser({ name: '' });
} catch (error) {
  if (error instanceof RemoteError) {
    console.log('error:', error.code, error.message);
  } else {
    console.error('failed:', (error as Error).message);
    process.exitCode = 1;
  }
} finally {
  client.close();
}
