/** The calls that were made, the newest first, with what has come of each. */
import { texts } from '../language/language.js';
import { grouped, milliseconds } from '../quantities.js';
import { calls, clearHistory, ended } from './call-history.js';
import type { ExampleCall, Failure } from './example-call.js';

/** Characters of a value that are shown. */
const shownLength = 2000;
/** Longer JSON stands in lines. */
const lineLength = 72;

/** The card. */
export function CallList() {
  const { history, historyNone, clear } = texts.value.rpc;
  return (
    <section class="card call-list" aria-labelledby="history-heading">
      <div class="card-head">
        <h3 id="history-heading">{history}</h3>
        <button type="button" class="small" disabled={calls.value.length === 0} onClick={clearHistory}>
          {clear}
        </button>
      </div>
      <p class="visually-hidden" role="status">
        {ended.value && said(ended.value)}
      </p>
      {calls.value.length === 0 ? (
        <p class="about">{historyNone}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a long one scrolls, and the keyboard has to get there
        <ol class="calls" tabIndex={0} aria-labelledby="history-heading">
          {calls.value.map((call) => (
            <CallLine key={call.plan.number} call={call} />
          ))}
        </ol>
      )}
    </section>
  );
}

/** What a call is called, such as `#3 add`. */
function titleOf({ plan: { number, method } }: ExampleCall): string {
  return `#${number} ${method}`;
}

function said(call: ExampleCall): string {
  return texts.value.rpc.said(titleOf(call), stateText(call), milliseconds(call.span.value ?? 0));
}

/** Of streams and notifications the words are other ones: no answer is waited for. */
function stateText({ state, isPaused, plan: { kind } }: ExampleCall): string {
  const { ends, sent, ended, streaming, paused } = texts.value.rpc;
  if (kind === 'stream' && state.value === 'running') return isPaused.value ? paused : streaming;
  if (state.value === 'answered' && kind === 'stream') return ended;
  return state.value === 'answered' && kind === 'notification' ? sent : ends[state.value];
}

function CallLine({ call }: { call: ExampleCall }) {
  const { plan, state, span, failure, repeats } = call;
  const { kinds, repeated } = texts.value.rpc;
  return (
    <li class="call" data-state={state.value} data-method={plan.method}>
      <div class="call-head">
        <span class="number">#{plan.number}</span>
        <b>{plan.method}</b>
        <span class="kind">{kinds[plan.kind]}</span>
        <span class="call-state">{stateText(call)}</span>
        {span.value !== undefined && <span class="span">{milliseconds(span.value)}</span>}
      </div>
      {plan.params !== undefined && <pre class="params">{shown(plan.params)}</pre>}
      {plan.kind === 'stream' && <Items call={call} />}
      <Answer call={call} />
      {failure.value !== undefined && <FailureLines failure={failure.value} />}
      {repeats.value > 0 && <p class="repeats">{repeated(grouped(repeats.value))}</p>}
      {state.value === 'running' && <Controls call={call} />}
    </li>
  );
}

function Answer({ call: { plan, state, result } }: { call: ExampleCall }) {
  const hasOne = plan.kind !== 'stream' && plan.kind !== 'notification';
  return hasOne && state.value === 'answered' ? <pre class="result">{shown(result.value)}</pre> : null;
}

function Items({ call: { items, itemCount } }: { call: ExampleCall }) {
  const all = items.value;
  const cut = itemCount.value > all.length ? '… ' : '';
  return (
    <div class="items">
      <span>{texts.value.rpc.items(grouped(itemCount.value))}</span>
      <code>{cut + all.map((item) => shown(item)).join(' ')}</code>
    </div>
  );
}

function FailureLines({ failure: { name, code, message, data } }: { failure: Failure }) {
  return (
    <div class="failure">
      <p>
        <code>{name}</code> <code class="error-code">{code}</code>
      </p>
      <p>{message}</p>
      {data !== undefined && (
        <pre>
          {texts.value.rpc.data}: {data}
        </pre>
      )}
    </div>
  );
}

/** Buttons of a call that runs; their names say of which. */
function Controls({ call }: { call: ExampleCall }) {
  const { cancel, pause, resume, ofCall } = texts.value.rpc;
  const { isPaused, plan } = call;
  const pauseText = isPaused.value ? resume : pause;
  const title = titleOf(call);
  return (
    <div class="actions">
      {plan.kind === 'stream' && (
        <button
          type="button"
          class="small"
          aria-label={ofCall(pauseText, title)}
          onClick={() => call.pause(!isPaused.value)}
        >
          {pauseText}
        </button>
      )}
      <button type="button" class="small" aria-label={ofCall(cancel, title)} onClick={() => call.cancel()}>
        {cancel}
      </button>
    </div>
  );
}

/** A value as JSON, as much of it as there is room for. */
function shown(value: unknown): string {
  const line = JSON.stringify(value) ?? 'null';
  const json = line.length > lineLength ? JSON.stringify(value, null, 2) : line;
  return json.length > shownLength ? `${json.slice(0, shownLength)}…` : json;
}
