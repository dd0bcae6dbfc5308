/** Where a scenario takes place: a client and a server, and the connections between them until it is over. */
import type { Client, ClientOptions, End, EndOptions, Listening, Server, ServerOptions } from './end.js';

/** Both ends of a connection. */
export interface Ends {
  readonly client: End;
  readonly server: End;
}

/** What the two are told; `both` are told what either may be told. */
export interface SceneOptions {
  readonly client?: ClientOptions;
  readonly server?: ServerOptions;
  readonly both?: EndOptions;
}

/** The two ends, one as sender and the other as receiver, and the other way round. */
export const directions = [
  { from: 'client', to: 'server' },
  { from: 'server', to: 'client' },
] as const;

export type Direction = (typeof directions)[number];

export class Scene {
  readonly client: Client;
  readonly server: Server;
  readonly #listening: Listening[] = [];
  readonly #ends: End[] = [];

  constructor(client: Client, server: Server) {
    this.client = client;
    this.server = server;
  }

  async start(): Promise<void> {
    await Promise.all([this.client.start(), this.server.start()]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.client.stop(), this.server.stop()]);
  }

  /** A connection of its own, to a server of its own. */
  async open({ client = {}, server = {}, both = {} }: SceneOptions = {}): Promise<Ends> {
    const listening = await this.listen({ ...both, ...server });
    const ends = await Promise.all([this.connect(listening, { ...both, ...client }), listening.accepted()]);
    this.#ends.push(ends[1]);
    return { client: ends[0], server: ends[1] };
  }

  async listen(options: ServerOptions): Promise<Listening> {
    const listening = await this.server.listen(options);
    this.#listening.push(listening);
    return listening;
  }

  async connect({ url }: Listening, options: ClientOptions = {}): Promise<End> {
    const end = await this.client.connect(url, options);
    this.#ends.push(end);
    return end;
  }

  /** Ends what the scenario has left. */
  async clear(): Promise<void> {
    for (const end of this.#ends.splice(0)) end.discard();
    for (const listening of this.#listening.splice(0)) await listening.close();
  }
}
