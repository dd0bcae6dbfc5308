import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type LineQuality, perfectLine } from './faulty-pipe.js';
import { mulberry32 } from './mulberry32.js';
import { ProxiedConnection } from './proxied-connection.js';

/** Options of a `FaultProxy`. */
export interface FaultProxyOptions {
  /** Port of the server that it stands before. */
  readonly port: number;
  /** Host of that server. Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** Where its random numbers begin: an integer of 32 bits. Default 1. */
  readonly seed?: number | undefined;
}

/** Which bytes a setting is for. */
export interface LineSelection {
  /** `up` to the server, `down` to the client. Default `both`. */
  readonly direction?: 'up' | 'down' | 'both' | undefined;
}

/** How bytes are sliced. */
export interface SliceOptions extends LineSelection {
  /** Whether pieces have random sizes, from one byte up. Default `false`. */
  readonly random?: boolean | undefined;
}

/** Which connections a fault hits. */
export interface ConnectionSelection {
  /** One of those that are open, the oldest first, as `Array.prototype.at` counts. Default all. */
  readonly connection?: number | undefined;
}

/**
 * A TCP proxy on 127.0.0.1 that is a bad network: slow, narrow, in pieces, cut, reset or dead, as it is told. Errors
 * of its sockets end the connection that they belong to, and nothing else.
 */
export class FaultProxy {
  readonly #options: FaultProxyOptions;
  readonly #random: () => number;
  readonly #up: LineQuality = { ...perfectLine };
  readonly #down: LineQuality = { ...perfectLine };
  readonly #connections = new Set<ProxiedConnection>();
  /** Those of connections that are over as well. */
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #isRefusing = false;
  #bytesUp = 0;
  #bytesDown = 0;

  /** @param options the server that it stands before */
  constructor(options: FaultProxyOptions) {
    this.#options = options;
    this.#random = mulberry32(options.seed ?? 1);
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  /**
   * Listens on a port that the system chooses; rejects if it cannot.
   * @returns the port
   */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    return this.port;
  }

  /** The port that it listens on; 0 if it does not. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Its address with a scheme, such as `ws`; there is no slash at the end. */
  url(scheme: string): string {
    return `${scheme}://127.0.0.1:${this.port}`;
  }

  /** Connections that are open, dead ones included. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Bytes that were forwarded to the server. */
  get bytesUp(): number {
    return this.#bytesUp;
  }

  /** Bytes that were forwarded to clients. */
  get bytesDown(): number {
    return this.#bytesDown;
  }

  /** Bytes that came and were not forwarded yet: at most about 128 KiB in each direction of a connection. */
  get buffered(): number {
    let bytes = 0;
    for (const connection of this.#connections) bytes += connection.buffered;
    return bytes;
  }

  /**
   * Delays bytes; their order stays.
   * @param milliseconds how long they are under way, 0 for no delay
   */
  latency(milliseconds: number, selection?: LineSelection): void {
    check('milliseconds', milliseconds, 0);
    this.#change({ latency: milliseconds }, selection);
  }

  /**
   * Limits the throughput of each connection. Who sends more feels it as backpressure.
   * @param bytesPerSecond `Infinity` for no limit; 0 lets nothing through until that is changed
   */
  throttle(bytesPerSecond: number, selection?: LineSelection): void {
    check('bytesPerSecond', bytesPerSecond, 0);
    this.#change({ throughput: bytesPerSecond }, selection);
  }

  /**
   * Forwards bytes in pieces, each a packet of its own.
   * @param bytes size of a piece at most, `Infinity` for bytes as they come
   */
  slice(bytes: number, { random = false, ...selection }: SliceOptions = {}): void {
    check('bytes', bytes, 1);
    this.#change(
      { slice: Math.floor(bytes), isSliceRandom: random && bytes < Number.POSITIVE_INFINITY },
      selection,
    );
  }

  /** Resets new connections, until it is told `false`. */
  refuse(isRefusing = true): void {
    this.#isRefusing = isRefusing;
  }

  /** Takes every setting back. Connections that are dead stay so. */
  heal(): void {
    this.#isRefusing = false;
    this.#change(perfectLine);
  }

  /**
   * Ends connections in order, with FIN behind what was forwarded; the rest is lost.
   * @returns how many it hit
   */
  cut(selection?: ConnectionSelection): number {
    return this.#hit(selection, (connection) => connection.cut());
  }

  /**
   * Ends connections with RST: both sides get `ECONNRESET`.
   * @returns how many it hit
   */
  reset(selection?: ConnectionSelection): number {
    return this.#hit(selection, (connection) => connection.reset());
  }

  /**
   * Makes connections dead: both ends stay open, and whatever they send is read and thrown away. A dead connection
   * ends when both ends have given it up.
   * @returns how many it hit
   */
  halfOpen(selection?: ConnectionSelection): number {
    return this.#hit(selection, (connection) => connection.halfOpen());
  }

  /** Ends every connection at once and listens no more; resolves when that is done. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  /** `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(client: Socket): void {
    if (this.#isRefusing) {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const { port, host = '127.0.0.1' } = this.#options;
    const server = connect({ port, host, allowHalfOpen: true });
    const connection: ProxiedConnection = new ProxiedConnection({
      client,
      server,
      up: this.#up,
      down: this.#down,
      random: this.#random,
      forwarded: (direction, bytes) => this.#count(direction, bytes),
      ended: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    }
  }

  #count(direction: 'up' | 'down', bytes: number): void {
    if (direction === 'up') this.#bytesUp += bytes;
    else this.#bytesDown += bytes;
  }

  #change(quality: Partial<LineQuality>, { direction = 'both' }: LineSelection = {}): void {
    if (direction !== 'down') Object.assign(this.#up, quality);
    if (direction !== 'up') Object.assign(this.#down, quality);
    for (const connection of this.#connections) connection.changed();
  }

  #hit({ connection: at }: ConnectionSelection = {}, fault: (connection: ProxiedConnection) => void): number {
    const open = [...this.#connections];
    const hit = at === undefined ? open : [open.at(at)].filter((one) => one !== undefined);
    for (const connection of hit) fault(connection);
    return hit.length;
  }
}

function check(name: string, value: number, least: number): void {
  if (!(value >= least)) throw new RangeError(`"${name}" is a number from ${least} up`);
}
