/** graphql-ws: its server on a `WebSocketServer`, its client on both faces. */
import { EventEmitter, on, once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { type ClientOptions, createClient, type ServerOptions } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { closed, faces, listen, nextConnection, requireNatively } from './endpoints.js';

/** The instance that graphql-ws has: it refuses the schema of another. */
const { buildSchema } = requireNatively('graphql') as typeof import('graphql');

const subprotocol = 'graphql-transport-ws';

const schema = buildSchema(`
  type Query { user: String, size(text: String!): Int! }
  type Mutation { add(a: Int!, b: Int!): Int! }
  type Subscription { count(to: Int!): Int!, ticks: Int! }
`);

const roots = {
  query: {
    user: (_: unknown, { user }: { user?: string }) => user ?? null,
    size: ({ text }: { text: string }) => text.length,
  },
  mutation: { add: ({ a, b }: { a: number; b: number }) => a + b },
  subscription: {
    async *count({ to }: { to: number }) {
      for (let count = 1; count <= to; count++) yield { count };
    },
    ticks: () => on(new EventEmitter(), 'never'),
  },
};

/** A GraphQL server on a `WebSocketServer`. */
async function serve(options: ServerOptions = {}, keepAlive?: number) {
  const { server, url } = await listen();
  const context = ({ connectionParams }: { connectionParams?: Readonly<Record<string, unknown>> }) => ({
    ...connectionParams,
  });
  const disposable = useServer({ schema, roots, context, ...options }, server, keepAlive);
  return { server, url, disposable };
}

/** All results of an operation. */
async function resultsOf(client: ReturnType<typeof createClient>, query: string) {
  const results: unknown[] = [];
  for await (const { data } of client.iterate({ query })) results.push(data);
  return results;
}

describe.each(faces)('graphql-ws with %s as its client', (_, webSocketImpl) => {
  const connect = (url: string, options: Partial<ClientOptions> = {}) =>
    createClient({ url, webSocketImpl, retryAttempts: 0, ...options });

  it('queries and mutates', async () => {
    const { server, url } = await serve();
    const client = connect(url);
    const connection = nextConnection(server);
    expect(await resultsOf(client, '{ size(text: "four") }')).toEqual([{ size: 4 }]);
    expect((await connection).protocol).toBe(subprotocol);
    expect(await resultsOf(client, 'mutation { add(a: 40, b: 2) }')).toEqual([{ add: 42 }]);
    await client.dispose();
  });

  it('runs operations side by side on one connection, a large one among them', async () => {
    const { server, url } = await serve();
    const client = connect(url, { lazyCloseTimeout: 10_000 });
    const queries = [70_000, 1, 130, 1_000].map((length) => `{ size(text: "${'x'.repeat(length)}") }`);
    const results = await Promise.all(queries.map((query) => resultsOf(client, query)));
    expect(results.flat()).toEqual([{ size: 70_000 }, { size: 1 }, { size: 130 }, { size: 1_000 }]);
    expect(server.clients.size).toBe(1);
    await client.dispose();
  });

  it('subscribes and gets every item in order', async () => {
    const { url } = await serve();
    const results = await resultsOf(connect(url), 'subscription { count(to: 100) }');
    expect(results).toEqual(Array.from({ length: 100 }, (_, index) => ({ count: index + 1 })));
  });

  it('cancels a subscription on both ends', async () => {
    const resolver = new EventEmitter();
    async function* ticks() {
      try {
        for (let ticks = 0; ; ticks++) {
          yield { ticks };
          await setImmediate();
        }
      } finally {
        resolver.emit('end');
      }
    }
    const end = once(resolver, 'end');
    const { server, url } = await serve({ roots: { subscription: { ticks } } });
    const client = connect(url, { lazyCloseTimeout: 10_000 });
    const connection = nextConnection(server);
    const items: unknown[] = [];
    for await (const { data } of client.iterate({ query: 'subscription { ticks }' })) {
      if (items.push(data) === 3) break;
    }
    expect(items).toEqual([{ ticks: 0 }, { ticks: 1 }, { ticks: 2 }]);
    await end;
    expect((await connection).readyState).toBe(WebSocket.OPEN);
    await client.dispose();
  });

  it('sends connectionParams, by which the server knows its user', async () => {
    const { url } = await serve({ onConnect: ({ connectionParams }) => connectionParams?.user === 'ada' });
    const client = connect(url, { connectionParams: async () => ({ user: 'ada' }) });
    expect(await resultsOf(client, '{ user }')).toEqual([{ user: 'ada' }]);
  });

  it('is refused for its connectionParams with 4403', async () => {
    const { server, url } = await serve({ onConnect: () => false });
    const connection = nextConnection(server).then(closed);
    await expect(resultsOf(connect(url), '{ user }')).rejects.toMatchObject({
      type: 'close',
      code: 4403,
      reason: 'Forbidden',
      wasClean: true,
    });
    expect(await connection).toEqual([4403, 'Forbidden']);
  });

  it("keeps the connection alive with the library's own pings", async () => {
    const { url } = await serve();
    const client = connect(url, { lazy: false, keepAlive: 5 });
    let pongs = 0;
    await new Promise<void>((resolve) => {
      client.on('pong', (isReceived) => {
        if (isReceived && ++pongs === 3) resolve();
      });
    });
    await client.dispose();
  });

  it('hears of a server that goes away with 1001', async () => {
    const { server, url, disposable } = await serve();
    const connection = nextConnection(server).then(closed);
    const client = connect(url, { lazy: false, onNonLazyError: () => undefined });
    const end = new Promise((resolve) => void client.on('closed', resolve));
    await new Promise((resolve) => void client.on('connected', resolve));
    await disposable.dispose();
    expect(await end).toMatchObject({ code: 1001, reason: 'Going away', wasClean: true });
    expect(await connection).toEqual([1001, 'Going away']);
  });

  it('connects and subscribes again when the server drops it', async () => {
    const retryWait = async () => undefined;
    let runs = 0;
    const { server, url } = await serve({
      roots: {
        subscription: {
          async *ticks() {
            runs++;
            yield { ticks: runs };
            if (runs === 1) for (const socket of server.clients) socket.terminate();
          },
        },
      },
    });
    const client = connect(url, { retryAttempts: 5, retryWait, shouldRetry: () => true });
    expect(await resultsOf(client, 'subscription { ticks }')).toEqual([{ ticks: 1 }, { ticks: 2 }]);
  });
});

describe('the server of graphql-ws', () => {
  it('pings, and is content with who answers', async () => {
    const { server, url } = await serve({}, 1_000);
    const connection = nextConnection(server);
    const client = new WebSocket(url, subprotocol);
    const accepted = await connection;
    for (let pongs = 0; pongs < 2; pongs++) await once(accepted, 'pong');
    expect(client.readyState).toBe(WebSocket.OPEN);
    client.close();
    expect((await closed(client))[0]).toBe(1005);
  });

  it('terminates who does not answer its pings', async () => {
    const { url } = await serve({}, 20);
    const client = new WebSocket(url, subprotocol, { autoPong: false });
    expect(await closed(client)).toEqual([1006, '']);
  });

  const init = '{"type":"connection_init"}';
  const subscribe = '{"id":"1","type":"subscribe","payload":{"query":"subscription { ticks }"}}';
  it.each<[code: number, reason: string, sent: string[]]>([
    [4400, 'Invalid message received', ['{']],
    [4401, 'Unauthorized', [subscribe]],
    [4408, 'Connection initialisation timeout', []],
    [4409, 'Subscriber for 1 already exists', [init, subscribe, subscribe]],
    [4429, 'Too many initialisation requests', [init, init]],
  ])('closes with %d %s', async (code, reason, sent) => {
    const { url } = await serve({ connectionInitWaitTimeout: sent.length === 0 ? 20 : 10_000 });
    const client = new WebSocket(url, subprotocol);
    const end = closed(client);
    await once(client, 'open');
    for (const message of sent) {
      client.send(message);
      if (message === init && sent[1] !== init) await once(client, 'message');
    }
    expect(await end).toEqual([code, reason]);
  });

  it('closes with 4406 for a client without its subprotocol', async () => {
    const { url } = await serve();
    expect(await closed(new WebSocket(url))).toEqual([4406, 'Subprotocol not acceptable']);
  });
});
