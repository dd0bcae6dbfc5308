/**
 * Counts the bytes of TCP connections, headers included, as Node.js counts them. Requests of HTTP/1.1 are served one
 * after the other on a connection: what it has carried since the request before belongs to this one.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TransportCost, WireBytes } from './format.js';

const nothing: WireBytes = { up: 0, down: 0 };

/** Knows how far each connection of a server was counted. */
export class WireMeter {
  readonly #counted = new WeakMap<Socket, WireBytes>();

  /** @param http whose requests are told apart, those that nobody wants to know the bytes of as well */
  constructor(http: Server) {
    http.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      response.prependOnceListener('close', () => this.#counted.set(socket, carried(socket)));
    });
  }

  /** A function that tells what the request which is read now has cost so far. */
  measure(socket: Socket): () => WireBytes {
    const before = this.#counted.get(socket) ?? nothing;
    return () => difference(carried(socket), before);
  }
}

/** Adds up what requests cost, those that are under way included. */
export class CostTally {
  readonly #underWay = new Set<() => WireBytes>();
  #requests = 0;
  #ended = nothing;

  /** Requests that are under way. */
  get underWay(): number {
    return this.#underWay.size;
  }

  /** The cost up to now. */
  get cost(): TransportCost {
    let bytes = this.#ended;
    for (const measured of this.#underWay) bytes = sum(bytes, measured());
    return { requests: this.#requests, ...bytes };
  }

  /** A request has begun; the function that is returned tells that it is over. */
  add(measured: () => WireBytes): () => void {
    this.#requests++;
    this.#underWay.add(measured);
    return () => {
      if (this.#underWay.delete(measured)) this.#ended = sum(this.#ended, measured());
    };
  }
}

function carried({ bytesRead, bytesWritten }: Socket): WireBytes {
  return { up: bytesRead, down: bytesWritten };
}

function difference(one: WireBytes, other: WireBytes): WireBytes {
  return { up: one.up - other.up, down: one.down - other.down };
}

function sum(one: WireBytes, other: WireBytes): WireBytes {
  return { up: one.up + other.up, down: one.down + other.down };
}
