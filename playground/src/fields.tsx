/** Labelled controls whose values are signals. */
import type { Signal } from '@preact/signals';

interface TextFieldProperties {
  readonly label: string;
  readonly of: Signal<string>;
  /** `code` for a short number, which takes as little room as it needs. */
  readonly size?: 'code' | 'grow';
  readonly required?: boolean;
  readonly placeholder?: string;
  readonly inputMode?: 'text' | 'url' | 'numeric';
}

/** A field for a line of text. */
export function TextField({ label, of, size = 'grow', ...more }: TextFieldProperties) {
  return (
    <label class={`field ${size}`}>
      <span>{label}</span>
      <input
        type="text"
        autocomplete="off"
        spellcheck={false}
        inputMode={size === 'code' ? 'numeric' : 'text'}
        {...more}
        value={of}
        onInput={({ currentTarget }) => {
          of.value = currentTarget.value;
        }}
      />
    </label>
  );
}

interface CheckboxProperties {
  readonly label: string;
  readonly checked: boolean;
  set(on: boolean): void;
}

/** A box to be checked. */
export function Checkbox({ label, checked, set }: CheckboxProperties) {
  return (
    <label class="choice">
      <input type="checkbox" checked={checked} onChange={({ currentTarget }) => set(currentTarget.checked)} />
      {label}
    </label>
  );
}

interface SelectFieldProperties {
  readonly label: string;
  readonly of: Signal<string>;
  /** Values with the texts that stand for them. */
  readonly options: Readonly<Record<string, string>>;
}

/** A choice among a few. */
export function SelectField({ label, of, options }: SelectFieldProperties) {
  return (
    <label class="field grow">
      <span>{label}</span>
      <select
        value={of.value}
        onChange={({ currentTarget }) => {
          of.value = currentTarget.value;
        }}
      >
        {Object.entries(options).map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
