import { describe, expect, it } from 'vitest';
import { appearances, playground } from './playground.js';
import { rpcConsole } from './rpc-console.js';

const site = playground();
/** The colours do not matter here. */
const languages = appearances.filter(({ colorScheme }) => colorScheme === 'light');

describe.each(languages)('RPC, $texts.tag', (appearance) => {
  const { rpc, frames } = appearance.texts;

  it('calls, and shows answers and errors with code, message and data', async () => {
    const opened = await site.open(appearance);
    const console = await rpcConsole(opened);
    const add = await console.call('add', { params: '{"a":20,"b":22}' });
    await console.ends(add, 'answered');
    expect(await add.locator('.result').textContent()).toBe('42');
    await opened.statusSays(opened.view, rpc.said('#1 add', rpc.ends.answered, '').trim());
    const refused = await console.call('refuse');
    await console.ends(refused, 'failed');
    for (const part of ['RemoteError', '1001', 'Out of stock', '"back":"2 days"']) {
      await refused.getByText(part).waitFor();
    }
    const failed = await console.call('fail');
    await console.ends(failed, 'failed');
    expect(await failed.textContent()).toContain('-32603Internal error');
    expect(await failed.textContent()).not.toContain('hunter2');
    const wrong = await console.call('add', { params: '[1]' });
    await wrong.getByText('-32602').waitFor();
    await console.ends(await console.call('note'), 'answered');
    expect(await opened.page.locator('.call .call-head b').allTextContents()).toEqual([
      'note',
      'add',
      'fail',
      'refuse',
      'add',
    ]);
    expect(opened.complaints).toEqual([]);
  });

  it('shows the items of a stream, and cancels it', async () => {
    const opened = await site.open(appearance);
    const console = await rpcConsole(opened);
    const ticks = await console.call('ticks', { params: '{"every":50}' });
    await ticks.getByText(rpc.streaming).waitFor();
    await ticks.getByText(new RegExp(rpc.items('(?!0)\\d+'))).waitFor();
    await opened.button(rpc.ofCall(rpc.cancel, '#1 ticks')).click();
    await console.ends(ticks, 'cancelled');
    const count = await console.call('count', { params: '{"to":200}' });
    await console.ends(count, 'answered');
    await count.getByText(rpc.items('200')).waitFor();
    expect(opened.complaints).toEqual([]);
  });

  it('gives a call up when its time is over, and when it is cancelled', async () => {
    const opened = await site.open(appearance);
    const console = await rpcConsole(opened);
    const late = await console.call('slow', { params: '{"ms":60000}', timeout: '50' });
    await console.ends(late, 'timedOut');
    // The server knows how long the call has, and may be faster to say so.
    await late.getByText(/^(?:RPC_ERR_TIMEOUT|-32004)$/).waitFor();
    const slow = await console.call('slow', { timeout: '60000' });
    await opened.button(rpc.ofCall(rpc.cancel, '#2 slow')).click();
    await console.ends(slow, 'cancelled');
    expect(opened.complaints).toEqual([]);
  });

  it('sends queries and idempotent calls again when the connection was cut, and no other call', async () => {
    const opened = await site.open(appearance);
    const console = await rpcConsole(opened);
    const before = await console.call('pay', { params: '{"amount":1}' });
    await console.ends(before, 'answered');
    const slow = await console.call('slow', { params: '{"ms":60000}', timeout: '60000' });
    const pay = await console.call('pay', { params: '{"amount":2,"ms":1000}' });
    const users = await console.call('getUsers', { params: '{"ms":1000}' });
    await console.cut();
    await console.ends(slow, 'unknown');
    await slow.getByText('RPC_ERR_UNKNOWN_OUTCOME').waitFor();
    const facts = await opened.facts(opened.page.locator('main > section').first());
    expect(facts).toMatchObject({
      [rpc.running]: '2',
      [rpc.retry]: expect.stringContaining(rpc.retryIn('').trim()),
      [rpc.lastEnd]: expect.stringMatching(/^1006/),
    });
    const queued = await console.call('add');
    await console.reconnect();
    for (const call of [pay, users, queued]) await console.ends(call, 'answered');
    for (const call of [pay, users]) await call.getByText(rpc.repeated('1')).waitFor();
    const numbers = await Promise.all(
      [before, pay].map(async (call) => JSON.parse((await call.locator('.result').textContent()) ?? '')),
    );
    expect(numbers[1].payment).toBe(numbers[0].payment + 1);
  });

  it('shows the frames of its connection, bit by bit', async () => {
    const opened = await site.open(appearance);
    const console = await rpcConsole(opened);
    await console.ends(await console.call('add'), 'answered');
    const answer = await opened.chooseFrame('sent', 'text');
    await answer.getByText('{"jsonrpc":"2.0","result":3,"id":1}').waitFor();
    const request = await opened.chooseFrame('received', 'text');
    await request.getByText('{"jsonrpc":"2.0","method":"add","params":{"a":1,"b":2}').waitFor();
    await request.getByText(frames.bits).waitFor();
    expect(opened.complaints).toEqual([]);
  });

  it('says what is wrong with the parameters and the timeout, and does not call', async () => {
    const opened = await site.open(appearance);
    const console = await rpcConsole(opened);
    const problem = opened.page.locator('#call-problem');
    await console.prepare('add', { params: '{"a":1,}' });
    expect(await problem.textContent()).toContain(rpc.invalidJson('').trim());
    await console.prepare('add', { params: '3' });
    expect(await problem.textContent()).toBe(rpc.notStructured);
    await console.prepare('add', { params: '[1, 2]', timeout: 'soon' });
    expect(await problem.textContent()).toBe(rpc.wrongTimeout('300,000'));
    expect(await opened.button(rpc.button).isDisabled()).toBe(true);
    expect(opened.complaints).toEqual([]);
  });
});

describe('RPC', () => {
  const appearance = appearances[0];
  const { rpc } = appearance.texts;

  it('pauses a stream, which gives the server no more credit, and goes on', async () => {
    const opened = await site.open(appearance);
    const console = await rpcConsole(opened);
    await console.prepare('ticks', { params: '{"every":50}' });
    await opened.page.getByLabel(rpc.credit, { exact: true }).fill('2');
    await opened.button(rpc.button).click();
    const ticks = console.numbered(1);
    const credits = opened.page.locator('[role=option][data-direction=received]', {
      hasText: '"rpc.stream.credit"',
    });
    await credits.first().waitFor();
    await opened.button(rpc.ofCall(rpc.pause, '#1 ticks')).click();
    const resume = opened.button(rpc.ofCall(rpc.resume, '#1 ticks'));
    await resume.waitFor();
    const [before = ''] = /\d+/.exec((await ticks.locator('.items span').textContent()) ?? '') ?? [];
    await resume.click();
    await opened.page.waitForFunction(
      (least) => Number(/\d+/.exec(document.querySelector('.items span')?.textContent ?? '')) > least,
      Number(before),
    );
    await opened.button(rpc.ofCall(rpc.cancel, '#1 ticks')).click();
    await console.ends(ticks, 'cancelled');
  });

  it('calls a stream again, if that is wanted', async () => {
    const opened = await site.open(appearance);
    const console = await rpcConsole(opened);
    const once = await console.call('ticks');
    await once.getByText(rpc.streaming).waitFor();
    await opened.page.getByLabel(rpc.again).check();
    const again = await console.call('ticks', { params: '{"every":60000}' });
    await again.getByText(rpc.items('1')).waitFor();
    await console.cut();
    await console.ends(once, 'unknown');
    await console.reconnect();
    await again.getByText(rpc.items('2')).waitFor();
  });

  it('comes back by itself, and not after it was closed', async () => {
    const opened = await site.open(appearance);
    const console = await rpcConsole(opened);
    await console.cut();
    await opened.stateIs(rpc.states.open);
    await opened.button(rpc.close).click();
    await opened.stateIs(rpc.states.closed);
    const call = await console.call('add');
    await console.ends(call, 'notSent');
    await call.getByText('RPC_ERR_CLOSED').waitFor();
    await console.reconnect();
    await console.ends(await console.call('add'), 'answered');
  });

  it('calls by the keyboard alone', async () => {
    const opened = await site.open(appearance);
    const console = await rpcConsole(opened);
    await opened.page.getByLabel(rpc.params, { exact: true }).focus();
    await opened.page.keyboard.press('ControlOrMeta+a');
    await opened.page.keyboard.type('[4, 5]');
    await opened.page.keyboard.press('Control+Enter');
    await console.ends(console.numbered(1), 'answered');
    expect(await console.numbered(1).locator('.result').textContent()).toBe('9');
    await opened.button(rpc.clear).first().click();
    await opened.page.getByText(rpc.historyNone).waitFor();
  });

  it('takes a line that was typed by hand', async () => {
    const opened = await site.open(appearance);
    await rpcConsole(opened);
    await opened.button(rpc.typedSend).click();
    await opened.page.locator('output', { hasText: '{"method":"add","result":3}' }).waitFor();
    expect(opened.complaints).toEqual([]);
  });

  it('goes on while another view is shown', async () => {
    const opened = await site.open(appearance);
    const console = await rpcConsole(opened);
    const ticks = await console.call('ticks', { params: '{"every":50}' });
    await opened.show('text');
    await opened.echo('meanwhile');
    await opened.show('rpc');
    await ticks.getByText(rpc.streaming).waitFor();
    expect(await opened.page.getByRole('listbox').textContent()).not.toContain('meanwhile');
    expect(opened.complaints).toEqual([]);
  });
});
