/** Two text areas: what is in the one is sent, what comes back is shown in the other. */
import { signal } from '@preact/signals';
import { connection } from '../connection.js';
import { whyNotSent } from '../connection-card.js';
import { texts } from '../language/language.js';
import { bytes, milliseconds } from '../quantities.js';
import { Status, statusSignal } from '../status.js';

/** What was typed; the language's sample until then. */
const typed = signal<string | undefined>(undefined);
const echo = signal('');
const hasEcho = signal(false);
const status = statusSignal();
const sentAt: number[] = [];

const utf8Length = (text: string): number => new TextEncoder().encode(text).length;

connection.state.subscribe((state) => {
  if (state === 'CLOSED') sentAt.length = 0;
});
connection.listen((data) => {
  if (typeof data !== 'string') return;
  const started = sentAt.shift();
  const length = utf8Length(data);
  const span = started === undefined ? undefined : performance.now() - started;
  echo.value = data;
  hasEcho.value = true;
  status.value = { text: () => received(length, span), tone: 'good' };
});

function received(length: number, span: number | undefined): string {
  const { received, after } = texts.value.text;
  return received(bytes(length), span === undefined ? '' : after(milliseconds(span)));
}

function send(): void {
  const message = typed.value ?? texts.value.text.sample;
  const started = performance.now();
  hasEcho.value = false;
  if (!connection.send(message)) {
    const reason = whyNotSent();
    status.value = { text: () => reason, tone: 'error' };
    return;
  }
  sentAt.push(started);
  const length = utf8Length(message);
  status.value = { text: () => texts.value.text.sent(bytes(length)), tone: 'info' };
}

/** The view. */
export function TextView() {
  const words = texts.value.text;
  const submit = (event: Event): void => {
    event.preventDefault();
    send();
  };
  return (
    <div class="card">
      <form onSubmit={submit}>
        <div class="pair">
          <div class="field">
            <label for="text-out">{words.send}</label>
            <textarea
              id="text-out"
              rows={7}
              value={typed.value ?? words.sample}
              onInput={({ currentTarget }) => {
                typed.value = currentTarget.value;
              }}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event);
              }}
              aria-describedby="text-hint"
            />
          </div>
          <div class="field">
            <label for="text-in">{words.echo}</label>
            <textarea id="text-in" rows={7} readOnly placeholder={words.placeholder} value={echo} />
          </div>
        </div>
        <div class="actions">
          <button type="submit" class="primary">
            {words.button}
          </button>
          <span id="text-hint" class="hint">
            {words.hint}
          </span>
        </div>
      </form>
      <Status of={status}>
        {hasEcho.value && (
          <>
            {' '}
            <a href="#frames">{words.frames}</a>
          </>
        )}
      </Status>
    </div>
  );
}
