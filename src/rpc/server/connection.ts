/** One connection of an RPC server: the transport, the two halves on it, and whose it is. */

import { NotSentError } from '../../transport/errors.js';
import type { Transport } from '../../transport/transport.js';
import { Caller } from '../client/caller.js';
import { type Calls, callsOf } from '../client/calls.js';
import type { Contract } from '../contract/contract.js';
import { Endpoint } from '../endpoint.js';
import { RpcError } from '../wire/error-object.js';
import type { Authentication, CallConnection } from './call.js';
import { CallResponder } from './call-responder.js';
import { directLink } from './direct-link.js';
import { isPromise, type MethodTable } from './method-table.js';
import { Session, SessionCloseCode } from './session.js';
import type { MaybeSession, RpcSettings } from './settings.js';

/** The subprotocol of JSON-RPC over WebSocket; offering it is optional. */
export const SUBPROTOCOL = 'jsonrpc-2.0';

/** What a connection is made of. */
export interface ConnectionParts<Context> {
  readonly transport: Transport;
  readonly methods: MethodTable;
  readonly settings: RpcSettings<Context>;
  /** Whether nothing is carried out before there is a session. */
  readonly isSessionRequired: boolean;
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
  /** Texts that came before it is known whose connection it is; `undefined` once it is. */
  #held: string[] | undefined = [];
  #heldLength = 0;
  #whenDrained: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  /** @internal Made by `rpcServer`. */
  constructor(parts: ConnectionParts<Context>) {
    const { transport, methods, settings, isSessionRequired: isRequired } = parts;
    const { clock, isRevoked, timeout } = settings;
    const send = (text: string) => this.#send(text);
    const close = (code: number, reason: string) => this.close(code, reason);
    this.#parts = parts;
    this.#session = new Session({ clock, isRequired, isRevoked, close });
    this.#caller = new Caller(directLink({ isOpen: () => this.#isOpen, send }), { clock, timeout });
    this.client = callsOf((settings.calls ?? {}) as Peer, this.#caller);
    const connection = this as unknown as RpcConnection<Context, Contract>;
    this.#responder = new CallResponder({ connection, session: this.#session, methods, settings, send });
    const limits = { ...settings.limits, plainCalls: transport.subprotocol !== SUBPROTOCOL };
    this.#endpoint = new Endpoint({ caller: this.#caller, responder: this.#responder, limits, send });
  }

  /**
   * @internal Begins to listen, and to answer once it is known whose it is.
   * @param found what the handshake has found out, or a function that finds it out
   */
  start(found: () => MaybeSession<Context> | Promise<MaybeSession<Context>>): void {
    const { transport, settings, isSessionRequired } = this.#parts;
    if (isSessionRequired) this.#session.expect(settings.authentication?.deadline ?? 10_000);
    try {
      const session = found();
      if (isPromise(session) || (session && settings.isRevoked !== undefined)) {
        Promise.resolve(session).then(
          (session) => this.#check(session),
          (error) => this.#fail(error),
        );
      } else this.#begin(session);
    } catch (error) {
      this.#fail(error);
    }
    transport.listen({
      message: (data) => this.#receive(data),
      drain: () => this.#drain(),
      close: () => this.#closed(),
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

  /** Ends the connection, and gives up what is being carried out. Default 1000 without a reason. */
  close(code = 1000, reason = ''): void {
    if (!this.#isOpen) return;
    this.#parts.transport.close(code, reason);
    // Whoever does not answer the close is not to be served meanwhile.
    this.#end();
  }

  /** A session that somebody has to be asked about. */
  async #check(session: MaybeSession<Context>): Promise<void> {
    try {
      if (session) await this.#session.authenticate(session);
    } catch (error) {
      this.close(SessionCloseCode.UNAUTHENTICATED, 'not authenticated');
      if (!(error instanceof RpcError)) this.#parts.settings.report(error);
      return;
    }
    this.#answerHeld(session);
  }

  #begin(session: MaybeSession<Context>): void {
    if (session) this.#session.begin(session);
    this.#answerHeld(session);
  }

  #answerHeld(session: MaybeSession<Context>): void {
    const { isSessionRequired, settings } = this.#parts;
    if (!session && isSessionRequired && settings.authentication === undefined) {
      this.close(SessionCloseCode.UNAUTHENTICATED, 'not authenticated');
      return;
    }
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const text of held) if (this.#isOpen) this.#endpoint.receive(text);
  }

  #fail(error: unknown): void {
    if (error instanceof RpcError) {
      this.close(SessionCloseCode.UNAUTHENTICATED, 'not authenticated');
      return;
    }
    this.#parts.settings.report(error);
    this.close(1011, 'internal error');
  }

  #receive(data: string | Uint8Array): void {
    if (!this.#isOpen) return;
    const { maxMessageLength } = this.#parts.settings;
    if (typeof data !== 'string') this.close(1003, 'text messages only');
    else if (data.length > maxMessageLength) this.close(1009, `at most ${maxMessageLength} characters`);
    else if (this.#held === undefined) this.#endpoint.receive(data);
    else this.#hold(this.#held, data);
  }

  #hold(held: string[], text: string): void {
    const { maxMessageLength, maxConcurrentCalls } = this.#parts.settings;
    this.#heldLength += text.length;
    if (this.#heldLength > maxMessageLength || held.length >= maxConcurrentCalls) {
      this.close(1013, 'too many messages before authentication');
    } else held.push(text);
  }

  /** Sends a text. The promise is there while the connection takes no more. */
  #send(text: string): Promise<void> | undefined {
    if (!this.#isOpen) return undefined;
    const { transport, settings } = this.#parts;
    if (transport.send(text)) return undefined;
    if (transport.bufferedAmount > settings.maxBufferedAmount) transport.terminate();
    // It may have ended by that.
    if (!this.#isOpen) return undefined;
    this.#whenDrained ??= new Promise((resolve) => {
      this.#drained = resolve;
    });
    return this.#whenDrained;
  }

  #drain(): void {
    this.#drained?.();
    this.#whenDrained = undefined;
  }

  #closed(): void {
    this.#end();
    this.#parts.ended();
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#held = undefined;
    this.#session.end();
    this.#responder.lost();
    this.#caller.lost();
    this.#caller.close(new NotSentError('RPC_ERR_CLOSED'));
    this.#drain();
  }
}
