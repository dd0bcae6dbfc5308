/** The answering half of one connection: has calls carried out within the limits, and remembers them until they end. */

import type { Contract } from '../contract/contract.js';
import type { Answer, Responder } from '../endpoint.js';
import { RpcError, rpcError } from '../wire/error-object.js';
import { type Id, isCredit, isMembers, type PlainCall, type RequestMessage } from '../wire/message.js';
import { answerText, type Outcome, plainAnswerText } from '../wire/text.js';
import type { CallConnection } from './call.js';
import { carryOutCall, carryOutOnce, errorObjectOf, openStream } from './carry-out.js';
import { isPromise, type MethodTable, type OfferedMethod } from './method-table.js';
import { OutgoingStream } from './outgoing-stream.js';
import { RunningCall } from './running-call.js';
import type { Session } from './session.js';
import type { InBandAuthentication, RpcSettings } from './settings.js';

/** What the answering half is made of. */
export interface CallResponderParts<Context> {
  readonly connection: CallConnection<Context, Contract>;
  readonly session: Session<Context>;
  readonly methods: MethodTable;
  readonly settings: RpcSettings<Context>;
  /** Sends a text; the promise is there while the connection takes no more. */
  readonly send: (text: string) => Promise<void> | undefined;
}

type Reply = (outcome?: Outcome) => void;
type Verify<Context> = NonNullable<InBandAuthentication<Context>['verify']>;

/** The answering half of one connection. */
export class CallResponder<Context> implements Responder {
  readonly #parts: CallResponderParts<Context>;
  /** Calls with an id that were not answered, and streams that have not ended. */
  readonly #byId = new Map<Id, RunningCall<Context>>();
  /** All that a handler is still busy with. */
  readonly #calls = new Set<RunningCall<Context>>();
  readonly #openedAt: number;
  #running = 0;
  /** Calls that were typed by hand are carried out one behind the other. */
  #lastPlain: Promise<void> = Promise.resolve();

  constructor(parts: CallResponderParts<Context>) {
    this.#parts = parts;
    this.#openedAt = parts.settings.clock.now();
  }

  /** Calls that wait or are carried out, and streams. */
  get running(): number {
    return this.#running;
  }

  request(request: RequestMessage, answer: Answer, inBatch: boolean): void {
    const { id, method } = request;
    const reply = (outcome: Outcome | undefined): void => {
      answer(id === undefined || outcome === undefined ? undefined : answerText(id, outcome));
    };
    if (method.startsWith('rpc.')) {
      this.#builtIn(request, reply);
      return;
    }
    const offered = this.#parts.methods.get(method);
    const refusal = this.#refusalOf(method, offered) ?? this.#refusalOfRequest(request, offered, inBatch);
    if (refusal !== undefined) {
      reply({ error: refusal });
      return;
    }
    this.#start(request, offered as OfferedMethod, reply);
  }

  plain({ method, args }: PlainCall, answer: Answer): void {
    const reply = (outcome: Outcome | undefined): void => {
      answer(outcome && plainAnswerText(method, outcome));
    };
    const offered = this.#parts.methods.get(method);
    if (this.#running >= this.#parts.settings.maxConcurrentCalls) {
      reply({ error: rpcError('RESOURCE_EXHAUSTED', 'Too many calls at once') });
      return;
    }
    this.#running++;
    this.#lastPlain = this.#lastPlain.then(async () => {
      this.#running--;
      const refusal = this.#refusalOf(method, offered) ?? refusalOfPlain(offered);
      if (refusal !== undefined) return reply({ error: refusal });
      const params = args.length === 0 ? undefined : args;
      await this.#start(
        { kind: 'request', id: undefined, method, params, meta: {} },
        offered as OfferedMethod,
        reply,
      );
    });
  }

  /** The connection has ended. */
  lost(): void {
    for (const call of [...this.#calls]) call.lost();
  }

  /** Why a method is not carried out for this connection. */
  #refusalOf(method: string, offered: OfferedMethod | undefined): RpcError | undefined {
    const { session, settings } = this.#parts;
    if (!session.isAuthenticated && method !== settings.authentication?.method) {
      return rpcError('UNAUTHENTICATED', 'Authenticate first');
    }
    if (offered === undefined) return rpcError('METHOD_NOT_FOUND');
    if (this.#running < settings.maxConcurrentCalls) return undefined;
    return rpcError('RESOURCE_EXHAUSTED', `At most ${settings.maxConcurrentCalls} calls at once`);
  }

  /** Why a request is not carried out. */
  #refusalOfRequest({ id, meta }: RequestMessage, offered: OfferedMethod | undefined, inBatch: boolean) {
    if (id !== undefined && this.#byId.has(id)) return rpcError('INVALID_REQUEST', 'The id is in use');
    if (meta.timeout === 0) return rpcError('DEADLINE_EXCEEDED');
    if (offered?.method.kind !== 'stream') return undefined;
    if (inBatch || id === undefined)
      return rpcError('INVALID_REQUEST', 'A stream is called alone, with an id');
    if (meta.credit !== undefined) return undefined;
    return rpcError(
      'INVALID_REQUEST',
      'This is a stream: say how many items you take, "meta": {"credit": 64}',
    );
  }

  /** The promise is there while the call has not ended. */
  #start(request: RequestMessage, offered: OfferedMethod, reply: Reply): PromiseLike<void> | undefined {
    const { id, meta } = request;
    const { settings, connection } = this.#parts;
    const call = new RunningCall<Context>({
      request,
      kind: offered.method.kind,
      connection,
      clock: settings.clock,
      timeout: Math.min(meta.timeout ?? settings.timeout, settings.maxTimeout),
      answer: (outcome) => {
        if (id !== undefined && call.stream === undefined) this.#byId.delete(id);
        reply(outcome);
      },
    });
    const ending = this.#carryOut(call, offered, request);
    if (!isPromise(ending)) {
      call.answer(ending);
      return undefined;
    }
    return this.#keep(call, id, ending);
  }

  /** Only a call that has not ended at once is remembered, and has a clock. */
  #keep(
    call: RunningCall<Context>,
    id: Id | undefined,
    ending: PromiseLike<Outcome | undefined>,
  ): PromiseLike<void> {
    if (id !== undefined) this.#byId.set(id, call);
    this.#calls.add(call);
    this.#running++;
    call.startClock();
    return ending.then((outcome) => {
      this.#running--;
      this.#calls.delete(call);
      call.answer(outcome);
    });
  }

  /** How a call ends; `undefined` for a stream that has begun. */
  #carryOut(
    call: RunningCall<Context>,
    offered: OfferedMethod,
    request: RequestMessage,
  ): Outcome | PromiseLike<Outcome | undefined> {
    const { settings } = this.#parts;
    if (offered.method.kind === 'stream') return this.#stream(call, offered, request);
    const { age, idempotencyKey } = request.meta;
    if (idempotencyKey === undefined) return carryOutCall(offered, call, settings);
    // It was sent behind the handshake, so that it is on its way for no longer than this connection is open.
    const firstSent = age === undefined ? undefined : this.#openedAt - age;
    return carryOutOnce(offered, call, settings, { idempotencyKey, firstSent });
  }

  async #stream(
    call: RunningCall<Context>,
    offered: OfferedMethod,
    { id, meta }: RequestMessage,
  ): Promise<Outcome | undefined> {
    const { settings, send } = this.#parts;
    const source = await openStream(offered, call, settings);
    if ('error' in source) return source;
    if (call.abortReason !== undefined) return undefined;
    const stream = new OutgoingStream({
      id: id as Id,
      source: source.items,
      item: offered.method.kind === 'stream' ? offered.method.item : undefined,
      credit: meta.credit as number,
      send,
      errorObject: (error) => errorObjectOf(error, call, settings),
      ended: () => this.#byId.delete(id as Id),
    });
    call.stream = stream;
    call.answer({ result: '{"stream":true}' });
    await stream.run();
    return undefined;
  }

  #builtIn({ id, method, params }: RequestMessage, reply: Reply): void {
    const verify = this.#parts.settings.authentication?.verify;
    const named = isMembers(params) ? params : {};
    const call = this.#byId.get(named.id as Id);
    switch (method) {
      case 'rpc.cancel':
        call?.abort(rpcError('CANCELLED'));
        reply({ result: 'null' });
        return;
      case 'rpc.stream.credit':
        if (isCredit(named.items)) call?.stream?.grant(named.items);
        reply({ result: 'null' });
        return;
      case 'rpc.ping':
        reply(
          this.#parts.session.isAuthenticated ? { result: 'null' } : { error: rpcError('UNAUTHENTICATED') },
        );
        return;
      case 'rpc.auth':
        if (verify !== undefined && id !== undefined)
          return void this.#authenticate(named.token, verify, reply);
    }
    reply({ error: rpcError('METHOD_NOT_FOUND') });
  }

  /** `rpc.auth`: begins a session by a token, or makes it last longer. */
  async #authenticate(token: unknown, verify: Verify<Context>, reply: Reply): Promise<void> {
    const { session, settings } = this.#parts;
    if (this.#running >= settings.maxConcurrentCalls) return reply({ error: rpcError('RESOURCE_EXHAUSTED') });
    this.#running++;
    try {
      if (typeof token !== 'string') throw rpcError('INVALID_PARAMS', 'The token is a string');
      await session.authenticate(await verify(token));
      reply({ result: JSON.stringify({ expiresIn: session.expiresIn ?? null }) });
    } catch (error) {
      reply({
        error: error instanceof RpcError ? error : rpcError('UNAUTHENTICATED', 'The token was refused'),
      });
    } finally {
      this.#running--;
    }
  }
}

/** Why a call that was typed by hand is not carried out. */
function refusalOfPlain(offered: OfferedMethod | undefined): RpcError | undefined {
  if (offered?.method.kind !== 'stream') return undefined;
  return rpcError(
    'INVALID_REQUEST',
    'A stream needs JSON-RPC 2.0: {"jsonrpc": "2.0", "id": 1, "method": "name"}',
  );
}
