/** Buttons that have the server send what a browser cannot ask for by itself. */
import { computed, signal } from '@preact/signals';
import { connection } from '../connection.js';
import { Checkbox, SelectField, TextField } from '../fields.js';
import { type InspectionCommand, inspection } from '../inspection.js';
import { texts } from '../language/language.js';
import { isNarrow } from './narrow.js';

type Rule = Extract<InspectionCommand, { do: 'break' }>['rule'];

/** The language's sample until something else is typed. */
const typed = signal<string | undefined>(undefined);
const fragmentsText = computed(() => typed.value ?? texts.value.frames.fragmentsSample);
const count = signal('3');
const withPing = signal(true);
const code = signal('1000');
const rule = signal<string>('reserved-opcode');

/** The panel; its buttons wait for an open connection. */
export function ProvokePanel() {
  const words = texts.value.frames;
  const disabled = connection.state.value !== 'OPEN' || !inspection.available.value;
  const button = (label: string, command: () => InspectionCommand) => (
    <button type="button" disabled={disabled} onClick={() => inspection.ask(command())}>
      {label}
    </button>
  );
  return (
    <details class="card provoke" open={!isNarrow.value}>
      <summary>{words.provoke}</summary>
      <div class="row">
        {button(words.ping, () => ({ do: 'ping', payload: 'Are you there?' }))}
        {button(words.pong, () => ({ do: 'pong', payload: 'Nobody asked.' }))}
        {button(words.terminate, () => ({ do: 'terminate' }))}
      </div>
      <div class="row">
        <FragmentsText />
        <TextField label={words.count} of={count} size="code" />
        <Checkbox
          label={words.withPing}
          checked={withPing.value}
          set={(on) => {
            withPing.value = on;
          }}
        />
        {button(words.fragments, () => ({
          do: 'fragments',
          text: fragmentsText.value,
          count: Number(count.value),
          ping: withPing.value,
        }))}
      </div>
      <div class="row">
        <TextField label={words.closeCode} of={code} size="code" />
        {button(words.close, () => ({ do: 'close', code: Number(code.value), reason: 'you asked for it' }))}
        <SelectField label={words.rule} of={rule} options={words.rules} />
        {button(words.break, () => ({ do: 'break', rule: rule.value as Rule }))}
      </div>
      <p class="status" role="status" data-tone="error">
        {inspection.refusal}
      </p>
    </details>
  );
}

function FragmentsText() {
  return (
    <label class="field grow">
      <span>{texts.value.frames.fragmentsText}</span>
      <input
        type="text"
        value={fragmentsText}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value;
        }}
      />
    </label>
  );
}
