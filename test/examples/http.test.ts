import { expect, it } from 'vitest';
import { Peer, refusal, start, stop } from './example.js';

it('http serves a page and two WebSocket servers, told apart by their paths', async () => {
  const example = await start('http');
  expect(await (await fetch(example.http)).text()).toContain('/echo and /clock');
  const echo = await Peer.connect(`${example.ws}/echo`);
  const clock = await Peer.connect(`${example.ws}/clock`);
  expect(await echo.ask('hello')).toBe('hello');
  expect(Date.parse(await clock.next())).toBeLessThanOrEqual(Date.parse(await clock.next()));
  expect(await refusal(`${example.ws}/other`)).toBe(404);
  await stop(example);
  expect(await echo.closed).toEqual([1001, '']);
  expect(await clock.closed).toEqual([1001, '']);
});
