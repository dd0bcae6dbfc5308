/** hawser behind a proxy as one server of the matrix: the proxy stays while scenarios come and go. */
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ability, Listening, Server, ServerOptions } from './end.js';
import { hawserServer } from './node-face.js';
import type { ProxyProgram, RunningProxy } from './proxies.js';

class ProxiedServer implements Server {
  readonly name: string;
  readonly #program: ProxyProgram;
  readonly #http: HttpServer = createServer((_request, response) => response.writeHead(426).end());
  readonly #server: Server = hawserServer(this.#http);
  #proxy: RunningProxy | undefined;

  constructor(program: ProxyProgram) {
    this.#program = program;
    this.name = `${program.name} → ${this.#server.name}`;
  }

  /** A proxy does not look at the parameters of permessage-deflate: they need not all be played again. */
  get abilities(): ReadonlySet<Ability> {
    return new Set([...this.#server.abilities].filter((ability) => ability !== 'deflate parameters'));
  }

  async start(): Promise<void> {
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
    const { port } = this.#http.address() as AddressInfo;
    this.#proxy = await this.#program.start(port);
  }

  async stop(): Promise<void> {
    await this.#proxy?.stop();
    this.#http.close();
  }

  async listen(options: ServerOptions): Promise<Listening> {
    const listening = await this.#server.listen(options);
    return { ...listening, url: `${(this.#proxy as RunningProxy).ws}/` };
  }
}

export const behind = (program: ProxyProgram) => (): Server => new ProxiedServer(program);
