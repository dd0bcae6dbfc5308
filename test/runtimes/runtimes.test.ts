import { once } from 'node:events';
import { rmSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/client/websocket.js';
import { WebSocketServer } from '../../src/server/websocket-server.js';
import { serverIdentity } from '../client/test-servers.js';
import { vectors } from '../protocol/vectors.js';
import { install, output, type Runtime, runtimes, start } from './runtime.js';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const MEBIBYTE = 1024 * 1024;

let folder: string;
const tls = https.createServer(serverIdentity);
const servers: WebSocketServer[] = [];
let addresses: string[];

beforeAll(async () => {
  folder = install();
  const options = { path: '/', perMessageDeflate: true };
  const plain = new WebSocketServer({ ...options, host: '127.0.0.1', port: 0 });
  servers.push(plain, new WebSocketServer({ ...options, server: tls }));
  for (const server of servers) server.on('connection', serve);
  tls.listen(0, '127.0.0.1');
  await Promise.all([once(plain, 'listening'), once(tls, 'listening')]);
  const { port } = plain.address() as AddressInfo;
  addresses = [`ws://127.0.0.1:${port}`, `wss://localhost:${(tls.address() as AddressInfo).port}`];
});
afterAll(async () => {
  for (const server of servers) await server.drain({ deadline: 0 });
  tls.close();
  rmSync(folder, { recursive: true });
});

/** Echoes; some texts ask for something else. */
function serve(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => {
    const text = isBinary ? '' : String(data);
    if (text === 'ping me') socket.ping('here you are');
    else if (text === 'close with 1000') socket.close(1000, 'as you wish');
    else socket.send(data as Buffer, { binary: isBinary });
  });
}

describe('what is installed', () => {
  it.each(runtimes)('$name $version, where it exists', async (runtime) => {
    const { name, command, version, installed } = runtime;
    const required = name === 'Node.js' || (process.platform === 'linux' && process.arch === 'x64');
    if (required) expect(installed, `npm ci in test/runtimes brings ${name}`).toBe(true);
    if (!installed) {
      console.warn(`NOT TESTED: there is no ${name} for ${process.platform} ${process.arch}`);
      return;
    }
    const printed = await output({ ...runtime, command: [command[0]] }, folder, ['--version']);
    expect(printed).toContain(version);
  });
});

describe.each(runtimes.filter(({ installed }) => installed))('on $name $version', (runtime) => {
  it('hawser/protocol decodes and encodes', async () => {
    const printed = await output(runtime, folder, ['protocol.mjs', path('../protocol/vectors.json')]);
    const { accepted, decoded, refused, encoded } = JSON.parse(printed);
    expect(accepted).toEqual([
      's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      '52Rg3vW4JQ1yWpkvFlsTsiezlqw=',
      'hsBlbuDTkk24srzEOTBUlZAlC2g=',
    ]);
    const isHeaderOnly = (what: string) => what.endsWith('header');
    expect(Object.keys(decoded)).toEqual(vectors.frames.map(({ what }) => what));
    for (const { what } of vectors.frames) {
      const [kind = 'text'] = /ping|pong/.exec(what) ?? [];
      expect(decoded[what], what).toEqual(isHeaderOnly(what) ? [] : [[kind, 'Hello']]);
    }
    expect(refused).toEqual([['WS_ERR_UNEXPECTED_RSV_1', true]]);
    expect(encoded).toEqual({ server: '810548656c6c6f', client: '818537fa213d7f9f4d5158' });
  });

  it('both faces of the client talk to a server', async () => {
    const printed = await output(runtime, folder, [
      'client.mjs',
      ...addresses,
      path('../client/certificates/ca.pem'),
    ]);
    expect(JSON.parse(printed)).toEqual({
      root: {
        readyState: WebSocket.OPEN,
        extensions: '',
        text: 'héllo \u{1f600}',
        bytes: true,
        closed: [4321, 'that is all'],
      },
      deflated: {
        extensions: 'permessage-deflate',
        text: 'compress me 12000',
        again: 'compress me 12000',
        bytes: true,
        closed: 1005,
      },
      ping: { pong: 'are you there', pinged: 'here you are', closed: 1006 },
      iteration: ['one', 'two'],
      refused: {
        error: { name: 'HandshakeError', code: 'WS_ERR_UNEXPECTED_RESPONSE', status: 404 },
        closed: 1006,
      },
      secure: { text: 'a secret', bytes: true, closed: 1000 },
      webSocket: {
        protocol: 'chat',
        messages: [true, 'behind it'],
        code: 3000,
        reason: 'done',
        wasClean: true,
      },
      stream: { text: 'text', bytes: true, closed: { closeCode: 3001, reason: 'enough' } },
    });
  });

  it('calls and streams survive lost connections', async () => {
    expect(JSON.parse(await output(runtime, folder, ['rpc.mjs']))).toEqual({
      sum: 3,
      refused: -32601,
      seen: [1, 2, 3, 4, 5, 6, 7, 8, 9],
      paid: 5,
      again: 5,
      states: ['waiting', 'connecting', 'open', 'closed'],
      pending: 0,
      connections: 0,
    });
  });

  it('a server serves', async () => {
    const server = await startServer(runtime);
    expect(await server.visit({ perMessageDeflate: false }, 'text', 3001)).toEqual({
      extensions: '',
      echo: 'text',
      code: 3001,
    });
    const bytes = Buffer.alloc(MEBIBYTE, 'some bytes');
    const { extensions, echo, code } = await server.visit({}, bytes, 3002);
    expect({ extensions, code }).toEqual({ extensions: 'permessage-deflate', code: 3002 });
    expect(bytes.equals(echo as Buffer)).toBe(true);

    const guest = new WebSocket(server.url);
    await once(guest, 'open');
    guest.ping('hey');
    expect(String((await once(guest, 'pong'))[0])).toBe('hey');
    const closed = once(guest, 'close');
    server.end();
    expect((await closed)[0]).toBe(1001);
    expect(await server.rest()).toEqual([
      { code: 3001, reason: 'bye', context: 'a guest' },
      { code: 3002, reason: 'bye', context: 'a guest' },
      { code: 1001, reason: '', context: null },
      { closed: 1, terminated: 0 },
    ]);
  });
});

/** The server of `programs/server.mjs`, once it listens. */
async function startServer(runtime: Runtime) {
  const { stdin, stdout } = start(runtime, folder, ['server.mjs']);
  const lines = createInterface({ input: stdout as Readable })[Symbol.asyncIterator]();
  const { port } = JSON.parse((await lines.next()).value);
  const url = `ws://127.0.0.1:${port}`;
  return {
    url,
    /** Sends, waits for the echo, and closes. */
    visit: async (options: object, data: string | Buffer, closeCode: number) => {
      const client = new WebSocket(url, { ...options, headers: { Authorization: 'a guest' } });
      await once(client, 'open');
      client.send(data);
      const [echo, isBinary] = await once(client, 'message');
      client.close(closeCode, 'bye');
      const [code] = await once(client, 'close');
      return { extensions: client.extensions, echo: isBinary ? echo : String(echo), code };
    },
    /** Lets it drain and end. */
    end: () => stdin?.end(),
    /** What it printed until its end. */
    rest: async () => {
      const printed: unknown[] = [];
      for await (const line of lines) printed.push(JSON.parse(line));
      return printed;
    },
  };
}
