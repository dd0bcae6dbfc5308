/** tRPC: `applyWSSHandler` on a `WebSocketServer`, `createWSClient` and `wsLink` on both faces. */
import { EventEmitter, once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { createTRPCClient, createWSClient, type WebSocketClientOptions, wsLink } from '@trpc/client';
import { initTRPC, TRPCError, tracked } from '@trpc/server';
import { applyWSSHandler, type WSSHandlerOptions } from '@trpc/server/adapters/ws';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { closed, faces, listen, messages, nextConnection } from './endpoints.js';

interface Context {
  readonly user: string | null;
}

const t = initTRPC.context<Context>().create();

/** Emits `left` when a subscriber of `events` has gone. */
const left = new EventEmitter();

const router = t.router({
  user: t.procedure.query(({ ctx }) => ctx.user),
  echo: t.procedure.input((text) => String(text)).query(({ input }) => input),
  missing: t.procedure.query((): string => {
    throw new TRPCError({ code: 'NOT_FOUND', message: 'There is no such thing' });
  }),
  sum: t.procedure
    .input((numbers) => numbers as number[])
    .mutation(({ input }) => input.reduce((sum, number) => sum + number, 0)),
  /** Counts to a number. */
  count: t.procedure.input(Number).subscription(async function* ({ input }) {
    for (let count = 1; count <= input; count++) yield count;
  }),
  /** Goes on behind the last event that the subscriber has seen. */
  events: t.procedure
    .input((input) => input as { lastEventId?: string } | undefined)
    .subscription(async function* ({ input, signal }) {
      try {
        for (let id = Number(input?.lastEventId ?? 0) + 1; !signal?.aborted; id++) {
          yield tracked(String(id), id);
          await setImmediate();
        }
      } finally {
        left.emit('left');
      }
    }),
});

/** A tRPC server on a `WebSocketServer`. */
async function serve(options: Partial<WSSHandlerOptions<typeof router>> = {}) {
  const { server, url } = await listen();
  const handler = applyWSSHandler({
    wss: server,
    router,
    createContext: ({ info }) => ({ user: info.connectionParams?.user ?? null }),
    ...options,
  });
  return { server, url, handler };
}

/** Binary messages instead of text: JSON as bytes. */
const binaryEncoder: NonNullable<WebSocketClientOptions['experimental_encoder']> = {
  encode: (data) => new TextEncoder().encode(JSON.stringify(data)),
  decode: (data) => {
    if (typeof data === 'string') throw new TypeError('Text');
    return JSON.parse(new TextDecoder().decode(data));
  },
};

describe.each(faces)('tRPC with %s as its client', (_, face) => {
  /** A client that is connected, with its connection on the server. */
  const connect = (url: string, options: Partial<WebSocketClientOptions> = {}) => {
    // A class that is not the browser's own is what the option is for; its type knows only that one.
    const wsClient = createWSClient({
      url,
      WebSocket: face as unknown as NonNullable<WebSocketClientOptions['WebSocket']>,
      retryDelayMs: () => 0,
      ...options,
    });
    onTestFinished(() => wsClient.close());
    return { wsClient, client: createTRPCClient<typeof router>({ links: [wsLink({ client: wsClient })] }) };
  };
  type Client = ReturnType<typeof connect>['client'];

  /** Takes items of `events` until they are enough, unsubscribes, and resolves with them. */
  const takeEvents = (client: Client, isEnough: (items: readonly number[]) => boolean) =>
    new Promise<number[]>((resolve, reject) => {
      const items: number[] = [];
      const subscription = client.events.subscribe(undefined, {
        onData({ data }) {
          items.push(data);
          if (!isEnough(items)) return;
          subscription.unsubscribe();
          resolve(items);
        },
        onError: reject,
      });
    });

  it('queries, in batches too', async () => {
    const { url } = await serve();
    const { client } = connect(url);
    const texts = ['', 'tRPC', 'x'.repeat(70_000), 'äöü €'];
    expect(await Promise.all(texts.map((text) => client.echo.query(text)))).toEqual(texts);
  });

  it('mutates', async () => {
    const { url } = await serve();
    expect(await connect(url).client.sum.mutate([1, 2, 39])).toBe(42);
  });

  it('gets the errors of the server', async () => {
    const { url } = await serve();
    await expect(connect(url).client.missing.query()).rejects.toMatchObject({
      message: 'There is no such thing',
      data: { code: 'NOT_FOUND', httpStatus: 404 },
    });
  });

  it('sends connectionParams, by which the server knows its user', async () => {
    const { url } = await serve();
    const { client } = connect(url, { connectionParams: async () => ({ user: 'ada' }) });
    expect(await client.user.query()).toBe('ada');
  });

  it('speaks binary messages with an encoder for them', async () => {
    const { url } = await serve({ experimental_encoder: binaryEncoder });
    const { client } = connect(url, { experimental_encoder: binaryEncoder });
    expect(await client.echo.query('as bytes')).toBe('as bytes');
  });

  it('subscribes to an async generator until it ends', async () => {
    const { url } = await serve();
    const { client } = connect(url);
    const items: number[] = [];
    await new Promise<void>((resolve, reject) => {
      client.count.subscribe(100, {
        onData: (item) => void items.push(item),
        onComplete: resolve,
        onError: reject,
      });
    });
    expect(items).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  });

  it('unsubscribes, which ends the generator and not the connection', async () => {
    const { server, url } = await serve();
    const { client } = connect(url);
    const connection = nextConnection(server);
    const end = once(left, 'left');
    expect(await takeEvents(client, (items) => items.length === 3)).toEqual([1, 2, 3]);
    await end;
    expect(await client.echo.query('still there')).toBe('still there');
    expect(server.clients).toEqual(new Set([await connection]));
  });

  it('answers the pings of the server', async () => {
    const { server, url } = await serve({ keepAlive: { enabled: true, pingMs: 10, pongWaitMs: 15_000 } });
    const pongs = nextConnection(server).then((socket) => messages(socket, 3, (text) => text === 'PONG'));
    connect(url);
    expect(await pongs).toHaveLength(3);
  });

  it('pings the server, which answers', async () => {
    const { server, url } = await serve();
    const connection = nextConnection(server);
    const pings = connection.then((socket) => messages(socket, 3, (text) => text === 'PING'));
    const { client } = connect(url, {
      keepAlive: { enabled: true, intervalMs: 10, pongTimeoutMs: 15_000 },
    });
    expect(await pings).toHaveLength(3);
    expect(await client.echo.query('alive')).toBe('alive');
    expect(server.clients).toEqual(new Set([await connection]));
  });

  it('moves to a new connection when the server asks it to, and misses nothing', async () => {
    const { server, url, handler } = await serve();
    const { client } = connect(url);
    const first = await nextConnection(server);
    let hasMoved = false;
    const move = Promise.all([closed(first), nextConnection(server)]).finally(() => {
      hasMoved = true;
    });
    const items = await takeEvents(client, ({ length }) => {
      if (length === 3) handler.broadcastReconnectNotification();
      return hasMoved;
    });
    expect(items).toEqual(items.map((_, index) => index + 1));
    const [end, second] = await move;
    expect(end).toEqual([1005, '']);
    expect(await client.echo.query('moved')).toBe('moved');
    expect(server.clients).toEqual(new Set([second]));
  });

  it('goes on behind the last event when the server drops it', async () => {
    const { server, url } = await serve();
    const { client } = connect(url);
    const first = await nextConnection(server);
    const second = nextConnection(server);
    const items = await takeEvents(client, ({ length }) => {
      if (length === 10) first.terminate();
      return length === 20;
    });
    expect(items).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect((await second).readyState).toBe(WebSocket.OPEN);
  });

  it('tells why and how the connection ended', async () => {
    const { server, url } = await serve();
    const connection = nextConnection(server);
    const end = new Promise((resolve) => void connect(url, { onClose: resolve }));
    (await connection).close(4001, 'Enough');
    expect(await end).toMatchObject({ type: 'close', code: 4001, reason: 'Enough' });
  });
});

describe('the server of tRPC', () => {
  it('terminates who does not answer its pings', async () => {
    const { url } = await serve({ keepAlive: { enabled: true, pingMs: 10, pongWaitMs: 10 } });
    const client = new WebSocket(url);
    const [message] = await once(client, 'message');
    expect(String(message)).toBe('PING');
    expect(await closed(client)).toEqual([1006, '']);
  });

  it('answers what is not a call, and closes who gets no context', async () => {
    const { url } = await serve({
      createContext: () => {
        throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Who are you?' });
      },
    });
    const client = new WebSocket(url);
    const end = closed(client);
    const [answer] = await once(client, 'message');
    expect(JSON.parse(String(answer))).toMatchObject({ id: null, error: { message: 'Who are you?' } });
    expect(await end).toEqual([1005, '']);
  });
});
