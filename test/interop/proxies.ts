/**
 * nginx and HAProxy as processes of a test, with the configuration that the guide shows: only addresses and
 * files are the test's, and what a test changes on purpose.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readDocument } from '../documents/markdown.js';

/** Replaces a part of a configuration that must be there. */
export type Edit = readonly [part: string, replacement: string];

/** A proxy that runs. */
export interface RunningProxy {
  readonly http: string;
  readonly ws: string;
  readonly https: string;
  readonly wss: string;
  /** Resolves once it has printed a line like this since the start or the last reload. */
  printed(pattern: RegExp): Promise<void>;
  /** Takes these edits in place of those before; resolves when the old process takes no new connections. */
  reload(backend: number, edits?: readonly Edit[]): Promise<void>;
  stop(): Promise<void>;
}

/** Where a configuration's addresses and files are in a test. */
interface Place {
  readonly folder: string;
  readonly port: number;
  readonly securePort: number;
}

/** One of the two programs. */
export interface ProxyProgram {
  readonly name: string;
  /** What it answers when nobody listens behind it. */
  readonly backendDown: number;
  /** What it prints about a server that it watches; one that does not watch tries each time. */
  readonly watches?: { readonly down: RegExp; readonly up: RegExp };
  /** Cuts connections that are idle for so long. */
  idleTimeout(milliseconds: number): readonly Edit[];
  /** Cuts, so long after a reload, connections that were there before. */
  cutAfterReload(milliseconds: number): readonly Edit[];
  /** Passes on the HTTP version in which the client came, as `X-Edge-Version`. */
  readonly tellVersion: readonly Edit[];
  start(backend: number, edits?: readonly Edit[]): Promise<RunningProxy>;
}

const certificate = (name: string): string =>
  fileURLToPath(new URL(`../client/certificates/${name}.pem`, import.meta.url));

function fromGuide(name: string): string {
  const block = readDocument('docs/guide/reverse-proxies.md').blocks.find((each) => each.name === name);
  if (block === undefined) throw new Error(`the guide does not show ${name}`);
  return block.code;
}

function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce((before, [part, replacement]) => {
    if (!before.includes(part)) throw new Error(`the configuration has no ${part}`);
    return before.replace(part, () => replacement);
  }, text);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What the two programs differ in. */
interface Behaviour {
  readonly command: string;
  arguments(place: Place): readonly string[];
  /** Writes the configuration. */
  configure(place: Place, backend: number, edits: readonly Edit[]): void;
  /** What it prints when it is ready, and when the process before the reload has stopped listening. */
  readonly ready: RegExp;
  /** Resolves when it takes signals, if that is later. */
  takesSignals?(place: Place): Promise<unknown>;
  readonly reloadSignal: NodeJS.Signals;
  readonly reloaded: RegExp;
}

class ProxyProcess implements RunningProxy {
  readonly #behaviour: Behaviour;
  readonly #place: Place;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = '';
  #wake: () => void = () => {};

  constructor(behaviour: Behaviour, place: Place) {
    this.#behaviour = behaviour;
    this.#place = place;
    this.#child = spawn(behaviour.command, behaviour.arguments(place), { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exited = once(this.#child, 'exit');
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        this.#wake();
      });
    this.#child.on('exit', () => this.#wake());
    process.on('exit', this.#kill);
  }

  get http(): string {
    return `http://127.0.0.1:${this.#place.port}`;
  }

  get ws(): string {
    return `ws://127.0.0.1:${this.#place.port}`;
  }

  get https(): string {
    return `https://localhost:${this.#place.securePort}`;
  }

  get wss(): string {
    return `wss://localhost:${this.#place.securePort}`;
  }

  async printed(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#output)) {
      if (this.#child.exitCode !== null) throw new Error(`ended without ${pattern}: ${this.#output}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async reload(backend: number, edits: readonly Edit[] = []): Promise<void> {
    this.#behaviour.configure(this.#place, backend, edits);
    this.#output = '';
    this.#child.kill(this.#behaviour.reloadSignal);
    await this.printed(this.#behaviour.ready);
    await this.printed(this.#behaviour.reloaded);
  }

  async stop(): Promise<void> {
    process.off('exit', this.#kill);
    this.#kill();
    await this.#exited;
    rmSync(this.#place.folder, { recursive: true, force: true });
  }

  readonly #kill = (): void => {
    this.#child.kill('SIGTERM');
  };
}

/** Another process may take a free port before the proxy does: then it is tried again. */
async function start(
  behaviour: Behaviour,
  backend: number,
  edits: readonly Edit[],
  attempt = 1,
): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-proxy-'));
  // nginx's workers are nobody when it is started by root.
  chmodSync(folder, 0o755);
  const place = { folder, port: await freePort(), securePort: await freePort() };
  behaviour.configure(place, backend, edits);
  const proxy = new ProxyProcess(behaviour, place);
  try {
    await proxy.printed(behaviour.ready);
    await behaviour.takesSignals?.(place);
    return proxy;
  } catch (error) {
    await proxy.stop();
    if (attempt === 3) throw error;
    return start(behaviour, backend, edits, attempt + 1);
  }
}

/** What stands around the guide's `server` in Debian's nginx.conf; all files are in the test's folder. */
const nginxMain = (folder: string): string => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr notice;
events {
  worker_connections 100;
}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  include ${folder}/hawser.conf;
}
`;

const nginxBehaviour: Behaviour = {
  command: process.env.NGINX_PATH ?? '/usr/sbin/nginx',
  arguments: ({ folder }) => ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')],
  configure({ folder, port, securePort }, backend, edits) {
    const addresses: Edit[] = [
      ['listen 80;', `listen 127.0.0.1:${port};`],
      ['listen 443 ssl', `listen 127.0.0.1:${securePort} ssl`],
      ['/etc/ssl/example.org.pem', certificate('server')],
      ['/etc/ssl/example.org.key', certificate('server-key')],
      ['127.0.0.1:8080', `127.0.0.1:${backend}`],
    ];
    // The edits of a test may be of either file: they are told apart by where the part is.
    const main = nginxMain(folder);
    const isOfMain = ([part]: Edit): boolean => main.includes(part);
    writeFileSync(join(folder, 'nginx.conf'), edited(main, edits.filter(isOfMain)));
    const ofServer = edits.filter((edit) => !isOfMain(edit));
    writeFileSync(join(folder, 'hawser.conf'), edited(fromGuide('hawser.conf'), [...addresses, ...ofServer]));
  },
  ready: /start worker process \d+/,
  reloadSignal: 'SIGHUP',
  reloaded: /gracefully shutting down/,
};

const haproxyBehaviour: Behaviour = {
  command: process.env.HAPROXY_PATH ?? '/usr/sbin/haproxy',
  arguments: ({ folder }) => ['-W', '-db', '-S', join(folder, 'master'), '-f', join(folder, 'haproxy.cfg')],
  configure({ folder, port, securePort }, backend, edits) {
    const pem = join(folder, 'example.org.pem');
    writeFileSync(
      pem,
      Buffer.concat([certificate('server'), certificate('server-key')].map((file) => readFileSync(file))),
    );
    const addresses: Edit[] = [
      ['bind :80', `bind 127.0.0.1:${port}`],
      ['bind :443', `bind 127.0.0.1:${securePort}`],
      ['/etc/ssl/example.org.pem', pem],
      ['127.0.0.1:8080', `127.0.0.1:${backend}`],
    ];
    const text = `global\n  maxconn 100\n\n${fromGuide('haproxy.cfg')}`;
    writeFileSync(join(folder, 'haproxy.cfg'), edited(text, [...addresses, ...edits]));
  },
  ready: /Loading success/,
  // When all is loaded, the master process executes itself once more; until it answers, signals are lost.
  async takesSignals({ folder }) {
    while (!(await answers(join(folder, 'master')))) await setTimeout(20);
  },
  reloadSignal: 'SIGUSR2',
  reloaded: /Proxy edge stopped/,
};

/** Whether HAProxy's master process can be asked for something. */
async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    socket.write('show proc\n');
    return await Promise.race([
      once(socket, 'data').then(() => true),
      once(socket, 'close').then(() => false),
    ]);
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** The first version number that a program prints. */
function versionOf(command: string): string {
  const { stdout, stderr } = spawnSync(command, ['-v'], { encoding: 'utf8' });
  return /\d+\.\d+\.\d+/.exec(`${stdout}${stderr}`)?.[0] ?? 'of an unknown version';
}

export const nginx: ProxyProgram = {
  name: `nginx ${versionOf(nginxBehaviour.command)}`,
  backendDown: 502,
  idleTimeout: (milliseconds) => [['proxy_read_timeout 60s', `proxy_read_timeout ${milliseconds}ms`]],
  cutAfterReload: (milliseconds) => [
    ['worker_processes 1;', `worker_processes 1;\nworker_shutdown_timeout ${milliseconds}ms;`],
  ],
  tellVersion: [
    ['proxy_http_version 1.1;', 'proxy_http_version 1.1;\nproxy_set_header X-Edge-Version $server_protocol;'],
  ],
  start: (backend, edits = []) => start(nginxBehaviour, backend, edits),
};

export const haproxy: ProxyProgram = {
  name: `HAProxy ${versionOf(haproxyBehaviour.command)}`,
  backendDown: 503,
  watches: { down: /Server hawser\/app is DOWN/, up: /Server hawser\/app is UP/ },
  idleTimeout: (milliseconds) => [['timeout tunnel 60s', `timeout tunnel ${milliseconds}ms`]],
  cutAfterReload: (milliseconds) => [['maxconn 100', `maxconn 100\n  hard-stop-after ${milliseconds}ms`]],
  tellVersion: [
    ['option forwardfor', 'option forwardfor\n  http-request set-header X-Edge-Version HTTP/%[req.ver]'],
  ],
  start: (backend, edits = []) => start(haproxyBehaviour, backend, edits),
};
