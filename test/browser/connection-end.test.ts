/** Ends that come while something else is under way. */

import { describe, expect, it } from 'vitest';
import { Connection } from '../../src/browser/connection.js';
import type { Dial, DialListener } from '../../src/transport/dial.js';
import { processErrors } from '../rpc/process-errors.js';
import { openClient, testClient } from './test-client.js';
import { settled, testNetwork } from './test-network.js';

describe('a connection that is closed', () => {
  it('while it opens has not opened', async () => {
    const network = testNetwork();
    const { clock, dial } = network;
    const log: string[] = [];
    const listener = {
      message: () => undefined,
      opened: () => log.push('opened'),
      lost: () => log.push('lost'),
      closed: () => log.push('closed'),
    };
    const connection = new Connection('ws://server/', listener, { clock, dial, watchdog: false });
    connection.subscribe(({ state }) => {
      if (state === 'open') connection.close();
    });
    await settled();
    network.last.open();
    await settled();
    expect(log).toEqual(['opened', 'lost', 'closed']);
    expect([connection.status.state, clock.pending]).toEqual(['closed', 0]);
  });

  it('while it connects has no transport', async () => {
    const { client, network, clock } = testClient();
    await settled();
    client.close();
    await settled();
    network.last.accept();
    expect(client.status.state).toBe('closed');
    expect(network.last.transport.send('x')).toBe(false);
    expect(clock.pending).toBe(0);
  });
});

describe('a listener that throws', () => {
  it.each(['opened', 'message', 'drained', 'lost', 'closed'])('by "%s" stops nothing', async (name) => {
    const network = testNetwork();
    const { clock, dial } = network;
    const log: string[] = [];
    const tell = (own: string) => () => {
      log.push(own);
      if (own === name) throw new Error(own);
    };
    const names = ['opened', 'message', 'drained', 'lost', 'closed'];
    const listener = Object.fromEntries(names.map((own) => [own, tell(own)]));
    let told: DialListener | undefined;
    const heard: Dial = (url, own) => {
      told = own;
      return dial(url, own);
    };
    const connection = new Connection('ws://server/', listener as never, {
      clock,
      dial: heard,
      watchdog: false,
    });
    const errors = await processErrors(async () => {
      await settled();
      network.last.open();
      told?.message('a');
      told?.drain();
      told?.close(1006, '', 'why');
      expect(connection.status).toMatchObject({ state: 'waiting', error: 'why' });
      connection.close();
      await settled();
    });
    expect(log).toEqual(names);
    expect(connection.status.state).toBe('closed');
    expect(errors).toEqual([`uncaughtException: Error: ${name}`]);
  });
});

describe('a transport that closes as soon as it is terminated', () => {
  it('is lost once', async () => {
    const { client, clock } = await openClient({ watchdog: {} });
    const states: string[] = [];
    client.subscribe(({ state, code }) => states.push(`${state} ${code}`));
    clock.advance(35_000);
    await settled();
    clock.advance(1000);
    await settled();
    expect(states).toEqual(['waiting 4408', 'connecting 4408']);
  });

  it('does not take the attempt with it that a subscriber has begun meanwhile', async () => {
    const { client, clock, network, open } = await openClient({ watchdog: {} });
    client.subscribe(({ state }) => {
      if (state === 'waiting') client.reconnect();
    });
    clock.advance(35_000);
    await settled();
    expect(client.status.state).toBe('connecting');
    expect(network.attempts).toHaveLength(2);
    await open();
    expect(client.status.state).toBe('open');
  });
});
