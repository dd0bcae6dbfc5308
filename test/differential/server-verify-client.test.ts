import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { ManualClock } from '../client/manual-clock.js';
import { RawClient } from '../server/raw-client.js';
import type { DifferenceName } from './differences.js';
import { differential, type Program } from './differential.js';
import { listen, type Options, stop } from './endpoints.js';
import type { ServerOptions } from './implementations.js';
import { exchange, handshake, lines, outcome, type Refusal, told, upgradeRequest } from './raw-handshakes.js';

type Answer = (result: boolean, code?: number, message?: string, headers?: Record<string, string>) => void;

/** A program: a server with `verifyClient`, and every byte of its refusal; `ours` is what hawser says otherwise. */
function refusedBy(
  name: string,
  verifyClient: unknown,
  refusal: Refusal,
  ours?: Partial<Refusal> & { because: DifferenceName },
): Program {
  return {
    name,
    differs: {
      because: ours ? ['refusals-are-plain-text', ours.because] : 'refusals-are-plain-text',
      ws: told('text/html', refusal),
      hawser: told('text/plain; charset=utf-8', { ...refusal, ...ours }),
    },
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, { verifyClient } as Options<ServerOptions>);
      server.on('connection', () => trace('connection'));
      server.on('wsClientError', (error) => trace('wsClientError', error));
      for (const line of lines(await exchange(port))) trace('answer', line);
      await stop(server);
    },
  };
}

/** A program: a refusal with these fields, and every byte of it. */
function refusedWith(
  name: string,
  code: number,
  fields: Record<string, string>,
  differs: NonNullable<Program['differs']>,
): Program {
  return {
    name,
    differs,
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, {
        verifyClient: (_: unknown, answer: Answer) => answer(false, code, 'no', fields),
      });
      for (const line of lines(await exchange(port))) trace('answer', line);
      await stop(server);
    },
  };
}

const unauthorized = { status: '401 Unauthorized', body: 'Unauthorized' };

/** A program: a server with `verifyClient` that lets the client in. */
function admittedBy(name: string, verifyClient: unknown): Program {
  return {
    name,
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, { verifyClient } as Options<ServerOptions>);
      server.on('connection', (socket) => trace('connection', socket.readyState));
      const { client, head } = await handshake(port);
      for (const line of lines(head)) trace('answer', line);
      client.reset();
      await stop(server);
    },
  };
}

differential('verifyClient', [
  {
    name: 'gets origin, secure and req, with one argument',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, {
        verifyClient: function (this: unknown, info: { req: IncomingMessage }) {
          trace('this', this === server.options);
          trace('info', Object.keys(info).sort(), { ...info, req: info.req.url });
          return true;
        },
      });
      for (const origin of ['https://example.org', null]) {
        const { client } = await handshake(port, { headers: { Origin: origin }, target: '/a?b' });
        client.reset();
      }
      await stop(server);
    },
  },
  {
    name: 'with two arguments is called once more with a callback',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, {
        verifyClient(...args: unknown[]) {
          trace('arguments', args.length);
          return true;
        },
      });
      const { client } = await handshake(port);
      client.reset();
      server.options.verifyClient = (info, callback) => {
        trace('callback', typeof callback, info.secure);
        callback(true);
      };
      const second = await handshake(port);
      second.client.reset();
      await stop(server);
    },
  },
  {
    name: 'the request is that of connection',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, {
        verifyClient: ({ req }: { req: IncomingMessage & { user?: string } }) => {
          req.user = 'Ada';
          return true;
        },
      });
      server.on('connection', (_, request) => trace('user', (request as { user?: string }).user));
      const { client } = await handshake(port);
      client.reset();
      await stop(server);
    },
  },
  admittedBy('true', () => true),
  admittedBy('something truthy', () => 'yes'),
  admittedBy('the callback with true', (_: unknown, answer: Answer) => answer(true)),
  admittedBy('the callback with true, a code and a message', (_: unknown, answer: Answer) =>
    answer(true, 403, 'no', { 'X-More': 'yes' }),
  ),
  admittedBy('the callback with true, later', (_: unknown, answer: Answer) => setImmediate(answer, true)),
  refusedBy('false', () => false, unauthorized),
  refusedBy('nothing', () => undefined, unauthorized),
  refusedBy('the callback with false', (_: unknown, answer: Answer) => answer(false), unauthorized),
  refusedBy(
    'the callback, later, with null as headers',
    (_: unknown, answer: Answer) => void setImmediate(answer, false, 401, 'Unauthorized', null as never),
    unauthorized,
  ),
  refusedBy(
    'the callback with false, later',
    (_: unknown, answer: Answer) => setImmediate(answer, false),
    unauthorized,
  ),
  refusedBy('the callback with a code', (_: unknown, answer: Answer) => answer(false, 404), {
    status: '404 Not Found',
    body: 'Not Found',
  }),
  refusedBy(
    'the callback with a code that HTTP does not know',
    (_: unknown, answer: Answer) => answer(false, 499, 'gone'),
    { status: '499 undefined', body: 'gone' },
    { because: 'verify-client-unknown-status', status: '499 ' },
  ),
  refusedBy(
    'the callback with a code and a message',
    (_: unknown, answer: Answer) => answer(false, 403, 'Zutritt für Müller verboten'),
    { status: '403 Forbidden', body: 'Zutritt für Müller verboten' },
  ),
  refusedBy(
    'the callback with headers',
    (_: unknown, answer: Answer) => answer(false, 503, 'later', { 'Retry-After': '120', 'X-Reason': 'busy' }),
    { status: '503 Service Unavailable', fields: ['Retry-After: 120', 'X-Reason: busy'], body: 'later' },
  ),
  refusedBy(
    'the callback with numbers as headers',
    (_: unknown, answer: Answer) => answer(false, 429, undefined, { 'Retry-After': 5 as never }),
    { status: '429 Too Many Requests', fields: ['Retry-After: 5'], body: 'Too Many Requests' },
  ),
  refusedBy(
    'the callback with a list as a header',
    (_: unknown, answer: Answer) =>
      answer(false, 401, undefined, { 'WWW-Authenticate': ['Basic', 'Bearer'] as never }),
    { ...unauthorized, fields: ['WWW-Authenticate: Basic,Bearer'] },
  ),
  refusedBy(
    'the callback with a header that is two',
    (_: unknown, answer: Answer) => answer(false, 401, undefined, { 'X-A': 'b\r\nX-Smuggled: yes' }),
    { ...unauthorized, fields: ['X-A: b', 'X-Smuggled: yes'] },
    {
      because: 'verify-client-headers',
      status: '500 Internal Server Error',
      fields: [],
      body: 'Internal Server Error',
    },
  ),
  refusedWith(
    'the callback with a Content-Type of its own',
    400,
    { 'Content-Type': 'application/json' },
    {
      because: 'verify-client-headers',
      ws: [
        'answer "HTTP/1.1 400 Bad Request"',
        'answer "Connection: close"',
        'answer "Content-Type: application/json"',
        'answer "Content-Length: 2"',
        'answer ""',
        'answer "no"',
      ],
      hawser: [
        'answer "HTTP/1.1 400 Bad Request"',
        'answer "Connection: close"',
        'answer "Content-Length: 2"',
        'answer "Content-Type: application/json"',
        'answer ""',
        'answer "no"',
      ],
    },
  ),
  refusedWith(
    'the callback with a Content-Length',
    401,
    { 'Content-Length': '1' },
    {
      because: ['verify-client-headers', 'refusals-are-plain-text'],
      ws: [
        'answer "HTTP/1.1 401 Unauthorized"',
        'answer "Connection: close"',
        'answer "Content-Type: text/html"',
        'answer "Content-Length: 1"',
        'answer ""',
        'answer "no"',
      ],
      hawser: [
        'answer "HTTP/1.1 401 Unauthorized"',
        'answer "Connection: close"',
        'answer "Content-Type: text/plain; charset=utf-8"',
        'answer "Content-Length: 2"',
        'answer ""',
        'answer "no"',
      ],
    },
  ),
  refusedWith(
    'the callback with a Connection',
    401,
    { Connection: 'keep-alive' },
    {
      because: ['verify-client-headers', 'refusals-are-plain-text'],
      ws: [
        'answer "HTTP/1.1 401 Unauthorized"',
        'answer "Connection: keep-alive"',
        'answer "Content-Type: text/html"',
        'answer "Content-Length: 2"',
        'answer ""',
        'answer "no"',
      ],
      hawser: [
        'answer "HTTP/1.1 401 Unauthorized"',
        'answer "Connection: close"',
        'answer "Content-Type: text/plain; charset=utf-8"',
        'answer "Content-Length: 2"',
        'answer ""',
        'answer "no"',
      ],
    },
  ),
  {
    name: 'the callback with a code that HTTP does not know and no message',
    differs: {
      because: 'verify-client-unknown-status',
      ws: ['thrown true', 'answer ""'],
      hawser: ['thrown false', 'answer "HTTP/1.1 499 "'],
    },
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, {
        verifyClient: ({ req }: { req: IncomingMessage }, answer: Answer) => {
          const thrown = outcome(() => answer(false, 499));
          trace('thrown', thrown instanceof TypeError);
          if (thrown !== undefined) req.socket.destroy();
        },
      });
      trace('answer', (await exchange(port)).split('\r\n')[0]);
      await stop(server);
    },
  },
  {
    name: 'a promise',
    differs: {
      because: 'promises-are-awaited',
      ws: ['connection', 'answer "HTTP/1.1 101 Switching Protocols"'],
      hawser: ['answer "HTTP/1.1 401 Unauthorized"'],
    },
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, { verifyClient: async () => false });
      server.on('connection', () => trace('connection'));
      const client = await RawClient.connect(port);
      client.socket.write(upgradeRequest());
      await client.until(() => client.received.includes('\r\n\r\n'));
      trace('answer', client.received.toString().split('\r\n')[0]);
      client.reset();
      await stop(server);
    },
  },
  {
    name: 'the callback is called twice',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, {
        verifyClient: (_: unknown, answer: Answer) => {
          answer(false, 403);
          answer(false, 500);
        },
      });
      const answer = await exchange(port);
      trace(
        'answers',
        answer
          .split('HTTP/1.1 ')
          .slice(1)
          .map((text) => text.slice(0, 3)),
      );
      await stop(server);
    },
  },
  {
    name: 'the client leaves while the callback is outstanding',
    async run(implementation, trace) {
      let answer: Answer = () => {};
      let left: Promise<unknown> = Promise.resolve();
      const { server, port } = await listen(implementation, {
        verifyClient: ({ req }: { req: IncomingMessage }, callback: Answer) => {
          answer = callback;
          left = new Promise((resolve) => req.socket.once('close', resolve));
          server.emit('asked');
        },
      });
      for (const event of ['connection', 'error', 'wsClientError']) server.on(event, () => trace(event));
      const asked = once(server, 'asked');
      const client = await RawClient.connect(port);
      client.socket.write(upgradeRequest());
      await asked;
      client.reset();
      await left;
      answer(true);
      await new Promise((resolve) => setImmediate(resolve));
      trace('clients', server.clients.size);
      await stop(server);
    },
  },
  {
    name: 'the client leaves and is refused',
    async run(implementation, trace) {
      let answer: Answer = () => {};
      let left: Promise<unknown> = Promise.resolve();
      const { server, port } = await listen(implementation, {
        verifyClient: ({ req }: { req: IncomingMessage }, callback: Answer) => {
          answer = callback;
          left = new Promise((resolve) => req.socket.once('close', resolve));
          server.emit('asked');
        },
      });
      const asked = once(server, 'asked');
      const client = await RawClient.connect(port);
      client.socket.write(upgradeRequest());
      await asked;
      client.reset();
      await left;
      answer(false, 403);
      trace('refused');
      await stop(server);
    },
  },
  {
    name: 'the server closes while the callback is outstanding',
    differs: {
      because: ['closing-server-answers-503', 'refusals-are-plain-text'],
      ws: [
        'answer "HTTP/1.1 503 Service Unavailable"',
        'answer "Connection: close"',
        'answer "Content-Type: text/html"',
        'answer "Content-Length: 19"',
        'answer ""',
        'answer "Service Unavailable"',
      ],
      hawser: [
        'answer "HTTP/1.1 503 Service Unavailable"',
        'answer "Connection: close"',
        'answer "Content-Type: text/plain; charset=utf-8"',
        'answer "Content-Length: 27"',
        'answer "Retry-After: 5"',
        'answer ""',
        'answer "The server is shutting down"',
      ],
    },
    async run(implementation, trace) {
      let answer: Answer = () => {};
      const { server, port } = await listen(implementation, {
        verifyClient: (_: unknown, callback: Answer) => {
          answer = callback;
          server.emit('asked');
        },
      });
      const asked = once(server, 'asked');
      const client = await RawClient.connect(port);
      client.socket.write(upgradeRequest());
      await asked;
      const closed = new Promise((resolve) => server.close(resolve));
      answer(true);
      await client.closed();
      for (const line of lines(client.received.toString())) trace('answer', line);
      await closed;
    },
  },
  {
    name: 'a callback that is never called',
    differs: {
      because: 'handshakes-have-a-time',
      ws: ['answer "HTTP/1.1 101 Switching Protocols"'],
      hawser: ['answer "HTTP/1.1 408 Request Timeout"'],
    },
    async run(implementation, trace) {
      const clock = new ManualClock();
      let answer: Answer = () => {};
      const { server, port } = await listen(implementation, {
        clock,
        verifyClient: (_: unknown, callback: Answer) => {
          answer = callback;
          server.emit('asked');
        },
      });
      const asked = once(server, 'asked');
      const client = await RawClient.connect(port);
      client.socket.write(upgradeRequest());
      await asked;
      clock.advance(10_000);
      answer(true);
      await client.until(() => client.received.includes('\r\n\r\n'));
      trace('answer', client.received.toString().split('\r\n')[0]);
      client.reset();
      await stop(server);
    },
  },
  {
    name: 'more callbacks outstanding than maxPendingHandshakes',
    differs: {
      because: 'pending-handshakes-are-bounded',
      ws: ['answer "HTTP/1.1 101 Switching Protocols"', 'answer "HTTP/1.1 101 Switching Protocols"'],
      hawser: ['answer "HTTP/1.1 101 Switching Protocols"', 'answer "HTTP/1.1 503 Service Unavailable"'],
    },
    async run(implementation, trace) {
      const answers: Answer[] = [];
      const { server, port } = await listen(implementation, {
        maxPendingHandshakes: 1,
        verifyClient: (_: unknown, callback: Answer) => {
          answers.push(callback);
          server.emit('asked');
        },
      });
      const clients: RawClient[] = [];
      for (const target of ['/first', '/second']) {
        const asked = once(server, 'asked');
        const client = await RawClient.connect(port);
        client.socket.write(upgradeRequest({ target }));
        await Promise.race([asked, client.closed()]);
        clients.push(client);
      }
      for (const answer of answers) answer(true);
      for (const client of clients) {
        await client.until(() => client.received.includes('\r\n\r\n')).catch(() => {});
        trace('answer', client.received.toString().split('\r\n')[0]);
        client.reset();
      }
      await stop(server);
    },
  },
  {
    name: 'is asked after the path, and after the rules of the protocol',
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, {
        path: '/chat',
        verifyClient: () => {
          trace('verifyClient');
          return true;
        },
      });
      await exchange(port, { target: '/other' });
      await exchange(port, { target: '/chat', headers: { 'Sec-WebSocket-Key': 'x' } });
      await exchange(port, { target: '/chat', headers: { 'Sec-WebSocket-Protocol': 'a,a' } });
      trace('done');
      await stop(server);
    },
  },
]);
