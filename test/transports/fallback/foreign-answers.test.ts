/** What stands between a client and its server answers in its place: that is no word of the server. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Dial } from '../../../src/transport/dial.js';
import { FallbackServer } from '../../../src/transports/fallback-server/index.js';
import { pollingDial } from '../../../src/transports/polling/client.js';
import { sseDial } from '../../../src/transports/sse/client.js';

/** An echo server; `answer` takes requests away from it. */
async function behindAnother(answer: (count: number, response: ServerResponse) => boolean): Promise<string> {
  const fallback = new FallbackServer();
  fallback.on('connection', (socket) => socket.on('message', (text) => socket.send(`echo ${text}`)));
  let count = 0;
  const server = createServer((request, response) => {
    if (!answer(++count, response)) fallback.handle(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Connects and sends a text; resolves with what comes first, a message or the end. */
function talk(dial: Dial, url: string): Promise<unknown> {
  return new Promise((resolve) => {
    const transport = dial(url, {
      open: () => transport.send('hello'),
      message: resolve,
      drain: () => undefined,
      close: (code, reason) => resolve([code, reason]),
    });
    onTestFinished(() => transport.terminate());
  });
}

const answers: [string, string][] = [
  ['HTML', '<h1>504 Gateway Timeout</h1>'],
  ['JSON of another kind', '{"message":"Endpoint request timed out"}'],
  ['JSON with a code of its own', '{"code":504,"reason":"upstream"}'],
  ['a JSON null', 'null'],
];

describe.each(Object.entries({ sse: sseDial(), polling: pollingDial() }))('%s', (_name, dial) => {
  it.each(answers)('makes a request again that something answers with %s', async (_what, body) => {
    const url = await behindAnother((count, response) => {
      if (count !== 2) return false;
      response.writeHead(504).end(body);
      return true;
    });
    expect(await talk(dial, url)).toBe('echo hello');
  });

  it.each(answers)(
    'is not open, and may give way to another, where all it gets is %s',
    async (_what, body) => {
      const url = await behindAnother((_count, response) => {
        response.writeHead(502).end(body);
        return true;
      });
      expect(await talk(dial, url)).toEqual([1006, '']);
    },
  );
});
