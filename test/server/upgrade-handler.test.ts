import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from '../../src/client/websocket.js';
import type { WebSocketServer } from '../../src/server/websocket-server.js';
import { ManualClock } from '../client/manual-clock.js';
import { exchange, maskedFrame, parseAnswer, RawClient, upgradeRequest } from './raw-client.js';
import { modes, start } from './test-servers.js';

const TEXT = 0x81;
const CLOSE = 0x88;

/** An `authenticate` that waits for the test to decide. */
class Gate {
  readonly signals: AbortSignal[] = [];
  readonly #asked = new EventEmitter();
  readonly #decisions: { accept(context: unknown): void; refuse(error: Error): void }[] = [];

  readonly authenticate = (_request: unknown, signal: AbortSignal): Promise<unknown> => {
    this.signals.push(signal);
    return new Promise((accept, refuse) => {
      this.#decisions.push({ accept, refuse });
      this.#asked.emit('asked');
    });
  };

  async asked(count = 1): Promise<void> {
    while (this.#decisions.length < count) await once(this.#asked, 'asked');
  }

  accept(context?: unknown): void {
    this.#decisions.shift()?.accept(context);
  }

  refuse(error: Error): void {
    this.#decisions.shift()?.refuse(error);
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe.each(modes)('with %s', (mode) => {
  it('a handshake may come byte by byte, with frames behind it', async () => {
    const { server, port } = await start({}, mode);
    const messages: string[] = [];
    server.on('connection', (socket) => socket.on('message', (data) => messages.push(String(data))));
    const client = await RawClient.connect(port);
    const bytes = Buffer.concat([
      Buffer.from(upgradeRequest()),
      maskedFrame(TEXT, 'one'),
      maskedFrame(TEXT, 'two'),
      maskedFrame(CLOSE, Buffer.from([0x03, 0xe8])),
    ]);
    for (const octet of bytes) {
      client.socket.write(Buffer.from([octet]));
      await turn();
    }
    await client.closed();
    expect(messages).toEqual(['one', 'two']);
    expect(parseAnswer(client.received).status).toBe(101);
    expect(client.received.subarray(-4)).toEqual(Buffer.from([CLOSE, 2, 0x03, 0xe8]));
  });

  it('frames may come in one piece with the handshake', async () => {
    const { server, port } = await start({}, mode);
    const message = new Promise((resolve) => {
      server.on('connection', (socket) => socket.on('message', (data) => resolve(String(data))));
    });
    const client = await RawClient.connect(port);
    client.socket.write(Buffer.concat([Buffer.from(upgradeRequest()), maskedFrame(TEXT, 'early')]));
    expect(await message).toBe('early');
    client.socket.destroy();
  });

  it('frames that come while authentication runs are not lost', async () => {
    const gate = new Gate();
    const { server, port } = await start({ authenticate: gate.authenticate }, mode);
    const client = await RawClient.connect(port);
    client.socket.write(Buffer.concat([Buffer.from(upgradeRequest()), maskedFrame(TEXT, 'one')]));
    await gate.asked();
    client.socket.write(maskedFrame(TEXT, 'two'));
    for (let round = 0; round < 10; round++) await turn();
    const messages: string[] = [];
    server.on('connection', (socket) => {
      socket.on('message', (data) => {
        messages.push(String(data));
        if (messages.length === 3) socket.close();
      });
    });
    gate.accept();
    await client.answer();
    client.socket.write(maskedFrame(TEXT, 'three'));
    await client.until(() => client.frames.length > 0);
    expect(messages).toEqual(['one', 'two', 'three']);
    client.socket.destroy();
  });
});

describe('a listener of connection', () => {
  it.each([true, false])('may pause the socket before a message (asynchronous: %s)', async (asynchronous) => {
    const { server, port } = await start(asynchronous ? { authenticate: async () => undefined } : {});
    const messages: string[] = [];
    const connection = once(server, 'connection');
    server.on('connection', (socket) => {
      socket.on('message', (data) => messages.push(String(data)));
      socket.pause();
    });
    const client = await RawClient.connect(port);
    client.socket.write(Buffer.concat([Buffer.from(upgradeRequest()), maskedFrame(TEXT, 'one')]));
    const [socket] = await connection;
    await client.answer();
    for (let round = 0; round < 5; round++) await turn();
    expect(messages).toEqual([]);
    const transport = (socket as WebSocket)._socket as Socket;
    expect(transport.isPaused()).toBe(true);
    expect(transport.readableLength).toBeGreaterThan(0);
    socket.resume();
    expect(messages).toEqual([]);
    await once(socket, 'message');
    expect(messages).toEqual(['one']);
    client.socket.destroy();
  });
});

describe('a client that goes away', () => {
  it.each<[string, (client: RawClient) => void]>([
    ['RST', (client) => client.reset()],
    ['FIN', (client) => client.socket.end()],
  ])('during authentication by %s aborts it', async (_name, leave) => {
    const gate = new Gate();
    const { server, port } = await start({ authenticate: gate.authenticate });
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest({ headers: { 'Sec-WebSocket-Protocol': 'chat' } }));
    await gate.asked();
    expect(server.metrics().handshakes.pending).toBe(1);
    leave(client);
    const [signal] = gate.signals;
    if (!signal.aborted) await once(signal, 'abort');
    expect(server.metrics().handshakes.pending).toBe(0);
    let protocolsAsked = 0;
    server.options.handleProtocols = () => {
      protocolsAsked++;
      return false;
    };
    gate.accept();
    await turn();
    expect(server.metrics()).toMatchObject({
      connections: 0,
      handshakes: { pending: 0, accepted: 0, refused: new Map() },
    });
    expect(protocolsAsked).toBe(0);
    // The connection is gone, not half open.
    if (!client.socket.closed) await client.closed();
  });

  it('whose authentication then fails is not answered', async () => {
    const gate = new Gate();
    const { server, port } = await start({ authenticate: gate.authenticate });
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest());
    await gate.asked();
    client.reset();
    await once(gate.signals[0], 'abort');
    gate.refuse(new Error('too late'));
    await turn();
    expect(server.metrics().handshakes.refused).toEqual(new Map());
  });

  it('before its request is complete leaves nothing', async () => {
    const { server, port } = await start();
    const client = await RawClient.connect(port);
    client.socket.write('GET / HTTP/1.1\r\nHost: x\r\n');
    await turn();
    client.reset();
    await client.closed();
    (await RawClient.open(port)).socket.destroy();
    expect(server.metrics().handshakes).toMatchObject({ pending: 0, accepted: 1 });
  });

  it('directly behind its request leaves nothing', async () => {
    const { server, port } = await start();
    for (let round = 0; round < 20; round++) {
      const client = await RawClient.connect(port);
      client.socket.write(upgradeRequest(), () => client.reset());
      await client.closed();
    }
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    await closed;
    expect(server.metrics()).toMatchObject({ connections: 0, handshakes: { pending: 0 } });
  });

  it('directly after authentication closes with 1006', async () => {
    const gate = new Gate();
    const { server, port } = await start({ authenticate: gate.authenticate });
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest());
    await gate.asked();
    const connection = once(server, 'connection');
    gate.accept();
    const [socket] = await connection;
    const closed = once(socket, 'close');
    client.reset();
    expect((await closed)[0]).toBe(1006);
    expect(server.metrics()).toMatchObject({ connections: 0, closes: new Map([[1006, 1]]) });
  });
});

describe('handshakeTimeout', () => {
  it('refuses with 408 and aborts, counted from the upgrade', async () => {
    const clock = new ManualClock();
    const gate = new Gate();
    const { server, port } = await start({ authenticate: gate.authenticate, clock, handshakeTimeout: 3000 });
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest());
    await gate.asked();
    clock.advance(2999);
    expect(gate.signals[0].aborted).toBe(false);
    clock.advance(1);
    expect(gate.signals[0].aborted).toBe(true);
    expect(gate.signals[0].reason).toMatchObject({ code: 'WS_ERR_HANDSHAKE_TIMEOUT' });
    expect(parseAnswer(await client.closed())).toMatchObject({
      status: 408,
      headers: { connection: ['close'] },
      body: 'Opening handshake has timed out',
    });
    gate.accept();
    await turn();
    expect(server.metrics()).toMatchObject({ connections: 0, handshakes: { pending: 0, accepted: 0 } });
  });

  it('ends with the handshake', async () => {
    const clock = new ManualClock();
    const gate = new Gate();
    const { server, port } = await start({ authenticate: gate.authenticate, clock, heartbeat: false });
    const connection = once(server, 'connection');
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest());
    await gate.asked();
    expect(clock.pending).toBe(1);
    gate.accept();
    await connection;
    expect(clock.pending).toBe(0);
    client.socket.destroy();
  });

  it('0 is no limit', async () => {
    const clock = new ManualClock();
    const gate = new Gate();
    const { port } = await start({ authenticate: gate.authenticate, clock, handshakeTimeout: 0 });
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest());
    await gate.asked();
    clock.advance(1e9);
    gate.accept();
    expect((await client.answer()).status).toBe(101);
    client.socket.destroy();
  });
});

describe('maxPendingHandshakes', () => {
  it('refuses more with 503, and again lets in when one has ended', async () => {
    const gate = new Gate();
    const { server, port } = await start({ authenticate: gate.authenticate, maxPendingHandshakes: 2 });
    const clients = [await RawClient.connect(port), await RawClient.connect(port)];
    for (const client of clients) client.socket.write(upgradeRequest());
    await gate.asked(2);
    expect(server.metrics().handshakes.pending).toBe(2);
    expect(await exchange(port)).toMatchObject({
      status: 503,
      headers: { connection: ['close'], 'retry-after': ['5'] },
      body: 'Too many pending handshakes',
    });
    gate.accept();
    await clients[0].answer();
    const third = await RawClient.connect(port);
    third.socket.write(upgradeRequest());
    await gate.asked(2);
    gate.accept();
    gate.accept();
    expect((await third.answer()).status).toBe(101);
    expect(server.metrics().handshakes).toMatchObject({ pending: 0, accepted: 3 });
    for (const client of [...clients, third]) client.socket.destroy();
  });
});

describe('server.close() while authentication runs', () => {
  it.each(modes)('refuses with 503 with %s', async (mode) => {
    const gate = new Gate();
    const { server, port } = await start({ authenticate: gate.authenticate }, mode);
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest());
    await gate.asked();
    const closed = once(server, 'close');
    server.close();
    expect(gate.signals[0].aborted).toBe(true);
    expect(parseAnswer(await client.closed())).toMatchObject({
      status: 503,
      headers: { connection: ['close'], 'retry-after': ['5'] },
      body: 'The server is shutting down',
    });
    await closed;
    gate.accept();
    await turn();
    expect(server.metrics()).toMatchObject({ connections: 0, handshakes: { pending: 0, accepted: 0 } });
  });
});

describe('what the application does within a handshake', () => {
  it.each<[string, (server: WebSocketServer) => void]>([
    ['a listener of headers', (server) => server.on('headers', () => server.close())],
    [
      'handleProtocols',
      (server) => {
        server.options.handleProtocols = () => {
          server.close();
          return false;
        };
      },
    ],
  ])('close() in %s refuses with 503', async (_name, arrange) => {
    const { server, port } = await start();
    arrange(server);
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest({ headers: { 'Sec-WebSocket-Protocol': 'chat' } }));
    expect((await client.answer()).status).toBe(503);
    expect(server.metrics().connections).toBe(0);
  });

  it('an error that it destroys the socket with does not end the process', async () => {
    const { server, port } = await start({
      verifyClient: ({ req }: { req: IncomingMessage }) => {
        req.socket.destroy(new Error('unwanted'));
        return true;
      },
    });
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest());
    await client.closed();
    expect(server.metrics()).toMatchObject({ connections: 0, handshakes: { pending: 0, accepted: 0 } });
  });

  it('a socket that it takes over at wsClientError may fail', async () => {
    const { server, port } = await start();
    server.on('wsClientError', (_error, socket) => socket.destroy(new Error('unwanted')));
    const client = await RawClient.connect(port);
    client.socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await client.closed();
    expect(server.metrics().connections).toBe(0);
  });
});

it('after close() handleUpgrade refuses with 503', async () => {
  const { server, port } = await start({}, 'noServer');
  server.close();
  expect(await exchange(port)).toMatchObject({ status: 503, headers: { 'retry-after': ['5'] } });
});

it('thousands of handshakes leave nothing pending', async () => {
  const { server, port } = await start({ authenticate: async () => undefined });
  const clients = await Promise.all(Array.from({ length: 200 }, () => RawClient.open(port)));
  expect(server.metrics()).toMatchObject({ connections: 200, handshakes: { pending: 0, accepted: 200 } });
  for (const client of clients) client.socket.destroy();
});
