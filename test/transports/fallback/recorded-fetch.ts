/** A `fetch` whose requests a test answers, and a session on it whose events are written down. */

import { ManualClock } from '../../../src/testing/index.js';
import type { Dial } from '../../../src/transport/dial.js';
import type { Transport } from '../../../src/transport/transport.js';
import type { HttpOptions } from '../../../src/transports/fallback/http-session.js';

/** A request that waits for its answer. */
export class RecordedRequest {
  readonly address: URL;
  readonly init: RequestInit;
  readonly response: Promise<Response>;
  #resolve!: (response: Response) => void;
  #reject!: (error: Error) => void;

  constructor(address: URL, init: RequestInit) {
    this.address = address;
    this.init = init;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const abort = () => this.#reject(new DOMException('This operation was aborted', 'AbortError'));
    const end = () => init.signal?.removeEventListener('abort', abort);
    init.signal?.addEventListener('abort', abort);
    this.response.then(end, end);
  }

  get method(): string {
    return this.init.method ?? 'GET';
  }

  get query(): Record<string, string> {
    return Object.fromEntries(this.address.searchParams);
  }

  get headers(): Record<string, string> {
    return this.init.headers as Record<string, string>;
  }

  get body(): unknown {
    return JSON.parse(this.init.body as string);
  }

  /** Answers with JSON, or with a response. */
  async answer(answer: unknown): Promise<void> {
    this.#resolve(answer instanceof Response ? answer : Response.json(answer));
    await settled();
  }

  /** The network loses it. */
  async fail(): Promise<void> {
    this.#reject(new TypeError('fetch failed'));
    await settled();
  }
}

/** What a POST is answered that was taken. */
export const taken = (): Response => new Response(null, { status: 204 });

/** What the server answers when it refuses. */
export const refusal = (status: number, code: unknown, reason: unknown): Response =>
  Response.json({ code, reason }, { status });

/** Answers of portals and proxies, none of which comes from the server. */
export const foreignAnswers: Record<string, () => Response> = {
  'HTML 502': () => new Response('<p>Bad gateway', { status: 502, headers: { 'content-type': 'text/html' } }),
  'HTML 200': () => new Response('<p>Log in', { headers: { 'content-type': 'text/html' } }),
  'JSON without a code': () => Response.json({ message: 'Bad gateway' }, { status: 502 }),
  'JSON with a status as its code': () => refusal(503, 503, 'ServiceUnavailable'),
  'JSON with a text as its code': () => refusal(503, '4000', 'no'),
  'JSON without a reason': () => refusal(503, 4000, undefined),
  'JSON null': () => Response.json(null, { status: 500 }),
  'nothing 500': () => new Response(null, { status: 500 }),
};

/** Connects; the requests are answered by the test. */
export function dialed(
  dialOf: (options: HttpOptions) => Dial,
  { url = 'ws://server.example/rpc', protocols, ...options }: HttpOptions & DialedParts = {},
) {
  const clock = new ManualClock();
  const requests: RecordedRequest[] = [];
  const events: string[] = [];
  const fetch = (address: URL, init: RequestInit) => {
    const request = new RecordedRequest(address, init);
    requests.push(request);
    return request.response;
  };
  const listener = {
    open: () => events.push('open'),
    message: (data: unknown) => events.push(`message ${data}`),
    drain: () => {
      events.push('drain');
      session.drained();
    },
    close: (code: number, reason: string) => events.push(`close ${code} ${reason}`),
  };
  const dial = dialOf({ clock, fetch: fetch as never, ...options });
  const transport: Transport = dial(url, listener as never, protocols);
  const of = (method: string) => requests.filter((request) => request.method === method);
  const session = {
    clock,
    requests,
    events,
    transport,
    /** All GET requests, and the last one. */
    gets: () => of('GET'),
    get: () => of('GET').at(-1) as RecordedRequest,
    posts: () => of('POST'),
    post: () => of('POST').at(-1) as RecordedRequest,
    /** Lets that much time go by, in steps. */
    pass: async (milliseconds: number, step = 100) => {
      for (let gone = 0; gone < milliseconds; gone += step) {
        clock.advance(step);
        await settled();
      }
    },
    /** What a test does when there is room again. */
    drained: (): void => undefined,
  };
  return session;
}

interface DialedParts {
  readonly url?: string;
  readonly protocols?: readonly string[];
}

/** Lets everything happen that needs no time. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}
