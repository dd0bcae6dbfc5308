/** A path of the server where clients come in by WebSocket, by Server-Sent Events or by long polling. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from '../../../src/client/websocket.js';
import { WebSocketServer } from '../../../src/server/websocket-server.js';
import { FallbackServer, type FallbackSocket } from '../../../src/transports/fallback-server/index.js';
import type { Transport } from '../../transports/dialing.js';
import type { rpcOf } from './handlers.js';

/** What the network between does to a transport. */
export interface Faults {
  /** Transports that do not get through. */
  readonly refused: ReadonlySet<Transport>;
  /** Whether WebSockets open, and nothing that they say arrives. */
  readonly isDeaf: boolean;
}

/** One path with RPC on it. */
export class Endpoint {
  /** Connections that have opened. */
  opened = 0;
  readonly #faults: () => Faults;
  readonly #webSockets: WebSocketServer;
  readonly #fallback: FallbackServer;

  /**
   * @param rpc what it serves
   * @param faults what the network does at the moment
   */
  constructor(rpc: ReturnType<typeof rpcOf>, faults: () => Faults) {
    this.#faults = faults;
    this.#webSockets = new WebSocketServer({ ...rpc.webSocketDefaults, noServer: true, heartbeat: false });
    this.#webSockets.on('connection', (socket: WebSocket) => {
      this.opened++;
      if (!faults().isDeaf) rpc.accept(socket as never);
    });
    this.#fallback = new FallbackServer({ ...rpc.webSocketDefaults, retry: 50 });
    this.#fallback.on('connection', (socket) => {
      this.opened++;
      rpc.accept(socket as never);
    });
  }

  /** The connections that are open, of every transport. */
  get sockets(): (WebSocket | FallbackSocket)[] {
    return [...this.#webSockets.clients, ...this.#fallback.clients];
  }

  /** Takes a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#faults().refused.has('websocket')) socket.destroy();
    else {
      this.#webSockets.handleUpgrade(request, socket, head, (client) =>
        this.#webSockets.emit('connection', client, request),
      );
    }
  }

  /** Takes a request of a fallback transport. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const { refused } = this.#faults();
    const isStream = request.headers.accept === 'text/event-stream';
    const isUp = request.method === 'POST';
    // What goes up is the same for both: it is stopped with the last of them.
    const isRefused = isUp ? refused.size === 3 : refused.has(isStream ? 'sse' : 'polling');
    if (isRefused) request.socket.destroy();
    else this.#fallback.handle(request, response);
  }
}
