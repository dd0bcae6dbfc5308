import { describe, expect, it } from 'vitest';
import { sseDial } from '../../../src/transports/sse/client.js';
import { dialed, foreignAnswers, settled } from '../fallback/recorded-fetch.js';

const session = 'event: session\ndata: {"session":"x","key":"secret","protocol":"a"}\n\n';

/** An event stream that a test writes. */
function eventStream(type = 'text/event-stream') {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (own) => {
      controller = own;
    },
    cancel: () => {
      isCancelled = true;
    },
  });
  return {
    response: new Response(body, { headers: { 'content-type': type } }),
    /** Whether nobody reads it any more. */
    isCancelled: () => isCancelled,
    write: async (data: string | Uint8Array) => {
      controller.enqueue(typeof data === 'string' ? new TextEncoder().encode(data) : data);
      await settled();
    },
    end: async () => {
      controller.close();
      await settled();
    },
    fail: async () => {
      controller.error(new TypeError('terminated'));
      await settled();
    },
  };
}

async function opened() {
  const client = dialed(sseDial, { protocols: ['a'] });
  await settled();
  const stream = eventStream();
  await client.get().answer(stream.response);
  await stream.write(session);
  return { ...client, stream };
}

/** The stream that the last request gets. */
async function next({ get, pass }: Pick<ReturnType<typeof dialed>, 'get' | 'pass'>) {
  await pass(100);
  const stream = eventStream('text/event-stream; charset=utf-8');
  await get().answer(stream.response);
  return stream;
}

describe('sseDial', () => {
  it('connects by an event stream', async () => {
    const { transport, get, events } = await opened();
    expect(get().headers.accept).toBe('text/event-stream');
    expect(transport.name).toBe('sse');
    expect(transport.subprotocol).toBe('a');
    expect(events).toEqual(['open']);
  });

  it('gives messages of every kind', async () => {
    const { stream, events } = await opened();
    await stream.write(
      ': ping\n\ndata: a\n\ndata: b\ndata: c\n\nevent: json\ndata: "d\\re"\n\nevent: other\ndata: f\n\n',
    );
    expect(events).toEqual(['open', 'message a', 'message b\nc', 'message d\re']);
  });

  it('gives what was cut anywhere, in the middle of a character too', async () => {
    const { stream, events } = await opened();
    for (const byte of new TextEncoder().encode('data: h€😀\r\n\r\ndata: b\n\n')) {
      await stream.write(Uint8Array.of(byte));
    }
    expect(events).toEqual(['open', 'message h€😀', 'message b']);
  });

  it.each(['end', 'fail'] as const)(
    'goes on behind what came when the stream has come to an %s',
    async (how) => {
      const client = await opened();
      const { stream, events, get, gets } = client;
      await stream.write('data: a\n\ndata: b\n\ndata: lo');
      await stream[how]();
      expect(gets()).toHaveLength(1);
      const resumed = await next(client);
      expect(get().query.after).toBe('2');
      expect(get().headers['hawser-key']).toBe('secret');
      await resumed.write(`${session}data: c\n\n`);
      expect(events).toEqual(['open', 'message a', 'message b', 'message c']);
    },
  );

  it('begins again at once with each stream that has lasted', async () => {
    const client = await opened();
    let { stream } = client;
    for (let hour = 0; hour < 5; hour++) {
      await stream.end();
      stream = await next(client);
      await stream.write(session);
      await client.pass(3_600_000, 600_000);
    }
    await stream.write('data: a\n\n');
    expect(client.events).toEqual(['open', 'message a']);
    expect(client.gets()).toHaveLength(6);
  });

  it.each([
    ['opens', 20],
    ['is open for four seconds', 4000],
  ])(
    'waits longer and longer for a stream that is cut as soon as it %s, until it is hopeless',
    async (_, lasts) => {
      const client = await opened();
      let { stream } = client;
      while (client.events.length === 1) {
        await client.pass(lasts, lasts);
        await stream.end();
        const count = client.gets().length;
        while (client.gets().length === count && client.events.length === 1) await client.pass(100);
        stream = eventStream();
        if (client.events.length > 1) break;
        await client.get().answer(stream.response);
        await stream.write(session);
      }
      expect(client.events).toEqual(['open', 'close 1006 ']);
      expect(client.gets().length).toBeLessThan(30);
      expect(client.clock.monotonic()).toBeGreaterThan(20_000);
      expect(client.clock.monotonic()).toBeLessThan(30_000);
    },
  );

  it('goes on for as long as messages come by streams that are cut', async () => {
    const client = await opened();
    let { stream } = client;
    for (let count = 0; count < 300; count++) {
      await stream.write('data: a\n\n');
      await stream.end();
      stream = await next(client);
      await stream.write(session);
    }
    expect(client.events).toHaveLength(301);
  });

  it('ends as the server says, and reads no further', async () => {
    const { stream, events, gets, requests } = await opened();
    await stream.write('data: a\n\nevent: close\ndata: [4403,"revoked"]\n\ndata: b\n\n');
    await stream.write('data: c\n\n');
    expect(events).toEqual(['open', 'message a', 'close 4403 revoked']);
    expect(gets()).toHaveLength(1);
    expect(requests[0]?.init.signal?.aborted).toBe(true);
  });

  it.each([
    'event: session\ndata: {"key"\n\n',
    'event: session\ndata: null\n\n',
    'event: session\ndata: {"key":7,"protocol":""}\n\n',
    'event: session\ndata: []\n\n',
    'event: close\ndata: []\n\n',
    'event: close\ndata: null\n\n',
    'event: close\ndata: "no"\n\n',
    'event: close\ndata: [200,"OK"]\n\n',
    'event: close\ndata: {"code":1000}\n\n',
    'event: close\ndata: [1000\n\n',
    'event: json\ndata: {"a":1}\n\n',
    'event: json\ndata: "\n\n',
  ])('takes %j as a stream that broke, and gives it up', async (garbage) => {
    const client = await opened();
    await client.stream.write(`data: a\n\n${garbage}data: never\n\n`);
    expect(client.get().init.signal?.aborted).toBe(true);
    const resumed = await next(client);
    expect(client.get().query.after).toBe('1');
    await resumed.write(`${session}data: b\n\n`);
    expect(client.events).toEqual(['open', 'message a', 'message b']);
  });

  it('takes no messages of a stream that has not begun', async () => {
    const client = dialed(sseDial);
    await settled();
    const stream = eventStream();
    await client.get().answer(stream.response);
    await stream.write('data: a\n\n');
    expect(client.events).toEqual(['close 1006 ']);
  });

  it('takes no page for an event stream', async () => {
    const client = await opened();
    await client.stream.end();
    await client.pass(100);
    const page = eventStream('text/html');
    await client.get().answer(page.response);
    await page.write('<p>\ndata: none\n\n');
    await page.end();
    await client.pass(100);
    const resumed = await next(client);
    await resumed.write(`${session}data: a\n\n`);
    expect(client.events).toEqual(['open', 'message a']);
  });

  it.each(Object.entries(foreignAnswers))('goes on behind %s', async (_, answer) => {
    const client = await opened();
    await client.stream.end();
    await client.pass(100);
    await client.get().answer(answer());
    const resumed = await next({ ...client, pass: () => client.pass(200) });
    await resumed.write(`${session}data: a\n\n`);
    expect(client.events).toEqual(['open', 'message a']);
  });

  it('gives the stream up when it is terminated', async () => {
    const { transport, stream, events, requests } = await opened();
    transport.terminate();
    expect(requests[0]?.init.signal?.aborted).toBe(true);
    await stream.write('data: late\n\n');
    await stream.fail();
    expect(events).toEqual(['open', 'close 1006 ']);
  });
});
