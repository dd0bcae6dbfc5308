/** One line of the codec that is typed by hand, over a plain WebSocket of the browser. */
import { signal } from '@preact/signals';
import { TextField } from '../fields.js';
import { texts } from '../language/language.js';
import { rpcEndpoint } from '../own-endpoint.js';
import { Status, statusSignal } from '../status.js';

const line = signal('{"method":"add","args":[1,2]}');
const answer = signal('');
const status = statusSignal();

let socket: WebSocket | undefined;

/** A connection for each line; an answer that is late is not for the next one. */
function send(event: Event): void {
  event.preventDefault();
  socket?.close();
  const mine = new WebSocket(rpcEndpoint());
  socket = mine;
  answer.value = '';
  status.value = { text: () => '', tone: 'info' };
  mine.addEventListener('open', () => mine.send(line.value));
  mine.addEventListener('message', ({ data }: MessageEvent<string>) => {
    if (mine !== socket) return;
    answer.value = data;
    mine.close();
  });
  mine.addEventListener('error', () => {
    if (mine === socket) status.value = { text: () => texts.value.rpc.typedFailed, tone: 'error' };
  });
}

/** The card. */
export function HandTyped() {
  const { typed, typedAbout, typedLine, typedSend, typedAnswer } = texts.value.rpc;
  return (
    <section class="card hand-typed" aria-labelledby="typed-heading">
      <h3 id="typed-heading">{typed}</h3>
      <p class="about">{typedAbout}</p>
      <form class="row" onSubmit={send}>
        <TextField label={typedLine} of={line} required />
        <button type="submit">{typedSend}</button>
      </form>
      <p class="typed-answer">
        <span>{typedAnswer}</span> <output>{answer.value || '–'}</output>
      </p>
      <Status of={status} />
    </section>
  );
}
