/** The calls of this page, the newest first. Knows nothing of the page's elements. */
import { computed, signal } from '@preact/signals';
import type { Method, StreamSettings } from 'hawser/rpc';
import { type ExampleMethod, exampleContract } from '../../../src/cli/example-contract.js';
import { type CallKind, type CallPlan, ExampleCall } from './example-call.js';
import { rpcConnection } from './rpc-connection.js';

/** Calls that are kept. */
const keptCalls = 50;

/** Every call that is kept. */
export const calls = signal<readonly ExampleCall[]>([]);
/** How many are running. */
export const running = computed(() => calls.value.filter(({ state }) => state.value === 'running').length);
/** The call that ended last. */
export const ended = signal<ExampleCall | undefined>(undefined);

let count = 0;
let wasOpen = false;

rpcConnection.status.subscribe(({ state }) => {
  for (const call of calls.peek()) {
    if (state === 'open') call.restored();
    else if (wasOpen) call.lost();
  }
  wasOpen = state === 'open';
});

/** Calls a method. A call that does not fit into the list any more is given up. */
export function makeCall(method: ExampleMethod, params: object | undefined, settings: StreamSettings): void {
  const begin = rpcConnection.client.call[method] as CallPlan['begin'];
  const call = new ExampleCall({
    number: ++count,
    method,
    kind: kindOf(exampleContract[method]),
    params,
    begin,
  });
  const all = [call, ...calls.value];
  for (const old of all.slice(keptCalls)) old.cancel();
  calls.value = all.slice(0, keptCalls);
  void call.run(settings).then(() => {
    ended.value = call;
    rpcConnection.recount();
  });
  rpcConnection.recount();
}

function kindOf(method: Method): CallKind {
  return method.kind === 'call' && method.idempotent ? 'idempotent' : method.kind;
}

/** Forgets the calls that have ended. */
export function clearHistory(): void {
  calls.value = calls.value.filter(({ state }) => state.value === 'running');
}
