import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { endpoints } from '../../../src/cli/endpoints.js';
import {
  type InspectedFrame,
  type InspectedOpening,
  type InspectionCommand,
  type InspectionMessage,
  maxWaiting,
} from '../../../src/cli/inspection/format.js';
import { WebSocket } from '../../../src/index.js';

let origin: string;

beforeEach(async () => {
  const http = createServer();
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const servers = endpoints(http, () => undefined);
  origin = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.drain({ deadline: 0 })));
    http.close();
  });
});

const newId = (): string => randomBytes(16).toString('hex');

/** A page that looks on, and what it was told. */
class Page {
  readonly socket: WebSocket;
  readonly messages: InspectionMessage[] = [];
  #heard: () => void = () => undefined;

  constructor(id: string) {
    this.socket = new WebSocket(`${origin}/inspect?id=${id}`);
    this.socket.on('message', (data) => {
      this.messages.push(...JSON.parse(String(data)));
      this.#heard();
    });
  }

  get frames(): InspectedFrame[] {
    return this.messages.filter((message) => message.type === 'frame');
  }

  /** Resolves with the first message of which this is true, once it has come. */
  async until<T extends InspectionMessage>(isIt: (message: InspectionMessage) => message is T): Promise<T>;
  async until(isIt: (message: InspectionMessage) => boolean): Promise<InspectionMessage>;
  async until(isIt: (message: InspectionMessage) => boolean): Promise<InspectionMessage> {
    for (;;) {
      const found = this.messages.find(isIt);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  ask(command: InspectionCommand | string): void {
    this.socket.send(typeof command === 'string' ? command : JSON.stringify(command));
  }
}

const isFrame =
  (direction: string, opcode: number) =>
  (message: InspectionMessage): message is InspectedFrame =>
    message.type === 'frame' && message.direction === direction && message.opcode === opcode;

const text = ({ payload }: InspectedFrame): string => String(Buffer.from(payload, 'base64'));

async function inspected(path = '/') {
  const id = newId();
  const page = new Page(id);
  await once(page.socket, 'open');
  const client = new WebSocket(`${origin}${path}?id=${id}`);
  await once(client, 'open');
  return { id, page, client };
}

describe('a page', () => {
  it('sees the opening handshake of its connection and the steps to the accept value', async () => {
    const { id, page } = await inspected();
    const opening = await page.until((message): message is InspectedOpening => message.type === 'open');
    expect(opening.requestLine).toBe(`GET /?id=${id} HTTP/1.1`);
    expect(opening.statusLine).toBe('HTTP/1.1 101 Switching Protocols');
    expect(opening.requestHeaders).toContainEqual(['Sec-WebSocket-Version', '13']);
    expect(opening.requestHeaders).toContainEqual(['Sec-WebSocket-Key', opening.key]);
    expect(opening.responseHeaders).toContainEqual(['Sec-WebSocket-Accept', opening.accept]);
    expect(Buffer.from(opening.digest, 'hex').toString('base64')).toBe(opening.accept);
  });

  it('sees the frames of its connection alone, both ways', async () => {
    const { page, client } = await inspected();
    const other = await inspected();
    other.client.send('not yours');
    client.send('hello');
    const echo = await page.until(isFrame('sent', 1));
    const [sent] = page.frames;
    expect([sent.direction, text(sent), sent.number, echo.number, text(echo)]).toEqual([
      'received',
      'hello',
      1,
      2,
      'hello',
    ]);
    expect(sent.maskingKey).not.toBeNull();
    expect(Buffer.from(sent.header, 'base64').subarray(0, 2).toString('hex')).toBe('8185');
    await other.page.until(isFrame('sent', 1));
    expect(page.frames.every((frame) => text(frame) === 'hello')).toBe(true);
  });

  it('sees at most 1 KiB of each payload', async () => {
    const { page, client } = await inspected();
    client.send(Buffer.alloc(70_000, 'x'));
    const { payload, payloadLength } = await page.until(isFrame('received', 2));
    expect([Buffer.from(payload, 'base64').length, payloadLength]).toEqual([1024, 70_000]);
  });

  it('sees compressed frames of the endpoint that compresses', async () => {
    const { page, client } = await inspected('/compressed');
    client.send('a'.repeat(100));
    const echo = await page.until(isFrame('sent', 1));
    expect(echo.rsv).toEqual([true, false, false]);
    expect(echo.payloadLength).toBeLessThan(20);
  });

  it('sees how the connection ended, and then the next one from its start', async () => {
    const { id, page, client } = await inspected();
    client.close(4000, 'done');
    const end = await page.until(({ type }) => type === 'closed');
    expect(end).toMatchObject({ code: 4000, reason: 'done', error: null });
    page.messages.length = 0;
    const next = new WebSocket(`${origin}/?id=${id}`);
    await once(next, 'open');
    next.send('again');
    await page.until(isFrame('sent', 1));
    expect(page.frames.map(({ number }) => number)).toEqual([1, 2]);
  });

  it('that does not keep up is told how many frames it missed, and the newest', async () => {
    const { page, client } = await inspected();
    for (let index = 0; index < maxWaiting * 2; index++) client.send(String(index));
    const last = String(maxWaiting * 2 - 1);
    await page.until((message) => isFrame('sent', 1)(message) && text(message) === last);
    const skipped = page.messages.flatMap((message) => (message.type === 'skipped' ? [message.frames] : []));
    expect(skipped.length).toBeGreaterThan(0);
    const missed = skipped.reduce((sum, frames) => sum + frames, 0);
    expect(page.frames.length + missed).toBe(maxWaiting * 4);
  });
});

describe('whoever', () => {
  it.each(['', '?id=', '?id=1234', `?id=${'g'.repeat(32)}`])(
    'has no good id is refused: "%s"',
    async (query) => {
      const page = new WebSocket(`${origin}/inspect${query}`);
      const [code] = (await once(page, 'close')) as [number];
      expect(code).toBe(1008);
    },
  );

  it('takes an id that is in use is refused, and the first goes on', async () => {
    const { id, page, client } = await inspected();
    const second = new Page(id);
    const [code, reason] = (await once(second.socket, 'close')) as [number, Buffer];
    expect([code, String(reason)]).toEqual([1008, 'The id is taken']);
    client.send('hello');
    await page.until(isFrame('sent', 1));
  });

  it('comes when 64 pages look on already is asked to come later', async () => {
    const pages = Array.from({ length: 64 }, () => new Page(newId()));
    await Promise.all(pages.map(({ socket }) => once(socket, 'open')));
    const [code] = (await once(new Page(newId()).socket, 'close')) as [number];
    expect(code).toBe(1013);
    pages[0].socket.close();
    await once(pages[0].socket, 'close');
    const later = new Page(newId());
    await once(later.socket, 'open');
    later.ask({ do: 'terminate' });
    await later.until(({ type }) => type === 'refused');
  });

  it('names an id that nobody waits for is served all the same', async () => {
    const client = new WebSocket(`${origin}/?id=${newId()}`);
    await once(client, 'open');
    client.send('hello');
    const [data] = await once(client, 'message');
    expect(String(data)).toBe('hello');
  });

  it('comes from another site is refused', async () => {
    const page = new WebSocket(`${origin}/inspect?id=${newId()}`, { origin: 'https://example.org' });
    const [error] = (await once(page, 'error')) as [Error];
    expect(error.message).toContain('403');
  });
});

describe('a page may ask for', () => {
  it('a ping, which the client answers, and a pong', async () => {
    const { page, client } = await inspected();
    page.ask({ do: 'ping', payload: 'there?' });
    const pong = await page.until(isFrame('received', 10));
    expect(text(pong)).toBe('there?');
    page.ask({ do: 'pong', payload: 'unasked' });
    const [data] = await once(client, 'pong');
    expect(String(data)).toBe('unasked');
  });

  it('a message in fragments with a ping in between', async () => {
    const { page, client } = await inspected();
    page.ask({ do: 'fragments', text: '我是阿宝哥!', count: 3, ping: true });
    const [data] = await once(client, 'message');
    expect(String(data)).toBe('我是阿宝哥!');
    await page.until((message) => isFrame('sent', 0)(message) && message.fin);
    const sent = page.frames.filter(({ direction }) => direction === 'sent');
    expect(sent.map(({ opcode, fin }) => [opcode, fin])).toEqual([
      [1, false],
      [9, true],
      [0, false],
      [0, true],
    ]);
  });

  it('a close frame, and an end without one', async () => {
    const first = await inspected();
    first.page.ask({ do: 'close', code: 4001, reason: 'asked' });
    expect(await once(first.client, 'close')).toMatchObject([4001, Buffer.from('asked')]);
    const second = await inspected();
    second.page.ask({ do: 'terminate' });
    expect(((await once(second.client, 'close')) as [number])[0]).toBe(1006);
  });

  it.each([
    ['reserved-opcode', 'WS_ERR_INVALID_OPCODE'],
    ['reserved-bit', 'WS_ERR_UNEXPECTED_RSV_2_3'],
    ['masked', 'WS_ERR_UNEXPECTED_MASK'],
    ['invalid-utf8', 'WS_ERR_INVALID_UTF8'],
    ['long-control', 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH'],
    ['lone-continuation', 'WS_ERR_INVALID_OPCODE'],
  ] as const)('a frame that breaks the rule %s', async (rule, code) => {
    const { page, client } = await inspected();
    page.ask({ do: 'break', rule });
    const [error] = (await once(client, 'error')) as [Error & { code: string }];
    expect(error.code).toBe(code);
    const frame = await page.until(({ type }) => type === 'frame');
    // UTF-8 is judged by whoever reads the text: the frame itself is in order.
    expect(frame).toMatchObject({ direction: 'sent', error: rule === 'invalid-utf8' ? null : { code } });
  });

  it.each([
    ['nonsense', 'not JSON'],
    ['null', 'The command is unknown'],
    ['{"do":"dance"}', 'The command is unknown'],
    ['{"do":"break","rule":"__proto__"}', 'There is no rule "__proto__" to break'],
    ['{"do":"fragments","text":"a","count":51}', 'A message has from 2 to 50 fragments'],
    ['{"do":"fragments","text":"a"}', 'A message has from 2 to 50 fragments'],
    ['{"do":"close","code":1005}', 'First argument must be a valid error code number'],
    [`{"do":"ping","payload":"${'x'.repeat(126)}"}`, 'The data size must not be greater than 125 bytes'],
  ])('nothing else: %s', async (command, reason) => {
    const { page, client } = await inspected();
    page.ask(command);
    const refused = await page.until(({ type }) => type === 'refused');
    if (reason !== 'not JSON') expect(refused).toMatchObject({ reason });
    client.send('still there');
    await once(client, 'message');
  });

  it('nothing while the browser does not read', async () => {
    const { page, client } = await inspected();
    client.pause();
    const text = 'x'.repeat(8000);
    const refused = page.until(({ type }) => type === 'refused');
    const isRefused = (): boolean => page.messages.some(({ type }) => type === 'refused');
    for (let asked = 0; asked < 20_000 && !isRefused(); asked++) {
      page.ask({ do: 'fragments', text, count: 2, ping: false });
      if (asked % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await refused).toMatchObject({ reason: 'The browser does not read what was sent before' });
    client.resume();
  });

  it('nothing without a connection', async () => {
    const page = new Page(newId());
    await once(page.socket, 'open');
    page.ask({ do: 'ping', payload: '' });
    const refused = await page.until(({ type }) => type === 'refused');
    expect(refused).toMatchObject({ reason: 'There is no connection to send it on' });
  });
});
