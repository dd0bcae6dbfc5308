import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { api } from '../../examples/rpc/contract.js';
import { connect } from '../../src/client-node.js';
import { launchChromium } from '../interop/launch-chromium.js';
import { Peer, refusal, run, start, stop } from './example.js';

describe('rpc', () => {
  it('passes the session of a console: a wrong password, the right one, a call', async () => {
    const example = await start('rpc');
    const peer = await Peer.connect(example.ws, { origin: example.http });
    const ask = async (text: string): Promise<unknown> => JSON.parse(await peer.ask(text));
    expect(await ask('{"method":"getUsers","args":[]}')).toEqual({
      method: 'getUsers',
      error: expect.objectContaining({ code: -32001 }),
    });
    expect(await ask('{"method":"auth","args":["admin","wrong"]}')).toEqual({
      method: 'auth',
      error: { code: -32002, message: 'Wrong user or password' },
    });
    expect(await ask('{"method":"auth","args":["admin","secret"]}')).toEqual({
      method: 'auth',
      result: { user: 'admin', token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) },
    });
    const users = [
      { id: 1, name: 'admin' },
      { id: 2, name: 'Ada' },
    ];
    expect(await ask('{"method":"getUsers","args":[]}')).toEqual({ method: 'getUsers', result: users });
    expect(await refusal(example.ws, { origin: 'http://example.org' })).toBe(403);
    await stop(example);
    expect(await peer.closed).toEqual([1001, '']);
  });

  it('takes the token that auth gives on other connections', async () => {
    const example = await start('rpc');
    const login = connect(example.ws, { api });
    const { token } = await login.call.auth({ user: 'admin', password: 'secret' });
    login.close();
    const client = connect(example.ws, { api, token: () => token });
    expect(await client.call.getUsers()).toHaveLength(2);
    client.close();

    const stranger = connect(example.ws, { api, token: () => `${token}x`, backoff: { initial: 60_000 } });
    const refused = new Promise((resolve) => {
      stranger.subscribe(({ state, code }) => state === 'waiting' && resolve(code));
    });
    expect(await refused).toBe(4401);
    stranger.close();
    await stop(example);
  });

  it('has a client that calls, reads a stream, and gets an error', async () => {
    const example = await start('rpc');
    const client = run('rpc/client', [example.ws]);
    expect(await client.exited).toBe(0);
    expect(client.output.stderr).toBe('');
    expect(client.output.stdout.trim().split('\n')).toEqual([
      'added: Grace',
      'users: admin, Ada, Grace',
      'tick: 1',
      'tick: 2',
      'tick: 3',
      expect.stringMatching(/^error: -32602 Invalid params: name: /),
    ]);
    await stop(example);
  });
});

describe('the page of rpc', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  it('shows what the console of a browser answers', async () => {
    const example = await start('rpc');
    const page = await browser.newPage();
    await page.goto(example.http);
    const lines: string[] = [];
    const answered = new Promise<void>((resolve) => {
      page.on('console', (message) => {
        if (message.type() === 'log' && lines.push(message.text()) === 4) resolve();
      });
    });
    const [connecting, calls, answers] = await page.locator('pre').allTextContents();
    await page.evaluate(`${connecting}\nsocket.onopen = () => { ${calls} };`);
    await answered;
    expect(lines.map((line) => line.replace(/"token":"[^"]+"/, '"token":"…"'))).toEqual(answers?.split('\n'));
    await page.close();
    await stop(example);
  });
});
