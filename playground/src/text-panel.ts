/**
 * The panel with two text areas: what is in the one is sent, what comes back is shown in the other.
 */
import { type Connection, whyNotSent } from './connection.js';
import { element, statusLine } from './elements.js';
import { bytes, milliseconds } from './quantities.js';

/** Wires the panel. */
export function textPanel(connection: Connection): void {
  const outgoing = element('text-out', HTMLTextAreaElement);
  const incoming = element('text-in', HTMLTextAreaElement);
  const form = element('text-form', HTMLFormElement);
  const say = statusLine('text-status');
  const sentAt: number[] = [];

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const started = performance.now();
    if (!connection.send(outgoing.value)) return say(whyNotSent(connection), 'error');
    sentAt.push(started);
    say(`Sent ${utf8Bytes(outgoing.value)}.`);
  });
  outgoing.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });

  connection.listen({
    text: (message) => {
      const started = sentAt.shift();
      incoming.value = message;
      const time = started === undefined ? '' : ` after ${milliseconds(performance.now() - started)}`;
      say(`Received ${utf8Bytes(message)}${time}.`, 'good');
    },
    closed: () => sentAt.splice(0),
  });
}

function utf8Bytes(text: string): string {
  return `${bytes(new TextEncoder().encode(text).length)} of UTF-8`;
}
