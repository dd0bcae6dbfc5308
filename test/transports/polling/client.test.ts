import { describe, expect, it } from 'vitest';
import { pollingDial } from '../../../src/transports/polling/client.js';
import { dialed, foreignAnswers, settled } from '../fallback/recorded-fetch.js';

const session = { session: 'x', key: 'secret', protocol: 'a' };

async function opened() {
  const client = dialed(pollingDial, { protocols: ['a'] });
  await settled();
  await client.get().answer({ session, messages: [] });
  return client;
}

describe('pollingDial', () => {
  it('connects by polls, each of which waits for its answer', async () => {
    const { transport, get, gets, events } = await opened();
    expect(transport.name).toBe('polling');
    expect(transport.subprotocol).toBe('a');
    expect(events).toEqual(['open']);
    expect(gets()).toHaveLength(2);
    expect(get().headers).toEqual({ accept: 'application/json', 'hawser-key': 'secret' });
    await get().answer({ messages: ['a', 'b'] });
    expect(gets()).toHaveLength(3);
    expect(get().query.after).toBe('2');
    await get().answer({ messages: [] });
    expect(gets()).toHaveLength(4);
    expect(events).toEqual(['open', 'message a', 'message b']);
  });

  it('takes messages that came with the session, and those before the end', async () => {
    const client = dialed(pollingDial);
    await settled();
    await client.get().answer({ session, messages: ['a'], close: [4000, 'full'] });
    expect(client.events).toEqual(['open', 'message a', 'close 4000 full']);
    expect(client.gets()).toHaveLength(1);
  });

  it.each([
    ['no JSON', new Response('{"messages":["a"', { headers: { 'content-type': 'application/json' } })],
    ['null', null],
    ['a number', 7],
    ['no messages', {}],
    ['a text for messages', { messages: 'maintenance' }],
    ['an object for messages', { messages: { 0: 'a', length: 1 } }],
    ['a message that is none', { messages: [{ a: 1 }] }],
    ['a session that is none', { session: 'x', messages: [] }],
    ['an end that is none', { messages: [], close: 'now' }],
    ['an end without a reason', { messages: [], close: [1000] }],
    ['an end by an HTTP status', { messages: [], close: [503, 'Service Unavailable'] }],
  ])('takes %s as an answer that was lost', async (_, garbage) => {
    const { get, gets, pass, events } = await opened();
    await get().answer(garbage);
    expect(gets()).toHaveLength(2);
    await pass(100);
    expect(get().query.after).toBe('0');
    await get().answer({ messages: ['b'] });
    expect(events).toEqual(['open', 'message b']);
  });

  it.each(Object.entries(foreignAnswers))('goes on behind %s', async (_, answer) => {
    const { get, pass, events } = await opened();
    await get().answer(answer());
    await pass(100);
    await get().answer({ messages: ['a'] });
    expect(events).toEqual(['open', 'message a']);
  });
});
