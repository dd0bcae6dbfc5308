/** Calls that were typed by hand, when one of them takes its time. */

import { describe, expect, it } from 'vitest';
import { call, contract } from '../../../src/rpc/contract/contract.js';
import { unchecked } from '../../../src/rpc/contract/schema.js';
import { rpcServer } from '../../../src/rpc/server/rpc-server.js';
import { ManualClock } from '../../../src/testing/index.js';
import { FakeSocket } from '../fake-socket.js';
import { gate, rawPeer, settled } from '../linked-rpc.js';

const api = contract({
  slow: call({ input: unchecked<{ text: string }>(), output: unchecked<string>(), positional: ['text'] }),
  quick: call({ output: unchecked<string>() }),
});

function server() {
  const clock = new ManualClock();
  const { opened, open } = gate();
  const begun: string[] = [];
  const slow = async ({ text }: { text: string }) => {
    begun.push(text);
    await opened;
    return text;
  };
  const rpc = rpcServer(api, { slow, quick: () => 'quick' }, { clock });
  return { rpc, clock, open, begun, peer: rawPeer(rpc as never) };
}

const slow = (text: string) => ({ method: 'slow', args: [text] });

describe('calls that were typed by hand', () => {
  it('are answered in order, also those that are none', async () => {
    const { peer, open } = server();
    peer.send(slow('a'));
    peer.send({ method: 5 });
    await settled();
    expect(peer.take()).toEqual([]);
    open();
    await settled();
    expect(peer.take()).toEqual([
      { method: 'slow', result: 'a' },
      expect.objectContaining({ error: expect.objectContaining({ code: -32600 }) }),
    ]);
  });

  it('do not wait for ever for one whose handler ignores its deadline', async () => {
    const { peer, clock } = server();
    peer.send(slow('a'));
    peer.send({ method: 'quick' });
    await settled();
    clock.advance(30_000);
    await settled();
    expect(peer.take()).toEqual([
      { method: 'slow', error: expect.objectContaining({ code: -32004 }) },
      { method: 'quick', result: 'quick' },
    ]);
  });

  it('are not carried out if they still wait when the connection is lost', async () => {
    const { peer, open, begun } = server();
    for (const text of ['a', 'b', 'c']) peer.send(slow(text));
    await settled();
    peer.cut();
    open();
    await settled();
    expect(begun).toEqual(['a']);
    expect(peer.connection.pending).toBe(0);
  });

  it('do not wait where they are quick, however many come at once', async () => {
    const socket = new FakeSocket();
    server().rpc.accept(socket as never);
    for (let index = 0; index < 300; index++) socket.receive({ method: 'quick' });
    await settled();
    expect(socket.sent).toHaveLength(300);
    expect(socket.closes).toEqual([]);
  });

  it('that wait may hold no more than one message may', async () => {
    const { peer, open } = server();
    const long = 'x'.repeat(400_000);
    for (let index = 0; index < 20; index++) peer.send(slow(long));
    await settled();
    expect(peer.closes).toEqual([{ code: 1008, reason: 'too many calls wait' }]);
    // The one that was being carried out.
    expect(peer.connection.pending).toBe(1);
    open();
    await settled();
    expect(peer.connection.pending).toBe(0);
  });
});
