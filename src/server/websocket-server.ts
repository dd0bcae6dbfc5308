import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nextTick } from 'node:process';
import type { Duplex } from 'node:stream';
import { defineOwn } from '../client/instance-size.js';
import { type BufferLike, bytesOf } from '../client/payload.js';
import { WebSocket } from '../client/websocket.js';
import { systemClock } from '../node/clock.js';
import { diagnostics } from '../node/diagnostics.js';
import { Heartbeat } from '../node/heartbeat.js';
import { deflateAgreement } from '../node/per-message-deflate-options.js';
import { PreparedMessage } from '../node/prepared-message.js';
import { TypedEmitter } from '../node/typed-emitter.js';
import { type HandshakeError, UsageError } from '../protocol/errors.js';
import { CurrentSettings } from './current-settings.js';
import { closeFrameOf, type DrainOptions, type DrainResult, drainConnections } from './drain.js';
import { checkOptions, withDefaults } from './given-options.js';
import { createUpgradeServer } from './http-server.js';
import { forwardedAddress } from './remote-address.js';
import { MetricsCollector, type ServerMetrics } from './server-metrics.js';
import type { ServerOptions } from './server-options.js';
import { type UpgradedSocket, UpgradeHandler, type UpgradeHost } from './upgrade-handler.js';
import { addEndpoint, removeEndpoint, type UpgradeEndpoint } from './upgrade-router.js';

/** A server's socket with the context that `authenticate` gave it. */
export type ServerSocket<T extends typeof WebSocket, Context> = InstanceType<T> & {
  readonly context: Exclude<Context, false>;
};

/** The events of a `WebSocketServer` and their arguments. */
export interface WebSocketServerEvents<
  T extends typeof WebSocket,
  U extends typeof IncomingMessage,
  Context,
> {
  /** A connection is open. */
  connection: [socket: ServerSocket<T, Context>, request: InstanceType<U>];
  /** The HTTP server failed, for example to listen. */
  error: [error: Error];
  /** The lines of the 101 response are about to be written; they may be changed. */
  headers: [headers: string[], request: InstanceType<U>];
  listening: [];
  close: [];
  /** A handshake broke a rule. With a listener the answer is the listener's. */
  wsClientError: [error: Error, socket: Duplex, request: InstanceType<U>];
}

/** Options of `broadcast`. */
export interface BroadcastOptions<Socket = WebSocket> {
  /** Send a binary message; by default everything but a string is. */
  binary?: boolean | undefined;
  /** Compress, where permessage-deflate was negotiated. Default `true`. */
  compress?: boolean | undefined;
  /** Sends only to sockets for which it answers `true`. */
  filter?: { accepts(socket: Socket): boolean }['accepts'] | undefined;
  /** Does not send to this socket. */
  except?: WebSocket | undefined;
}

const RUNNING = 0;
const CLOSING = 1;
const CLOSED = 2;

/**
 * A WebSocket server on an HTTP server of its own, on a shared one, or on none, with the API of `ws`. What is not
 * API begins with `_`, as there: applications subclass it, and put properties of their own on it.
 */
export class WebSocketServer<
    T extends typeof WebSocket = typeof WebSocket,
    U extends typeof IncomingMessage = typeof IncomingMessage,
    Context = unknown,
  >
  extends TypedEmitter<WebSocketServerEvents<T, U, Context>>
  implements AsyncDisposable
{
  /**
   * The options as they were given, with the defaults of `ws` where there are such. What is assigned later holds
   * for connections that are opened later.
   */
  options: ServerOptions<T, U, Context>;
  /** The option `path`, if it was given; the types of `ws` have it. */
  declare path: string;
  /** The open connections, unless `clientTracking` is off. */
  declare readonly clients: Set<ServerSocket<T, Context>>;

  private readonly _heartbeat: Heartbeat | null;
  private readonly _collector = new MetricsCollector();
  private readonly _settings = new CurrentSettings(this._collector.traffic);
  private readonly _sockets = new Set<ServerSocket<T, Context>>();
  private readonly _handler: UpgradeHandler;
  /** One function each for all connections and for the HTTP server. */
  private readonly _onClientClose: (this: WebSocket, code: number) => void;
  private readonly _onListening = (): boolean => this.emit('listening');
  private readonly _onServerError = (error: Error): boolean => this.emit('error', error);
  private _server: HttpServer | null = null;
  /** The HTTP server that goes with us, until it has closed. */
  private _own: HttpServer | null = null;
  private _detach: () => void = () => undefined;
  /** One warning is enough. */
  private _warned = false;
  private _state: typeof RUNNING | typeof CLOSING | typeof CLOSED = RUNNING;

  /**
   * @param callback added as listener of `listening`
   * @throws UsageError `WS_ERR_INVALID_OPTIONS` unless exactly one of `port`, `server` and `noServer` is given
   */
  constructor(options: ServerOptions<T, U, Context> = {}, callback?: () => void) {
    super();
    checkOptions(options);
    this.options = withDefaults(options);
    if (options.path) this.path = options.path;
    const { clock = systemClock, handshakeTimeout = 10_000 } = this.options;
    const { heartbeat = {} } = this.options;
    this._heartbeat = heartbeat === false ? null : new Heartbeat(heartbeat, clock);
    this._handler = new UpgradeHandler(this._upgradeHost(), clock);
    const { _collector: collector, _sockets: sockets } = this;
    const closeIfIdle = () => this._closeIfIdle();
    this._onClientClose = function (code) {
      collector.countClosed(this, code);
      sockets.delete(this as ServerSocket<T, Context>);
      closeIfIdle();
    };
    if (this.options.clientTracking) this.clients = this._sockets;
    if (options.noServer) return;
    const { port, host, backlog } = options;
    this._own = options.server ? null : createUpgradeServer(handshakeTimeout);
    // The callback comes before our listeners of `listening`.
    this._own?.listen({ port, host, backlog }, callback);
    this._attach(this._own ?? (options.server as unknown as HttpServer));
  }

  /**
   * The address it listens on; `null` before and after.
   * @throws UsageError `WS_ERR_INVALID_OPTIONS` with `noServer`
   */
  address(): AddressInfo | string | null {
    if (this.options.noServer) {
      throw new UsageError('WS_ERR_INVALID_OPTIONS', 'The server is operating in "noServer" mode');
    }
    return this._server?.address() ?? null;
  }

  /** Whether this server serves the request's path; may be overridden. */
  shouldHandle(request: IncomingMessage): boolean | Promise<boolean> {
    const { path } = this.options;
    if (!path) return true;
    const url = request.url ?? '';
    const query = url.indexOf('?');
    return (query < 0 ? url : url.slice(0, query)) === path;
  }

  /** Answers an upgrade request; `callback` gets the socket once it is open. For `noServer`. */
  handleUpgrade(
    request: InstanceType<U>,
    socket: Duplex,
    head: Buffer,
    callback: (socket: ServerSocket<T, Context>, request: InstanceType<U>) => void,
  ): void {
    if (isAdopted(socket)) {
      // Another server has refused it and nothing can be sent any more: that is no reason to end the process.
      if (!socket.writable) return;
      throw new UsageError(
        'WS_ERR_INVALID_ARGUMENT',
        'server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration',
      );
    }
    (socket as AdoptedSocket)[kAdopted] = true;
    this._handler.handle(request, socket, head, (upgraded) => callback(this._accept(upgraded), request));
  }

  /** Frames a message once and compresses it once per window size; for `socket.send` to many. */
  prepareMessage(
    data: Exclude<BufferLike, Blob>,
    options: { binary?: boolean | undefined } = {},
  ): PreparedMessage {
    const { perMessageDeflate } = this.options;
    const { zlibDeflateOptions, deflateSyncThreshold } =
      typeof perMessageDeflate === 'object' ? perMessageDeflate : {};
    const isBinary = options.binary ?? typeof data !== 'string';
    return new PreparedMessage(bytesOf(data), isBinary, zlibDeflateOptions, deflateSyncThreshold);
  }

  /** Sends one message to all open connections, or to those that the options leave; returns to how many. */
  broadcast(
    data: Exclude<BufferLike, Blob> | PreparedMessage,
    options: BroadcastOptions<ServerSocket<T, Context>> = {},
  ): number {
    const message = data instanceof PreparedMessage ? data : this.prepareMessage(data, options);
    const { filter, except, compress } = options;
    const flags = { compress };
    let count = 0;
    for (const socket of this._sockets) {
      if (socket === except || socket.readyState !== WebSocket.OPEN) continue;
      if (filter !== undefined && !filter(socket)) continue;
      socket.send(message, flags);
      count++;
    }
    return count;
  }

  /** What happened at this server so far. */
  metrics(): ServerMetrics {
    return this._collector.snapshot(this._sockets, this._handler.pending);
  }

  /** Stops accepting connections; those that are open stay. `callback` is called when all is closed. */
  close(callback?: (error?: Error) => void): void {
    if (this._state === CLOSED) {
      if (callback) this.once('close', () => callback(new UsageError('WS_ERR_SERVER_NOT_RUNNING')));
      nextTick(() => this.emit('close'));
      return;
    }
    if (callback) this.once('close', callback);
    if (this._state === CLOSING) return;
    this._state = CLOSING;
    this._handler.refuseAll();
    this._server = null;
    if (this._own === null) this._closeIfIdle();
    else this._own.close(() => this._ownClosed());
  }

  /**
   * Stops accepting, closes every connection with 1001 (or `code`), paced, and terminates what is left at the
   * deadline. Resolves when all have ended.
   */
  async drain(options: DrainOptions = {}): Promise<DrainResult> {
    closeFrameOf(options);
    if (this._state === CLOSED) return { closed: 0, terminated: 0 };
    const closed = new Promise<void>((resolve) => this.close(() => resolve()));
    const result = await drainConnections(this._sockets, options, this.options.clock ?? systemClock);
    // Connections without a request, as browsers open them in advance, would be waited for.
    this._own?.closeAllConnections();
    await closed;
    return result;
  }

  /** `await using server = …` drains at the end of its block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  private _upgradeHost(): UpgradeHost {
    const currentOptions = () => this.options;
    return {
      get options() {
        return currentOptions();
      },
      checkOptions: () => this._settings.of(this.options),
      isRunning: () => this._state === RUNNING,
      serves: (request) => this.shouldHandle(request),
      response: (head, request) => this._response(head, request),
      clientError: (error, socket, request) => this.emit('wsClientError', error, socket, request),
      answered: (request, error) => this._answered(request, error),
    };
  }

  /** The 101 response; listeners of `headers` may change its lines. */
  private _response(head: string, request: IncomingMessage): string {
    // Some overwrite `emit` to hear of everything, as they can with ws.
    if (this.listenerCount('headers') === 0 && this.emit === TypedEmitter.prototype.emit) return head;
    const lines = head.slice(0, -4).split('\r\n');
    this.emit('headers', lines, request as InstanceType<U>);
    return `${lines.join('\r\n')}\r\n\r\n`;
  }

  private _answered(request: IncomingMessage, error: HandshakeError | null): void {
    if (error === null) this._collector.countAccepted();
    else this._collector.countRefused(error.status);
    if (!diagnostics.handshake.hasSubscribers) {
      if (error !== null && !this._warned && isMistake(error)) this._warn(error);
      return;
    }
    diagnostics.handshake.publish({ status: error?.status ?? 101, error: error ?? undefined, request });
  }

  private _warn({ status, cause }: HandshakeError): void {
    this._warned = true;
    const detail = cause instanceof Error ? cause.stack : String(cause);
    process.emitWarning(`A check of an opening handshake failed; the client got ${status}`, {
      type: 'HawserWarning',
      code: 'HAWSER_CHECK_FAILED',
      detail,
    });
  }

  /** The 101 is written: makes the WebSocket. */
  private _accept(upgraded: UpgradedSocket): ServerSocket<T, Context> {
    const { request, socket, head, subprotocol, deflate, context } = upgraded;
    const { perMessageDeflate, trustProxy = false } = this.options;
    const options = perMessageDeflate && perMessageDeflate !== true ? perMessageDeflate : {};
    const settings = this._settings.of(this.options);
    const { _heartbeat: heartbeat } = this;
    const agreement =
      deflate === null ? null : deflateAgreement('server', deflate.parameters, options, settings.maxPayload);
    const Socket = (this.options.WebSocket ?? WebSocket) as typeof WebSocket;
    const client = new Socket(null, undefined, this.options as never);
    // A socket knows its peer; a Duplex that stands for one does not.
    const direct = request.socket === socket ? undefined : request.socket?.remoteAddress;
    const address = forwardedAddress(request, trustProxy) ?? direct;
    // A subclass may have accessors of these names.
    if (context !== undefined) defineOwn(client, 'context', context);
    if (address !== undefined) defineOwn(client, 'remoteAddress', address);
    client.on('close', this._onClientClose);
    this._sockets.add(client as ServerSocket<T, Context>);
    client._adopt({ socket, head, settings, agreement, heartbeat, subprotocol });
    return client as ServerSocket<T, Context>;
  }

  private _endpoint(): UpgradeEndpoint {
    // As in ws, this is the `emit` of now, also when another is assigned.
    const connected = this.emit.bind(this, 'connection');
    return {
      shouldHandle: (request) => this.shouldHandle(request),
      isRunning: () => this._state === RUNNING,
      upgrade: (request, socket, head) => {
        // A listener of the application may have handed it to another server.
        if (!isAdopted(socket)) this.handleUpgrade(request as InstanceType<U>, socket, head, connected);
      },
    };
  }

  private _attach(server: HttpServer): void {
    const endpoint = this._endpoint();
    this._server = server;
    server.on('listening', this._onListening);
    server.on('error', this._onServerError);
    addEndpoint(server, endpoint);
    this._detach = () => {
      server.removeListener('listening', this._onListening);
      server.removeListener('error', this._onServerError);
      removeEndpoint(server, endpoint);
    };
  }

  /** An HTTP server may tell that it has closed before its last socket does. */
  private _ownClosed(): void {
    this._own = null;
    this._closeIfIdle();
  }

  private _closeIfIdle(): void {
    if (this._state !== CLOSING || this._own !== null) return;
    if (this.clients === undefined || this._sockets.size === 0) nextTick(() => this._closed());
  }

  private _closed(): void {
    if (this._state === CLOSED) return;
    this._state = CLOSED;
    this._detach();
    this.emit('close');
  }
}

/** A check that is broken refuses everybody and says nothing to the client: the operator has to hear of it. */
function isMistake({ code, cause }: HandshakeError): boolean {
  return code === 'WS_ERR_CHECK_FAILED' || cause instanceof TypeError || cause instanceof ReferenceError;
}

/** On sockets that were handed in; a second time is a mistake that would mix two protocols' bytes. */
const kAdopted = Symbol('adopted');
type AdoptedSocket = Duplex & { [kAdopted]?: boolean };

function isAdopted(socket: AdoptedSocket): boolean {
  return socket[kAdopted] === true;
}
