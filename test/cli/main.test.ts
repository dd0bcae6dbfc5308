import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/index.js';
import { type HawserProcess, hawser, hawserServe, root } from './hawser-process.js';

const started: HawserProcess[] = [];

function run(...args: string[]): HawserProcess {
  const command = hawser(args);
  started.push(command);
  return command;
}

async function serve(env: NodeJS.ProcessEnv = {}): ReturnType<typeof hawserServe> {
  const server = await hawserServe(env);
  started.push(server);
  return server;
}

async function connect(url: string, options = {}): Promise<WebSocket> {
  const socket = new WebSocket(url.replace('http:', 'ws:'), options);
  await once(socket, 'open');
  return socket;
}

/** A peer that shakes hands and then never answers anything. */
async function silentPeer(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const peer = connectTcp(Number(port), hostname);
  peer.write(
    [
      'GET / HTTP/1.1',
      `Host: ${hostname}:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      '\r\n',
    ].join('\r\n'),
  );
  const [answer] = (await once(peer, 'data')) as [Buffer];
  expect(answer.toString()).toContain('101 Switching Protocols');
  peer.on('error', () => {});
  return peer;
}

afterEach(() => {
  for (const { child } of started.splice(0)) child.kill('SIGKILL');
});

describe('hawser', () => {
  it('prints its version and its usage', async () => {
    const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };
    const [withVersion, withHelp, serveHelp] = [run('--version'), run('--help'), run('serve', '--help')];
    expect(await Promise.all([withVersion.exited, withHelp.exited, serveHelp.exited])).toEqual([0, 0, 0]);
    expect(withVersion.output.stdout).toBe(`${version}\n`);
    expect(withHelp.output.stdout).toContain('Usage: hawser <command>');
    expect(serveHelp.output.stdout).toContain('--port <number>');
  });

  it.each([
    [[], 'No command was given.', 'Usage: hawser <command>'],
    [['swerve'], 'There is no command "swerve".', 'Usage: hawser <command>'],
    [['serve', '--prot', '80'], "'--prot'", 'Usage: hawser serve'],
    [['serve', '--port', 'http'], '"http" in --port is not a port', 'Usage: hawser serve'],
  ])('refuses %j with exit code 2, a message and the usage', async (args, message, usage) => {
    const command = run(...args);
    expect(await command.exited).toBe(2);
    expect(command.output.stderr).toContain(message);
    expect(command.output.stderr).toContain(usage);
    expect(command.output.stdout).toBe('');
  });
});

describe('hawser serve', () => {
  it('names a taken port and --port in one line, exit code 1', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const command = run('serve', '--port', String(port), '--host', '127.0.0.1');
    expect(await command.exited).toBe(1);
    expect(command.output.stderr).toBe(
      `hawser: Port ${port} is in use. Choose another one with --port, such as --port ${port + 1}.\n`,
    );
    taken.close();
  });

  it('serves the page and echoes text and binary at the same address', async () => {
    const server = await serve();
    const page = await fetch(server.url);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toContain('<title>hawser');

    const socket = await connect(server.url);
    socket.send('我是阿宝哥');
    const [text, textIsBinary] = (await once(socket, 'message')) as [Buffer, boolean];
    expect([text.toString(), textIsBinary]).toEqual(['我是阿宝哥', false]);
    socket.send(Buffer.from([0, 255]));
    const [binary, isBinary] = (await once(socket, 'message')) as [Buffer, boolean];
    expect([binary, isBinary]).toEqual([Buffer.from([0, 255]), true]);
    socket.terminate();
  });

  it('refuses a page of another host', async () => {
    const server = await serve();
    const socket = new WebSocket(server.url.replace('http:', 'ws:'), { origin: 'http://evil.example' });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('403');
  });

  it('echoes everything to a client that sends faster than it reads', async () => {
    const server = await serve();
    const socket = await connect(server.url);
    const message = Buffer.alloc(1024 * 1024, 7);
    const rounds = 24;
    for (let round = 0; round < rounds; round++) socket.send(message);
    let identical = 0;
    await new Promise<void>((resolve) => {
      socket.on('message', (echo) => {
        if (message.equals(echo as Buffer)) identical += 1;
        if (identical === rounds) resolve();
        socket.pause();
        setImmediate(() => socket.resume());
      });
    });
    socket.terminate();
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'closes every connection with 1001 on %s and exits with 0',
    async (signal) => {
      const server = await serve();
      const sockets = await Promise.all([connect(server.url), connect(server.url)]);
      const closed = sockets.map((socket) => once(socket, 'close') as Promise<[number, Buffer]>);
      server.child.kill(signal);
      for (const [code, reason] of await Promise.all(closed)) {
        expect([code, reason.toString()]).toEqual([1001, 'The server is shutting down']);
      }
      expect(await server.exited).toBe(0);
    },
  );

  it('ends with 0 also when a peer does not answer the close frame', async () => {
    const server = await serve();
    const peer = await silentPeer(server.url);
    server.child.kill('SIGINT');
    await once(peer, 'close');
    expect(await server.exited).toBe(0);
  });

  it('ends at once on a second Ctrl-C', async () => {
    const server = await serve();
    const peer = await silentPeer(server.url);
    server.child.kill('SIGINT');
    await server.prints(/Press Ctrl-C again/);
    server.child.kill('SIGINT');
    expect(await server.exited).toBe(130);
    peer.destroy();
  });

  it('takes a Ctrl-C that npm repeats for one', async () => {
    const server = await serve({ npm_lifecycle_event: 'start' });
    const peer = await silentPeer(server.url);
    server.child.kill('SIGINT');
    await server.prints(/Press Ctrl-C again/);
    server.child.kill('SIGINT');
    await once(peer, 'close');
    expect(await server.exited).toBe(0);
  });
});
