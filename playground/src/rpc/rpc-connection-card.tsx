/** Shows what the client of the example API is doing, and cuts its connection. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { texts } from '../language/language.js';
import { rpcEndpoint } from '../own-endpoint.js';
import { closeCode, grouped, seconds } from '../quantities.js';
import { running } from './call-history.js';
import { clientStates, rpcConnection } from './rpc-connection.js';

/** The clock of what is still to come; runs while the client waits. */
const now = signal(Date.now());
const tickInterval = 100;

/** The card at the top of the view of calls. */
export function RpcConnectionCard() {
  const { connection, cutAbout } = texts.value.rpc;
  useEffect(() => rpcConnection.start(), []);
  return (
    <section class="card" aria-labelledby="connection-heading">
      <div class="card-head">
        <h2 id="connection-heading">{connection}</h2>
        <States />
      </div>
      <Facts />
      <Actions />
      <p class="about">{cutAbout}</p>
    </section>
  );
}

function States() {
  const { connection, states } = texts.value.rpc;
  const { state } = rpcConnection.status.value;
  return (
    <ol class="states" aria-label={connection}>
      {clientStates.map((name) => (
        <li key={name} data-state={name} aria-current={name === state ? 'step' : undefined}>
          {states[name]}
        </li>
      ))}
    </ol>
  );
}

function Facts() {
  const words = texts.value.rpc;
  const { attempt, retryAt } = rpcConnection.status.value;
  const end = rpcConnection.lastEnd.value;
  useTicking(retryAt !== undefined);
  const left = retryAt === undefined ? undefined : Math.max(0, retryAt - now.value);
  const facts = [
    [words.address, rpcEndpoint()],
    [words.running, grouped(running.value)],
    [words.queued, grouped(rpcConnection.queued.value)],
    [words.attempt, attempt === 0 ? '–' : grouped(attempt)],
    [words.retry, left === undefined ? '–' : words.retryIn(seconds(left))],
    [words.lastEnd, end === undefined ? '–' : `${closeCode(end.code)} ${end.reason}`.trim()],
  ] as const;
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function useTicking(on: boolean): void {
  useEffect(() => {
    if (!on) return undefined;
    const update = (): void => {
      now.value = Date.now();
    };
    update();
    const tick = setInterval(update, tickInterval);
    return () => clearInterval(tick);
  }, [on]);
}

function Actions() {
  const { cut, reconnect, close } = texts.value.rpc;
  const { state } = rpcConnection.status.value;
  const canCut = state === 'open' && rpcConnection.inspection.available.value;
  const isIdle = state === 'waiting' || state === 'closed';
  return (
    <div class="actions">
      <button type="button" class="danger" disabled={!canCut} onClick={() => rpcConnection.cut()}>
        {cut}
      </button>
      <button type="button" disabled={!isIdle} onClick={() => rpcConnection.client.reconnect()}>
        {reconnect}
      </button>
      <button type="button" disabled={state === 'closed'} onClick={() => rpcConnection.client.close()}>
        {close}
      </button>
    </div>
  );
}
