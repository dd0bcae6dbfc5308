import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HandshakeError } from '../../../src/protocol/errors.js';
import { FallbackServer } from '../../../src/transports/fallback-server/index.js';
import { ID, startFallback } from './http-requests.js';

const refused = (code: number, reason: string) => JSON.stringify({ code, reason });
const impossible = refused(4408, 'resume impossible');

describe('a session by long polling', () => {
  it('begins, and says its key and its subprotocol', async () => {
    const { open, sockets, ask } = await startFallback();
    const opened = await open({ query: { protocols: 'a,b' } });
    expect(opened).toEqual({ session: ID, key: expect.stringMatching(/^[\w-]{32}$/), protocol: 'a' });
    expect(sockets).toHaveLength(1);
    expect(sockets[0]).toMatchObject({ id: ID, protocol: 'a', readyState: 1, remoteAddress: '127.0.0.1' });
    expect(await ask({ query: { session: ID }, headers: { accept: 'application/json' } })).toMatchObject({
      status: 409,
      body: impossible,
    });
  });

  it('answers a poll when there is something to say, everything of a turn at once', async () => {
    const { open, poll, sockets } = await startFallback();
    const opened = await open();
    const answer = poll(opened);
    await until(() => sockets[0]?.transport === 'polling');
    expect(sockets[0]?.send('a')).toBe(true);
    expect(sockets[0]?.send('b')).toBe(true);
    expect((await answer).body).toBe('{"messages":["a","b"]}');
    expect(sockets[0]?.transport).toBe(undefined);
  });

  it('answers again what a client did not get', async () => {
    const { open, poll, sockets } = await startFallback();
    const opened = await open();
    sockets[0]?.send('a');
    sockets[0]?.send('b');
    expect((await poll(opened)).body).toBe('{"messages":["a","b"]}');
    expect((await poll(opened)).body).toBe('{"messages":["a","b"]}');
    expect((await poll(opened, 1)).body).toBe('{"messages":["b"]}');
    sockets[0]?.send('c');
    expect((await poll(opened, 2)).body).toBe('{"messages":["c"]}');
    expect(await poll(opened, 4)).toMatchObject({ status: 410, body: impossible });
    expect((await poll(opened, 3)).status).toBe(410);
  });

  it('goes on when a request comes late, behind others that say that the client has more', async () => {
    const { open, poll, post, sockets } = await startFallback();
    const opened = await open();
    sockets[0]?.send('a');
    sockets[0]?.send('b');
    await poll(opened);
    const answer = poll(opened, 1);
    expect((await answer).body).toBe('{"messages":["b"]}');
    expect(await poll(opened, 0)).toMatchObject({ status: 409, body: impossible });
    await post(opened, 1, ['x'], { query: { after: 2 } });
    expect((await poll(opened, 1)).status).toBe(409);
    expect(sockets[0]?.readyState).toBe(1);
    const waiting = poll(opened, 2);
    await until(() => sockets[0]?.transport === 'polling');
    sockets[0]?.send('c');
    expect((await waiting).body).toBe('{"messages":["c"]}');
  });

  it('answers a poll with nothing in time, and one that another has replaced', async () => {
    const { open, poll, clock, sockets } = await startFallback();
    const opened = await open();
    const first = poll(opened);
    await until(() => sockets[0]?.transport === 'polling');
    const second = poll(opened);
    expect((await first).body).toBe('{"messages":[]}');
    clock.advance(24_000);
    clock.advance(2000);
    expect((await second).body).toBe('{"messages":[]}');
  });

  it('tells how it was closed, behind what was sent, and for a while also again', async () => {
    const { open, poll, clock, sockets } = await startFallback();
    const opened = await open();
    const closed = once(sockets[0] as never, 'close');
    sockets[0]?.send('a');
    sockets[0]?.close(4403, 'revoked');
    expect(sockets[0]?.send('b')).toBe(false);
    expect(sockets[0]?.readyState).toBe(2);
    expect((await poll(opened)).body).toBe('{"messages":["a"],"close":[4403,"revoked"]}');
    expect(await closed).toEqual([4403, 'revoked']);
    expect((await poll(opened)).body).toBe('{"messages":["a"],"close":[4403,"revoked"]}');
    clock.advance(11_000);
    expect((await poll(opened)).body).toBe(impossible);
  });
});

describe('a session by Server-Sent Events', () => {
  it('has a stream that tells the session, messages and the end', async () => {
    const { stream, sockets, fallback } = await startFallback();
    const reader = await stream({ query: { session: ID } });
    const { key } = await reader.opened();
    expect(reader.response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    sockets[0]?.send('a\nb');
    sockets[0]?.send('c\r');
    sockets[0]?.close(1001, 'bye');
    expect(await reader.end()).toBe(
      `retry: 2000\nevent: session\ndata: {"session":"${ID}","key":"${key}","protocol":""}\n\n` +
        'data: a\ndata: b\n\nevent: json\ndata: "c\\r"\n\nevent: close\ndata: [1001,"bye"]\n\n',
    );
    expect(fallback.clients.size).toBe(0);
  });

  it('is kept alive by comments, and begins anew after its time', async () => {
    const { stream, clock, sockets } = await startFallback();
    const reader = await stream({ query: { session: ID } });
    await reader.opened();
    for (let second = 0; second < 17; second++) clock.advance(1000);
    await reader.until('\n\n:\n\n');
    for (let second = 0; second < 290; second++) clock.advance(1000);
    await reader.end();
    await until(() => sockets[0]?.transport === undefined);
    expect(sockets[0]?.readyState).toBe(1);
  });

  it('goes on behind what the client has', async () => {
    const { stream, sockets } = await startFallback();
    const first = await stream({ query: { session: ID } });
    const { key } = await first.opened();
    for (const text of ['a', 'b', 'c']) sockets[0]?.send(text);
    await first.until('data: c');
    first.response.destroy();
    await until(() => sockets[0]?.transport === undefined);
    sockets[0]?.send('d');
    const second = await stream({ query: { session: ID, after: 2 }, headers: { 'hawser-key': key } });
    const text = await second.until('data: d\n\n');
    expect(text.slice(text.indexOf('protocol'))).toBe('protocol":""}\n\ndata: c\n\ndata: d\n\n');
  });

  it('is resumed by the Last-Event-ID of an EventSource, which needs nothing else', async () => {
    const { stream, sockets, ask } = await startFallback();
    const first = await stream();
    const { session, key } = await first.opened();
    for (const text of ['a', 'b']) sockets[0]?.send(text);
    expect(await first.until('data: b\n\n')).toContain(`id: ${session}.${key}.1\ndata: a\n\n`);
    first.response.destroy();
    const headers = { 'last-event-id': `${session}.${key}.1` };
    const second = await stream({ headers });
    expect(await second.until('data: b\n\n')).not.toContain('data: a');
    expect(sockets).toHaveLength(1);
    sockets[0]?.terminate();
    expect(await ask({ headers })).toMatchObject({ status: 410, body: impossible });
    for (const id of ['x', `${session}.${key}.x`, `${session}.${key}.1.2`, `${session}.`, `a.b.1`]) {
      expect((await ask({ headers: { 'last-event-id': id } })).status).toBe(400);
    }
  });

  it('does not grow without bound for a client that does not read', async () => {
    const { stream, sockets, fallback } = await startFallback({ maxBufferedAmount: 1_000_000 });
    const reader = await stream({ query: { session: ID } });
    await reader.opened();
    reader.response.pause();
    const closed = once(sockets[0] as never, 'close');
    const text = 'x'.repeat(100_000);
    let isFull = false;
    for (let count = 0; count < 1000 && sockets[0]?.readyState === 1; count++) {
      const isRoom = sockets[0]?.send(text);
      isFull ||= isRoom === false;
      expect(sockets[0]?.bufferedAmount).toBeLessThanOrEqual(1_100_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(isFull).toBe(true);
    expect(await closed).toEqual([1006, '']);
    expect(fallback.clients.size).toBe(0);
  });

  it('is cut off when its client reads another one, or never reads its end', async () => {
    const { stream, sockets, clock, server } = await startFallback({ resumeBuffer: 1e9 });
    const connections = () => new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
    const first = await stream({ query: { session: ID } });
    const { key } = await first.opened();
    first.response.pause();
    while ((sockets[0]?.bufferedAmount as number) < 8_000_000) {
      sockets[0]?.send('x'.repeat(100_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const rest = { query: { session: ID, after: 0 }, headers: { 'hawser-key': key } };
    const second = await stream(rest);
    while ((await connections()) !== 1) await new Promise((resolve) => setImmediate(resolve));
    second.response.pause();
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    for (let second = 0; second < 310; second++) clock.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sockets[0]?.transport).toBe('sse');
    for (let second = 0; second < 310; second++) clock.advance(1000);
    while ((await connections()) !== 0) await new Promise((resolve) => setImmediate(resolve));
    await until(() => sockets[0]?.transport === undefined);
  });

  it('says when there is room again', async () => {
    const { stream, sockets } = await startFallback();
    const reader = await stream({ query: { session: ID } });
    await reader.opened();
    expect(sockets[0]?.send('x'.repeat(1_000_000))).toBe(false);
    await once(sockets[0] as never, 'drain');
    expect(sockets[0]?.bufferedAmount).toBeLessThan(65_536);
    expect(sockets[0]?.send('y')).toBe(true);
  });
});

describe('messages of a client', () => {
  it('are taken in order, and each once however often it comes', async () => {
    const { open, post, sockets } = await startFallback();
    const opened = await open();
    const messages: unknown[] = [];
    sockets[0]?.on('message', (data, isBinary) => messages.push(data, isBinary));
    expect((await post(opened, 1, ['a', 'b'])).status).toBe(204);
    expect((await post(opened, 1, ['a', 'b'])).status).toBe(204);
    expect((await post(opened, 2, ['b', 'c'])).status).toBe(204);
    expect(messages).toEqual(['a', false, 'b', false, 'c', false]);
  });

  it('end the session where one is missing', async () => {
    const { open, post, sockets } = await startFallback();
    const opened = await open();
    expect(await post(opened, 2, ['b'])).toMatchObject({ status: 409, body: impossible });
    expect(sockets[0]?.readyState).toBe(3);
  });

  it.each([
    ['no JSON', 'x', 400],
    ['no array', {}, 400],
    ['no strings', [1], 400],
    ['too many', Array.from({ length: 1001 }, () => ''), 400],
    ['too long', ['x'.repeat(2_200_000)], 413],
  ])('are refused, by which the session ends: %s', async (_, body, status) => {
    const { open, post, poll, sockets } = await startFallback();
    const opened = await open();
    const closed = once(sockets[0] as never, 'close');
    const refusal = await post(opened, 1, body);
    expect(refusal.status).toBe(status);
    const { code, reason } = JSON.parse(refusal.body);
    // Also told to a client that could not read the answer, because it was still sending.
    expect((await poll(opened)).body).toBe(JSON.stringify({ messages: [], close: [code, reason] }));
    expect(await closed).toEqual([code, reason]);
  });

  it('are refused that are too long without saying so', async () => {
    const { open, begin } = await startFallback();
    const { session, key } = await open();
    const request = { method: 'POST', query: { session, first: 1 }, headers: { 'hawser-key': key } };
    const response = await begin({
      ...request,
      headers: { ...request.headers, 'transfer-encoding': 'chunked' },
      body: 'x'.repeat(3_000_000),
    });
    expect(response.statusCode).toBe(413);
  });

  it('that are short come together, also where none may be long', async () => {
    const { open, post, sockets } = await startFallback({ maxPayload: 1000 });
    const opened = await open();
    const messages = Array.from({ length: 131 }, () => '"'.repeat(1000));
    expect((await post(opened, 1, messages)).status).toBe(204);
    expect(sockets[0]?.readyState).toBe(1);
  });

  it('that are too long end the session with 1009', async () => {
    const { open, post, poll } = await startFallback({ maxPayload: 10 });
    const opened = await open();
    expect((await post(opened, 1, ['x'.repeat(11)])).status).toBe(204);
    expect((await poll(opened)).body).toBe('{"messages":[],"close":[1009,"at most 10 bytes"]}');
  });

  it('may end the session', async () => {
    const { open, post, poll, sockets } = await startFallback();
    const opened = await open();
    const closed = once(sockets[0] as never, 'close');
    const answer = poll(opened);
    await until(() => sockets[0]?.transport === 'polling');
    expect((await post(opened, 1, [], { query: { code: 4000, reason: 'enough' } })).status).toBe(204);
    expect(await closed).toEqual([4000, 'enough']);
    expect((await answer).body).toBe('{"messages":[],"close":[4000,"enough"]}');
    for (const query of [{ code: 1006 }, { code: 'x' }, { code: 1000, reason: 'x'.repeat(124) }]) {
      expect((await post(opened, 1, [], { query })).status).toBe(400);
    }
  });

  it('are not taken of a client that has closed, however late they come', async () => {
    const { open, post, sockets, clock } = await startFallback();
    const opened = await open();
    const messages: string[] = [];
    sockets[0]?.on('message', (data) => messages.push(data));
    await post(opened, 1, ['a']);
    await post(opened, 2, [], { query: { code: 1000 } });
    expect((await post(opened, 2, ['b'])).status).toBe(204);
    expect((await post(opened, 1, ['a'])).status).toBe(204);
    for (let second = 0; second < 12; second++) clock.advance(1000);
    expect(await post(opened, 3, ['c'])).toMatchObject({ status: 410, body: impossible });
    expect(messages).toEqual(['a']);
  });

  it('are not taken when the session has ended while they were read', async () => {
    const { open, port, sockets } = await startFallback();
    const { session, key } = await open();
    const messages: string[] = [];
    sockets[0]?.on('message', (data) => messages.push(data));
    const request = http.request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: `/?session=${session}&first=1`,
      headers: { 'hawser-key': key, 'content-length': 5 },
    });
    request.write('["a"');
    await once(request, 'socket').then(([socket]) => socket.connecting && once(socket, 'connect'));
    sockets[0]?.terminate();
    request.end(']');
    const [response] = await once(request, 'response');
    expect(response.statusCode).toBe(410);
    response.resume();
    expect(messages).toEqual([]);
  });

  it('do not take a number that is none', async () => {
    const { open, post, poll } = await startFallback();
    const opened = await open();
    for (const first of ['0', '-1', '1.5', '1e3', '', '9999999999999999']) {
      expect((await post(opened, first as never, [])).status).toBe(400);
    }
    expect((await poll(opened, 'x' as never)).status).toBe(400);
  });
});

describe('who may do what', () => {
  it('asks about every request, and binds a session to its principal', async () => {
    const { open, post, poll, sockets } = await startFallback<{ name: string }>({
      authenticate: ({ headers }) => {
        if (headers.authorization === undefined) throw new HandshakeError(401, 'Who are you?');
        return { name: headers.authorization };
      },
      principal: ({ name }) => name,
    });
    const as = (authorization: string) => ({ headers: { authorization } });
    const opened = await open(as('ada'));
    expect(sockets[0]?.context).toEqual({ name: 'ada' });
    expect((await post(opened, 1, ['a'], as('ada'))).status).toBe(204);
    expect(await post(opened, 2, ['b'], as('eve'))).toMatchObject({ status: 403, body: impossible });
    expect((await poll(opened, 0, as('eve'))).status).toBe(403);
    expect((await poll({ ...opened, key: 'x'.repeat(32) }, 0, as('ada'))).status).toBe(403);
    expect((await poll({ ...opened, key: 'x' }, 0, as('ada'))).status).toBe(403);
    expect((await poll({ ...opened, key: '\u00e9'.repeat(32) }, 0, as('ada'))).status).toBe(403);
    const stranger = refused(4401, 'Who are you?');
    expect(await post({ ...opened, key: 'x'.repeat(32) }, 2, [])).toMatchObject({
      status: 401,
      body: stranger,
    });
    expect(sockets[0]?.readyState).toBe(1);
    // Who has the key and is refused is the client, which gives its session up.
    expect(await post(opened, 2, ['b'])).toMatchObject({ status: 401, body: stranger });
    expect(sockets[0]?.readyState).toBe(2);
  });

  it('does not let in who has the id alone', async () => {
    const { open, ask } = await startFallback();
    await open();
    const query = { session: ID, first: 1 };
    expect((await ask({ method: 'POST', query, body: ['a'] })).status).toBe(400);
    expect((await ask({ query, headers: { accept: 'application/json' } })).status).toBe(409);
  });

  it('wants to know whose a context is', () => {
    expect(() => new FallbackServer({ authenticate: () => ({}) })).toThrow('"principal"');
    expect(() => new FallbackServer({ maxPayload: -1 })).toThrow('maxPayload');
  });

  it('tells hooks that fail to who runs the server, not to the client', async () => {
    const failing = await startFallback<string>({
      authenticate: () => 'x',
      principal: () => {
        throw new Error('a secret');
      },
    });
    const answer = await failing.ask({ headers: { accept: 'application/json' } });
    expect(answer).toMatchObject({ status: 500, body: refused(1011, 'internal error') });
    expect(failing.errors).toEqual([expect.objectContaining({ message: 'a secret' })]);
    const throwing = await startFallback({
      authenticate: () => Promise.reject(new Error('a secret')),
      principal: () => undefined,
    });
    expect((await throwing.ask({})).body).toBe(refused(4401, 'Authentication failed'));
    expect(throwing.errors).toEqual([expect.objectContaining({ message: 'a secret' })]);
  });

  it('gives a request its time and no more', async () => {
    const signals: AbortSignal[] = [];
    const { clock, ask, sockets } = await startFallback<string>({
      authenticate: (_, signal) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
      principal: () => undefined,
    });
    const answer = ask({});
    await until(() => signals.length === 1);
    clock.advance(10_000);
    expect(await answer).toMatchObject({ status: 408, body: refused(4408, 'the request took too long') });
    expect(signals[0]?.aborted).toBe(true);
    expect(sockets).toHaveLength(0);
  });

  it('does not serve whom it has told that it took too long', async () => {
    const admitted: ((name: string) => void)[] = [];
    const { clock, ask, stream, post, sockets, fallback } = await startFallback<string>({
      authenticate: ({ headers }) =>
        headers.authorization ?? new Promise<string>((resolve) => admitted.push(resolve)),
      principal: (name) => name,
    });
    const answer = ask({});
    await until(() => admitted.length === 1);
    clock.advance(10_000);
    admitted[0]?.('ada');
    expect((await answer).status).toBe(408);
    expect(sockets).toHaveLength(0);
    const reader = await stream({ query: { session: ID }, headers: { authorization: 'ada' } });
    const opened = await reader.opened();
    expect(fallback.clients.size).toBe(1);
    const messages: string[] = [];
    sockets[0]?.on('message', (data) => messages.push(data));
    const late = post(opened, 1, ['a']);
    await until(() => admitted.length === 2);
    clock.advance(10_000);
    admitted[1]?.('ada');
    expect((await late).status).toBe(408);
    expect((await post(opened, 1, ['b'], { headers: { authorization: 'ada' } })).status).toBe(204);
    expect(messages).toEqual(['b']);
  });

  it('bounds sessions, and requests that are under way', async () => {
    const { ask, clock } = await startFallback({ maxSessions: 1 });
    const json = { accept: 'application/json' };
    expect((await ask({ headers: json })).status).toBe(200);
    expect(await ask({ headers: json })).toMatchObject({ status: 503, body: refused(1013, 'retry-after=5') });
    clock.advance(120_000);
    expect((await ask({ headers: json })).status).toBe(200);
    const busy = await startFallback({ maxPendingRequests: 0 });
    expect(await busy.ask({ headers: json })).toMatchObject({
      status: 503,
      body: refused(1013, 'too many requests'),
    });
  });
});

describe('pages of other origins', () => {
  const json = { accept: 'application/json' };

  it('are refused, and so is what their browsers say of them', async () => {
    const { ask, port } = await startFallback();
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      const answer = await ask({ headers: { ...json, ...headers } });
      expect(answer.status).toBe(403);
      expect(answer.headers['access-control-allow-origin']).toBe(undefined);
    }
    const own = { ...json, origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' };
    expect((await ask({ headers: own })).status).toBe(200);
    expect((await ask({ method: 'OPTIONS', headers: { origin: 'https://evil.example' } })).status).toBe(403);
  });

  it('may come if they are listed, with cookies only where that is said', async () => {
    const origin = 'https://app.example';
    const plain = await startFallback({ cors: { origins: [origin] } });
    const answer = await plain.ask({ headers: { ...json, origin, 'sec-fetch-site': 'cross-site' } });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
    expect(answer.headers['access-control-allow-credentials']).toBe(undefined);
    expect((await plain.ask({ headers: { ...json, origin: 'https://b.example' } })).status).toBe(403);
    const { headers, status } = await plain.ask({ method: 'OPTIONS', headers: { origin } });
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'Authorization, Content-Type, Hawser-Key, Last-Event-ID',
      'access-control-max-age': '7200',
    });
    const trusted = await startFallback({ cors: { origins: [origin], credentials: true } });
    expect(
      (await trusted.ask({ headers: { ...json, origin } })).headers['access-control-allow-credentials'],
    ).toBe('true');
  });

  it('do not come as whoever their user is, unless that is said', async () => {
    const origin = 'https://app.example';
    const cookie = { ...json, cookie: 'session=ada' };
    const page = { ...cookie, origin, 'sec-fetch-site': 'cross-site' };
    for (const origins of ['*', [origin]] as const) {
      const { ask, port } = await startFallback({ cors: { origins } });
      expect((await ask({ headers: page })).status).toBe(403);
      expect((await ask({ headers: { ...json, 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
      expect((await ask({ headers: { ...cookie, origin: `http://127.0.0.1:${port}` } })).status).toBe(200);
    }
    const trusted = await startFallback({ cors: { origins: [origin], credentials: true } });
    expect((await trusted.ask({ headers: page })).status).toBe(200);
    const anybody = { origins: ['null'], credentials: true };
    expect(() => new FallbackServer({ cors: anybody })).toThrow('"null"');
  });

  it('do not change what the application says that an answer depends on', async () => {
    const fallback = new FallbackServer({ cors: { origins: ['https://app.example'] } });
    const server = http
      .createServer((request, response) => {
        response.setHeader('vary', 'Accept-Encoding');
        fallback.handle(request, response);
      })
      .listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { headers } = await fetch(`http://127.0.0.1:${port}/`, { method: 'PUT' });
    expect(headers.get('vary')).toBe('Accept-Encoding, Origin');
  });

  it('may all come without cookies, and never with them', async () => {
    const { ask } = await startFallback({ cors: { origins: '*' } });
    const { headers } = await ask({ headers: { ...json, origin: 'https://any.example' } });
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(() => new FallbackServer({ cors: { origins: '*', credentials: true } })).toThrow('credentials');
    expect(() => new FallbackServer({ cors: { origins: ['*'] } })).toThrow('origins');
    expect(() => new FallbackServer({ cors: { origins: ['https://a.example/'] } })).toThrow('origins');
  });
});

describe('FallbackServer', () => {
  it('answers what it does not know', async () => {
    const { ask } = await startFallback();
    expect(await ask({ method: 'PUT' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, POST, OPTIONS' },
    });
    expect((await ask({ headers: { accept: 'image/png' } })).status).toBe(406);
    expect((await ask({ headers: { 'sec-websocket-key': 'x' } })).status).toBe(400);
    for (const session of ['short', 'x'.repeat(65), 'abcdefghijklmnop.', 'abcdefghijklmno€']) {
      expect((await ask({ query: { session } })).status).toBe(400);
    }
    expect((await ask({ query: { session: ID }, headers: { 'hawser-key': 'x' } })).body).toBe(impossible);
  });

  it('gives up a client that is away, and forgets what it had', async () => {
    const { open, poll, post, sockets, clock, fallback } = await startFallback();
    const opened = await open();
    const closed = once(sockets[0] as never, 'close');
    await post(opened, 1, []);
    for (let second = 0; second < 59; second++) clock.advance(1000);
    expect(sockets[0]?.readyState).toBe(1);
    clock.advance(1000);
    clock.advance(1000);
    expect(await closed).toEqual([1006, '']);
    expect((await poll(opened)).body).toBe(impossible);
    expect(fallback.clients.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('gives up one of which nothing more is heard much sooner', async () => {
    const { open, sockets, clock } = await startFallback();
    await open();
    for (let second = 0; second < 9; second++) clock.advance(1000);
    expect(sockets[0]?.readyState).toBe(1);
    clock.advance(1000);
    expect(sockets[0]?.readyState).toBe(3);
  });

  it('does not keep more than its bound for a client that is away', async () => {
    const { open, sockets, clock } = await startFallback({ resumeBuffer: 1000 });
    await open();
    // Nobody is away who is between two polls.
    expect(sockets[0]?.send('x'.repeat(5000))).toBe(true);
    expect(sockets[0]?.send('y')).toBe(true);
    for (let second = 0; second < 4; second++) clock.advance(1000);
    expect(sockets[0]?.readyState).toBe(1);
    clock.advance(1000);
    expect(sockets[0]?.readyState).toBe(3);
  });

  it('counts what messages cost besides their text', async () => {
    const { open, sockets } = await startFallback({ maxBufferedAmount: 64_000 });
    await open();
    for (let count = 0; count < 1000; count++) expect(sockets[0]?.send('')).toBe(true);
    expect(sockets[0]?.bufferedAmount).toBe(0);
    expect(sockets[0]?.send('')).toBe(false);
    expect(sockets[0]?.readyState).toBe(3);
  });

  it('sends and takes what a WebSocket would make of lone surrogates', async () => {
    const { open, poll, post, sockets } = await startFallback();
    const opened = await open();
    const taken: string[] = [];
    sockets[0]?.on('message', (text) => taken.push(text));
    await post(opened, 1, '["\\ud800a"]');
    sockets[0]?.send('\ud800b');
    expect((await poll(opened)).body).toBe('{"messages":["\ufffdb"]}');
    expect(taken).toEqual(['\ufffda']);
  });

  it('keeps every message of an answer that may be lost, whatever its alphabet', async () => {
    const { open, poll, sockets } = await startFallback();
    const opened = await open();
    for (let count = 0; count < 10; count++) sockets[0]?.send('\u6587'.repeat(45_000));
    const first = await poll(opened);
    expect(await poll(opened)).toMatchObject({ status: 200, body: first.body });
    expect(JSON.parse(first.body).messages).toHaveLength(4);
  });

  it('counts sessions that are open, and not those that are over', async () => {
    const { open, post, ask } = await startFallback({ maxSessions: 1 });
    const opened = await open();
    await post(opened, 1, [], { query: { code: 1000 } });
    await new Promise((resolve) => setImmediate(resolve));
    const query = { session: ID + ID };
    expect((await ask({ query, headers: { accept: 'application/json' } })).status).toBe(200);
  });

  it('gives up the body of a POST that was made again, and keeps the session', async () => {
    const { open, post, hang, sockets } = await startFallback();
    const opened = await open();
    const { session, key } = opened;
    const first = hang({ method: 'POST', query: { session, first: 1 }, headers: { 'hawser-key': key } });
    await first.begun;
    expect((await post(opened, 1, ['a'])).status).toBe(204);
    expect((await first.answer).body).toBe(refused(4408, 'the request was made again'));
    expect(sockets[0]?.readyState).toBe(1);
  });

  it('gives a body more time the more of it has come', async () => {
    const { open, hang, clock, sockets } = await startFallback();
    const { session, key } = await open();
    const slow = hang({ method: 'POST', query: { session, first: 1 }, headers: { 'hawser-key': key } });
    await slow.begun;
    await slow.write(`["${'x'.repeat(100_000)}`);
    clock.advance(19_000);
    await slow.write('x');
    clock.advance(1500);
    expect((await slow.answer).body).toBe(refused(4408, 'the request took too long'));
    expect(sockets[0]?.readyState).toBe(1);
  });

  it('drains: it closes its sessions and takes no more', async () => {
    const { open, poll, ask, fallback, clock } = await startFallback();
    const opened = await open();
    const answer = poll(opened);
    const drained = fallback.drain({ retryAfter: 3 });
    expect((await answer).body).toBe('{"messages":[],"close":[1012,"retry-after=3"]}');
    expect(await drained).toEqual({ closed: 1, terminated: 0 });
    const refusal = await ask({ headers: { accept: 'application/json' } });
    expect(refusal).toMatchObject({ status: 503, body: refused(1012, 'retry-after=3') });
    expect(clock.pending).toBeLessThanOrEqual(1);
  });

  it('terminates who does not come to hear that it drains', async () => {
    const { open, fallback, clock } = await startFallback();
    await open();
    const drained = fallback.drain({ deadline: 1000 });
    clock.advance(1000);
    expect(await drained).toEqual({ closed: 0, terminated: 1 });
  });

  it('ends every connection with its request or its session: nothing is left after churn', async () => {
    const { stream, fallback, server, sockets, clock } = await startFallback();
    for (let round = 0; round < 20; round++) {
      const reader = await stream();
      await reader.opened();
      reader.response.destroy();
    }
    const connections = () => new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
    while ((await connections()) !== 0) await new Promise((resolve) => setImmediate(resolve));
    await until(() => sockets.every(({ transport }) => transport === undefined));
    for (let second = 0; second < 62; second++) clock.advance(1000);
    expect(fallback.clients.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('takes text only', async () => {
    const { open, sockets } = await startFallback();
    await open();
    expect(() => sockets[0]?.send(Buffer.from('a') as never)).toThrow('text');
    expect(() => sockets[0]?.close(1005)).toThrow();
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
