/** Errors of what others wrote are theirs: they are told as uncaught, and the connection goes on. */

import { describe, expect, it } from 'vitest';
import { connect } from '../../src/browser/client.js';
import type { ClientStatus } from '../../src/browser/status.js';
import { NotSentError, UnknownOutcomeError } from '../../src/transport/errors.js';
import { settlement } from '../rpc/linked-rpc.js';
import { processErrors } from '../rpc/process-errors.js';
import { openClient, testClient } from './test-client.js';
import { settled, testNetwork } from './test-network.js';

/** A subscriber that throws when this state comes. */
const throwAt =
  (wrong: ClientStatus['state']) =>
  ({ state }: ClientStatus): void => {
    if (state === wrong) throw new Error('theirs');
  };
const theirs = 'uncaughtException: Error: theirs';

describe('a subscriber that throws', () => {
  it('at "waiting" does not keep calls from being told', async () => {
    const { client, cut, network } = await openClient();
    client.subscribe(throwAt('waiting'));
    const sum = settlement(client.call.add({}));
    await settled();
    expect(await processErrors(cut)).toEqual([theirs]);
    expect(sum.error).toBeInstanceOf(UnknownOutcomeError);
    expect(network.live).toBe(0);
  });

  it('at "open" does not keep answers from coming', async () => {
    const { client, open, network } = testClient();
    client.subscribe(throwAt('open'));
    expect(await processErrors(open)).toEqual([theirs]);
    const sum = settlement(client.call.add({}));
    await settled();
    network.last.answer(7);
    await settled();
    expect(sum.value).toBe(7);
  });

  it('at "connecting" does not keep the attempt from being made', async () => {
    const { client, cut, clock, network } = await openClient();
    client.subscribe(throwAt('connecting'));
    const errors = await processErrors(async () => {
      await cut();
      clock.advance((client.status.retryAt ?? 0) - clock.now());
    });
    expect(errors).toEqual([theirs]);
    expect(network.attempts).toHaveLength(2);
    network.last.open();
    expect(client.status.state).toBe('open');
  });
});

describe('a subscriber that changes the state', () => {
  it('by closing: those behind it are not told of an older one later', async () => {
    const { client, open } = testClient();
    const seen: string[] = [];
    client.subscribe(({ state }) => {
      if (state === 'open') client.close();
    });
    client.subscribe(({ state }) => seen.push(state));
    await open();
    expect([seen.at(-1), client.status.state]).toEqual(['closed', 'closed']);
  });

  it('by connecting again: those behind it are not told of an older one later', async () => {
    const { client, cut } = await openClient();
    const seen: string[] = [];
    client.subscribe(({ state }) => {
      if (state === 'waiting') client.reconnect();
    });
    client.subscribe(({ state }) => seen.push(state));
    await cut();
    expect([seen.at(-1), client.status.state]).toEqual(['connecting', 'connecting']);
  });
});

describe('a function for the address that throws', () => {
  it('ends the client where every ending is the last', async () => {
    const { clock, dial } = testNetwork();
    const url = () => {
      throw new Error('no address');
    };
    let client: ReturnType<typeof connect> | undefined;
    const errors = await processErrors(() => {
      client = connect(url, { clock, dial, isTerminal: () => true, watchdog: false });
    });
    expect(errors).toEqual([]);
    expect(client?.status).toMatchObject({ state: 'closed', error: new Error('no address') });
    await expect(client?.request('a')).rejects.toBeInstanceOf(NotSentError);
  });
});
