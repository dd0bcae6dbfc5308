import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import type { Dial } from 'hawser/client';
import { pollingDial } from 'hawser/client/polling';
import { sseDial } from 'hawser/client/sse';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  type ComparedEvent,
  type RunCommand,
  type RunMessage,
  transports,
} from '../../../src/cli/compare/format.js';
import { endpoints } from '../../../src/cli/endpoints.js';
import { type ClientOptions, WebSocket } from '../../../src/index.js';

let http: Server;
let origin: string;

beforeEach(async () => {
  http = createServer();
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const servers = endpoints(http, (_, response) => response.end('page'));
  origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.drain({ deadline: 0 })));
    http.close();
    http.closeAllConnections();
  });
});

const newId = (): string => randomBytes(16).toString('hex');
const address = (name: string, run: string): string => `${origin}/compare/${name}?run=${run}`;
const webSocketAddress = (name: string, run: string): string => address(name, run).replace('http', 'ws');
const numbers = (events: readonly ComparedEvent[]): number[] => events.map(({ n }) => n);

type Costs = Extract<RunMessage, { type: 'costs' }>;

/** A connection that the client is the first to end. */
function webSocket(name: string, run: string, options: ClientOptions = {}): WebSocket {
  const socket = new WebSocket(webSocketAddress(name, run), options);
  onTestFinished(() => socket.terminate());
  return socket;
}

/** A page's side channel, and what it was told last. */
class Page {
  readonly run: string;
  readonly socket: WebSocket;

  constructor(run = newId()) {
    this.run = run;
    this.socket = webSocket('run', run);
  }

  tell(command: RunCommand | string): void {
    this.socket.send(typeof command === 'string' ? command : JSON.stringify(command));
  }

  /** Resolves with the first costs from now on of which this is true. */
  async costs(isIt: (costs: Costs) => boolean): Promise<Costs> {
    for (;;) {
      const [data] = await once(this.socket, 'message');
      const message = JSON.parse(String(data)) as RunMessage;
      if (message.type === 'costs' && isIt(message)) return message;
    }
  }

  /** Has so many events happen, and no more. */
  async happen(count: number): Promise<Costs> {
    this.tell({ do: 'start', rate: 20 });
    await this.costs(({ last }) => last >= count);
    this.tell({ do: 'stop' });
    return this.costs(({ isOver }) => isOver);
  }
}

async function openPage(run?: string): Promise<Page> {
  const page = new Page(run);
  await once(page.socket, 'open');
  return page;
}

/** A client that follows events, how it ended, and when it is open. */
function follow(dial: Dial, run: string) {
  const events: ComparedEvent[] = [];
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const ended = new Promise<number>((close) => {
    const transport = dial(webSocketAddress('events', run), {
      open: () => open(),
      message: (data) => events.push(JSON.parse(String(data))),
      drain: () => undefined,
      close,
    });
    onTestFinished(() => transport.terminate());
  });
  return { events, opened, ended };
}

async function short(run: string, after: number | string = 0): Promise<ComparedEvent[]> {
  const response = await fetch(`${address('short', run)}&after=${after}`);
  return (await response.json()) as ComparedEvent[];
}

/** A TCP connection that speaks HTTP by hand, and how many bytes it has got. */
async function tcp() {
  const socket = connectTcp((http.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

/** Sends a request, and tells the bytes of it and of its answer, which `end` is at the end of. */
async function exchange(socket: Socket, head: string, end: RegExp): Promise<{ up: number; down: number }> {
  let answer = '';
  const take = (chunk: Buffer): void => {
    answer += chunk.toString('latin1');
  };
  socket.on('data', take);
  socket.write(head);
  while (!end.test(answer)) await once(socket, 'data');
  socket.off('data', take);
  return { up: Buffer.byteLength(head), down: answer.length };
}

describe('the comparison of hawser serve', () => {
  it('delivers the same events in four ways', async () => {
    const page = await openPage();
    const socket = webSocket('socket', page.run);
    const polling = follow(pollingDial(), page.run);
    const sse = follow(sseDial(), page.run);
    const received: ComparedEvent[] = [];
    socket.on('message', (data) => received.push(JSON.parse(String(data))));
    await Promise.all([once(socket, 'open'), polling.opened, sse.opened]);
    const { last } = await page.happen(5);
    const all = await short(page.run);
    expect(numbers(all)).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    await expect.poll(() => [received, polling.events, sse.events]).toEqual([all, all, all]);
    expect(numbers(await short(page.run, last - 2))).toEqual([last - 1, last]);
    expect(await short(page.run, 'nonsense')).toEqual([]);
    const { costs } = await page.costs(({ costs: { short: polls } }) => polls.requests === 3);
    for (const name of transports) {
      expect(costs[name].up).toBeGreaterThan(100);
      expect(costs[name].down).toBeGreaterThan(last * 90);
    }
    expect([costs.sse.requests, costs.websocket.requests]).toEqual([1, 1]);
  });

  it('has those that come later catch up', async () => {
    const page = await openPage();
    const { last } = await page.happen(3);
    const socket = webSocket('socket', page.run);
    const received: ComparedEvent[] = [];
    socket.on('message', (data) => received.push(JSON.parse(String(data))));
    await expect.poll(() => received).toHaveLength(last);
  });

  it('counts the bytes of requests as they are on the wire, and not those of others on their connection', async () => {
    const page = await openPage();
    await page.happen(1);
    const socket = await tcp();
    const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const path = `/compare/short?run=${page.run}`;
    await exchange(socket, get('/page-of-some-length'), /page$/);
    const first = await exchange(socket, get(path), /\}\]$/);
    await exchange(socket, get('/'), /page$/);
    const second = await exchange(socket, get(`${path}&after=1000`), /\[\]$/);
    const { costs } = await page.costs((told) => told.costs.short.requests === 2);
    expect(costs.short).toEqual({ requests: 2, up: first.up + second.up, down: first.down + second.down });
  });

  it('counts an event stream and a WebSocket while they are open', async () => {
    const page = await openPage();
    await page.happen(1);
    const rest = 'Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
    const upgrade = `${rest}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n`;
    const line = (name: string): string => `GET /compare/${name}?run=${page.run} HTTP/1.1\r\n`;
    // The text of the last event is the end of either; behind it the stream has the ends of the event and of its chunk.
    const { length } = (await short(page.run)) as ComparedEvent[];
    const last = `"n":${length},[^}]*\\}`;
    const webSocket = await exchange(
      await tcp(),
      `${line('socket')}${upgrade}\r\n`,
      new RegExp(`101 Switching[^]*${last}$`),
    );
    const stream = await exchange(
      await tcp(),
      `${line('events')}Host: a\r\n\r\n`,
      new RegExp(`data: [^]*${last}\n\n\r\n$`),
    );
    const { costs } = await page.costs((told) => told.costs.sse.requests === 1);
    expect(costs.websocket).toEqual({ requests: 1, ...webSocket });
    expect(costs.sse).toEqual({ requests: 1, ...stream });
  });

  it('tells the time', async () => {
    const page = await openPage();
    page.tell({ do: 'ping' });
    const [data] = await once(page.socket, 'message');
    const { type, at } = JSON.parse(String(data)) as { type: string; at: number };
    expect(type).toBe('pong');
    expect(Math.abs(at - Date.now())).toBeLessThan(5000);
  });

  it('ends with its page', async () => {
    const page = await openPage();
    const socket = webSocket('socket', page.run);
    const sse = follow(sseDial(), page.run);
    await Promise.all([once(socket, 'open'), sse.opened]);
    page.tell({ do: 'start', rate: 20 });
    page.socket.close();
    const [code] = await once(socket, 'close');
    expect([code, await sse.ended]).toEqual([1001, 1001]);
    expect((await fetch(address('short', page.run))).status).toBe(404);
  });

  it.each(['short', 'events'])('answers %s with 404 where there is no such run', async (name) => {
    for (const run of [newId(), 'short', '']) {
      expect((await fetch(address(name, run))).status).toBe(404);
    }
  });

  it('has no WebSocket where there is no such run', async () => {
    const [error] = await once(webSocket('socket', newId()), 'error');
    expect(String(error)).toContain('404');
  });

  it.each([{ do: 'start', rate: 1000 }, { do: 'start' }, { do: 'else' }, 'no JSON', 'null', '1'])(
    'is over after a command that is none: %j',
    async (command) => {
      const page = await openPage();
      page.tell(command as RunCommand);
      const [code] = await once(page.socket, 'close');
      expect(code).toBe(1008);
    },
  );

  it('refuses ids that are taken or of another form, and pages of other hosts', async () => {
    const { run } = await openPage();
    for (const id of [run, 'short', '', run.toUpperCase().padEnd(33, 'A')]) {
      const [code] = await once(new Page(id).socket, 'close');
      expect(code).toBe(1008);
    }
    const foreign = webSocket('run', newId(), { origin: 'https://elsewhere.example' });
    const [error] = await once(foreign, 'error');
    expect(String(error)).toContain('403');
  });

  it('has 32 runs at a time', async () => {
    const pages = await Promise.all(Array.from({ length: 32 }, () => openPage()));
    const [code] = await once(new Page().socket, 'close');
    expect(code).toBe(1013);
    pages[0]?.socket.close();
    await once(pages[0]?.socket as WebSocket, 'close');
    await openPage();
  });

  it('has 4 requests of a run by one transport under way', async () => {
    const { run } = await openPage();
    const four = Array.from({ length: 4 }, () => webSocket('socket', run));
    await Promise.all(four.map((socket) => once(socket, 'open')));
    const [error] = await once(webSocket('socket', run), 'error');
    expect(String(error)).toContain('429');
    await Promise.all(Array.from({ length: 4 }, () => follow(sseDial(), run).opened));
    expect((await fetch(address('events', run))).status).toBe(429);
  });
});
