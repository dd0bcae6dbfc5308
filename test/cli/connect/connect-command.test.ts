import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ServerOptions, type WebSocket, WebSocketServer } from '../../../src/index.js';
import { type HawserProcess, hawser, observe, root } from '../hawser-process.js';

/** A server, and what it was asked and told. */
async function serve(options: ServerOptions = {}, connected: (socket: WebSocket) => void = echo) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });
  const requests: IncomingMessage[] = [];
  const sockets: WebSocket[] = [];
  server.on('connection', (socket, request) => {
    requests.push(request);
    sockets.push(socket);
    connected(socket);
  });
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.terminate();
    server.close();
  });
  return { url: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests, sockets, server };
}

function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
}

/** Runs the command with this input to its end. */
async function run(
  args: readonly string[],
  input: string,
): Promise<HawserProcess['output'] & { code: number | null }> {
  const command = connect(args);
  command.child.stdin?.end(input);
  const code = await command.exited;
  return { ...command.output, code };
}

function connect(args: readonly string[]): HawserProcess {
  const command = hawser(['connect', ...args]);
  onTestFinished(() => void command.child.kill('SIGKILL'));
  return command;
}

describe('in a pipe', () => {
  it('each line is a message, and each message a line', async () => {
    const { url } = await serve();
    const { code, stdout, stderr } = await run([url], 'one\n我是阿宝哥\n\nlast');
    expect([code, stdout]).toEqual([0, 'one\n我是阿宝哥\n\nlast\n']);
    expect(stderr).toBe(`Connected to ws://${url}/.\nClosed: 1000.\n`);
  });

  it('binary messages are sent and come as bytes', async () => {
    const { url, sockets } = await serve({}, (socket) => {
      socket.on('message', (_data, isBinary) =>
        socket.send(isBinary ? Buffer.of(0, 255, 10) : 'text', { binary: isBinary }),
      );
    });
    const command = connect(['--binary', url]);
    const chunks: Buffer[] = [];
    command.child.stdout
      ?.removeAllListeners('data')
      .on('data', (chunk) => chunks.push(Buffer.from(chunk, 'latin1')));
    command.child.stdout?.setEncoding('latin1');
    command.child.stdin?.end('x\ny\n');
    expect(await command.exited).toBe(0);
    expect(Buffer.concat(chunks).toString('hex')).toBe('00ff0a00ff0a');
    expect(sockets).toHaveLength(1);
  });

  it('the server sees headers, subprotocols and the origin', async () => {
    const { url, requests } = await serve();
    const args = [
      '-H',
      'Authorization: Bearer x',
      '-H',
      'X-Two:2',
      '-s',
      'one',
      '-s',
      'two',
      '-o',
      'http://example.org',
    ];
    const { stderr } = await run([...args, url], '');
    expect(requests[0].headers).toMatchObject({
      authorization: 'Bearer x',
      'x-two': '2',
      'sec-websocket-protocol': 'one,two',
      origin: 'http://example.org',
    });
    expect(requests[0].headers['sec-websocket-extensions']).toBeUndefined();
    expect(stderr).toContain('(subprotocol one)');
  });

  it('compression is offered where it was asked for', async () => {
    const { url, requests } = await serve({ perMessageDeflate: true });
    const { stdout, stderr } = await run(['--compress', url], 'hello\n');
    expect(requests[0].headers['sec-websocket-extensions']).toContain('permessage-deflate');
    expect([stdout, stderr]).toEqual(['hello\n', expect.stringContaining('(permessage-deflate)')]);
  });

  it('replies are waited for as long as --wait says', async () => {
    const { url } = await serve({}, (socket) => {
      socket.on('message', () => {
        socket.send('first');
        setTimeout(() => socket.send('late'), 300);
      });
    });
    expect((await run(['--wait', '0', url], 'x\n')).stdout).not.toContain('late');
    expect((await run(['--wait', '5', url], 'x\n/close\n')).stdout).not.toContain('late');
    expect((await run(['--wait', '1', url], 'x\n')).stdout).toBe('first\nlate\n');
  });

  it('commands begin with a slash, unless lines are taken literally', async () => {
    const { url } = await serve();
    const input = '//hello\n/help\n/nonsense\n/close 999\n/ping data\n/close 4000 bye\nnot sent\n';
    const { code, stdout, stderr } = await run([url], input);
    expect([code, stdout]).toEqual([0, '/hello\n']);
    expect(stderr).toMatch(/\/close \[code\]/);
    expect(stderr).toMatch(/There is no command "\/nonsense"/);
    expect(stderr).toMatch(/First argument must be a valid error code number/);
    expect(stderr).toMatch(/pong after [\d.]+ ms: data\n.*Closed: 4000 bye\.\n$/s);
    expect((await run(['--literal', url], '/close\n')).stdout).toBe('/close\n');
  });

  it('frames are shown', async () => {
    const { url } = await serve();
    const { stderr } = await run(['--frames', url], 'hello\n');
    expect(stderr).toContain('→ text FIN MASK 5 B\n← text FIN 5 B\n→ close FIN MASK 2 B\n← close FIN 2 B\n');
  });

  it('no more is read than the server takes', async () => {
    const { url, sockets } = await serve({}, (socket) => socket.pause());
    const command = connect([url]);
    const line = `${'x'.repeat(64 * 1024)}\n`;
    let written = 0;
    const { stdin } = command.child;
    while (written < 2000 && (stdin?.write(line) || (await canWrite(stdin)))) written++;
    expect(written).toBeLessThan(2000);
    let received = 0;
    const all = new Promise<void>((resolve) => {
      sockets[0].on('message', () => {
        if (++received === written) resolve();
      });
    });
    sockets[0].resume();
    stdin?.end();
    await all;
    expect(await command.exited).toBe(0);
  });

  it('a reader that goes away ends it', async () => {
    const { url } = await serve({}, (socket) => {
      for (let count = 0; count < 1000; count++) socket.send('y'.repeat(1000));
    });
    const command = spawn('sh', [
      '-c',
      `"${process.execPath}" "${root}dist/cli/main.js" connect ${url} | head -n 1`,
    ]);
    const shell = observe(command);
    onTestFinished(() => void command.kill('SIGKILL'));
    await shell.exited;
    expect(shell.output.stdout).toBe(`${'y'.repeat(1000)}\n`);
    expect(shell.output.stderr).not.toContain('at ');
  });
});

/** Whether a stream has room again within the time that a busy pipe takes. */
function canWrite(stream: NodeJS.WritableStream | null): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 1500);
    stream?.once('drain', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

describe('the exit code', () => {
  it.each([
    [1000, 0],
    [1001, 0],
    [4001, 4],
    [1011, 4],
  ])('is for the server’s close with %i %i', async (code, exitCode) => {
    const { url } = await serve({}, (socket) => socket.close(code, 'reason'));
    const command = connect([url]);
    expect(await command.exited).toBe(exitCode);
    expect(command.output.stderr).toContain(`Closed: ${code} reason.`);
  });

  it('is 3 for a connection that is lost, or that broke a rule', async () => {
    const lost = await serve({}, (socket) => socket.terminate());
    expect(await connect([lost.url]).exited).toBe(3);
    const broken = await serve({}, (socket) => {
      (socket as unknown as { _socket: NodeJS.WritableStream })._socket.write(Buffer.of(0x83, 0));
    });
    const command = connect([broken.url]);
    expect(await command.exited).toBe(3);
    expect(command.output.stderr).toContain('Failed: Invalid WebSocket frame: invalid opcode 3.');
  });

  it('is 1 where nobody listens, or the server refuses', async () => {
    const { url, server } = await serve();
    const gone = createHttpServer((_request, response) => {
      response.writeHead(404).end('no such room\nsecond line');
    });
    gone.listen(0, '127.0.0.1');
    await once(gone, 'listening');
    onTestFinished(() => void gone.close());
    server.close();
    const unheard = connect([url]);
    expect(await unheard.exited).toBe(1);
    expect(unheard.output.stderr).toBe(`hawser: Nobody listens at ws://${url}.\n`);
    const refused = connect([`127.0.0.1:${(gone.address() as AddressInfo).port}`]);
    expect(await refused.exited).toBe(1);
    expect(refused.output.stderr).toBe('hawser: The server answered 404 Not Found: no such room\n');
  });

  it('is 2 for wrong arguments', async () => {
    for (const args of [[], ['ftp://x'], ['localhost', '-s', 'not a token'], ['localhost', '-H', 'a b: c']]) {
      const command = connect(args);
      expect(await command.exited).toBe(2);
      expect(command.output.stderr).toMatch(/^hawser: /);
    }
  });

  it('is 0 after one Ctrl-C, and 130 after two where the server does not answer', async () => {
    const { url } = await serve();
    const command = connect([url]);
    await command.printsError(/Connected/);
    command.child.kill('SIGINT');
    expect(await command.exited).toBe(0);
    const silent = await serve({}, (socket) => socket.pause());
    const second = connect([silent.url]);
    await second.printsError(/Connected/);
    second.child.kill('SIGINT');
    await new Promise((resolve) => setImmediate(resolve));
    const timer = setInterval(() => second.child.kill('SIGINT'), 50);
    expect(await second.exited).toBe(130);
    clearInterval(timer);
  });
});

describe('TLS', () => {
  it('a certificate of the server’s own is refused with a hint, and taken with --insecure', async () => {
    const file = (name: string) => readFileSync(`${root}test/client/certificates/${name}`);
    const https = createHttpsServer({ key: file('server-key.pem'), cert: file('server.pem') });
    const server = new WebSocketServer({ server: https });
    server.on('connection', echo);
    https.listen(0, '127.0.0.1');
    await once(https, 'listening');
    onTestFinished(() => {
      server.close();
      https.close();
    });
    const url = `wss://127.0.0.1:${(https.address() as AddressInfo).port}`;
    const refused = await run([url], 'x\n');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--insecure accepts')]);
    const accepted = await run(['-k', url], 'x\n');
    expect([accepted.code, accepted.stdout]).toEqual([0, 'x\n']);
  });
});

describe('in a terminal', () => {
  /** Types into a real pseudo-terminal, by Python's `pty`. */
  function terminal(args: string): HawserProcess {
    const program = [
      'import os, pty, sys',
      `sys.exit(os.waitstatus_to_exitcode(pty.spawn([${JSON.stringify(process.execPath)}, "dist/cli/main.js", "connect"] + sys.argv[1:])))`,
    ].join('\n');
    const child = spawn('python3', ['-c', program, ...args.split(' ')], { cwd: root, stdio: 'pipe' });
    onTestFinished(() => void child.kill('SIGKILL'));
    return observe(child);
  }

  it('what comes makes room for what is typed, and Ctrl-D closes', async () => {
    const { url, sockets } = await serve();
    const shell = terminal(url);
    await shell.prints(/Type a message[\s\S]*> /);
    shell.child.stdin?.write('hello\r');
    await shell.prints(/< hello/);
    shell.child.stdin?.write('half a li');
    await shell.prints(/half a li/);
    sockets[0].send('news \x1b[2J');
    await shell.prints(/< news \\x1b\[2J[\s\S]*half a li/);
    shell.child.stdin?.write('ne\r/ping x\r');
    await shell.prints(/< half a line[\s\S]*pong after [\d.]+ ms: x/);
    shell.child.stdin?.write('\x04');
    await shell.prints(/Closed: 1000\./);
    expect(await shell.exited).toBe(0);
  });

  it('Ctrl-C closes', async () => {
    const { url } = await serve();
    const shell = terminal(url);
    await shell.prints(/Type a message[\s\S]*> /);
    shell.child.stdin?.write('\x03');
    await shell.prints(/Closed: 1000\./);
    expect(await shell.exited).toBe(0);
  });
});
