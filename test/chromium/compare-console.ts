/** The view that compares transports, as a person uses it. */
import { type TransportName, transports } from '../../src/cli/compare/format.js';
import type { OpenPage } from './playground.js';

/** What the card of a transport says. */
export interface ComparedLane {
  readonly name: TransportName;
  readonly perEvent: number;
  readonly median: number;
  readonly events: number;
  readonly faults: number;
  readonly requests: number;
}

/** Shows the view. */
export async function compareConsole(opened: OpenPage) {
  const { compare } = opened.texts;
  await opened.show('compare');
  const lane = (name: TransportName) => opened.page.locator(`.lane[data-transport=${name}]`);
  const read = async (name: TransportName): Promise<ComparedLane> => {
    const place = lane(name);
    const facts = await opened.facts(place);
    const bars = await place
      .locator('progress')
      .evaluateAll((all) => all.map((bar) => (bar as HTMLProgressElement).value));
    const fact = (label: string): number => Number(facts[label]?.replace(/\D/g, ''));
    return {
      name,
      perEvent: bars[0] ?? 0,
      median: bars[1] ?? 0,
      events: fact(compare.events),
      faults: fact(compare.faults),
      requests: fact(compare.requests),
    };
  };
  const lanes = (): Promise<ComparedLane[]> => Promise.all(transports.map(read));
  return {
    lanes,
    named: (all: readonly ComparedLane[], name: TransportName): ComparedLane =>
      all.find((one) => one.name === name) as ComparedLane,
    /** Begins a comparison. */
    async start({ rate, interval }: { rate: string; interval: string }): Promise<void> {
      await opened.page.getByRole('combobox', { name: compare.rate, exact: true }).selectOption(rate);
      await opened.page.getByRole('combobox', { name: compare.interval, exact: true }).selectOption(interval);
      await opened.button(compare.start).click();
      await opened.statusSays(opened.view, compare.running(rate));
    },
    /** Waits until every one of these lanes has had so many events. */
    async received(count: number, names: readonly TransportName[] = transports): Promise<void> {
      await opened.page.waitForFunction(
        ({ label, least, selectors }) => {
          const cards = selectors.flatMap((selector) => [...document.querySelectorAll(selector)]);
          const events = cards.map((card) => {
            const terms = [...card.querySelectorAll('dt')];
            return Number(terms.find((term) => term.textContent === label)?.nextElementSibling?.textContent);
          });
          return events.length > 0 && events.every((number) => number >= least);
        },
        {
          label: compare.events,
          least: count,
          selectors: names.map((name) => `.lane[data-transport=${name}]`),
        },
        { timeout: 60_000 },
      );
    },
    /** Ends it, and waits for what was still on its way. */
    async stop(): Promise<void> {
      await opened.button(compare.stop).click();
      await opened.page.locator('[role=status][data-tone=good]').waitFor();
    },
  };
}
