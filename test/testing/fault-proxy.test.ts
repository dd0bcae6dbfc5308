import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultProxy } from '../../src/testing/index.js';

/** A socket with what it got. */
class Peer {
  readonly socket: Socket;
  readonly reads: Buffer[] = [];
  readonly events: string[] = [];
  readonly #news = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => this.reads.push(bytes));
    socket.on('end', () => this.events.push('end'));
    socket.on('error', (error: NodeJS.ErrnoException) => this.events.push(error.code ?? error.message));
    socket.on('close', () => this.events.push('close'));
    for (const event of ['data', 'end', 'error', 'close']) {
      socket.on(event, () => {
        for (const check of [...this.#news]) check();
      });
    }
  }

  /** Bytes that it got. */
  get length(): number {
    return this.reads.reduce((sum, read) => sum + read.length, 0);
  }

  get received(): Buffer {
    return Buffer.concat(this.reads);
  }

  /** Resolves when something holds of it. */
  async until(condition: (peer: this) => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (!condition(this)) return;
        this.#news.delete(check);
        resolve();
      };
      this.#news.add(check);
      check();
    });
  }
}

const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => index % 251));
const hasClosed = ({ events }: Peer): boolean => events.includes('close');

let server: Server;
let proxy: FaultProxy;
let clients: Peer[];
let servers: Peer[];

beforeEach(async () => {
  clients = [];
  servers = [];
  server = createServer({ allowHalfOpen: true }, (socket) => servers.push(new Peer(socket)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = new FaultProxy({ port: (server.address() as AddressInfo).port, seed: 7 });
  await proxy.listen();
});

afterEach(async () => {
  await proxy.close();
  for (const { socket } of [...clients, ...servers]) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** A client through the proxy, once a byte has gone each way. */
async function pair(): Promise<{ client: Peer; peer: Peer }> {
  const client = new Peer(connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true }));
  clients.push(client);
  const accepted = once(server, 'connection');
  client.socket.write('>');
  await accepted;
  const peer = servers.at(-1) as Peer;
  await peer.until(({ length }) => length === 1);
  peer.socket.write('<');
  await client.until(({ length }) => length === 1);
  client.reads.length = 0;
  peer.reads.length = 0;
  return { client, peer };
}

describe('a proxy without faults', () => {
  it('forwards both ways, and counts', async () => {
    const { client, peer } = await pair();
    client.socket.write(bytes(100_000));
    peer.socket.write(bytes(70_000));
    await peer.until(({ length }) => length === 100_000);
    await client.until(({ length }) => length === 70_000);
    expect(peer.received.equals(bytes(100_000))).toBe(true);
    expect(client.received.equals(bytes(70_000))).toBe(true);
    expect(proxy).toMatchObject({ connections: 1, bytesUp: 100_001, bytesDown: 70_001, buffered: 0 });
  });

  it('forwards the end of each direction by itself', async () => {
    const { client, peer } = await pair();
    client.socket.end('last');
    await peer.until(({ events }) => events.includes('end'));
    expect(peer.received.toString()).toBe('last');
    peer.socket.end('answer');
    await client.until(hasClosed);
    await peer.until(hasClosed);
    expect(client.received.toString()).toBe('answer');
    expect(client.events).toEqual(['end', 'close']);
    expect(proxy.connections).toBe(0);
  });

  it('forwards a reset', async () => {
    const { client, peer } = await pair();
    peer.socket.resetAndDestroy();
    await client.until(hasClosed);
    expect(client.events).toEqual(['ECONNRESET', 'close']);
    expect(proxy.connections).toBe(0);
  });

  it('resets clients of a server that is not there', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    await using lonely = new FaultProxy({ port });
    const client = new Peer(connect(await lonely.listen(), '127.0.0.1'));
    await client.until(hasClosed);
    expect(client.events).toContain('ECONNRESET');
  });

  it('has an address, and no port once it is closed', async () => {
    expect(proxy.url('ws')).toBe(`ws://127.0.0.1:${proxy.port}`);
    await proxy.close();
    expect(proxy.port).toBe(0);
    await proxy.close();
  });
});

describe('latency', () => {
  it('delays bytes and keeps their order', async () => {
    const { client, peer } = await pair();
    proxy.latency(120, { direction: 'up' });
    const sent = performance.now();
    for (const letter of 'abcdef') client.socket.write(letter);
    await peer.until(({ length }) => length === 6);
    const delay = performance.now() - sent;
    expect(delay).toBeGreaterThanOrEqual(115);
    expect(delay).toBeLessThan(2000);
    expect(peer.received.toString()).toBe('abcdef');
  });

  it('is for one direction where it is told so', async () => {
    const { client, peer } = await pair();
    proxy.latency(60_000, { direction: 'up' });
    client.socket.write('slow');
    peer.socket.write('fast');
    await client.until(({ length }) => length === 4);
    expect(peer.length).toBe(0);
  });

  it('ends when it is healed, also for what is under way', async () => {
    const { client, peer } = await pair();
    proxy.latency(60_000);
    client.socket.end('held back');
    await expect.poll(() => proxy.buffered).toBe(9);
    proxy.heal();
    await peer.until(({ events }) => events.includes('end'));
    expect(peer.received.toString()).toBe('held back');
  });

  it.each([-1, Number.NaN])('is not %s', (milliseconds) => {
    expect(() => proxy.latency(milliseconds)).toThrow(RangeError);
  });
});

describe('throttle', () => {
  it('limits bytes per second', async () => {
    const { client, peer } = await pair();
    proxy.throttle(100_000);
    const started = performance.now();
    client.socket.write(bytes(30_000));
    await peer.until(({ length }) => length === 30_000);
    const time = performance.now() - started;
    expect(time).toBeGreaterThan(200);
    expect(time).toBeLessThan(5000);
    expect(peer.received.equals(bytes(30_000))).toBe(true);
  });

  it('is felt as backpressure, and holds little', async () => {
    const { client, peer } = await pair();
    proxy.throttle(0);
    const size = 32 * 1024 * 1024;
    client.socket.write(Buffer.alloc(size));
    await expect.poll(() => proxy.buffered).toBeGreaterThan(60_000);
    expect(proxy.buffered).toBeLessThanOrEqual(131_072);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    expect(peer.length).toBe(0);
    proxy.heal();
    await peer.until(({ length }) => length === size);
  });

  it('holds little for a reader that reads nothing', async () => {
    const { client, peer } = await pair();
    peer.socket.pause();
    client.socket.write(Buffer.alloc(32 * 1024 * 1024));
    await expect.poll(() => proxy.buffered).toBeGreaterThan(60_000);
    expect(proxy.buffered).toBeLessThanOrEqual(131_072);
    peer.socket.resume();
    await peer.until(({ length }) => length === 32 * 1024 * 1024);
  });
});

describe('slice', () => {
  it('forwards pieces of so many bytes', async () => {
    const { client, peer } = await pair();
    proxy.slice(10);
    client.socket.write(bytes(1000));
    await peer.until(({ length }) => length === 1000);
    expect(peer.received.equals(bytes(1000))).toBe(true);
    expect(peer.reads.length).toBeGreaterThan(30);
  });

  it('forwards pieces of random sizes', async () => {
    const { client, peer } = await pair();
    proxy.slice(40, { random: true, direction: 'down' });
    peer.socket.write(bytes(2000));
    await client.until(({ length }) => length === 2000);
    expect(client.received.equals(bytes(2000))).toBe(true);
    expect(client.reads.length).toBeGreaterThan(30);
    expect(new Set(client.reads.map(({ length }) => length)).size).toBeGreaterThan(5);
  });

  it('goes with latency and throttle', async () => {
    const { client, peer } = await pair();
    proxy.slice(7);
    proxy.latency(5);
    proxy.throttle(50_000);
    client.socket.write(bytes(2000));
    await peer.until(({ length }) => length === 2000);
    expect(peer.received.equals(bytes(2000))).toBe(true);
  });

  it('is a byte at least', () => expect(() => proxy.slice(0)).toThrow(RangeError));
});

describe('a fault', () => {
  it('cuts both sides in order', async () => {
    const { client, peer } = await pair();
    peer.socket.write('forwarded');
    await client.until(({ length }) => length === 9);
    expect(proxy.cut()).toBe(1);
    await Promise.all([client, peer].map((end) => end.until(({ events }) => events.includes('end'))));
    expect(proxy.connections).toBe(0);
    client.socket.end();
    peer.socket.end();
    await Promise.all([client.until(hasClosed), peer.until(hasClosed)]);
    expect(client.events).toEqual(['end', 'close']);
    expect(peer.events).toEqual(['end', 'close']);
  });

  it('loses what was under way', async () => {
    const { client, peer } = await pair();
    proxy.latency(60_000);
    client.socket.write('lost');
    await expect.poll(() => proxy.buffered).toBe(4);
    proxy.cut();
    await peer.until(({ events }) => events.includes('end'));
    expect(peer.length).toBe(0);
  });

  it('resets both sides', async () => {
    const { client, peer } = await pair();
    expect(proxy.reset()).toBe(1);
    await Promise.all([client.until(hasClosed), peer.until(hasClosed)]);
    expect(client.events).toEqual(['ECONNRESET', 'close']);
    expect(peer.events).toEqual(['ECONNRESET', 'close']);
    expect(proxy.reset()).toBe(0);
  });

  it('hits one connection where it is told so', async () => {
    const first = await pair();
    const second = await pair();
    expect(proxy.reset({ connection: -1 })).toBe(1);
    await second.client.until(hasClosed);
    first.client.socket.write('alive');
    await first.peer.until(({ length }) => length === 5);
    expect(proxy.connections).toBe(1);
    expect(proxy.cut({ connection: 1 })).toBe(0);
  });

  it('makes a connection dead, until the proxy is closed', async () => {
    const { client, peer } = await pair();
    expect(proxy.halfOpen()).toBe(1);
    client.socket.write('into the void');
    peer.socket.write('and back');
    proxy.heal();
    const other = await pair();
    other.client.socket.write('alive');
    await other.peer.until(({ length }) => length === 5);
    expect([client.events, peer.events, client.reads, peer.reads]).toEqual([[], [], [], []]);
    expect(proxy.connections).toBe(2);
    await proxy.close();
    await Promise.all([client.until(({ events }) => events.length > 0), peer.until(hasEnded)]);
    expect(proxy.connections).toBe(0);
  });

  it('does not tell one end of a dead connection what the other does', async () => {
    const { client, peer } = await pair();
    proxy.halfOpen();
    client.socket.resetAndDestroy();
    await client.until(hasClosed);
    const other = await pair();
    expect(peer.events).toEqual([]);
    peer.socket.end();
    await expect.poll(() => proxy.connections).toBe(1);
    other.client.socket.write('alive');
    await other.peer.until(({ length }) => length === 5);
  });

  it('refuses new connections, and leaves those that there are', async () => {
    const { client, peer } = await pair();
    proxy.refuse();
    const refused = new Peer(connect(proxy.port, '127.0.0.1'));
    await refused.until(hasClosed);
    expect(refused.events).toEqual(['ECONNRESET', 'close']);
    client.socket.write('alive');
    await peer.until(({ length }) => length === 5);
    proxy.refuse(false);
    await pair();
    proxy.refuse();
    proxy.heal();
    await pair();
    expect(proxy.connections).toBe(3);
  });
});

function hasEnded({ events }: Peer): boolean {
  return events.length > 0;
}
