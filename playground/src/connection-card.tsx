/** Opens and closes the connection, and shows which of its four states it is in. */
import { effect, signal } from '@preact/signals';
import { connection, type PastConnection, readyStates } from './connection.js';
import { Checkbox, TextField } from './fields.js';
import { inspection } from './inspection.js';
import { texts } from './language/language.js';
import { ownEndpoint, webSocketAddress, withInspection } from './own-endpoint.js';
import { bytes, closeCode } from './quantities.js';
import { Status, type StatusText, statusSignal } from './status.js';

const address = signal(ownEndpoint(false));
const compressed = signal(false);
const code = signal('1000');
const reason = signal('');
const status = statusSignal();

/** What a form does, its failure shown. */
function attempt(action: () => void): (event: Event) => void {
  return (event) => {
    event.preventDefault();
    try {
      action();
    } catch (error) {
      say(() => (error instanceof Error ? error.message : String(error)), 'error');
    }
  };
}

function say(text: () => string, tone: StatusText['tone'] = 'info'): void {
  status.value = { text, tone };
}

function connect(): void {
  say(() => '');
  address.value = webSocketAddress(address.value);
  connection.open(withInspection(address.value, inspection.id));
}

/** Most bytes of a reason (RFC 6455 §5.5). */
const longestReason = 123;

/** An empty field means a close frame without a code. What a browser would refuse is said in the page's language. */
function close(): void {
  const given = code.value.trim();
  const length = new TextEncoder().encode(reason.value).length;
  if (!/^(?:|1000|[34]\d{3})$/.test(given)) {
    say(() => texts.value.connection.wrongCode(given), 'error');
  } else if (length > longestReason) {
    say(() => texts.value.connection.longReason(bytes(length)), 'error');
  } else {
    connection.close(given === '' ? undefined : Number(given), reason.value);
  }
}

effect(() => {
  if (connection.state.value !== 'OPEN') return;
  const url = address.peek();
  say(() => texts.value.connection.connected(url), 'good');
});
effect(() => {
  const last = connection.past.value[0];
  if (last === undefined) return;
  say(() => endText(last), last.wasClean ? 'info' : 'error');
});

/** How a connection ended; where the browser failed it, only the server was told why. */
function endText({ opened, wasClean, code: seen }: PastConnection): string {
  const { clean, unclean, failed, neverOpen } = texts.value.connection;
  const told = inspection.end.value?.code ?? seen;
  if (opened === undefined) return neverOpen;
  if (wasClean) return clean(closeCode(seen));
  return told === seen ? unclean(closeCode(seen)) : failed(closeCode(told));
}

/** Chooses the endpoint that compresses, unless another server's address was typed. */
function chooseCompression(on: boolean): void {
  if (address.value === ownEndpoint(compressed.value)) address.value = ownEndpoint(on);
  compressed.value = on;
}

/** The card at the top of every view. */
export function ConnectionCard() {
  const { heading } = texts.value.connection;
  return (
    <section class="card" aria-labelledby="connection-heading">
      <div class="card-head">
        <h2 id="connection-heading">{heading}</h2>
        <States />
      </div>
      <div class="forms">
        <ConnectForm />
        <CloseForm />
      </div>
      <Status of={status} />
    </section>
  );
}

function States() {
  return (
    <ol class="states" aria-label="readyState">
      {readyStates.map((name) => (
        <li key={name} data-state={name} aria-current={name === connection.state.value ? 'step' : undefined}>
          {name}
        </li>
      ))}
    </ol>
  );
}

function ConnectForm() {
  const words = texts.value.connection;
  return (
    <form class="row" onSubmit={attempt(connect)}>
      <TextField label={words.address} of={address} inputMode="url" required />
      <button type="submit" class="primary" disabled={connection.state.value !== 'CLOSED'}>
        {words.connect}
      </button>
      <div class="wide">
        <Checkbox label={words.compress} checked={compressed.value} set={chooseCompression} />
      </div>
    </form>
  );
}

function CloseForm() {
  const words = texts.value.connection;
  const isClosing = connection.state.value === 'CLOSING' || connection.state.value === 'CLOSED';
  return (
    <form class="row" onSubmit={attempt(close)}>
      <TextField label={words.code} of={code} size="code" />
      <TextField label={words.reason} of={reason} placeholder={words.optional} />
      <button type="submit" disabled={isClosing}>
        {words.close}
      </button>
    </form>
  );
}

/** Why nothing can be sent in a state other than OPEN. */
export function whyNotSent(): string {
  const { notYet, over } = texts.value.connection;
  const state = connection.state.value;
  const isNew = connection.past.value.length === 0 || state === 'CONNECTING';
  return isNew ? notYet : over(state);
}
