/** An HTTP server with a fallback server on it, and requests as a client makes them, one at a time. */

import { once } from 'node:events';
import http, { type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { ManualClock } from '../../../src/testing/index.js';
import {
  FallbackServer,
  type FallbackServerOptions,
  type FallbackSocket,
} from '../../../src/transports/fallback-server/index.js';

/** What a request says. */
export interface RequestParts {
  readonly method?: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What a response says, once it has ended. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A session, as a client knows it. */
export interface Opened {
  readonly session: string;
  readonly key: string;
  readonly protocol: string;
}

/** An id that a client might choose. */
export const ID = 'abcdefghijklmnop-_09';

/** Starts it; it ends with the test. */
export async function startFallback<Context = unknown>(options: FallbackServerOptions<Context> = {}) {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const fallback = new FallbackServer<Context>({ clock, onError, ...options });
  const sockets: FallbackSocket<Context>[] = [];
  fallback.on('connection', (socket) => sockets.push(socket));
  const bodies: IncomingMessage[] = [];
  const server: Server = http.createServer((request, response) => {
    if (request.method === 'POST') bodies.unshift(request);
    fallback.handle(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new http.Agent({ keepAlive: true });
  onTestFinished(async () => {
    agent.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  /** Makes a request; resolves with its response as soon as that begins. */
  const begin = async ({
    method = 'GET',
    query = {},
    headers = {},
    body,
  }: RequestParts): Promise<IncomingMessage> => {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) search.set(name, String(value));
    const request = http.request({ port, host: '127.0.0.1', agent, method, headers, path: `/?${search}` });
    request.on('error', () => undefined);
    request.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    const [response] = await once(request, 'response');
    onTestFinished(() => void response.destroy());
    return response;
  };
  /** Begins a request whose body has not ended. */
  const hang = ({ query = {}, headers = {} }: RequestParts) => {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) search.set(name, String(value));
    const request = http.request({ port, host: '127.0.0.1', method: 'POST', headers, path: `/?${search}` });
    request.on('error', () => undefined);
    request.flushHeaders();
    const write = async (piece: string) => {
      const [incoming] = bodies;
      request.write(piece);
      for (let left = piece.length; left > 0; ) {
        const [chunk] = await once(incoming as IncomingMessage, 'data');
        left -= chunk.length;
      }
    };
    const answer = once(request, 'response').then(async ([response]) => ({ body: await text(response) }));
    const begun = untilRead(bodies);
    return { write, answer, begun };
  };
  const ask = async (parts: RequestParts): Promise<Answer> => {
    const response = await begin(parts);
    const { statusCode: status = 0, headers } = response;
    return { status, headers, body: await text(response) };
  };
  const json = { accept: 'application/json' };
  /** Begins a session by long polling. */
  const open = async (more: RequestParts = {}): Promise<Opened> => {
    const answer = await ask({
      ...more,
      query: { session: ID, ...more.query },
      headers: { ...json, ...more.headers },
    });
    return { session: ID, ...JSON.parse(answer.body).session };
  };
  const known = ({ session, key }: Opened, more: RequestParts): RequestParts => ({
    ...more,
    query: { session, ...more.query },
    headers: { ...json, 'hawser-key': key, ...more.headers },
  });
  return {
    clock,
    fallback,
    sockets,
    errors,
    port,
    server,
    begin,
    hang,
    ask,
    open,
    /** Polls a session. */
    poll: (opened: Opened, after = 0, more: RequestParts = {}) =>
      ask(known(opened, { ...more, query: { after, ...more.query } })),
    /** Sends messages of a session. */
    post: (opened: Opened, first: number, messages: unknown, more: RequestParts = {}) =>
      ask(known(opened, { ...more, method: 'POST', body: messages, query: { first, ...more.query } })),
    /** Begins an event stream; resolves with what reads it. */
    stream: async (more: RequestParts = {}) =>
      new StreamReader(await begin({ ...more, headers: { accept: 'text/event-stream', ...more.headers } })),
  };
}

/** Resolves once the newest body is being read. */
async function untilRead(bodies: readonly IncomingMessage[]): Promise<void> {
  const before = bodies.length;
  while (bodies.length === before || bodies[0]?.listenerCount('data') === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Reads an event stream as text. */
export class StreamReader {
  readonly response: IncomingMessage;
  #text = '';
  #isEnded = false;

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      this.#text += text;
    });
    response.on('close', () => {
      this.#isEnded = true;
    });
    response.on('error', () => undefined);
  }

  /** Everything so far, once it has `wanted` in it. */
  async until(wanted: string): Promise<string> {
    while (!this.#text.includes(wanted)) {
      if (this.#isEnded) throw new Error(`The stream has ended without ${wanted}: ${this.#text}`);
      await Promise.race([once(this.response, 'data'), once(this.response, 'close')]);
    }
    return this.#text;
  }

  /** Everything, once it has ended. */
  async end(): Promise<string> {
    if (!this.#isEnded) await once(this.response, 'close');
    return this.#text;
  }

  /** The session that it tells. */
  async opened(): Promise<Opened> {
    const [, data = ''] = /event: session\ndata: (.*)\n\n/.exec(await this.until('\n\n')) ?? [];
    return JSON.parse(data);
  }
}
