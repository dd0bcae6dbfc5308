import { describe, expect, it } from 'vitest';
import {
  type LinkedTransport,
  type LinkedTransportsOptions,
  linkedTransports,
} from '../../src/testing/index.js';

function linked(options?: LinkedTransportsOptions) {
  const { client, server, cut } = linkedTransports(options);
  return { client, server, cut, seenByClient: seenBy(client), seenByServer: seenBy(server) };
}

/** What happens at an end, from now on. */
function seenBy(transport: LinkedTransport): string[] {
  const seen: string[] = [];
  transport.listen({
    message: (data) => seen.push(data as string),
    drain: () => seen.push('(drain)'),
    close: (code, reason) => seen.push(`(close ${code} ${reason})`),
  });
  return seen;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('linked transports', () => {
  it('carry messages both ways, in order and later', async () => {
    const { client, server, seenByClient, seenByServer } = linked({ subprotocol: 'chat' });
    for (const message of ['1', '2', '3']) expect(client.send(message)).toBe(true);
    server.send('answer');
    expect(seenByServer).toEqual([]);
    await settled();
    expect([seenByServer, seenByClient]).toEqual([['1', '2', '3'], ['answer']]);
    expect([client.subprotocol, server.subprotocol]).toEqual(['chat', 'chat']);
  });

  it('keep messages until somebody listens', async () => {
    const { client, server } = linkedTransports();
    client.send('early');
    await settled();
    const seen = seenBy(server);
    await settled();
    expect(seen).toEqual(['early']);
  });

  it('have backpressure', async () => {
    const { client, server, seenByClient, seenByServer } = linked({ highWaterMark: 10 });
    server.pause();
    expect(client.send('12345')).toBe(true);
    expect(client.send('67890')).toBe(false);
    await settled();
    expect([client.bufferedAmount, seenByServer]).toEqual([10, []]);
    server.resume();
    await settled();
    expect([client.bufferedAmount, seenByServer, seenByClient]).toEqual([0, ['12345', '67890'], ['(drain)']]);
  });

  it('close in order behind what was sent, and take nothing after that', async () => {
    const { client, server, seenByClient, seenByServer } = linked();
    client.send('last');
    client.close(4000, 'done');
    expect(client.send('too late')).toBe(false);
    await settled();
    expect(seenByServer).toEqual(['last', '(close 4000 done)']);
    expect(seenByClient).toEqual(['(close 4000 done)']);
    expect(server.send('too late')).toBe(false);
  });

  it('lose what was under way when they are cut', async () => {
    const { client, cut, seenByClient, seenByServer } = linked();
    client.send('lost');
    cut();
    cut();
    await settled();
    expect([seenByServer, seenByClient]).toEqual([['(close 1006 )'], ['(close 1006 )']]);
  });

  it('terminate both ends', async () => {
    const { server, seenByClient, seenByServer } = linked();
    server.terminate();
    await settled();
    expect([seenByServer, seenByClient]).toEqual([['(close 1006 )'], ['(close 1006 )']]);
  });
});
