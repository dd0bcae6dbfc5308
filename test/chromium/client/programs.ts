/**
 * Programs on `hawser/client`: each runs over every transport, in a page and on Node.js, against the same server, and
 * gives what it has seen.
 */

import type { Client, ClientOptions } from '../../../src/browser/client.js';
import type { connect } from '../../../src/browser/index.js';
import { answerCalls } from '../../../src/rpc/server/answer-calls.js';
import { type BareConnection, bareConnection } from '../../transports/bare-connection.js';
import { dialing, type Transport } from '../../transports/dialing.js';
import { outcome } from '../../transports/outcome.js';
import { api, clientApi } from './api.js';

/** What a program has to work with. */
export interface Scene {
  /** Connects to `/rpc`, quick to come back. */
  client(options?: Partial<ClientOptions<typeof api>>): Client<typeof api>;
  /** Connects to `/token`. */
  withToken(token: () => string | Promise<string>): Client<typeof api>;
  /** Tells the server what is to happen. */
  tell(order: string, argument?: string): Promise<unknown>;
  /** Waits until the client is in a state. */
  state(client: Client<typeof api>, wanted: string): Promise<Client<typeof api>['status']>;
  /** Connects to `/rpc` without RPC. */
  bare(protocols: readonly string[]): BareConnection;
  /** The class of a bare WebSocket. */
  readonly WebSocket: typeof WebSocket;
  readonly url: string;
}

/** By name; what comes back is compared. */
export const programs: Record<string, (scene: Scene) => Promise<unknown>> = {
  'calls and their errors': async ({ client }) => {
    const { call, request } = client();
    return [
      await call.add({ a: 1, b: 2 }),
      await outcome(call.add({ a: 'x' } as never)),
      await outcome(call.fail()),
      await outcome(request('unknown')),
      await outcome(call.add(1 as never)),
      await call.note(['hello']),
      await call.notes(),
    ];
  },
  'calls that the server makes': async ({ client }) => {
    const answers = answerCalls(clientApi, { answer: ({ question }) => `${question}!` });
    return [
      await client({ answers }).call.askBack({ question: 'why' }),
      await outcome(client().call.askBack({ question: '' })),
    ];
  },
  'a stream whose reader is slow': async ({ client }) => {
    const { call } = client();
    const seen: number[] = [];
    for await (const n of call.numbers({ from: 1 }, { credit: 4 })) {
      seen.push(n);
      if (n === 3) {
        const made = await call.made();
        seen.push(made <= 8 ? 0 : made);
        break;
      }
    }
    while ((await call.notes()).length === 0);
    return [seen, await call.notes()];
  },
  'a stream that goes on after the connection was lost': async ({ client, tell }) => {
    const { call } = client();
    const seen: number[] = [];
    const settings = { reconnect: (last?: number) => ({ from: (last ?? 0) + 1 }), credit: 3 };
    for await (const n of call.numbers({ from: 1 }, settings)) {
      seen.push(n);
      if (n === 5 || n === 9) await tell('cut');
      if (n === 20) break;
    }
    return seen;
  },
  'a call that is given up': async ({ client, tell }) => {
    const { call } = client();
    const controller = new AbortController();
    const aborted = outcome(call.wait(undefined, { signal: controller.signal }));
    while ((await tell('waiting')) === 0);
    controller.abort(new Error('enough'));
    const first = await aborted;
    const second = await outcome(call.wait(undefined, { timeout: 50 }));
    while (((await call.notes()) as string[]).length < 2);
    return [first, second, ((await call.notes()) as string[]).map((note) => /Cancel|Deadline/.test(note))];
  },
  'a lost connection': async ({ client, tell, state }) => {
    const connection = client();
    const { call } = connection;
    await call.count();
    const lost = outcome(call.wait());
    while ((await tell('waiting')) === 0);
    await tell('cut');
    const unknown = await lost;
    await state(connection, 'open');
    return [unknown, await call.raise(), await call.count(), connection.pending, await tell('live')];
  },
  'a call before there is a connection': async ({ client, tell, state }) => {
    await tell('refuse', 'yes');
    const connection = client();
    await state(connection, 'waiting');
    const fast = await outcome(connection.call.count(undefined, { whenOffline: 'fail' }));
    const late = await outcome(connection.call.count(undefined, { timeout: 30 }));
    const later = connection.call.raise();
    const { queued } = connection;
    await tell('refuse', 'no');
    return [fast, late, queued, await later];
  },
  'close codes': async ({ client, tell, state }) => {
    const connection = client();
    await state(connection, 'open');
    await tell('close', '4403,revoked');
    const { code, reason } = await state(connection, 'closed');
    const call = await outcome(connection.call.count());
    connection.reconnect();
    await state(connection, 'open');
    const before = Date.now();
    await tell('close', '1012,retry-after=1');
    const { retryAt = 0 } = await state(connection, 'waiting');
    const wait = retryAt - before;
    await state(connection, 'open');
    return [code, reason, call, wait >= 1000 && wait < 2300, Date.now() - before >= 1000];
  },
  tokens: async ({ withToken, tell, state }) => {
    let count = 0;
    const connection = withToken(async () => {
      count++;
      return count === 1 ? 'eve:never' : `ada:${count === 2 ? 400 : 60_000}`;
    });
    const name = await connection.call.whoAmI();
    while (((await tell('tokens')) as string[]).length < 3);
    await tell('close', '4401,expired');
    await state(connection, 'waiting');
    const again = await connection.call.whoAmI();
    return [name, again, await tell('tokens')];
  },
  'a dead connection': async ({ client, tell, state }) => {
    const connection = client({ watchdog: { interval: 200, timeout: 200 } });
    await connection.call.count();
    await tell('halfOpen');
    const before = Date.now();
    const { code } = await state(connection, 'waiting');
    const time = Date.now() - before;
    await state(connection, 'open');
    return [code, time >= 150 && time < 3000, await connection.call.count()];
  },
  'a bad network': async ({ client, tell }) => {
    await tell('worsen');
    const { call } = client();
    const texts = Array.from({ length: 5 }, (_, index) => `${index} €`.repeat(1000));
    const sums = await Promise.all(texts.map((_, index) => call.add({ a: index, b: index })));
    await call.note(texts);
    const seen: number[] = [];
    for await (const n of call.numbers({ from: 1 }, { credit: 2 })) {
      seen.push(n);
      if (n === 10) break;
    }
    const notes = await call.notes();
    return [sums, seen, texts.every((text, index) => notes[index] === text)];
  },
  'a connection that was reset': async ({ client, tell, state }) => {
    const connection = client();
    const lost = outcome(connection.call.wait());
    while ((await tell('waiting')) === 0);
    await tell('resetConnections');
    // Nobody is there to hear it but a session that goes on.
    await tell('goOn');
    const ended = await lost;
    await state(connection, 'open');
    return [ended, await connection.call.count(), await tell('opened')];
  },
  'a quiet connection that lives': async ({ client, tell }) => {
    const connection = client({ watchdog: { interval: 30, timeout: 2000 } });
    await connection.call.count();
    await new Promise((resolve) => setTimeout(resolve, 300));
    return [connection.status.state, await tell('opened')];
  },
  'messages that were typed by hand': async ({ bare }) => {
    const answers: unknown[] = [];
    for (const protocols of [[], ['jsonrpc-2.0']]) {
      const { ask } = bare(protocols);
      answers.push(await ask('{"method":"add","args":[1,2]}'));
      answers.push(await ask('{"method":"fail","args":[]}'));
      answers.push(await ask('{"jsonrpc":"2.0","id":"a","method":"add","params":[3,4]}'));
      answers.push(await ask('[{"jsonrpc":"2.0","id":1,"method":"count"},{"jsonrpc":"2.0","id":2}]'));
      answers.push(await ask('what?'));
    }
    return answers;
  },
};

/** Counts by a stream; after 5 numbers, and after each 10 more, other transports break down, until 10 came behind the last. */
async function countThroughBreakdowns(
  { client, tell }: Scene,
  breakdowns: readonly string[],
): Promise<unknown> {
  const connection = client({ watchdog: { interval: 100, timeout: 1000 } });
  const seen = transportsOf(connection);
  const numbers: number[] = [];
  const settings = { reconnect: (last?: number) => ({ from: (last ?? 0) + 1 }), credit: 3 };
  for await (const n of connection.call.numbers({ from: 1 }, settings)) {
    numbers.push(n);
    if (n % 10 !== 5) continue;
    const broken = breakdowns[(n - 5) / 10];
    if (broken === undefined) break;
    await tell('breakDown', broken);
  }
  return [numbers, seen];
}

/** By name: programs for which the transports take turns, or are of no matter. */
export const otherPrograms: Record<string, (scene: Scene) => Promise<unknown>> = {
  // Behind what was under way, the next number came by the next transport.
  'a stream while WebSockets break and mend': (scene) => countThroughBreakdowns(scene, ['websocket', 'sse']),
  'a stream that leaves one transport after the other': (scene) =>
    countThroughBreakdowns(scene, ['websocket', 'websocket,sse', 'polling']),
  'WebSockets that open and are deaf': async ({ client, tell }) => {
    await tell('deafen');
    const connection = client({ watchdog: { interval: 100, timeout: 100 } });
    const seen = transportsOf(connection);
    return [await connection.call.raise(), await connection.call.count(), seen];
  },
  'messages in a bare WebSocket': async ({ WebSocket, url }) => {
    const socket = new WebSocket(url);
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    const answers: unknown[] = [];
    const all = new Promise<void>((resolve) => {
      socket.addEventListener('message', ({ data }) => {
        answers.push(JSON.parse(data));
        if (answers.length === 2) socket.send('what?');
        if (answers.length === 3) resolve();
      });
    });
    socket.send('{"method":"add","args":[1,2]}');
    socket.send('{"method":"fail","args":[]}');
    await all;
    socket.close();
    return answers;
  },
};

/** Where the server is: each is `host:port`. */
export interface Addresses {
  readonly control: string;
  readonly clients: string;
}

/** Runs one. */
export async function runProgram(
  name: string,
  transport: Transport | 'whichever',
  faces: { connect: typeof connect; WebSocket: unknown },
  addresses: Addresses,
): Promise<unknown> {
  const { tell, end, ...scene } = sceneOf(transport, faces, addresses);
  await tell('reset');
  try {
    const program = programs[name] ?? (otherPrograms[name] as (scene: Scene) => Promise<unknown>);
    return await program({ ...scene, tell });
  } finally {
    end();
  }
}

function sceneOf(
  transport: Transport | 'whichever',
  faces: { connect: typeof connect; WebSocket: unknown },
  { control, clients: address }: Addresses,
): Scene & { end(): void } {
  const opened: { close(): void }[] = [];
  const own = { ...dialing(transport), backoff: { initial: 20, max: 100 } };
  const open = (path: string, options: Partial<ClientOptions<typeof api>>): Client<typeof api> => {
    const client = faces.connect(`ws://${address}/${path}`, { api, ...own, ...options });
    opened.push(client);
    return client;
  };
  return {
    client: (options = {}) => open('rpc', options),
    withToken: (token) => open('token', { token }),
    bare: (protocols) => {
      const bare = bareConnection(`ws://${address}/rpc`, { ...own, protocols });
      opened.push(bare.connection);
      return bare;
    },
    tell: async (order, argument = '') => {
      const url = `http://${control}/do/${order}/${encodeURIComponent(argument)}`;
      return (await fetch(url, { method: 'POST' })).json();
    },
    state: untilState,
    WebSocket: faces.WebSocket as typeof WebSocket,
    url: `ws://${address}/rpc`,
    end: () => {
      for (const one of opened) one.close();
    },
  };
}

/** The transports that a client has one after the other. */
function transportsOf(client: Client<typeof api>): (string | undefined)[] {
  const seen: (string | undefined)[] = [];
  client.subscribe(({ state, transport }) => {
    if (state === 'open') seen.push(transport);
  });
  return seen;
}

function untilState(client: Client<typeof api>, wanted: string): Promise<Client<typeof api>['status']> {
  return new Promise((resolve) => {
    if (client.status.state === wanted) resolve(client.status);
    const stop = client.subscribe((status) => {
      if (status.state !== wanted) return;
      stop();
      resolve(status);
    });
  });
}
