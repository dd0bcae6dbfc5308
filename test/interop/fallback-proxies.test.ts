/** Fallback sessions through proxies as they come: what streams, what keeps a stream, and where requests go. */
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Connection } from '../../src/browser/connection.js';
import type { Dial } from '../../src/transport/dial.js';
import {
  FallbackServer,
  type FallbackServerOptions,
  type FallbackSocket,
} from '../../src/transports/fallback-server/index.js';
import { pollingDial } from '../../src/transports/polling/client.js';
import { sseDial } from '../../src/transports/sse/client.js';
import { readDocument } from '../documents/markdown.js';
import { type Edit, haproxy, nginx, type ProxyProgram } from './proxies.js';

const ended: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

/** An echo server at /rpc; everything else is answered as HAProxy's health check wants it. */
async function backend(options: FallbackServerOptions = {}) {
  const fallback = new FallbackServer(options);
  const sockets: FallbackSocket[] = [];
  fallback.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('message', (text) => socket.send(`echo ${text}`));
  });
  const methods: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    if (!request.url?.startsWith('/rpc')) {
      response.writeHead(426).end();
      return;
    }
    methods.push(request.method);
    fallback.handle(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ended.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { sockets, methods, port: (server.address() as AddressInfo).port };
}

async function proxied(program: ProxyProgram, port: number, edits: readonly Edit[] = []): Promise<string> {
  const proxy = await program.start(port, edits);
  ended.push(() => proxy.stop());
  return `${proxy.http}/rpc`;
}

/** What a client hears, in a queue; `lost` with the close code. */
class Listening {
  readonly connection: Connection;
  readonly #heard: string[] = [];
  #wake = () => {};

  constructor(url: string, dial: Dial, fallbacks: readonly Dial[] = []) {
    const hear = (text: string): void => {
      this.#heard.push(text);
      this.#wake();
    };
    const listener = {
      message: (data: unknown) => hear(String(data)),
      lost: (code: number) => hear(`${code}`),
    };
    this.connection = new Connection(url, listener, { dial, fallbacks, watchdog: false });
    ended.push(() => this.connection.close());
  }

  async next(): Promise<string> {
    while (this.#heard.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#heard.shift() as string;
  }
}

interface Event {
  readonly id: string;
  readonly data: string;
}

/** Reads as an `EventSource` does, until the stream ends: ids and data of messages. */
async function* eventsOf(url: string, lastEventId?: string): AsyncGenerator<Event> {
  const headers = { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) };
  const request = get(url, { headers });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  ended.push(() => response.destroy());
  expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'text/event-stream']);
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk;
      const events = text.split('\n\n');
      text = events.pop() as string;
      for (const event of events) {
        const [, id, data] = /^id: (.*)\ndata: (.*)$/m.exec(event) ?? [];
        if (id !== undefined && data !== undefined) yield { id, data };
      }
    }
  } catch {
    // The proxy has cut it.
  }
}

const programs = [nginx, haproxy].map((program) => [program.name, program] as const);
const dials = { sse: sseDial(), polling: pollingDial() };

/** The proxy gives up a response on which nothing comes for so long. */
const readTimeout = (program: ProxyProgram, milliseconds: number): readonly Edit[] =>
  program === nginx
    ? program.idleTimeout(milliseconds)
    : [['timeout server 60s', `timeout server ${milliseconds}ms`]];

describe.each(programs)('%s, as it is configured for WebSockets', (_name, program) => {
  it.each(Object.entries(dials))('carries both directions at once: %s', async (name, dial) => {
    const { sockets, methods, port } = await backend({ trustProxy: 1 });
    const client = new Listening(await proxied(program, port), dial);
    await client.connection.send('one');
    // The stream, or the poll, goes on: nothing has ended when it arrives.
    expect(await client.next()).toBe('echo one');
    sockets[0]?.send('from the server');
    expect(await client.next()).toBe('from the server');
    const long = 'Grüße '.repeat(50_000);
    await client.connection.send(long);
    expect(await client.next()).toBe(`echo ${long}`);
    expect(client.connection.status.transport).toBe(name);
    expect(sockets.map(({ remoteAddress }) => remoteAddress)).toEqual(['127.0.0.1']);
    expect(methods).toContain('POST');
  });

  it('leaves a quiet stream alone that comments keep alive', async () => {
    const { methods, port } = await backend({ keepAlive: 500 });
    const url = await proxied(program, port, readTimeout(program, 3000));
    const client = new Listening(url, dials.sse);
    await client.connection.send('one');
    expect(await client.next()).toBe('echo one');
    await setTimeout(7000);
    await client.connection.send('two');
    expect(await client.next()).toBe('echo two');
    expect(methods).toEqual(['GET', 'POST', 'POST']);
  }, 20_000);

  it('cuts a stream that is quiet without them; the session goes on by another one', async () => {
    const { sockets, methods, port } = await backend();
    const url = await proxied(program, port, readTimeout(program, 500));
    const client = new Listening(url, dials.sse);
    await client.connection.send('one');
    expect(await client.next()).toBe('echo one');
    while (methods.filter((method) => method === 'GET').length < 3) await setTimeout(20);
    await client.connection.send('two');
    expect(await client.next()).toBe('echo two');
    expect(sockets).toHaveLength(1);
  });

  it('refuses a poll that waits for too long, and the client polls again', async () => {
    const { sockets, methods, port } = await backend();
    const url = await proxied(program, port, readTimeout(program, 500));
    const client = new Listening(url, dials.polling);
    while (methods.length < 4) await setTimeout(20);
    await client.connection.send('one');
    expect(await client.next()).toBe('echo one');
    expect(sockets).toHaveLength(1);
  });

  it('cuts a plain reader, which resumes by Last-Event-ID and misses nothing', async () => {
    const { sockets, port } = await backend();
    const url = await proxied(program, port, readTimeout(program, 500));
    const got: string[] = [];
    let last: string | undefined;
    for (const round of [1, 2, 3]) {
      sockets[0]?.send(`${round} while it was away`);
      const events = eventsOf(url, last);
      const first = events.next();
      while (sockets[0]?.transport !== 'sse') await setTimeout(5);
      sockets[0].send(`${round}`);
      for (let event = await first; !event.done; event = await events.next()) {
        got.push(event.value.data);
        last = event.value.id;
      }
      while (sockets[0].transport === 'sse') await setTimeout(5);
    }
    expect(sockets).toHaveLength(1);
    expect(got).toEqual(['1', '2 while it was away', '2', '3 while it was away', '3']);
  });
});

describe('nginx that speaks HTTP/1.0 to the server, as it does by default', () => {
  const old: Edit = ['proxy_http_version 1.1;', ''];
  const deaf: Edit = ['proxy_http_version 1.1;', 'proxy_ignore_headers X-Accel-Buffering;'];

  /** What has arrived of an event a while after it was sent, and what once the stream has ended. */
  const eventThrough = async (edit: Edit): Promise<unknown[]> => {
    const { sockets, port } = await backend();
    const event = eventsOf(await proxied(nginx, port, [edit])).next();
    while (sockets.length === 0) await setTimeout(5);
    sockets[0]?.send('hello');
    const early = await Promise.race([event.then(({ value }) => value.data), setTimeout(700, 'nothing')]);
    sockets[0]?.close();
    return [early, (await event).value.data];
  };

  it('lets an event through at once', async () =>
    expect(await eventThrough(old)).toEqual(['hello', 'hello']));

  it('would hold it back until the stream ends, if it were not for the header X-Accel-Buffering', async () =>
    expect(await eventThrough(deaf)).toEqual(['nothing', 'hello']));

  it('has clients fall back from events to polls then', async () => {
    const { sockets, port } = await backend();
    const client = new Listening(await proxied(nginx, port, [deaf]), dials.sse, [dials.polling]);
    await client.connection.send('one');
    expect(await client.next()).toBe('echo one');
    expect(client.connection.status.transport).toBe('polling');
    expect(sockets).toHaveLength(2);
  }, 20_000);
});

/** A block of the guide, as edits of the configurations of the tests; its second server is ours. */
function severalServers(program: ProxyProgram, other: number): readonly Edit[] {
  const { blocks } = readDocument('docs/guide/fallback-transports.md');
  const name = program === nginx ? 'sticky-hawser.conf' : 'sticky-haproxy.cfg';
  const lines = blocks.find((block) => block.name === name)?.code.split('\n') ?? [];
  const added = lines.filter((line) => /^ {2}(?:hash|balance|hash-type) /.test(line)).join('\n');
  expect(added).not.toBe('');
  return program === nginx
    ? [['upstream hawser {', `upstream hawser {\n${added}\n  server 127.0.0.1:${other};`]]
    : [['option httpchk', `option httpchk\n${added}\n  server other 127.0.0.1:${other} check`]];
}

describe('several servers', () => {
  it('each have their plain readers, by the address', async () => {
    const [one, other] = [await backend(), await backend()];
    const { blocks } = readDocument('docs/guide/fallback-transports.md');
    const map = blocks.find(({ code }) => code.startsWith('map $arg_session'))?.code ?? '';
    const sticky: readonly Edit[] = [
      [
        'upstream hawser {',
        `${map}upstream hawser {\n  hash $hawser_session consistent;\n  server 127.0.0.1:${other.port};`,
      ],
      ...readTimeout(nginx, 300),
    ];
    const url = await proxied(nginx, one.port, sticky);
    const sockets = () => [one, other].flatMap((server) => server.sockets);
    let last: string | undefined;
    for (const text of ['one', 'two', 'three', 'four']) {
      const events = eventsOf(url, last);
      const event = events.next();
      while (sockets()[0]?.transport !== 'sse') await setTimeout(5);
      sockets()[0]?.send(text);
      const { value } = await event;
      expect(value.data).toBe(text);
      last = value.id;
      expect((await events.next()).done).toBe(true);
      while (sockets()[0]?.transport === 'sse') await setTimeout(5);
    }
    expect(sockets()).toHaveLength(1);
  });

  it.each(programs)(
    'each have the requests of their sessions, by the id in the query: %s',
    async (_, program) => {
      const [one, other] = [await backend(), await backend()];
      const url = await proxied(program, one.port, severalServers(program, other.port));
      const talk = async (dial: Dial): Promise<void> => {
        const client = new Listening(url, dial);
        for (const text of ['one', 'two', 'three']) {
          await client.connection.send(text);
          expect(await client.next()).toBe(`echo ${text}`);
        }
      };
      // So many that, by chance, both servers have some.
      const all = Array.from({ length: 12 }, () => Object.values(dials)).flat();
      await Promise.all(all.map(talk));
      expect(one.sockets.length + other.sockets.length).toBe(all.length);
      expect(Math.min(one.sockets.length, other.sockets.length)).toBeGreaterThan(0);
    },
  );

  it('refuse each other’s sessions where requests go in turn', async () => {
    const [one, other] = [await backend(), await backend()];
    const inTurn: Edit = ['upstream hawser {', `upstream hawser {\n  server 127.0.0.1:${other.port};`];
    const client = new Listening(await proxied(nginx, one.port, [inTurn]), dials.sse);
    await client.connection.send('one');
    expect(await client.next()).toBe('4408');
    expect(client.connection.status).toMatchObject({ code: 4408, reason: 'resume impossible' });
    // It is no last word: the client comes back with a new session.
    expect(client.connection.status.state).toBe('waiting');
    expect([one.methods, other.methods].flat().sort()).toEqual(['GET', 'POST']);
  });
});
