/** Answers and items are what they are, whatever they look like. */

import { expect, it } from 'vitest';
import { ManualClock } from '../../src/testing/index.js';
import { settlement } from '../rpc/linked-rpc.js';
import { openClient, testClient } from './test-client.js';
import { settled } from './test-network.js';

it('a result with the id of a ping, or that of a token, is a result', async () => {
  const { client, network } = await openClient();
  for (const id of ['rpc.ping', 'rpc.auth']) {
    const answer = settlement(client.call.add({}));
    await settled();
    network.last.answer({ id, name: 'chosen by somebody else' });
    await settled();
    expect(answer.value).toEqual({ id, name: 'chosen by somebody else' });
  }
});

it('an item with the id of a ping is an item', async () => {
  const { client, network } = await openClient();
  const iterator = client.call.items()[Symbol.asyncIterator]();
  const first = iterator.next();
  await settled();
  const { id } = network.last.received.at(-1) ?? {};
  network.last.answer({ stream: true });
  const items = [{ id: 'rpc.ping' }, 2];
  items.forEach((item, index) => {
    network.last.send({ jsonrpc: '2.0', method: 'rpc.stream.item', params: { id, seq: index + 1, item } });
  });
  expect([(await first).value, (await iterator.next()).value]).toEqual(items);
});

it('a call may have longer than a timer of the platform', async () => {
  /** Delays beyond 31 bits end at once, as those of `setTimeout` do. */
  class PlatformClock extends ManualClock {
    override setTimeout(callback: () => void, delay: number): unknown {
      return super.setTimeout(callback, delay > 2 ** 31 - 1 ? 1 : delay);
    }
  }
  const clock = new PlatformClock();
  const { client, network } = testClient({ clock });
  await settled();
  network.last.open();
  const answer = settlement(client.call.add({}, { timeout: 30 * 86_400_000 }));
  clock.advance(30 * 86_400_000 - 1);
  await settled();
  expect(answer).toEqual({});
  clock.advance(1);
  await settled();
  expect(answer.error).toMatchObject({ code: 'RPC_ERR_TIMEOUT' });
});

it('a notification whose parameters are no structure rejects, and does not throw', async () => {
  const { client } = testClient();
  await expect(client.notify('x', 5)).rejects.toMatchObject({ code: 'RPC_ERR_INVALID_ARGUMENT' });
  expect(client.queued).toBe(0);
});

it('an answer that is none to a stream ends it, and the server is told', async () => {
  const { client, network } = await openClient();
  const next = settlement(client.call.items()[Symbol.asyncIterator]().next());
  await settled();
  const { id } = network.last.received.at(-1) ?? {};
  network.last.send({ jsonrpc: '2.0', id, result: 5, error: 5 });
  await settled();
  expect(next.error).toBeInstanceOf(Error);
  expect(network.last.received.at(-1)).toMatchObject({ method: 'rpc.cancel', params: { id } });
});
