/** Sends bytes in one of the forms that a browser takes, shows how they drain, and whether what comes back is the same. */
import { signal } from '@preact/signals';
import { type Comparison, compare } from '../comparison.js';
import { connection, type Message } from '../connection.js';
import { whyNotSent } from '../connection-card.js';
import { SelectField } from '../fields.js';
import { texts } from '../language/language.js';
import { bytes, milliseconds } from '../quantities.js';
import { Status, type StatusText, statusSignal } from '../status.js';

const mebibyte = 1024 * 1024;
const mostMebibytes = 64;
/** `crypto.getRandomValues` fills at most this many bytes at once. */
const randomChunk = 65_536;
/** How often `bufferedAmount` is looked at while it is not 0, in milliseconds. */
const bufferedInterval = 50;

/** What bytes can be sent as, and how they become that. */
const forms: Readonly<Record<string, (content: Blob) => Promise<Message>>> = {
  Blob: async (content) => content,
  ArrayBuffer: (content) => content.arrayBuffer(),
  Uint8Array: async (content) => new Uint8Array(await content.arrayBuffer()),
  DataView: async (content) => new DataView(await content.arrayBuffer()),
};

interface Echo {
  readonly type: string;
  readonly size: number;
  /** `null` if nothing was sent, `undefined` while they are being compared. */
  readonly comparison: Comparison | null | undefined;
}

const source = signal<'random' | 'file'>('random');
const mebibytes = signal('5');
const file = signal<File | undefined>(undefined);
const form = signal('Blob');
const binaryType = signal<string>('blob');
const buffered = signal(0);
const total = signal(1);
/** The most that was buffered of the newest message: a short look misses it. */
const highest = signal(0);
const echo = signal<Echo | undefined>(undefined);
const status = statusSignal();
const sent: { readonly content: Blob; readonly at: number }[] = [];

function say(text: () => string, tone: StatusText['tone'] = 'info'): void {
  status.value = { text, tone };
}

connection.state.subscribe((state) => {
  if (state === 'CLOSED' && sent.splice(0).length > 0) say(() => texts.value.binary.lost, 'error');
});
connection.listen(async (data) => {
  if (typeof data === 'string') return;
  const original = sent.shift();
  const span = original === undefined ? undefined : performance.now() - original.at;
  const received = new Blob([data]);
  say(() => {
    const { binary, text } = texts.value;
    return binary.received(bytes(received.size), span === undefined ? '' : text.after(milliseconds(span)));
  }, 'good');
  const shown = { type: data.constructor.name, size: received.size };
  echo.value = { ...shown, comparison: original === undefined ? null : undefined };
  if (original === undefined) return;
  echo.value = { ...shown, comparison: await compare(original.content, received) };
});

function chosen(): Blob | undefined {
  if (source.value === 'file') {
    if (file.value === undefined) say(() => texts.value.binary.choose, 'error');
    return file.value;
  }
  const size = Number(mebibytes.value);
  if (Number.isInteger(size) && size >= 1 && size <= mostMebibytes) return randomBlob(size * mebibyte);
  say(() => texts.value.binary.size(mostMebibytes), 'error');
  return undefined;
}

function randomBlob(size: number): Blob {
  const content = new Uint8Array(size);
  for (let start = 0; start < size; start += randomChunk) {
    crypto.getRandomValues(content.subarray(start, start + randomChunk));
  }
  return new Blob([content]);
}

async function send(event: Event): Promise<void> {
  event.preventDefault();
  const content = chosen();
  if (content === undefined) return;
  const type = form.value;
  const message = await (forms[type] ?? (async () => content))(content);
  const at = performance.now();
  if (!connection.send(message, binaryType.value as BinaryType)) {
    const reason = whyNotSent();
    return say(() => reason, 'error');
  }
  sent.push({ content, at });
  echo.value = undefined;
  say(() => texts.value.binary.sending(bytes(content.size), type));
  total.value = Math.max(content.size, 1);
  highest.value = 0;
  watchBufferedAmount();
}

/** Shows `bufferedAmount` until it is 0 or the connection is gone. */
function watchBufferedAmount(): void {
  buffered.value = connection.state.value === 'CLOSED' ? 0 : connection.bufferedAmount;
  highest.value = Math.max(highest.value, buffered.value);
  if (buffered.value > 0) setTimeout(watchBufferedAmount, bufferedInterval);
}

/** The view. */
export function BinaryView() {
  const words = texts.value.binary;
  return (
    <div class="panels">
      <div class="card">
        <form onSubmit={send}>
          <Sources />
          <div class="row">
            <SelectField label={words.as} of={form} options={namesOf(Object.keys(forms))} />
            <SelectField label={words.backAs} of={binaryType} options={namesOf(['blob', 'arraybuffer'])} />
          </div>
          <div class="actions">
            <button type="submit" class="primary">
              {words.button}
            </button>
          </div>
        </form>
        <Status of={status} />
      </div>
      <div class="card">
        <div class="meter">
          <label for="buffered-bar">
            <code>{words.buffered}</code>
          </label>
          <span id="buffered">{bytes(buffered.value)}</span>
          <progress
            id="buffered-bar"
            max={1}
            value={buffered.value / Math.max(total.value, buffered.value)}
          />
          <p class="hint wide">
            {words.bufferedAbout} {words.highest}: {bytes(highest.value)}.
          </p>
        </div>
        <h3>{words.last}</h3>
        <EchoFacts />
      </div>
    </div>
  );
}

function Sources() {
  const words = texts.value.binary;
  const choice = (value: 'random' | 'file', label: string) => (
    <label class="choice">
      <input
        type="radio"
        name="source"
        checked={source.value === value}
        onChange={() => {
          source.value = value;
        }}
      />
      {label}
    </label>
  );
  return (
    <fieldset class="sources">
      <legend>{words.from}</legend>
      <div class="source">
        {choice('random', words.random)}
        <label class="unit">
          <input
            type="number"
            min={1}
            max={mostMebibytes}
            step={1}
            required
            value={mebibytes}
            onInput={({ currentTarget }) => {
              source.value = 'random';
              mebibytes.value = currentTarget.value;
            }}
          />
          MiB
        </label>
      </div>
      <div class="source">
        {choice('file', words.file)}
        <input
          type="file"
          aria-label={words.fileToSend}
          onChange={({ currentTarget }) => {
            source.value = 'file';
            file.value = currentTarget.files?.[0];
          }}
        />
      </div>
    </fieldset>
  );
}

/** Choices that are named by themselves. */
function namesOf(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(values.map((value) => [value, value]));
}

function EchoFacts() {
  const words = texts.value.binary;
  const { type, size, comparison } = echo.value ?? {};
  return (
    <dl class="facts">
      <div>
        <dt>{words.type}</dt>
        <dd>{type ?? '–'}</dd>
      </div>
      <div>
        <dt>{words.length}</dt>
        <dd>{size === undefined ? '–' : bytes(size)}</dd>
      </div>
      <div class="wide">
        <dt>{words.identical}</dt>
        <dd>{echo.value === undefined ? '–' : comparison === undefined ? '…' : found(comparison)}</dd>
      </div>
    </dl>
  );
}

function found(comparison: Comparison | null): string {
  const { nothingSent, yes, no, bytewise } = texts.value.binary;
  if (comparison === null) return nothingSent;
  const { equal, digests } = comparison;
  const how = digests === undefined ? bytewise : `SHA-256 ${equal ? digests[0] : digests.join(' ≠ ')}`;
  return `${equal ? yes : no}, ${how}`;
}
