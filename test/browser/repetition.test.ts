/** What is sent again over another connection, and what is not. */

import { describe, expect, it } from 'vitest';
import { connect } from '../../src/browser/client.js';
import { call, contract } from '../../src/rpc/contract/contract.js';
import { unchecked } from '../../src/rpc/contract/schema.js';
import { rpcServer } from '../../src/rpc/server/rpc-server.js';
import { ManualClock } from '../../src/testing/index.js';
import type { Dial, DialListener } from '../../src/transport/dial.js';
import { UnknownOutcomeError } from '../../src/transport/errors.js';
import { settlement } from '../rpc/linked-rpc.js';
import { openClient, testClient } from './test-client.js';
import { settled, testNetwork } from './test-network.js';

describe('a call that may be sent again', () => {
  it('is not when the server closed because a message was too long', async () => {
    const { client, network, open } = await openClient();
    const total = settlement(client.call.total(undefined, { timeout: Number.POSITIVE_INFINITY }));
    await settled();
    expect(network.last.received).toHaveLength(1);
    network.last.close(1009, 'at most 1048576 characters');
    await settled();
    await open();
    expect(network.last.received).toEqual([]);
    expect(total.error).toBeInstanceOf(UnknownOutcomeError);
    expect(client.pending).toBe(0);
  });

  it('has an unknown outcome when it is refused the second time: nobody knows of the first', async () => {
    const { client, network, open, cut } = await openClient();
    const pay = settlement(client.call.pay({ amount: 1 }));
    await settled();
    await cut();
    await open();
    const { id } = network.last.received.at(-1) ?? {};
    network.last.send({ jsonrpc: '2.0', id, error: { code: -32005, message: 'At most 256 calls at once' } });
    await settled();
    expect(pay.error).toBeInstanceOf(UnknownOutcomeError);
  });

  it('has an age that a server takes, also when the clock was set back', async () => {
    const { client, network, clock, open, cut } = await openClient();
    client.call.pay({ amount: 1 }).catch(() => undefined);
    await settled();
    await cut();
    clock.advance(100);
    clock.adjust(-10_000);
    client.reconnect();
    await open();
    expect(network.last.received.at(-1)?.meta?.age).toBeGreaterThanOrEqual(100);
  });

  it('is not sent twice over the next connection when one is lost while it is being sent', async () => {
    const sent: number[][] = [];
    let isDying = false;
    let listener: DialListener | undefined;
    const dial: Dial = (_, opened) => {
      listener = opened;
      const ids: number[] = [];
      sent.push(ids);
      return {
        subprotocol: '',
        bufferedAmount: 0,
        listen: () => undefined,
        send: (text) => {
          ids.push(JSON.parse(text).id);
          if (isDying) opened.close(1006, '');
          return true;
        },
        close: () => undefined,
        terminate: () => undefined,
      };
    };
    const { client, attempt } = testClient({ dial });
    const openNext = async () => {
      await attempt();
      listener?.open();
      await settled();
    };
    for (const number of [1, 2]) {
      client.call.pay({ number }, { timeout: 600_000 }).catch(() => undefined);
    }
    await settled();
    listener?.open();
    await settled();
    listener?.close(1006, '');
    isDying = true;
    await openNext();
    isDying = false;
    await openNext();
    expect(sent).toEqual([[1, 2], [1], [1, 2]]);
  });

  it('is not carried out twice by a server that began anew, though the clock was set back', async () => {
    const api = contract({ pay: call({ output: unchecked<number>(), idempotent: true }) });
    const network = testNetwork();
    const serverClock = new ManualClock();
    let runs = 0;
    const pay = () => ++runs;
    const start = () => rpcServer(api, { pay }, { clock: serverClock });
    const { clock, dial } = network;
    const client = connect('ws://server/', { api, dial, clock, watchdog: false });
    await settled();
    network.last.accept();
    start().serve(network.last.server);
    // The answer is lost.
    network.last.transport.pause();
    const answer = settlement(client.call.pay(undefined, { timeout: 600_000 }));
    await settled();
    expect(runs).toBe(1);
    network.last.cut();
    await settled();
    serverClock.advance(20_000);
    const second = start();
    serverClock.advance(80_000);
    clock.sleep(100_000);
    clock.adjust(-30_000);
    client.reconnect();
    await settled();
    network.last.accept();
    second.serve(network.last.server);
    await settled();
    expect(runs).toBe(1);
    expect(answer.error).toBeInstanceOf(UnknownOutcomeError);
    client.close();
  });
});

describe('a stream that is called again', () => {
  it('tells its function the last item as the schema made it', async () => {
    const { client, network, open, cut } = await openClient();
    const seen: unknown[] = [];
    const reconnect = (last: unknown) => {
      seen.push(last);
      return undefined;
    };
    const iterator = client.call.dates(undefined, { reconnect })[Symbol.asyncIterator]();
    const first = iterator.next();
    await settled();
    const { id } = network.last.received.at(-1) ?? {};
    network.last.answer({ stream: true });
    const params = { id, seq: 1, item: '2020-01-01' };
    network.last.send({ jsonrpc: '2.0', method: 'rpc.stream.item', params });
    await first;
    iterator.next().catch(() => undefined);
    await cut();
    await open();
    expect(seen).toEqual([new Date('2020-01-01')]);
  });

  it('has its time again', async () => {
    const { client, network, clock, open, cut } = await openClient();
    const next = settlement(
      client.call.items(undefined, { reconnect: true, timeout: 1000 })[Symbol.asyncIterator]().next(),
    );
    await settled();
    network.last.answer({ stream: true });
    await settled();
    clock.advance(900);
    await cut();
    await open();
    expect(network.last.received.at(-1)?.method).toBe('items');
    await settled();
    expect(next.error).toBeUndefined();
    clock.advance(1000);
    await settled();
    expect(next.error).toMatchObject({ code: 'RPC_ERR_TIMEOUT', wasSent: true });
  });

  it('has its time while it is offline, also when it was lost before it was answered again', async () => {
    const { client, network, clock, open, cut } = await openClient({ timeout: 30_000 });
    const next = settlement(client.call.items(undefined, { reconnect: true })[Symbol.asyncIterator]().next());
    await settled();
    network.last.answer({ stream: true });
    await settled();
    await cut();
    await open();
    await cut();
    for (let time = 0; time < 40_000; time += 5000) {
      clock.advance(5000);
      await settled();
      if (client.status.state !== 'waiting') await cut();
    }
    expect(next).toEqual({});
  });

  it('gives what had come before its function threw', async () => {
    const { client, network, open, cut } = await openClient();
    const reconnect = () => {
      throw new Error('theirs');
    };
    const iterator = client.call.items(undefined, { reconnect })[Symbol.asyncIterator]();
    const first = iterator.next();
    await settled();
    const { id } = network.last.received.at(-1) ?? {};
    network.last.answer({ stream: true });
    for (const item of [1, 2, 3]) {
      network.last.send({ jsonrpc: '2.0', method: 'rpc.stream.item', params: { id, seq: item, item } });
    }
    expect(await first).toEqual({ done: false, value: 1 });
    await cut();
    await open();
    for (const value of [2, 3]) expect(await iterator.next()).toEqual({ done: false, value });
    await expect(iterator.next()).rejects.toThrow('theirs');
  });
});
