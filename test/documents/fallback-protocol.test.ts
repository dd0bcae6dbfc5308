/** The page of the fallbacks' wire shows exchanges: each of them is played against a server, over HTTP. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { HandshakeError } from '../../src/protocol/errors.js';
import type { FallbackServerOptions } from '../../src/transports/fallback-server/index.js';
import { startFallback } from '../transports/fallback-server/http-requests.js';
import { readDocument, root, sourceFiles } from './markdown.js';

const page = readDocument('docs/reference/fallback-protocol.md');
const exchanges = page.blocks.filter(({ language }) => language === 'http');

/** Options of the server by the block's name; the page says which it is. */
const servers: Record<string, FallbackServerOptions<string>> = {
  '': {},
  private: {
    authenticate: ({ headers }) => {
      if (!headers.authorization) throw new HandshakeError(401, 'Log in first');
      return headers.authorization;
    },
    principal: (context) => context,
  },
  cors: { cors: { origins: ['https://app.example'], credentials: true } },
};

/** Lines with the same mark, one behind the other; what is in parentheses stands alone. */
function stepsOf(code: string): { mark: string; lines: string[] }[] {
  const steps: { mark: string; lines: string[] }[] = [];
  for (const line of code.trimEnd().split('\n')) {
    const [, mark = '', text = ''] = /^(-->|<--|\() ?(.*)$/.exec(line) ?? [];
    if (mark === '') throw new Error(`not understood: ${line}`);
    const last = steps.at(-1);
    if (mark !== '(' && last?.mark === mark) last.lines.push(text);
    else steps.push({ mark, lines: [text] });
  }
  return steps;
}

/** The fields at the beginning of some lines, and the rest of them. */
function partsOf(lines: readonly string[]): { headers: Record<string, string>; body: string } {
  const isField = (line: string): boolean => /^[A-Z][A-Za-z-]+: /.test(line);
  const end = lines.findIndex((line) => !isField(line));
  const fields = end < 0 ? lines : lines.slice(0, end);
  const headers = fields.map((line) => line.split(/: (.*)/).slice(0, 2));
  return {
    headers: Object.fromEntries(headers.map(([name = '', value = '']) => [name.toLowerCase(), value])),
    body: end < 0 ? '' : lines.slice(end).join('\n'),
  };
}

/** The texts in quotes, which are JSON. */
const quoted = (text: string): string[] =>
  Array.from(text.matchAll(/"(?:[^"\\]|\\.)*"/g), ([json]) => JSON.parse(json));

/** Plays an exchange; the lines of the page are compared one answer at a time. */
class Player {
  readonly #server;
  readonly #got: string[] = [];
  readonly #names = new Map<string, string>();
  #closed: Promise<unknown[]> | undefined;
  #pending: Promise<IncomingMessage> | undefined;
  #response: IncomingMessage | undefined;
  #text = '';
  #isEnded = false;

  constructor(server: Awaited<ReturnType<typeof startFallback<string>>>) {
    this.#server = server;
    server.fallback.on('connection', (socket) => {
      socket.on('message', (text) => this.#got.push(text));
      this.#closed = once(socket, 'close');
    });
  }

  async play({ mark, lines }: { mark: string; lines: readonly string[] }): Promise<void> {
    if (mark === '-->') await this.#request(lines);
    else if (mark === '<--') await this.#answer(lines);
    else await this.#happen(lines[0] ?? '');
  }

  async #request([first = '', ...rest]: readonly string[]): Promise<void> {
    // What has not been shown of the answer before is not there.
    expect(this.#text).toBe('');
    const [method = '', url = ''] = this.#filled(first).split(' ');
    const { headers, body } = partsOf(rest.map((line) => this.#filled(line)));
    const query = Object.fromEntries(new URL(url, 'http://localhost').searchParams);
    this.#response = undefined;
    this.#isEnded = false;
    const parts = { method, query, headers, ...(body && { body }) };
    let isAnswered = false;
    this.#pending = this.#server.begin(parts);
    void this.#pending.then(() => {
      isAnswered = true;
    });
    await until(() => isAnswered || this.#server.sockets[0]?.transport === 'polling');
  }

  async #answer(lines: readonly string[]): Promise<void> {
    const rest = this.#response ? lines : await this.#head(lines);
    const wanted = rest.join('\n');
    const response = this.#response as unknown as IncomingMessage;
    const isStream = response.headers['content-type'] === 'text/event-stream';
    // A line of a stream ends where it stands; the body of another answer has no end of line.
    const whole = isStream ? `${wanted}\n` : wanted;
    while (!this.#isEnded && (!isStream || this.#blanked().length < whole.length)) {
      await Promise.race([once(response, 'data'), once(response, 'close')]);
    }
    expect(this.#blanked()).toBe(whole);
    this.#text = '';
  }

  async #head([status, ...lines]: readonly string[]): Promise<string[]> {
    const response = (await this.#pending) as IncomingMessage;
    this.#response = response;
    response.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
    });
    response.on('error', () => undefined);
    response.on('close', () => {
      this.#isEnded = true;
    });
    const { headers } = partsOf(lines);
    expect(`${response.statusCode}`).toBe(status);
    expect(response.headers).toMatchObject(headers);
    return lines.slice(Object.keys(headers).length);
  }

  async #happen(text: string): Promise<void> {
    const { clock, sockets } = this.#server;
    const [socket] = sockets;
    const [, seconds] = /^(\d+) seconds later\)$/.exec(text) ?? [];
    if (seconds) for (let second = 0; second < Number(seconds); second++) clock.advance(1000);
    else if (text.startsWith('the server sends ')) for (const message of quoted(text)) socket?.send(message);
    else if (text.startsWith('the server has closed ')) await this.#expectClosed(text);
    else if (text.startsWith('the server has ')) expect(this.#got).toEqual(quoted(text));
    else if (text.startsWith('the server closes ')) socket?.close(codeIn(text), quoted(text)[0]);
    else if (text === 'the connection is lost)') {
      this.#response?.destroy();
      await until(() => socket?.transport === undefined);
    } else throw new Error(`not understood: ${text}`);
  }

  async #expectClosed(text: string): Promise<void> {
    expect(await this.#closed).toEqual([codeIn(text), quoted(text)[0]]);
  }

  /** The page's names of the key and of an id that the server chose, in place of them. */
  #blanked(): string {
    const [, session, key] = /"session":"([\w-]+)","key":"([\w-]+)"/.exec(this.#text) ?? [];
    if (session !== undefined && key !== undefined) {
      this.#names.set('KEY', key);
      if (!page.text.includes(session)) this.#names.set('SESSION', session);
    }
    return [...this.#names].reduce((text, [name, value]) => text.replaceAll(value, name), this.#text);
  }

  #filled(line: string): string {
    return [...this.#names].reduce((text, [name, value]) => text.replaceAll(name, value), line);
  }
}

/** The server has heard of it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const codeIn = (text: string): number => Number(/\d{4}/.exec(text)?.[0]);

describe('docs/reference/fallback-protocol.md', () => {
  it('has exchanges', () => expect(exchanges.length).toBeGreaterThan(8));

  it.each(exchanges.map(({ name, code }, index) => [`${index + 1}`, name, code] as const))(
    'shows what happens: exchange %s %s',
    async (_, name, code) => {
      const options = servers[name];
      if (options === undefined) throw new Error(`there is no server "${name}"`);
      const player = new Player(await startFallback<string>(options));
      for (const step of stepsOf(code)) await player.play(step);
    },
  );

  it('names the reasons that the sources have', () => {
    const text = ['src/transports/fallback-server/', 'src/server/', 'src/protocol/']
      .flatMap(sourceFiles)
      .map((file) => readFileSync(root + file, 'utf8'))
      .join();
    const table = page.tables.find(({ headings }) => headings[0] === 'Refusals');
    const reasons = table?.rows.flatMap(([, , reason = '']) => /^`([^`]+)`$/.exec(reason)?.[1] ?? []) ?? [];
    expect(reasons.length).toBeGreaterThan(9);
    for (const reason of reasons) for (const part of reason.split('…')) expect(text).toContain(part.trim());
  });
});
