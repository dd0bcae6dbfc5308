/** The form of a call: method, parameters, and how long it may take. */
import { computed, signal } from '@preact/signals';
import type { StreamSettings } from 'hawser/rpc';
import { type ExampleMethod, exampleContract, samples } from '../../../src/cli/example-contract.js';
import { Checkbox, SelectField, TextField } from '../fields.js';
import { texts } from '../language/language.js';
import { grouped } from '../quantities.js';
import { makeCall } from './call-history.js';

const maxTimeout = 300_000;
const maxCredit = 1000;

const method = signal<string>('add');
/** What was typed as parameters, by method; the sample until then. */
const typed = signal<Partial<Record<string, string>>>({});
const timeout = signal('5000');
const credit = signal('64');
const again = signal(false);

const name = computed(() => method.value as ExampleMethod);
const isStream = computed(() => exampleContract[name.value].kind === 'stream');
const text = computed(() => typed.value[name.value] ?? JSON.stringify(samples[name.value], null, 1) ?? '');

/** The parameters, or why there are none. */
const params = computed<{ value?: object | undefined; problem?: string }>(() => {
  const { invalidJson, notStructured } = texts.value.rpc;
  if (text.value.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text.value);
    return typeof value === 'object' && value !== null ? { value } : { problem: notStructured };
  } catch (error) {
    return { problem: invalidJson((error as Error).message) };
  }
});

/** Why the call cannot be made; empty if it can. */
const problem = computed(() => {
  const { wrongTimeout, wrongCredit } = texts.value.rpc;
  if (params.value.problem !== undefined) return params.value.problem;
  if (!isWhole(timeout.value, maxTimeout)) return wrongTimeout(grouped(maxTimeout));
  return isStream.value && !isWhole(credit.value, maxCredit) ? wrongCredit(grouped(maxCredit)) : '';
});

function isWhole(digits: string, most: number): boolean {
  return /^\d{1,6}$/.test(digits.trim()) && Number(digits) >= 1 && Number(digits) <= most;
}

function submit(event: Event): void {
  event.preventDefault();
  if (problem.value !== '') return;
  const settings: StreamSettings = { timeout: Number(timeout.value) };
  const ofStream = { credit: Number(credit.value), reconnect: again.value || undefined };
  makeCall(name.value, params.value.value, isStream.value ? { ...settings, ...ofStream } : settings);
}

/** The card. */
export function CallForm() {
  const words = texts.value.rpc;
  return (
    <section class="card call-form" aria-labelledby="call-heading">
      <h3 id="call-heading">{words.call}</h3>
      <form onSubmit={submit}>
        <div class="row">
          <SelectField label={words.method} of={method} options={signatures} />
          <TextField label={words.timeout} of={timeout} size="code" />
          {isStream.value && <TextField label={words.credit} of={credit} size="code" />}
        </div>
        <p class="about">{words.methods[name.value]}</p>
        <Parameters />
        {isStream.value && (
          <Checkbox
            label={words.again}
            checked={again.value}
            set={(on) => {
              again.value = on;
            }}
          />
        )}
        <div class="actions">
          <button type="submit" class="primary" disabled={problem.value !== ''}>
            {words.button}
          </button>
          <span class="hint">{words.hint}</span>
        </div>
      </form>
    </section>
  );
}

/** Names of methods, each with those of its parameters. */
const signatures = Object.fromEntries(
  Object.entries(samples).map(([method, sample]) => [
    method,
    `${method}(${Object.keys(sample ?? {}).join(', ')})`,
  ]),
);

function Parameters() {
  return (
    <div class="field">
      <label for="call-params">{texts.value.rpc.params}</label>
      <textarea
        id="call-params"
        class="json"
        rows={5}
        spellcheck={false}
        value={text}
        aria-invalid={params.value.problem !== undefined}
        aria-describedby="call-problem"
        onInput={({ currentTarget }) => {
          typed.value = { ...typed.value, [name.value]: currentTarget.value };
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event);
        }}
      />
      <p id="call-problem" class="status" role="status" data-tone="error">
        {problem}
      </p>
    </div>
  );
}
