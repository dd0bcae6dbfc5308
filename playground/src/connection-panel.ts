/**
 * The panel that opens and closes the connection, shows which of its four states it is in, and how it ended.
 */
import type { Connection, ReadyStateName } from './connection.js';
import { element, statusLine } from './elements.js';

/** Wires the panel and opens the first connection. */
export function connectionPanel(connection: Connection): void {
  const url = element('url', HTMLInputElement);
  const code = element('close-code', HTMLInputElement);
  const reason = element('close-reason', HTMLInputElement);
  const say = statusLine('connection-status');

  const connect = (): void => attempt(say, () => connection.open(url.value));
  const close = (): void => attempt(say, () => connection.close(closeCode(code.value), reason.value));
  onSubmit('connect-form', connect);
  onSubmit('close-form', close);

  connection.listen({
    state: showState,
    open: (address) => say(`Connected to ${address}.`, 'good'),
    closed: (event) => {
      showCloseEvent(event);
      say(
        event.wasClean ? 'Closed: both sides agreed.' : 'Closed without a closing handshake.',
        event.wasClean ? 'info' : 'error',
      );
    },
  });
  url.value = ownEndpoint();
  connect();
}

/** The echo endpoint of the server that this page came from. */
function ownEndpoint(): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/`;
}

function onSubmit(id: string, action: () => void): void {
  element(id, HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    action();
  });
}

/** An empty field means a close frame without a code. */
function closeCode(value: string): number | undefined {
  return value.trim() === '' ? undefined : Number(value);
}

function attempt(say: ReturnType<typeof statusLine>, action: () => void): void {
  try {
    say('');
    action();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error), 'error');
  }
}

function showState(state: ReadyStateName): void {
  for (const item of element('states', HTMLOListElement).children) {
    if (item instanceof HTMLElement && item.dataset.state === state)
      item.setAttribute('aria-current', 'step');
    else item.removeAttribute('aria-current');
  }
  element('connect', HTMLButtonElement).disabled = state !== 'CLOSED';
  element('close', HTMLButtonElement).disabled = state === 'CLOSED' || state === 'CLOSING';
}

function showCloseEvent({ code, reason, wasClean }: CloseEvent): void {
  element('closed-code', HTMLElement).textContent = `${code}${codeName(code)}`;
  element('closed-reason', HTMLElement).textContent = reason === '' ? '(none)' : reason;
  element('closed-clean', HTMLElement).textContent = String(wasClean);
}

/** What the codes that this page meets most mean (RFC 6455 §7.4.1). */
const codeNames = new Map([
  [1000, 'normal closure'],
  [1001, 'going away'],
  [1005, 'no code received'],
  [1006, 'abnormal closure'],
  [1009, 'message too big'],
  [1011, 'internal error'],
]);

function codeName(code: number): string {
  const name = codeNames.get(code) ?? (code >= 4000 ? 'application’s own' : undefined);
  return name === undefined ? '' : ` (${name})`;
}
