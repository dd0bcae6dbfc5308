import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Ending,
  type HttpOptions,
  type HttpSession,
  httpDial,
  type Opening,
} from '../../../src/transports/fallback/http-session.js';
import { processErrors } from '../../rpc/process-errors.js';
import { dialed, foreignAnswers, refusal, settled, taken } from './recorded-fetch.js';

/** What the tests' transport reads: one response is one answer, as of a poll. */
interface Answer {
  readonly opening?: Opening;
  readonly messages?: readonly unknown[];
  readonly ending?: Ending;
}

async function read(response: Response, session: HttpSession): Promise<void> {
  const { opening, messages = [], ending } = (await response.json()) as Answer;
  if (opening) session.opened(opening);
  for (const message of messages) session.message(message);
  if (ending) session.ended(...ending);
}

const opening = { key: 'secret', protocol: '' };

const start = (options: Parameters<typeof dialed>[1] = {}) =>
  dialed((own: HttpOptions) => httpDial({ name: 'test', accept: 'application/json', read }, own), options);

/** A session that is open. */
async function opened(options?: Parameters<typeof start>[0]) {
  const session = start(options);
  await settled();
  await session.get().answer({ opening });
  return session;
}

/** Texts of so many characters. */
const texts = (count: number, length = 1) => Array.from({ length: count }, () => 'x'.repeat(length));

/** How a session ends that cannot begin. */
function failed({ url = 'ws://a.example/', ...options }: HttpOptions & { url?: string }) {
  return new Promise<{ code: number; error: unknown }>((resolve) => {
    const nothing = (): void => undefined;
    const close = (code: number, _: string, error: unknown) => resolve({ code, error });
    const dial = httpDial({ name: 'test', accept: 'application/json', read }, options);
    dial(url, { open: nothing, message: nothing, drain: nothing, close });
  });
}

describe('the first request of a session', () => {
  it.each([
    ['ws://a.example/rpc', 'http://a.example/rpc?'],
    ['wss://a.example:8443/rpc?room=1&x=%20', 'https://a.example:8443/rpc?room=1&x=+&'],
    ['WSS://a.example', 'https://a.example/?'],
    ['https://a.example/b', 'https://a.example/b?'],
    ['http://a.example/b', 'http://a.example/b?'],
  ])('goes from %s to %s', async (url, begin) => {
    const { get } = start({ url });
    await settled();
    expect(String(get().address)).toMatch(/session=[\w-]{16,64}&after=0$/);
    expect(String(get().address).replace(/session=.*/, '')).toBe(begin);
  });

  it('goes to an address that is relative to the page', async () => {
    Object.assign(globalThis, { location: { href: 'https://a.example/app/index.html' } });
    onTestFinished(() => {
      Reflect.deleteProperty(globalThis, 'location');
    });
    const { get } = start({ url: '../rpc' });
    await settled();
    expect(String(get().address)).toMatch(/^https:\/\/a\.example\/rpc\?session=/);
  });

  it('leaves the parameters of the protocol to it, whatever the address says', async () => {
    const own = 'room=1&session=mine&first=7&after=8&code=4000&reason=no&protocols=c';
    const { get, transport, post } = await opened({ url: `ws://a.example/rpc?${own}` });
    expect(get().query).toMatchObject({ room: '1', after: '0' });
    expect(get().query.session).not.toBe('mine');
    transport.send('a');
    await settled();
    expect(Object.keys(post().query).sort()).toEqual(['after', 'first', 'room', 'session']);
    expect(post().query.first).toBe('1');
  });

  it('follows no redirect, which would take the key elsewhere', async () => {
    const { get, transport, post } = await opened();
    transport.send('a');
    await settled();
    expect([get().init.redirect, post().init.redirect]).toEqual(['error', 'error']);
  });

  it('has an id that nobody has had, and no key', async () => {
    const ids = new Set<unknown>();
    for (let count = 0; count < 10; count++) {
      const { get } = start();
      await settled();
      ids.add(get().query.session);
      expect(get().headers).toEqual({ accept: 'application/json' });
      expect(get().init).toMatchObject({ cache: 'no-store', credentials: 'same-origin' });
    }
    expect(ids.size).toBe(10);
  });

  it('is not made for an address that cannot be', () => {
    expect(() => start({ url: 'ws://' })).toThrow();
  });

  it('offers subprotocols, and takes the one that is chosen', async () => {
    const { get, transport, events } = start({ protocols: ['a', 'b'] });
    await settled();
    expect(get().query.protocols).toBe('a,b');
    await get().answer({ opening: { key: 'secret', protocol: 'b' } });
    expect(events).toEqual(['open']);
    expect(transport.subprotocol).toBe('b');
    expect(get().query.protocols).toBe(undefined);
    expect(get().headers['hawser-key']).toBe('secret');
  });

  it('calls nothing before the dial has returned', async () => {
    const throwing = () => {
      throw new Error('no network at all');
    };
    const { events } = start({ fetch: throwing });
    expect(events).toEqual([]);
    await settled();
    expect(events).toEqual(['close 1006 ']);
  });

  it.each(Object.entries({ ...foreignAnswers, 'no session': () => Response.json({ messages: [] }) }))(
    'that has got %s is the last',
    async (_, answer) => {
      const { get, requests, events } = start();
      await settled();
      await get().answer(answer());
      expect(events).toEqual(['close 1006 ']);
      expect(requests).toHaveLength(1);
    },
  );

  it.each([
    [{ key: '', protocol: '' }],
    [{ key: 1, protocol: '' }],
    [{ protocol: '' }],
    [{ key: 'secret' }],
    ['x'],
  ])('does not open a session by %j', async (opening) => {
    const { get, events } = start();
    await settled();
    await get().answer({ opening });
    expect(events).toEqual(['close 1006 ']);
  });

  it('may be refused', async () => {
    const { get, events } = start();
    await settled();
    await get().answer(refusal(401, 4401, 'Who are you?'));
    expect(events).toEqual(['close 4401 Who are you?']);
  });

  it.each([408, 429, 500, 503])('may be refused with %i as well', async (status) => {
    const { get, events } = start();
    await settled();
    await get().answer(refusal(status, 1013, 'retry-after=5'));
    expect(events).toEqual(['close 1013 retry-after=5']);
  });

  it('tells what it failed by', async () => {
    const error = new Error('no token');
    const headers = () => {
      throw error;
    };
    expect((await failed({ headers })).error).toBe(error);
    expect(String((await failed({ url: 'ws://u:p@a.example/', fetch })).error)).toContain('credentials');
    expect((await failed({ fetch: async () => Response.json({ messages: [] }) })).error).toBeInstanceOf(
      TypeError,
    );
  });

  it('has headers as they are given, or as a function gives them for each request', async () => {
    let count = 0;
    const headers = async () => ({ authorization: `Bearer ${++count}` });
    const { get, transport, post } = await opened({ headers, credentials: 'include' });
    expect(get().headers).toMatchObject({ authorization: 'Bearer 2', 'hawser-key': 'secret' });
    transport.send('a');
    await settled();
    expect(post().headers.authorization).toBe('Bearer 3');
    expect(post().init.credentials).toBe('include');
    const fixed = start({ headers: { 'x-tenant': 'a', accept: 'text/plain' } });
    await settled();
    expect(fixed.get().headers).toEqual({ 'x-tenant': 'a', accept: 'application/json' });
  });

  it('fails with a function that gives no headers; later one that does not is asked again', async () => {
    let isBroken = true;
    const headers = () => (isBroken ? Promise.reject(new Error('no token')) : {});
    const failed = start({ headers });
    await settled();
    expect(failed.events).toEqual(['close 1006 ']);
    isBroken = false;
    const { transport, events, posts, pass } = await opened({ headers });
    isBroken = true;
    transport.send('a');
    await settled();
    expect(posts()).toHaveLength(0);
    isBroken = false;
    await pass(100);
    expect(posts()).toHaveLength(1);
    expect(events).toEqual(['open']);
  });
});

describe('messages up', () => {
  it('leave together that are sent within a turn, and one POST at a time', async () => {
    const { transport, posts, post } = await opened();
    transport.send('a');
    transport.send('b');
    expect(posts()).toHaveLength(0);
    await settled();
    expect(post().query).toMatchObject({ first: '1', after: '0' });
    expect(post().body).toEqual(['a', 'b']);
    transport.send('c');
    transport.send('d');
    await settled();
    expect(posts()).toHaveLength(1);
    await post().answer(taken());
    expect(posts()).toHaveLength(2);
    expect(post().query.first).toBe('3');
    expect(post().body).toEqual(['c', 'd']);
  });

  it('are at most 500 and 131,072 characters in one POST, but for one that is longer', async () => {
    const { transport, post } = await opened();
    for (const text of [...texts(501), ...texts(3, 65_000), ...texts(1, 200_000)]) transport.send(text);
    const batches: [first: unknown, count: number][] = [];
    for (let count = 0; count < 4; count++) {
      await settled();
      batches.push([post().query.first, (post().body as string[]).length]);
      await post().answer(taken());
    }
    expect(batches).toEqual([
      ['1', 500],
      ['501', 3],
      ['504', 1],
      ['505', 1],
    ]);
  });

  it('count in bytes until they have arrived, and say when there is room again', async () => {
    const { transport, post, events } = await opened();
    expect(transport.send('€')).toBe(true);
    expect(transport.bufferedAmount).toBe(3);
    expect(transport.send('x'.repeat(65_532))).toBe(true);
    expect(transport.send('x')).toBe(false);
    await settled();
    expect(transport.send('y')).toBe(false);
    expect(transport.bufferedAmount).toBe(65_537);
    expect(events).toEqual(['open']);
    await post().answer(taken());
    expect(events).toEqual(['open', 'drain']);
    expect(transport.bufferedAmount).toBe(1);
    await post().answer(taken());
    expect(transport.bufferedAmount).toBe(0);
    expect(events).toEqual(['open', 'drain']);
  });

  it.each([...Object.entries(foreignAnswers), ['JSON 200', () => Response.json({ code: 0 })] as const])(
    'are sent again as they were behind %s',
    async (_, answer) => {
      const { transport, posts, post, events, pass } = await opened();
      transport.send('a');
      await settled();
      await post().answer(answer());
      transport.send('b');
      await pass(100);
      expect(posts()).toHaveLength(2);
      expect([post().query.first, post().body]).toEqual(['1', ['a']]);
      await post().answer(taken());
      expect([post().query.first, post().body]).toEqual(['2', ['b']]);
      expect(events).toEqual(['open']);
    },
  );

  it('are sent again less and less often, until it is hopeless', async () => {
    const { transport, posts, post, events, pass, clock } = await opened();
    transport.send('a');
    await settled();
    const times: number[] = [];
    for (let gone = 0; events.length === 1; gone += 25) {
      if (posts().length > times.length) {
        times.push(gone);
        await post().fail();
      }
      await pass(25, 25);
    }
    expect(events).toEqual(['open', 'close 1006 ']);
    const delays = times.slice(1).map((time, index) => time - (times[index] as number));
    for (const [index, delay] of delays.entries()) {
      expect(delay).toBeGreaterThanOrEqual(Math.min(100 * 1.5 ** index, 2000) / 2);
      expect(delay).toBeLessThanOrEqual(Math.min(100 * 2 ** index, 2000) + 50);
    }
    expect(times.at(-1)).toBeGreaterThanOrEqual(20_000);
    expect(times.at(-1)).toBeLessThanOrEqual(22_100);
    expect(clock.pending).toBe(0);
  });

  it('are sent again when there is no answer for long', async () => {
    const { transport, posts, post, pass, events } = await opened();
    transport.send('a');
    await settled();
    const [first] = posts();
    await pass(14_900);
    expect(posts()).toHaveLength(1);
    await pass(300);
    expect(posts()).toHaveLength(2);
    expect(first?.init.signal?.aborted).toBe(true);
    await post().answer(taken());
    transport.send('b');
    await settled();
    expect(post().query.first).toBe('2');
    expect(events).toEqual(['open']);
  });

  it('have more time if they are long: 10,000 characters a second', async () => {
    const { transport, posts, pass, events } = await opened();
    transport.send('x'.repeat(300_000));
    await settled();
    await pass(44_000, 1000);
    expect(posts()).toHaveLength(1);
    expect(posts()[0]?.init.signal?.aborted).toBe(false);
    await pass(3000, 1000);
    expect(posts()).toHaveLength(2);
    expect(events).toEqual(['open']);
  });

  it.each([
    [408, 4408, 'the request took too long'],
    [429, 4429, 'slowly'],
    [500, 1011, 'internal error'],
    [503, 1013, 'too many requests'],
  ])('are sent again to a server that answers with %i', async (status, code, reason) => {
    const { transport, posts, post, events, pass } = await opened();
    transport.send('a');
    await settled();
    await post().answer(refusal(status, code, reason));
    await pass(100);
    expect(posts()).toHaveLength(2);
    await post().answer(taken());
    expect(events).toEqual(['open']);
  });

  it.each([
    [400, 1002],
    [401, 4401],
    [403, 4403],
    [409, 4408],
    [413, 1009],
  ])('end with the session that the server refuses with %i', async (status, code) => {
    const { transport, post, events } = await opened();
    transport.send('a');
    await settled();
    await post().answer(refusal(status, code, 'no'));
    expect(events).toEqual(['open', `close ${code} no`]);
  });

  it.each([
    ['nothing 200', () => new Response(null)],
    ['nothing 202', () => new Response(null, { status: 202 })],
    ['a code that is none', () => refusal(400, 50_201, 'upstream')],
  ])('are sent again behind %s', async (_, answer) => {
    const { transport, post, posts, events, pass } = await opened();
    transport.send('a');
    await settled();
    await post().answer(answer());
    await pass(100);
    expect(posts()).toHaveLength(2);
    expect(events).toEqual(['open']);
  });

  it('go on although a listener throws', async () => {
    const session = await opened();
    const { transport, post, posts } = session;
    session.drained = () => {
      throw new Error('mine');
    };
    const errors = await processErrors(async () => {
      transport.send('x'.repeat(70_000));
      await settled();
      transport.send('b');
      await post().answer(taken());
    });
    expect(errors).toEqual(['unhandledRejection: Error: mine']);
    expect(post().body).toEqual(['b']);
    await post().answer(taken());
    transport.send('c');
    await settled();
    expect(posts()).toHaveLength(3);
  });

  it('are well-formed', async () => {
    const { transport, post } = await opened();
    transport.send('a\ud800b');
    await settled();
    expect(post().body).toEqual(['a\ufffdb']);
    await post().answer(taken());
    expect(transport.bufferedAmount).toBe(0);
  });

  it('have a signal of their own, so that none collects listeners', async () => {
    const { transport, requests, post } = await opened();
    for (let count = 0; count < 3; count++) {
      transport.send('a');
      await settled();
      await post().answer(taken());
    }
    expect(new Set(requests.map(({ init }) => init.signal)).size).toBe(requests.length);
  });

  it('end with the session that the server does not know any more', async () => {
    const { transport, posts, post, events, clock } = await opened();
    transport.send('a');
    await settled();
    await post().answer(refusal(410, 4408, 'resume impossible'));
    expect(events).toEqual(['open', 'close 4408 resume impossible']);
    expect(transport.send('b')).toBe(false);
    await settled();
    expect(posts()).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});

describe('messages down', () => {
  it('are counted, so that the next request says how many there are', async () => {
    const { get, transport, post, events } = await opened();
    await get().answer({ messages: ['a', 'b'] });
    expect(get().query.after).toBe('2');
    transport.send('x');
    await settled();
    expect(post().query.after).toBe('2');
    expect(events).toEqual(['open', 'message a', 'message b']);
  });

  it('come in one request at a time, which is made again when it was lost', async () => {
    const { get, gets, pass, events } = await opened();
    await get().answer({ messages: ['a'] });
    const count = gets().length;
    await get().fail();
    expect(gets()).toHaveLength(count);
    await pass(100);
    expect(gets()).toHaveLength(count + 1);
    expect(get().query).toMatchObject({ after: '1' });
    await get().answer({ messages: ['b'] });
    expect(events).toEqual(['open', 'message a', 'message b']);
  });

  it('may be lost now and then for as long as the session lives', async () => {
    const { get, events, pass } = await opened();
    for (let minute = 0; minute < 5; minute++) {
      await get().fail();
      await pass(100);
      await get().answer({ messages: [`${minute}`] });
      await pass(60_000, 1000);
    }
    expect(events).toHaveLength(6);
  });

  it('end the session when they cannot come for 20 s', async () => {
    const { get, gets, events, pass } = await opened();
    let seen = 0;
    for (let gone = 0; gone < 23_000; gone += 100) {
      if (gets().length > seen) {
        seen = gets().length;
        await get().fail();
      }
      await pass(100);
      if (gone < 19_900) expect(events).toEqual(['open']);
    }
    expect(events).toEqual(['open', 'close 1006 ']);
  });

  it('come behind a refusal of a server that is busy', async () => {
    const { get, events, pass } = await opened();
    await get().answer(refusal(503, 1013, 'too many requests'));
    await pass(100);
    await get().answer({ messages: ['a'] });
    expect(events).toEqual(['open', 'message a']);
  });

  it.each(Object.entries(foreignAnswers))('come behind %s', async (_, answer) => {
    const { get, events, pass } = await opened();
    await get().answer(answer());
    await pass(100);
    await get().answer({ messages: ['a'] });
    expect(events).toEqual(['open', 'message a']);
  });

  it('open the session once, however often the server says so', async () => {
    const { get, events } = await opened();
    await get().answer({ opening: { key: 'other', protocol: 'x' } });
    expect(get().headers['hawser-key']).toBe('secret');
    expect(events).toEqual(['open']);
  });

  it('that are none are a failure, and those before them count', async () => {
    const { get, events, pass } = await opened();
    await get().answer({ messages: ['a', 1, 'b'] });
    await pass(100);
    expect(get().query.after).toBe('1');
    expect(events).toEqual(['open', 'message a']);
  });
});

describe('the end of a session', () => {
  it('comes from the server, once; nothing comes behind it', async () => {
    const { get, gets, events, transport } = await opened();
    const last = gets().length;
    await get().answer({ messages: ['a'], ending: [4403, 'revoked'] });
    transport.close();
    transport.terminate();
    expect(transport.send('x')).toBe(false);
    await settled();
    expect(events).toEqual(['open', 'message a', 'close 4403 revoked']);
    expect(gets()).toHaveLength(last);
  });

  it.each([[['x', 'y']], [[1000]], [[999, '']], [[Number.NaN, '']], [7]])(
    'does not come by %j',
    async (ending) => {
      const { get, events, pass } = await opened();
      await get().answer({ ending });
      await pass(100);
      await get().answer({ messages: ['a'] });
      expect(events).toEqual(['open', 'message a']);
    },
  );

  it('comes from us behind what was sent', async () => {
    const { transport, get, post, posts, events, clock } = await opened();
    transport.send('a');
    transport.close(4000, 'enough');
    transport.close(4001, 'too late');
    expect(transport.send('b')).toBe(false);
    await settled();
    expect(post().body).toEqual(['a']);
    expect(post().init.keepalive).toBe(false);
    await post().answer(taken());
    expect(post().body).toEqual([]);
    expect(post().query).toMatchObject({ first: '2', code: '4000', reason: 'enough' });
    expect(post().init.keepalive).toBe(true);
    expect(events).toEqual(['open']);
    await post().answer(taken());
    expect(events).toEqual(['open', 'close 4000 enough']);
    expect(posts()).toHaveLength(2);
    expect(get().init.signal?.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('comes from us in any case after five seconds', async () => {
    const { transport, pass, events, clock } = await opened();
    transport.close();
    await pass(4900);
    expect(events).toEqual(['open']);
    await pass(100);
    expect(events).toEqual(['open', 'close 1006 ']);
    expect(clock.pending).toBe(0);
  });

  it('comes at once where it is not open yet', async () => {
    const { transport, events, requests, clock } = start();
    await settled();
    transport.close();
    expect(events).toEqual(['close 1006 ']);
    await settled();
    expect(requests).toHaveLength(1);
    expect(requests[0]?.init.signal?.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it.each(['terminate', 'close'] as const)('leaves no timer of a repetition by %s', async (how) => {
    const { transport, get, post, clock, pass } = await opened();
    transport.send('a');
    await settled();
    await get().fail();
    await post().fail();
    expect(clock.pending).toBe(2);
    transport[how]();
    if (how === 'close') for (let step = 0; step < 50; step++) await pass(100);
    expect(clock.pending).toBe(0);
  });

  it('comes at once by terminate, and requests are given up', async () => {
    const { transport, events, requests, get, post } = await opened();
    transport.send('a');
    await settled();
    transport.terminate();
    expect(events).toEqual(['open', 'close 1006 ']);
    await get().answer({ messages: ['late'] });
    const count = requests.length;
    await settled();
    expect(requests).toHaveLength(count);
    expect(events).toEqual(['open', 'close 1006 ']);
    expect([get(), post()].map(({ init }) => init.signal?.aborted)).toEqual([true, true]);
  });
});
