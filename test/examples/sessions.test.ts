import { expect, it } from 'vitest';
import { Peer, refusal, start, stop } from './example.js';

const post = (url: string, body: object, cookie = ''): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', cookie },
    body: JSON.stringify(body),
  });

async function logIn(http: string, name: string): Promise<string> {
  const response = await post(`${http}/login`, { name });
  expect(response.status).toBe(200);
  const [cookie = ''] = response.headers.getSetCookie();
  expect(cookie).toContain('; HttpOnly; SameSite=Strict');
  return cookie.slice(0, cookie.indexOf(';'));
}

it.each(['express', 'fastify'])('%s: the session of the app is that of the WebSocket', async (name) => {
  const example = await start(name);
  const live = `${example.ws}/live`;
  expect(await (await fetch(example.http)).text()).toContain('<title>Sessions</title>');
  expect((await post(`${example.http}/login`, { name: '<b>' })).status).toBe(400);
  expect(await refusal(live)).toBe(401);
  expect(await refusal(live, { headers: { cookie: 'session=guessed' } })).toBe(401);

  const headers = { cookie: `theme=dark; ${await logIn(example.http, 'Ada')}` };
  expect(await refusal(live, { headers, origin: 'http://example.org' })).toBe(403);
  const ada = await Peer.connect(live, { headers, origin: example.http });
  const grace = await Peer.connect(live, { headers: { cookie: await logIn(example.http, 'Grace') } });
  expect(await ada.next()).toBe('Hello, Ada');
  expect(await grace.next()).toBe('Hello, Grace');
  expect(await grace.ask('hello')).toBe('Grace: hello');
  expect(await ada.next()).toBe('Grace: hello');

  expect((await post(`${example.http}/logout`, {}, headers.cookie)).status).toBe(204);
  expect(await ada.closed).toEqual([4401, 'Logged out']);
  expect(await refusal(live, { headers })).toBe(401);
  await stop(example);
  expect(await grace.closed).toEqual([1001, '']);
});
