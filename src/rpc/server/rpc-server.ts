/** The server of a contract: gives every connection that it is handed the contract's methods. */

import { type MessageSocket, socketTransport } from '../../transport/message-socket.js';
import type { Transport } from '../../transport/transport.js';
import type { Contract } from '../contract/contract.js';
import type { Authentication, Handlers } from './call.js';
import { RpcConnection, SUBPROTOCOL } from './connection.js';
import { type MethodTable, methodTable } from './method-table.js';
import { type MaybeSession, type RpcServerOptions, type RpcSettings, settingsOf } from './settings.js';

/** Options of a `WebSocketServer` that suit RPC: small messages, no connection that hangs, no foreign pages. */
export interface WebSocketDefaults {
  readonly maxPayload: number;
  readonly maxFragments: number;
  readonly maxBufferedAmount: number;
  readonly closeTimeout: number;
  readonly allowedOrigins: 'same-host';
  readonly handleProtocols: (protocols: Set<string>) => string | false;
}

/** A connection as `WebSocketServer` hands it out. */
type SocketOf<Context> = MessageSocket & { readonly context?: Context };

/**
 * Makes a server of a contract.
 * @param contract the methods that it offers
 * @param handlers a function for each
 * @param options limits, authentication, middleware
 * @throws RpcUsageError when a handler is missing
 */
export function rpcServer<
  C extends Contract,
  Context = unknown,
  Peer extends Contract = Record<never, never>,
  Socket extends MessageSocket = SocketOf<Context>,
>(
  contract: C,
  handlers: Handlers<C, Context, Peer>,
  options: RpcServerOptions<Context, Peer, Socket> = {},
): RpcServer<Context, Peer, Socket> {
  return new RpcServer(methodTable(contract, handlers), options);
}

/** Serves a contract; made by `rpcServer`. */
export class RpcServer<Context, Peer extends Contract, Socket extends MessageSocket> {
  readonly #methods: MethodTable;
  readonly #settings: RpcSettings<Context>;
  readonly #session: RpcSettings<Context>['session'];
  readonly #connections = new Set<RpcConnection<Context, Peer>>();

  /** @internal */
  constructor(methods: MethodTable, options: RpcServerOptions<Context, Peer, Socket>) {
    this.#methods = methods;
    this.#settings = settingsOf(options as unknown as RpcServerOptions<Context, Contract, never>);
    this.#session = this.#settings.session;
  }

  /** The connections that are open. */
  get connections(): ReadonlySet<RpcConnection<Context, Peer>> {
    return this.#connections;
  }

  /**
   * What a WebSocketServer should be told: `new WebSocketServer({ ...rpc.webSocketDefaults, port: 8080 })`. A message
   * has at most 1 MiB in 1,024 fragments, 16 MiB may wait for a slow reader, the closing handshake has 5 seconds, only
   * pages of the same host may connect, and the subprotocol is `jsonrpc-2.0` for those who offer it.
   */
  get webSocketDefaults(): WebSocketDefaults {
    return {
      maxPayload: 1_048_576,
      maxFragments: 1024,
      maxBufferedAmount: this.#settings.maxBufferedAmount,
      closeTimeout: 5000,
      allowedOrigins: 'same-host',
      handleProtocols: (protocols) => (protocols.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    };
  }

  /** Serves a WebSocket: `webSocketServer.on('connection', rpc.accept)`. Never throws. */
  readonly accept = (socket: Socket, request?: unknown): RpcConnection<Context, Peer> => {
    const session = this.#session;
    const isRequired = session !== undefined || this.#settings.authentication !== undefined;
    return this.#serve(socketTransport(socket), isRequired, () => {
      if (session !== undefined) return session(socket as never, request);
      return isRequired ? undefined : { context: (socket as SocketOf<Context>).context as Context };
    });
  };

  /**
   * Serves any transport.
   * @param transport an open one
   * @param session whose it is; `undefined`: with `authentication` that is still to be found out, else it is nobody's
   */
  serve(transport: Transport, session?: Authentication<Context>): RpcConnection<Context, Peer> {
    return this.#serve(transport, this.#settings.authentication !== undefined, () => session);
  }

  #serve(
    transport: Transport,
    isSessionRequired: boolean,
    found: () => MaybeSession<Context> | Promise<MaybeSession<Context>>,
  ): RpcConnection<Context, Peer> {
    const connection: RpcConnection<Context, Peer> = new RpcConnection<Context, Peer>({
      transport,
      methods: this.#methods,
      settings: this.#settings,
      isSessionRequired,
      ended: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    connection.start(found);
    return connection;
  }
}
