/** The opening handshake of the connection, and how its proof was computed. */
import { type InspectedOpening, inspection } from '../inspection.js';
import { texts } from '../language/language.js';

/** RFC 6455 §1.3. */
const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The view. */
export function HandshakeView() {
  const words = texts.value.handshake;
  const opening = inspection.opening.value;
  if (opening === undefined) return <p class="card">{words.none}</p>;
  return (
    <>
      <div class="panels">
        <Head
          title={words.request}
          line={opening.requestLine}
          note={words.id}
          headers={opening.requestHeaders}
        />
        <Head title={words.response} line={opening.statusLine} headers={opening.responseHeaders} />
      </div>
      <Accept opening={opening} />
    </>
  );
}

interface HeadProperties {
  readonly title: string;
  readonly line: string;
  readonly note?: string;
  readonly headers: InspectedOpening['requestHeaders'];
}

function Head({ title, line, note, headers }: HeadProperties) {
  const { notes } = texts.value.handshake;
  return (
    <section class="card head" aria-label={title}>
      <h3>{title}</h3>
      <p class="start-line">{line}</p>
      {note !== undefined && <p class="hint">{note}</p>}
      <dl>
        {headers.map(([name, value], index) => (
          <div key={index} data-noted={name.toLowerCase() in notes}>
            <dt>{name}</dt>
            <dd>
              {value}
              {notes[name.toLowerCase()] !== undefined && <small>{notes[name.toLowerCase()]}</small>}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Accept({ opening }: { opening: InspectedOpening }) {
  const { accept: title, acceptAbout, steps, same, different } = texts.value.handshake;
  const { key, digest, accept, responseHeaders } = opening;
  const answered = responseHeaders.find(([name]) => name.toLowerCase() === 'sec-websocket-accept')?.[1];
  const isSame = answered === accept;
  const pairs = digest.match(/../g) ?? [];
  return (
    <section class="card accept" aria-labelledby="accept-heading">
      <h3 id="accept-heading">{title}</h3>
      <p class="hint">{acceptAbout}</p>
      <ol>
        <Step text={steps.key} value={key} />
        <Step text={steps.guid} value={key} added={guid} />
        <Step text={steps.digest} value={pairs.join(' ')} />
        <Step text={steps.accept} value={accept} />
      </ol>
      <p class="status" data-tone={isSame ? 'good' : 'error'}>
        {isSame ? `✓ ${same}` : different}
      </p>
    </section>
  );
}

function Step({ text, value, added = '' }: { text: string; value: string; added?: string }) {
  return (
    <li>
      {text}
      <code>
        {value}
        <mark>{added}</mark>
      </code>
    </li>
  );
}
