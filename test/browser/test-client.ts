/** A client on a network in memory, for tests in which the test itself is the server. */

import { onTestFinished } from 'vitest';
import { type ClientOptions, connect } from '../../src/browser/client.js';
import { call, contract, query, stream } from '../../src/rpc/contract/contract.js';
import { schema, unchecked } from '../../src/rpc/contract/schema.js';
import { settled, testNetwork } from './test-network.js';

const api = contract({
  add: call({ input: unchecked<object>(), output: unchecked<unknown>() }),
  pay: call({ input: unchecked<object>(), output: unchecked<unknown>(), idempotent: true }),
  total: query({ output: unchecked<number>() }),
  items: stream({ item: unchecked<unknown>() }),
  dates: stream({ item: schema((value) => new Date(value as string)) }),
});

/** A client that begins to connect; it is closed with the test. */
export function testClient(options: Partial<ClientOptions<typeof api>> = {}) {
  const network = testNetwork();
  const { clock, dial } = network;
  const client = connect('ws://server/', {
    api,
    clock,
    dial,
    random: () => 0.5,
    watchdog: false,
    ...options,
  });
  onTestFinished(() => client.close());
  const attempt = async () => {
    const { state, retryAt = 0 } = client.status;
    if (state === 'waiting') clock.advance(retryAt - clock.now());
    await settled();
  };
  return {
    network,
    clock,
    client,
    /** The next attempt begins, if none is under way. */
    attempt,
    /** The next attempt succeeds. */
    open: async () => {
      await attempt();
      network.last.open();
      await settled();
    },
    /** The connection is lost. */
    cut: async () => {
      network.last.cut();
      await settled();
    },
  };
}

/** A client that is connected. */
export async function openClient(options: Partial<ClientOptions<typeof api>> = {}) {
  const started = testClient(options);
  await started.open();
  return started;
}
