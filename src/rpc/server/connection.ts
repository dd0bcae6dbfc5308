/** One connection of an RPC server: the transport, the two halves on it, and whose it is. */

import { NotSentError } from '../../transport/errors.js';
import type { Transport } from '../../transport/transport.js';
import { Caller } from '../client/caller.js';
import { type Calls, callsOf } from '../client/calls.js';
import type { Contract } from '../contract/contract.js';
import { Endpoint } from '../endpoint.js';
import type { Authentication, CallConnection } from './call.js';
import { CallResponder } from './call-responder.js';
import { directLink } from './direct-link.js';
import type { MethodTable } from './method-table.js';
import { Session } from './session.js';
import type { RpcSettings } from './settings.js';

/** The subprotocol of JSON-RPC over WebSocket; offering it is optional. */
export const SUBPROTOCOL = 'jsonrpc-2.0';

/** What a connection is made of. */
export interface ConnectionParts<Context> {
  readonly transport: Transport;
  readonly methods: MethodTable;
  readonly settings: RpcSettings<Context>;
  readonly initial: Authentication<Context> | undefined;
  /** It has ended. */
  readonly ended: () => void;
}

/** One connection, as handlers see it: `call.connection`. */
export class RpcConnection<Context = unknown, Peer extends Contract = Contract>
  implements CallConnection<Context, Peer>
{
  /** Functions that call what the other end offers, by the option `calls`. */
  readonly client: Calls<Peer>;
  readonly #parts: ConnectionParts<Context>;
  readonly #session: Session<Context>;
  readonly #caller: Caller;
  readonly #responder: CallResponder<Context>;
  readonly #endpoint: Endpoint;
  #isOpen = true;
  #whenDrained: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  /** @internal Made by `rpcServer`. */
  constructor(parts: ConnectionParts<Context>) {
    const { transport, methods, settings, initial } = parts;
    const { clock, authentication, isRevoked, timeout } = settings;
    const send = (text: string) => this.#send(text);
    const close = (code: number, reason: string) => this.close(code, reason);
    this.#parts = parts;
    this.#session = new Session({ clock, deadline: authentication?.deadline, isRevoked, close }, initial);
    this.#caller = new Caller(directLink({ isOpen: () => this.#isOpen, send }), { clock, timeout });
    this.client = callsOf((settings.calls ?? {}) as Peer, this.#caller);
    const session = this.#session;
    const connection = this as unknown as RpcConnection<Context, Contract>;
    this.#responder = new CallResponder({ connection, session, methods, settings, send });
    const limits = { ...settings.limits, plainCalls: transport.subprotocol !== SUBPROTOCOL };
    this.#endpoint = new Endpoint({ caller: this.#caller, responder: this.#responder, limits, send });
    transport.listen({
      message: (data) => this.#receive(data),
      drain: () => this.#drain(),
      close: () => this.#end(),
    });
  }

  /** What is known of whoever is at the other end. */
  get context(): Context {
    return this.#session.context;
  }

  /** Who it is, the same over all connections; `undefined` for nobody in particular. */
  get principal(): string | undefined {
    return this.#session.principal;
  }

  /** Whether messages still go both ways. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Calls and streams, in both directions, that have not ended. */
  get pending(): number {
    return this.#responder.running + this.#caller.pending;
  }

  /** The connection belongs to somebody from now on. Rejects with an RpcError if it cannot. */
  authenticate(authentication: Authentication<Context>): Promise<void> {
    return this.#session.authenticate(authentication);
  }

  /** Ends the connection. Default 1000 without a reason. */
  close(code = 1000, reason = ''): void {
    this.#parts.transport.close(code, reason);
  }

  #receive(data: string | Uint8Array): void {
    if (!this.#isOpen) return;
    if (typeof data !== 'string') {
      this.close(1003, 'text messages only');
      return;
    }
    const { maxMessageLength } = this.#parts.settings;
    if (data.length > maxMessageLength) {
      this.close(1009, `at most ${maxMessageLength} characters`);
      return;
    }
    this.#endpoint.receive(data);
  }

  /** Sends a text. The promise is there while the connection takes no more. */
  #send(text: string): Promise<void> | undefined {
    if (!this.#isOpen) return undefined;
    const { transport, settings } = this.#parts;
    if (transport.send(text)) return undefined;
    if (transport.bufferedAmount > settings.maxBufferedAmount) transport.terminate();
    this.#whenDrained ??= new Promise((resolve) => {
      this.#drained = resolve;
    });
    return this.#whenDrained;
  }

  #drain(): void {
    this.#drained?.();
    this.#whenDrained = undefined;
  }

  #end(): void {
    this.#isOpen = false;
    this.#session.end();
    this.#responder.lost();
    this.#caller.lost();
    this.#caller.close(new NotSentError('RPC_ERR_CLOSED'));
    this.#drain();
    this.#parts.ended();
  }
}
