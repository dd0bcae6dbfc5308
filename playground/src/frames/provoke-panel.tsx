/** Buttons that have the server send what a browser cannot ask for by itself. */
import { signal } from '@preact/signals';
import { connection } from '../connection.js';
import { type InspectionCommand, inspection } from '../inspection.js';
import { texts } from '../language/language.js';
import { isNarrow } from './narrow.js';

type Rule = Extract<InspectionCommand, { do: 'break' }>['rule'];

const fragmentsText = signal<string | undefined>(undefined);
const count = signal('3');
const withPing = signal(true);
const code = signal('1000');
const rule = signal<Rule>('reserved-opcode');

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
        <Field
          label={words.fragmentsText}
          value={fragmentsText.value ?? words.fragmentsSample}
          set={(text) => {
            fragmentsText.value = text;
          }}
        />
        <Field
          label={words.count}
          isNumber
          value={count.value}
          set={(text) => {
            count.value = text;
          }}
        />
        <label class="choice">
          <input
            type="checkbox"
            checked={withPing}
            onChange={({ currentTarget }) => {
              withPing.value = currentTarget.checked;
            }}
          />
          {words.withPing}
        </label>
        {button(words.fragments, () => ({
          do: 'fragments',
          text: fragmentsText.value ?? words.fragmentsSample,
          count: Number(count.value),
          ping: withPing.value,
        }))}
      </div>
      <div class="row">
        <Field
          label={words.closeCode}
          isNumber
          value={code.value}
          set={(text) => {
            code.value = text;
          }}
        />
        {button(words.close, () => ({ do: 'close', code: Number(code.value), reason: 'you asked for it' }))}
        <label class="field grow">
          <span>{words.rule}</span>
          <select
            value={rule.value}
            onChange={({ currentTarget }) => {
              rule.value = currentTarget.value as Rule;
            }}
          >
            {Object.entries(words.rules).map(([name, text]) => (
              <option key={name} value={name}>
                {text}
              </option>
            ))}
          </select>
        </label>
        {button(words.break, () => ({ do: 'break', rule: rule.value }))}
      </div>
      <p class="status" role="status" data-tone="error">
        {inspection.refusal}
      </p>
    </details>
  );
}

interface FieldProperties {
  readonly label: string;
  readonly value: string;
  readonly isNumber?: boolean;
  set(text: string): void;
}

function Field({ label, value, isNumber = false, set }: FieldProperties) {
  return (
    <label class={isNumber ? 'field code' : 'field grow'}>
      <span>{label}</span>
      <input
        type="text"
        inputMode={isNumber ? 'numeric' : 'text'}
        value={value}
        onInput={({ currentTarget }) => set(currentTarget.value)}
      />
    </label>
  );
}
