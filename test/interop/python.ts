/** python-websockets as ends: one process of Debian's Python is the client and the server of all scenarios. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import {
  type Ability,
  type Client,
  type ClientOptions,
  type End,
  type Listening,
  Refused,
  type Server,
  type ServerOptions,
} from './end.js';
import { Inbox } from './inbox.js';
import { type Opened, RemoteEnd, type RemoteEvent } from './remote-end.js';

const python = '/usr/bin/python3';
const program = fileURLToPath(new URL('peer.py', import.meta.url));

type PythonEvent =
  | RemoteEvent
  | ({ readonly event: 'open'; readonly request?: number; readonly server?: number } & Opened)
  | { readonly event: 'ready'; readonly version: string };

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly status?: number;
}

/** The process, and what is under way in it. */
class PythonProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #asked = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  readonly #ends = new Map<number, RemoteEnd>();
  readonly #servers = new Map<number, Inbox<End>>();
  readonly #ready: Promise<string>;
  #count = 0;

  constructor() {
    this.#child = spawn(python, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#ready = new Promise((resolve, reject) => {
      this.#child.once('exit', (code) => reject(new Error(`${program} ended with ${code}`)));
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        const told = JSON.parse(line) as PythonEvent | Answer;
        if (!('event' in told)) this.#answered(told);
        else if (told.event === 'ready') resolve(told.version);
        else this.#happened(told);
      });
    });
  }

  /** Resolves with the version of the library. */
  ready(): Promise<string> {
    return this.#ready;
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  ask(op: string, fields: object, id = this.nextId()): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify({ id, op, ...fields })}\n`);
    return new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }));
  }

  nextId(): number {
    this.#count += 1;
    return this.#count;
  }

  /** Where the connections of a server will be found. */
  server(id: number): Inbox<End> {
    const connections = new Inbox<End>();
    this.#servers.set(id, connections);
    return connections;
  }

  end(connection: number): End {
    return this.#ends.get(connection) as End;
  }

  #answered({ id, result, error, status }: Answer): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (error === undefined) asked?.resolve(result);
    else asked?.reject(status === undefined ? new Error(error) : new Refused(status));
  }

  #happened(told: Exclude<PythonEvent, { event: 'ready' }>): void {
    if (told.event !== 'open') {
      this.#ends.get(told.connection)?.happened(told);
      return;
    }
    const end = new RemoteEnd(told, (operation, fields) => this.ask(operation, fields));
    this.#ends.set(told.connection, end);
    if (told.server !== undefined) this.#servers.get(told.server)?.add(end);
  }
}

const abilities: readonly Ability[] = [
  'fragments',
  'ping',
  'pause',
  'abort',
  'any code',
  'limit',
  'deflate parameters',
  'compresses',
  'status',
  'no subprotocol needed',
  'byte order mark',
];

class PythonSoftware {
  name = 'python-websockets';
  readonly abilities: ReadonlySet<Ability> = new Set(abilities);
  #process: PythonProcess | undefined;

  protected get process(): PythonProcess {
    return this.#process as PythonProcess;
  }

  async start(): Promise<void> {
    this.#process = new PythonProcess();
    this.name += ` ${await this.#process.ready()}`;
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }
}

class PythonClient extends PythonSoftware implements Client {
  async connect(url: string, options: ClientOptions): Promise<End> {
    const connection = await this.process.ask('connect', { url, options });
    return this.process.end(connection as number);
  }
}

class PythonServer extends PythonSoftware implements Server {
  async listen(options: ServerOptions): Promise<Listening> {
    const id = this.process.nextId();
    const connections = this.process.server(id);
    const port = await this.process.ask('listen', { options }, id);
    return {
      url: `ws://127.0.0.1:${port}/`,
      accepted: () => connections.take(),
      close: async () => void (await this.process.ask('stopListening', { server: id })),
    };
  }
}

export const pythonClient = (): Client => new PythonClient();
export const pythonServer = (): Server => new PythonServer();
