import { once } from 'node:events';
import { connect, createServer, type Http2ServerRequest } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { FallbackServer, type FallbackSocket } from '../../../src/transports/fallback-server/index.js';
import { ID } from './http-requests.js';

it('is served by HTTP/2 as well: several sessions on one connection, and refusals', async () => {
  const fallback = new FallbackServer();
  fallback.on('connection', (socket: FallbackSocket) => {
    socket.on('message', (message) => socket.send(`echo ${message}`));
  });
  const server = createServer(fallback.handle as unknown as (request: Http2ServerRequest) => void);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Browsers name the page's origin in every POST.
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = connect(origin);
  onTestFinished(async () => {
    client.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });

  const open = async (id: string): Promise<() => Promise<string>> => {
    const stream = client.request({ ':path': `/?session=${id}`, accept: 'text/event-stream' });
    let events = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      events += chunk;
    });
    while (!events.includes('\n\n')) await once(stream, 'data');
    const [, key = ''] = /"key":"([\w-]+)"/.exec(events) ?? [];
    const headers = { ':method': 'POST', ':path': `/?session=${id}&first=1`, 'hawser-key': key, origin };
    const post = client.request(headers);
    post.end(JSON.stringify([id, 'x'.repeat(1_000_000), 'last']));
    const [head] = await once(post, 'response');
    expect(head[':status']).toBe(204);
    return async () => {
      while (!events.includes('echo last')) await once(stream, 'data');
      return events;
    };
  };
  const other = `${ID}2`;
  const [one, two] = [await open(ID), await open(other)];
  expect(await one()).toContain(`data: echo ${ID}\n\ndata: echo ${'x'.repeat(1_000_000)}\n\n`);
  expect(await two()).toContain(`data: echo ${other}\n\n`);

  const refused = client.request({ ':path': `/?session=${ID}`, 'hawser-key': 'wrong' });
  const [head] = await once(refused, 'response');
  expect([head[':status'], await text(refused)]).toEqual([403, '{"code":4408,"reason":"resume impossible"}']);
});
