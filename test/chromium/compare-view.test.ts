import { describe, expect, it } from 'vitest';
import { type ComparedLane, compareConsole } from './compare-console.js';
import { appearances, artefacts, playground } from './playground.js';

const site = playground();
/** The colours do not matter here. */
const pictured = appearances.filter(({ colorScheme }) => colorScheme === 'light');

const greatestFirst = (lanes: readonly ComparedLane[], value: (lane: ComparedLane) => number): string[] =>
  [...lanes].sort((one, other) => value(other) - value(one)).map(({ name }) => name);

describe.each(pictured)('Compare, $texts.tag', (appearance) => {
  const { compare } = appearance.texts;

  it('delivers the same events in four ways, and shows what each costs', async () => {
    const opened = await site.open(appearance, { viewport: { width: 1280, height: 900 } });
    const console = await compareConsole(opened);
    await console.start({ rate: '5', interval: '1000' });
    await console.received(60);
    await opened.page.mouse.move(0, 0);
    const path = `${artefacts}/compare-${appearance.texts.tag}.png`;
    await opened.page.screenshot({ path, fullPage: true });
    await console.stop();
    const lanes = await console.lanes();
    const [{ events } = { events: 0 }] = lanes;
    expect(events).toBeGreaterThanOrEqual(60);
    await opened.statusSays(opened.view, compare.same(String(events)));
    expect(lanes.map((lane) => [lane.events, lane.faults])).toEqual(lanes.map(() => [events, 0]));
    // Five events share an answer of short polling, while each has one of its own by long polling.
    expect(greatestFirst(lanes, ({ perEvent }) => perEvent)).toEqual([
      'polling',
      'short',
      'sse',
      'websocket',
    ]);
    expect(greatestFirst(lanes, ({ median }) => median)[0]).toBe('short');
    expect(console.named(lanes, 'websocket').requests).toBe(1);
    // Two events may meet in an answer where the machine is busy.
    expect(console.named(lanes, 'polling').requests).toBeGreaterThan(events / 2);
    expect(opened.complaints).toEqual([]);
  });
});

describe('Compare', () => {
  const [appearance] = appearances as [(typeof appearances)[0]];

  it('short polling costs most where most of its questions are in vain', async () => {
    const opened = await site.open(appearance);
    const console = await compareConsole(opened);
    await console.start({ rate: '1', interval: '100' });
    await console.received(8);
    await console.stop();
    const lanes = await console.lanes();
    expect(greatestFirst(lanes, ({ perEvent }) => perEvent)).toEqual([
      'short',
      'polling',
      'sse',
      'websocket',
    ]);
    expect(greatestFirst(lanes, ({ median }) => median)[0]).toBe('short');
    expect(opened.complaints).toEqual([]);
  });

  it('starts anew, and ends when another view is shown', async () => {
    const opened = await site.open(appearance);
    const console = await compareConsole(opened);
    await console.start({ rate: '20', interval: '100' });
    await console.received(10);
    await opened.show('text');
    await opened.show('compare');
    await console.start({ rate: '20', interval: '100' });
    await console.received(10);
    await console.stop();
    const lanes = await console.lanes();
    expect(lanes.map(({ faults }) => faults)).toEqual([0, 0, 0, 0]);
    expect(opened.complaints).toEqual([]);
  });

  it('goes on without transports that do not get through, and says which have ended', async () => {
    const { compare } = appearance.texts;
    const opened = await site.open(appearance);
    const console = await compareConsole(opened);
    // Polls fail, and the event stream is held back for good, as by a proxy that waits for its end.
    await opened.page.route('**/compare/events*', async (route) => {
      const { accept } = route.request().headers();
      if (accept === 'application/json') await route.abort();
    });
    const says = (text: string) =>
      opened.view.getByRole('status').filter({ hasText: text }).waitFor({ timeout: 60_000 });
    await opened.button(compare.start).click();
    await says(compare.running('5'));
    await console.received(3, ['short', 'websocket']);
    await opened.button(compare.stop).click();
    await says(compare.different);
    const lanes = await console.lanes();
    expect(lanes.filter(({ events }) => events === 0).map(({ name }) => name)).toEqual(['polling', 'sse']);
    expect(await opened.page.locator('.lane .failure').allTextContents()).toEqual([compare.failed('1006')]);
  });

  it('says so when the server cannot be reached', async () => {
    const opened = await site.open(appearance);
    const console = await compareConsole(opened);
    await opened.page.context().setOffline(true);
    await opened.button(appearance.texts.compare.start).click();
    await opened.page.locator('[role=status][data-tone=error]').waitFor();
    await opened.page.context().setOffline(false);
    await console.start({ rate: '20', interval: '100' });
    await console.received(3);
  });
});
