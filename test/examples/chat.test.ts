import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../interop/launch-chromium.js';
import { type Example, Peer, refusal, start, stop } from './example.js';

const join = ({ ws }: Example, name: string, room = 'lobby'): Promise<Peer> =>
  Peer.connect(`${ws}/chat?${new URLSearchParams({ room, name })}`);
const event = async (peer: Peer): Promise<unknown> => JSON.parse(await peer.next());

describe('chat', () => {
  it('tells everybody in a room, and nobody elsewhere, who is there and what is said', async () => {
    const example = await start('chat');
    const ada = await join(example, 'Ada');
    expect(await event(ada)).toEqual({ type: 'joined', name: 'Ada', names: ['Ada'] });
    const grace = await join(example, 'Grace');
    const edsger = await join(example, 'Edsger', 'den');
    const joined = { type: 'joined', name: 'Grace', names: ['Ada', 'Grace'] };
    expect([await event(ada), await event(grace)]).toEqual([joined, joined]);
    grace.socket.send('<b>hello</b>');
    const said = { type: 'said', name: 'Grace', text: '<b>hello</b>' };
    expect([await event(ada), await event(grace)]).toEqual([said, said]);
    grace.socket.close();
    expect(await event(ada)).toEqual({ type: 'left', name: 'Grace', names: ['Ada'] });
    expect(await event(edsger)).toEqual({ type: 'joined', name: 'Edsger', names: ['Edsger'] });
    edsger.socket.send('alone');
    expect(await event(edsger)).toEqual({ type: 'said', name: 'Edsger', text: 'alone' });
    await stop(example);
    expect(await ada.closed).toEqual([1001, '']);
  });

  it('has limits', async () => {
    const example = await start('chat');
    const ada = await join(example, 'Ada');
    expect(await (await join(example, 'Ada')).closed).toEqual([4409, 'That name is taken']);
    ada.socket.send('x'.repeat(2001));
    expect(await ada.closed).toEqual([1009, 'At most 2000 characters']);
    const again = await join(example, 'Ada');
    again.socket.send('x'.repeat(8001));
    expect((await again.closed)[0]).toBe(1009);
    const bytes = await join(example, 'Ada');
    bytes.socket.send(Buffer.of(1));
    expect(await bytes.closed).toEqual([1003, 'Text only']);
    for (const query of ['', '?room=lobby&name=', '?room=lobby&name=%3Cb%3E', '?room=../x&name=Ada']) {
      expect(await refusal(`${example.ws}/chat${query}`)).toBe(403);
    }
    expect(await refusal(`${example.ws}/chat?room=lobby&name=Ada`, { origin: 'http://example.org' })).toBe(
      403,
    );
    await stop(example);
  });

  it('cuts off who does not read, and goes on with the others', async () => {
    const example = await start('chat');
    const ada = await join(example, 'Ada');
    await event(ada);
    const slow = await join(example, 'Slow');
    slow.socket.pause();
    await event(ada);
    // Bytes until the buffers of the system and those of the server are full.
    const text = '\u{1f40c}'.repeat(1000);
    let told: unknown;
    for (let count = 0; count < 10_000 && told === undefined; count++) {
      const next = JSON.parse(await ada.ask(text));
      if (next.type !== 'said') told = next;
    }
    expect(told).toEqual({ type: 'left', name: 'Slow', names: ['Ada'] });
    slow.socket.terminate();
    await stop(example);
  });
});

describe('the page of chat', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  async function enter(example: Example, name: string): Promise<Page> {
    const page = await browser.newPage();
    await page.goto(example.http);
    await page.getByLabel('Name').fill(name);
    await page.getByRole('button', { name: 'Enter' }).click();
    await page.getByText('Connected', { exact: true }).waitFor();
    return page;
  }

  it('shows what others write as text, whatever it is', async () => {
    const example = await start('chat');
    const [ada, grace] = [await enter(example, 'Ada'), await enter(example, 'Grace')];
    const complaints: string[] = [];
    grace.on('pageerror', (error) => complaints.push(error.message));
    const text = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    await ada.getByLabel('Message').fill(text);
    await ada.getByRole('button', { name: 'Send' }).click();
    await grace.getByText(`Ada: ${text}`).waitFor();
    expect(await grace.locator('#names').textContent()).toBe('Here: Ada, Grace');
    expect(await grace.locator('img').count()).toBe(0);
    expect(await grace.title()).toBe('Chat');
    await stop(example);
    await grace.getByText('Not connected: 1001').waitFor();
    expect(complaints).toEqual([]);
  });
});
