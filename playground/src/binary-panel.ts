/**
 * The panel that sends a Blob, shows `bufferedAmount` while it drains, and whether the Blob that comes back
 * is the one that was sent.
 */
import { comparison } from './comparison.js';
import { type Connection, whyNotSent } from './connection.js';
import { element, statusLine } from './elements.js';
import { bytes, milliseconds } from './quantities.js';

interface SentBlob {
  readonly blob: Blob;
  readonly at: number;
}

const mebibyte = 1024 * 1024;
/** `crypto.getRandomValues` fills at most this many bytes at once. */
const randomChunk = 65_536;
/** How often `bufferedAmount` is looked at while it is not 0, in milliseconds. */
const bufferedInterval = 50;

/** Wires the panel. */
export function binaryPanel(connection: Connection): void {
  const say = statusLine('binary-status');
  const sent: SentBlob[] = [];

  element('file', HTMLInputElement).addEventListener('change', () => {
    element('source-file', HTMLInputElement).checked = true;
  });
  element('mebibytes', HTMLInputElement).addEventListener('input', () => {
    element('source-random', HTMLInputElement).checked = true;
  });
  element('binary-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const blob = chosenBlob();
    if (blob === undefined) return say('Choose a file first.', 'error');
    const at = performance.now();
    if (!connection.send(blob)) return say(whyNotSent(connection), 'error');
    sent.push({ blob, at });
    clearEcho();
    say(`Sending ${bytes(blob.size)} …`);
    watchBufferedAmount(connection, blob.size);
  });

  connection.listen({
    binary: async (echo) => {
      const original = sent.shift();
      const time = original === undefined ? '' : ` after ${milliseconds(performance.now() - original.at)}`;
      say(`Received ${bytes(echo.size)}${time}.`, 'good');
      await showEcho(echo, original?.blob);
    },
    closed: () => {
      if (sent.splice(0).length > 0) say('The connection closed before the echo came back.', 'error');
    },
  });
}

function chosenBlob(): Blob | undefined {
  if (element('source-file', HTMLInputElement).checked) return element('file', HTMLInputElement).files?.[0];
  return randomBlob(element('mebibytes', HTMLInputElement).valueAsNumber * mebibyte);
}

function randomBlob(size: number): Blob {
  const content = new Uint8Array(size);
  for (let start = 0; start < size; start += randomChunk) {
    crypto.getRandomValues(content.subarray(start, start + randomChunk));
  }
  return new Blob([content]);
}

/** Shows `bufferedAmount` until it is 0 or the connection is gone; `total` is the full bar. */
function watchBufferedAmount(connection: Connection, total: number): void {
  const amount = connection.state === 'CLOSED' ? 0 : connection.bufferedAmount;
  element('buffered', HTMLElement).textContent = bytes(amount);
  element('buffered-bar', HTMLProgressElement).value = amount / Math.max(total, amount, 1);
  if (amount > 0) setTimeout(() => watchBufferedAmount(connection, total), bufferedInterval);
}

function clearEcho(): void {
  for (const id of ['binary-type', 'binary-size', 'binary-identical']) {
    element(id, HTMLElement).textContent = '–';
  }
}

async function showEcho(echo: Blob, original: Blob | undefined): Promise<void> {
  const identical = element('binary-identical', HTMLElement);
  element('binary-type', HTMLElement).textContent = echo.constructor.name;
  element('binary-size', HTMLElement).textContent = bytes(echo.size);
  identical.textContent = '…';
  identical.textContent = original === undefined ? '(nothing was sent)' : await comparison(original, echo);
}
