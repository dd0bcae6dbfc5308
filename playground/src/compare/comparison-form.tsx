/** Chooses how a comparison is to be, starts and stops it, and says what it is doing. */
import { computed, signal } from '@preact/signals';
import { rates } from '../../../src/cli/compare/format.js';
import { SelectField } from '../fields.js';
import { texts } from '../language/language.js';
import { grouped } from '../quantities.js';
import { Status, type StatusText } from '../status.js';
import { comparison } from './comparison.js';

/** Milliseconds between two questions of short polling: less than what a server keeps an idle connection for. */
const intervals = [100, 1000, 3000];

const rate = signal('5');
const interval = signal('1000');

const status = computed<StatusText>(() => {
  const words = texts.value.compare;
  const said: Readonly<Record<typeof comparison.state.value, StatusText>> = {
    idle: info(''),
    connecting: info(words.connecting),
    running: info(words.running(rate.value)),
    finishing: info(words.finishing),
    done: outcome(),
    lost: { text: () => words.lost, tone: 'error' },
  };
  return said[comparison.state.value];
});

function info(text: string): StatusText {
  return { text: () => text, tone: 'info' };
}

function outcome(): StatusText {
  const { same, different } = texts.value.compare;
  const { lanes } = comparison.picture.peek();
  const events = lanes[0]?.events ?? 0;
  const isSame = lanes.every((lane) => lane.events === events && lane.faults === 0);
  return isSame
    ? { text: () => same(grouped(events)), tone: 'good' }
    : { text: () => different, tone: 'error' };
}

/** The form. */
export function ComparisonForm() {
  const { settings, rate: rateLabel, interval: intervalLabel, perSecond, start, stop } = texts.value.compare;
  const state = comparison.state.value;
  const isRunning = state === 'running';
  const isBusy = isRunning || state === 'connecting' || state === 'finishing';
  const begin = (): void => {
    void comparison.start({ rate: Number(rate.value), interval: Number(interval.value) });
  };
  return (
    <form
      class="card comparison"
      aria-label={settings}
      onSubmit={(event) => {
        event.preventDefault();
        begin();
      }}
    >
      <fieldset class="row" disabled={isBusy}>
        <legend class="visually-hidden">{settings}</legend>
        <SelectField
          label={rateLabel}
          of={rate}
          options={Object.fromEntries(rates.map((count) => [count, perSecond(String(count))]))}
        />
        <SelectField
          label={intervalLabel}
          of={interval}
          options={Object.fromEntries(intervals.map((span) => [span, `${span / 1000}\u00a0s`]))}
        />
      </fieldset>
      <div class="actions">
        <button type="submit" class="primary" disabled={isBusy}>
          {start}
        </button>
        <button type="button" disabled={!isRunning} onClick={() => comparison.stop()}>
          {stop}
        </button>
      </div>
      <Status of={status} />
    </form>
  );
}
