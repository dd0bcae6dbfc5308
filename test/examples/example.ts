/** Starts an example as a user does, on a port that the system chooses, and ends it by Ctrl-C. */
import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { afterEach, expect } from 'vitest';
import { type ClientOptions, WebSocket } from '../../src/index.js';
import { type HawserProcess, observe, root } from '../cli/hawser-process.js';

const running: HawserProcess[] = [];

afterEach(async () => {
  for (const { child, exited } of running.splice(0)) {
    child.kill('SIGKILL');
    await exited;
  }
});

/** Runs a program of `examples/`. */
export function run(name: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): HawserProcess {
  const command = ['scripts/example.js', name, ...args];
  const program = observe(
    spawn(process.execPath, command, { cwd: root, stdio: 'pipe', env: { ...process.env, ...env } }),
  );
  running.push(program);
  return program;
}

/** An example that listens. */
export interface Example extends HawserProcess {
  /** Of the scheme http. */
  readonly http: string;
  /** Of the scheme ws. */
  readonly ws: string;
}

/** Starts a server; resolves once it listens. */
export async function start(name: string, env: NodeJS.ProcessEnv = {}): Promise<Example> {
  const program = run(name, [], { PORT: '0', ...env });
  const [, host = ''] = await program.prints(/\b(?:http|ws):\/\/(127\.0\.0\.1:\d+)\b/);
  return { ...program, http: `http://${host}`, ws: `ws://${host}` };
}

/** Ends a server; it has to end by itself, without a word of complaint. */
export async function stop(example: Example, signal: 'SIGINT' | 'SIGTERM' = 'SIGINT'): Promise<void> {
  example.child.kill(signal);
  expect(await example.exited).toBe(0);
  expect(example.output.stderr).toBe('');
}

/** A client, and its messages in the order in which they came. */
export class Peer {
  readonly socket: WebSocket;
  /** Resolves with code and reason. */
  readonly closed: Promise<readonly [code: number, reason: string]>;
  readonly #messages: AsyncIterator<unknown[]>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.#messages = on(socket, 'message', { close: ['close'] });
    this.closed = once(socket, 'close').then(([code, reason]) => [code, String(reason)]);
  }

  static async connect(url: string, options: ClientOptions = {}): Promise<Peer> {
    const peer = new Peer(new WebSocket(url, options));
    await once(peer.socket, 'open');
    return peer;
  }

  async next(): Promise<string> {
    const { value, done } = await this.#messages.next();
    if (done === true) throw new Error('closed');
    return String(value[0]);
  }

  async ask(text: string): Promise<string> {
    this.socket.send(text);
    return this.next();
  }
}

/** The status of a handshake that is refused. */
export async function refusal(url: string, options: ClientOptions = {}): Promise<number | undefined> {
  const socket = new WebSocket(url, options);
  socket.on('error', () => undefined);
  const [, response] = await once(socket, 'unexpected-response');
  socket.terminate();
  return response.statusCode;
}
