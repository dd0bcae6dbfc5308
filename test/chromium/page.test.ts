import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { english } from '../../playground/src/language/english.js';
import { hawserServe } from '../cli/hawser-process.js';
import { appearances, playground } from './playground.js';

const site = playground();

/** Bytes that repeat late, so that a piece in the wrong place shows. */
function content(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let offset = 0; offset < length; offset += 4) bytes.writeUInt32LE((offset * 2654435761) >>> 0, offset);
  return bytes;
}

describe.each(appearances)('every view, $name', (appearance) => {
  const { texts } = appearance;

  it('Text echoes 我是阿宝哥, nothing, many lines and characters beyond the BMP', async () => {
    const opened = await site.open(appearance);
    for (const text of ['我是阿宝哥', '', 'one\ntwo\n', '👩‍👩‍👧‍👦 Grüße \u0000 end']) await opened.echo(text);
    expect(opened.complaints).toEqual([]);
  });

  it('Binary echoes a file of 5 MiB identically and shows bufferedAmount on the way', async () => {
    const opened = await site.open(appearance);
    const { page } = opened;
    const { binary } = texts;
    await opened.show('binary');
    const bytes = content(5 * 1024 * 1024);
    const digest = createHash('sha256').update(bytes).digest('hex');
    await page
      .getByLabel(binary.fileToSend)
      .setInputFiles({ name: '5.bin', mimeType: 'application/octet-stream', buffer: bytes });
    expect(await page.getByLabel(binary.file, { exact: true }).isChecked()).toBe(true);
    const amounts = await page.evaluateHandle(() => {
      const seen: string[] = [];
      const amount = document.querySelector('#buffered')!;
      const watch = { childList: true, characterData: true, subtree: true };
      new MutationObserver(() => seen.push(amount.textContent)).observe(amount, watch);
      return seen;
    });
    await opened.button(binary.button).click();
    await page.getByText(`${binary.yes}, SHA-256 ${digest}`).waitFor();
    expect(await opened.facts(opened.view)).toMatchObject({
      [binary.type]: 'Blob',
      [binary.length]: texts.bytes(bytes.length, '5,242,880'),
    });
    await page.locator('#buffered', { hasText: /^0 / }).waitFor();
    const seen = await amounts.jsonValue();
    expect([seen[0], seen.at(-1)]).toEqual([texts.bytes(5_242_880, '5,242,880'), texts.bytes(0, '0')]);
    expect(opened.complaints).toEqual([]);
  });

  it.each(['Blob', 'ArrayBuffer', 'Uint8Array', 'DataView'])('Binary sends a %s', async (form) => {
    const opened = await site.open(appearance);
    const { page } = opened;
    const { binary } = texts;
    await opened.show('binary');
    await page.getByLabel('MiB').fill('1');
    await page.getByRole('combobox', { name: binary.as, exact: true }).selectOption(form);
    await page.getByRole('combobox', { name: binary.backAs, exact: true }).selectOption('arraybuffer');
    await opened.button(binary.button).click();
    await page.getByText(new RegExp(`^${binary.yes}, SHA-256 [0-9a-f]{64}$`)).waitFor();
    expect(await opened.facts(opened.view)).toMatchObject({ [binary.type]: 'ArrayBuffer' });
    expect(opened.complaints).toEqual([]);
  });

  it('Frames shows a text bit by bit, masked and unmasked', async () => {
    const opened = await site.open(appearance);
    const { frames } = texts;
    await opened.echo('Hello');
    await opened.page.getByRole('link', { name: texts.text.frames }).click();
    const detail = await opened.chooseFrame('received', 'text');
    const facts = await opened.facts(detail.locator('section').first());
    expect(facts).toMatchObject({
      FIN: `1 ${frames.field.fin(true)}`,
      opcode: `0x1 text ${frames.opcodes[1]}`,
      MASK: `1 ${frames.field.masked(true)}`,
      'Payload len': `5 ${frames.field.length.short}`,
    });
    const key = facts['Masking-key'].split(' ').slice(0, 4);
    const octets = Array.from(
      Buffer.from('Hello'),
      (octet, index) => octet ^ Number.parseInt(key[index % 4], 16),
    );
    const dump = (title: string) =>
      detail.getByRole('region', { name: title, exact: true }).locator('pre').textContent();
    expect(await dump(frames.masked)).toContain(Buffer.from(octets).toString('hex').replaceAll(/../g, '$& '));
    expect(await dump(frames.unmasked)).toMatch(/^0000 {2}48 65 6c 6c 6f .*Hello$/);
    const bits = await detail.locator('.bit-values i').allTextContents();
    const header = Buffer.concat([Buffer.of(0x81, 0x85), Buffer.from(key.join(''), 'hex')]);
    expect(bits.join('')).toBe(Array.from(header, (octet) => octet.toString(2).padStart(8, '0')).join(''));
    const echo = await opened.chooseFrame('sent', 'text');
    expect(await echo.getByRole('region', { name: frames.plain, exact: true }).textContent()).toContain(
      'Hello',
    );
    expect(opened.complaints).toEqual([]);
  });

  it('Frames shows the fragments of a message, the ping between them and its pong', async () => {
    const opened = await site.open(appearance);
    await opened.show('frames');
    await opened.button(texts.frames.fragments).click();
    await opened.chooseFrame('received', 'pong');
    expect(await opened.frames()).toEqual([
      'sent text ',
      'sent ping FIN',
      'sent continuation ',
      'sent continuation FIN',
      'received pong FIN MASK',
    ]);
    await opened.show('text');
    expect(await opened.page.getByLabel(texts.text.echo).inputValue()).toBe(texts.frames.fragmentsSample);
    expect(opened.complaints).toEqual([]);
  });

  it('Frames shows pings, unasked pongs and the close frames that the server was asked for', async () => {
    const opened = await site.open(appearance);
    const { frames } = texts;
    await opened.show('frames');
    await opened.button(frames.ping).click();
    await opened.chooseFrame('received', 'pong');
    await opened.button(frames.pong).click();
    await opened.chooseFrame('sent', 'pong');
    await opened.view.getByLabel(frames.closeCode, { exact: true }).fill('4002');
    await opened.button(frames.close).click();
    await opened.stateIs('CLOSED');
    const detail = await opened.chooseFrame('received', 'close');
    await detail.getByText(`4002 (${texts.ownCode}) you asked for it`).waitFor();
    expect(await opened.frames()).toEqual([
      'sent ping FIN',
      'received pong FIN MASK',
      'sent pong FIN',
      'sent close FIN',
      'received close FIN MASK',
    ]);
    expect(opened.complaints).toEqual([]);
  });

  it.each(Object.keys(english.frames.rules))(
    'Frames shows how the browser takes a broken frame: %s',
    async (rule) => {
      const opened = await site.open(appearance);
      const { frames } = texts;
      await opened.show('frames');
      await opened.view.getByRole('combobox', { name: frames.rule, exact: true }).selectOption(rule);
      await opened.button(frames.break).click();
      await opened.stateIs('CLOSED');
      await opened.page.locator('[role=option][data-direction=sent]').first().click();
      // Chromium tells 1002 of text that is not UTF-8, too.
      await opened.statusSays(opened.connection, texts.connection.failed(`1002 (${texts.codes[1002]})`));
      const refusals = opened.view.locator('.frame-detail [data-tone=error]');
      expect(await refusals.count()).toBe(rule === 'invalid-utf8' ? 0 : 1);
      // The browser says in its console why it failed the connection.
      expect(opened.complaints.join('\n')).toMatch(/^error: WebSocket connection to .* failed/);
    },
  );

  it('Frames shows what is compressed, and inflates it', async () => {
    const opened = await site.open(appearance);
    const { connection, frames } = texts;
    await opened.closeWith('1000', '');
    await opened.stateIs('CLOSED');
    await opened.page.getByLabel(connection.compress).check();
    await opened.button(connection.connect).click();
    await opened.stateIs('OPEN');
    await opened.echo('compress '.repeat(20));
    await opened.show('frames');
    const detail = await opened.chooseFrame('sent', 'text');
    await detail.getByText(frames.field.deflated).waitFor();
    await detail
      .locator('section', { hasText: frames.inflated('', '').slice(0, 3) })
      .getByText('compress '.repeat(20).trim())
      .waitFor();
    expect(opened.complaints).toEqual([]);
  });

  it('Frames is moved through by the keyboard, and filtered', async () => {
    const opened = await site.open(appearance);
    const { frames } = texts;
    await opened.show('frames');
    await opened.button(frames.ping).click();
    await opened.chooseFrame('received', 'pong');
    await opened.show('text');
    await opened.echo('a');
    await opened.show('frames');
    const list = opened.page.getByRole('listbox', { name: frames.list, exact: true });
    const heading = opened.page.locator('#frame-heading');
    await list.focus();
    for (const [key, number] of [
      ['Home', 1],
      ['ArrowDown', 2],
      ['End', 4],
      ['ArrowUp', 3],
      ['PageUp', 1],
    ] as const) {
      await opened.page.keyboard.press(key);
      await heading.filter({ hasText: `${frames.number} ${number}:` }).waitFor();
    }
    await opened.view.getByLabel(frames.control, { exact: true }).uncheck();
    expect(await opened.frames()).toEqual(['received text FIN MASK', 'sent text FIN']);
    await opened.button(frames.clear).click();
    await opened.view.getByText(frames.empty).waitFor();
    expect(opened.complaints).toEqual([]);
  });

  it('Frames keeps the chosen frame in view', async () => {
    const opened = await site.open(appearance);
    for (let round = 0; round < 40; round++) await opened.echo(String(round));
    await opened.show('frames');
    const list = opened.page.getByRole('listbox', { name: texts.frames.list, exact: true });
    await list.focus();
    for (const key of ['Home', 'End', 'ArrowUp', 'PageUp']) {
      await opened.page.keyboard.press(key);
      await opened.page.waitForFunction(() => {
        const line = document.querySelector('[role=option][aria-selected=true]')?.getBoundingClientRect();
        const frame = document.querySelector('[role=listbox]')?.getBoundingClientRect();
        return line && frame && line.top >= frame.top && line.bottom <= frame.bottom;
      });
    }
  });

  it('Handshake shows the headers and the steps to the accept value', async () => {
    const opened = await site.open(appearance);
    const { handshake } = texts;
    await opened.show('handshake');
    const request = await opened.facts(opened.page.getByRole('region', { name: handshake.request }));
    const response = await opened.facts(opened.page.getByRole('region', { name: handshake.response }));
    expect(request['Sec-WebSocket-Version']).toMatch(/^13/);
    const key = request['Sec-WebSocket-Key'].slice(0, 24);
    const digest = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest();
    expect(response['Sec-WebSocket-Accept']).toContain(digest.toString('base64'));
    const steps = await opened.view.locator('.accept code').allTextContents();
    expect(steps).toEqual([
      key,
      `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
      digest.toString('hex').replaceAll(/..(?!$)/g, '$& '),
      digest.toString('base64'),
    ]);
    await opened.view.getByText(`✓ ${handshake.same}`).waitFor();
    expect(opened.complaints).toEqual([]);
  });

  it('Life shows a close with 4000 and its reason, and a connection that comes after it', async () => {
    const opened = await site.open(appearance);
    const { life, connection } = texts;
    await opened.closeWith('4000', '再见, and thanks');
    await opened.stateIs('CLOSED');
    await opened.show('life');
    const cells = opened.view.locator('table.past tbody tr').first().locator('td');
    expect((await cells.allTextContents()).slice(3)).toEqual([
      `4000 (${texts.ownCode})`,
      '再见, and thanks',
      'true',
    ]);
    await opened.view.getByText(`${life.server}: 4000`).waitFor();
    expect(await opened.facts(opened.view)).toMatchObject({ [life.state]: 'CLOSED' });
    await opened.button(connection.connect).click();
    await opened.stateIs('OPEN');
    expect(await opened.facts(opened.view)).toMatchObject({ [life.state]: 'OPEN' });
    expect(opened.complaints).toEqual([]);
  });

  it('Life draws the heartbeat', async () => {
    const opened = await site.open(appearance);
    const { life } = texts;
    await opened.show('life');
    await opened.page.getByRole('img', { name: life.latency }).waitFor();
    const facts = await opened.facts(opened.view);
    expect(facts[life.newest]).toMatch(/^[\d.,]+\u00a0ms$/);
    expect(opened.complaints).toEqual([]);
  });

  it('says "not connected yet" for what is sent before OPEN', async () => {
    const opened = await site.open(appearance);
    const { connection, text, binary } = texts;
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    await opened.closeWith('1000', '');
    await opened.stateIs('CLOSED');
    await opened.connectTo(`ws://127.0.0.1:${(silent.address() as AddressInfo).port}/`);
    await opened.stateIs('CONNECTING');
    await opened.button(text.button).click();
    await opened.statusSays(opened.view, connection.notYet);
    await opened.show('binary');
    await opened.button(binary.button).click();
    await opened.statusSays(opened.view, connection.notYet);
    expect(opened.complaints).toEqual([]);
    silent.close();
  });
});

describe('the connection', () => {
  const appearance = appearances[0];
  const { texts } = appearance;

  it('shows a close without a code as 1005', async () => {
    const opened = await site.open(appearance);
    await opened.closeWith('', '');
    await opened.statusSays(opened.connection, '1005 (no code received)');
  });

  it.each([
    ['999', '', '999'],
    ['1001', '', '1001'],
    ['4000', '宝'.repeat(42), '123'],
  ])('shows why the browser refuses to close with %s %s', async (code, reason, message) => {
    const opened = await site.open(appearance);
    await opened.closeWith(code, reason);
    await opened.statusSays(opened.connection, message);
    await opened.stateIs('OPEN');
  });

  it('shows an address that is none, and 1006 where nothing answers', async () => {
    const opened = await site.open(appearance);
    await opened.closeWith('1000', '');
    await opened.stateIs('CLOSED');
    await opened.connectTo('ftp://example.org');
    await opened.statusSays(opened.connection, 'URL');
    await opened.connectTo(`${site.url.replace('http:', 'ws:')}/not-served`);
    await opened.statusSays(opened.connection, texts.connection.neverOpen);
    await opened.show('life');
    await opened.view.getByRole('cell', { name: '1006 (abnormal closure)' }).waitFor();
  });

  it('text is sent by the keyboard alone', async () => {
    const opened = await site.open(appearance);
    const { page } = opened;
    await page.getByLabel(texts.text.send, { exact: true }).focus();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('typed');
    await page.keyboard.press('Control+Enter');
    await opened.statusSays(opened.view, '5 bytes');
    await expect.poll(() => page.getByLabel(texts.text.echo).inputValue()).toBe('typed');
  });

  it('a file that was not chosen, and a size that is none, are asked for', async () => {
    const opened = await site.open(appearance);
    const { binary } = texts;
    await opened.show('binary');
    await opened.page.getByLabel(binary.file, { exact: true }).check();
    await opened.button(binary.button).click();
    await opened.statusSays(opened.view, binary.choose);
  });

  it('is closed with 1001 when the server is stopped by Ctrl-C', async () => {
    const server = await hawserServe();
    const opened = await site.open(appearance, {}, server.url);
    server.child.kill('SIGINT');
    await opened.statusSays(opened.connection, '1001 (going away)');
    expect(await server.exited).toBe(0);
  });

  it('a second page does not see the frames of the first', async () => {
    const [first, second] = [await site.open(appearance), await site.open(appearance)];
    await first.echo('mine');
    await second.echo('yours');
    for (const [opened, other] of [
      [first, 'yours'],
      [second, 'mine'],
    ] as const) {
      await opened.show('frames');
      await opened.chooseFrame('sent', 'text');
      expect(await opened.page.getByRole('listbox').textContent()).not.toContain(other);
    }
  });

  it('remembers the language that was chosen', async () => {
    const opened = await site.open(appearance);
    await opened.button('中文').click();
    await opened.page.getByRole('heading', { name: '文本' }).waitFor();
    await opened.page.reload();
    await opened.page.getByRole('heading', { name: '文本' }).waitFor();
    expect(await opened.page.evaluate(() => [document.documentElement.lang, document.title])).toEqual([
      'zh-CN',
      'hawser 演示场',
    ]);
  });
});
