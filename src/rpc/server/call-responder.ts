/** The answering half of one connection: has calls carried out within the limits, and remembers them until they end. */

import type { Contract } from '../contract/contract.js';
import type { Answer, Responder } from '../endpoint.js';
import { type RpcError, rpcError } from '../wire/error-object.js';
import { type Id, isCredit, isMembers, type PlainCall, type RequestMessage } from '../wire/message.js';
import { answerText, type Outcome, plainAnswerText } from '../wire/text.js';
import type { CallConnection } from './call.js';
import { carryOutCall, carryOutOnce, errorTextOf, openStream } from './carry-out.js';
import { isPromise, type MethodTable, type OfferedMethod } from './method-table.js';
import { OutgoingStream, release } from './outgoing-stream.js';
import { PlainQueue } from './plain-queue.js';
import { RunningCall } from './running-call.js';
import type { Session } from './session.js';
import type { RpcSettings } from './settings.js';
import { takeToken } from './take-token.js';

/** What the answering half is made of. */
export interface CallResponderParts<Context> {
  readonly connection: CallConnection<Context, Contract>;
  readonly session: Session<Context>;
  readonly methods: MethodTable;
  readonly settings: RpcSettings<Context>;
  /** Sends a text; the promise is there while the connection takes no more. */
  readonly send: (text: string) => Promise<void> | undefined;
}

/** Takes how a call ended; nothing when nobody is to be told. */
export type Reply = (outcome?: Outcome) => void;

/** The answering half of one connection. */
export class CallResponder<Context> implements Responder {
  readonly #parts: CallResponderParts<Context>;
  /** Calls with an id that were not answered, and streams that have not ended. */
  readonly #byId = new Map<Id, RunningCall<Context>>();
  /** All that a handler is still busy with. */
  readonly #calls = new Set<RunningCall<Context>>();
  readonly #plainCalls: PlainQueue;
  readonly #openedAt: number;
  #isTakingToken = false;

  constructor(parts: CallResponderParts<Context>) {
    const { clock, maxConcurrentCalls, maxMessageLength } = parts.settings;
    this.#parts = parts;
    this.#openedAt = clock.monotonic();
    this.#plainCalls = new PlainQueue(maxConcurrentCalls, maxMessageLength);
  }

  /** Calls that wait or are carried out, and streams. */
  get running(): number {
    return this.#calls.size + this.#plainCalls.size;
  }

  request(request: RequestMessage, answer: Answer, inBatch: boolean): void {
    const { id, method } = request;
    const reply: Reply = (outcome) => {
      answer(id === undefined || outcome === undefined ? undefined : answerText(id, outcome));
    };
    if (!this.#parts.connection.isOpen) {
      reply();
      return;
    }
    if (method.startsWith('rpc.')) {
      this.#builtIn(request, reply);
      return;
    }
    const offered = this.#parts.methods.get(method);
    const refusal = this.#refusalOf(method, offered) ?? this.#refusalOfRequest(request, offered, inBatch);
    if (refusal !== undefined) reply({ error: JSON.stringify(refusal) });
    else this.#start(request, offered as OfferedMethod, reply, id === undefined);
  }

  plain({ method, args }: PlainCall, answer: Answer, length: number): void {
    this.#queue(length, (done) => {
      const reply: Reply = (outcome) => {
        answer(outcome && plainAnswerText(method, outcome));
        done();
      };
      const offered = this.#parts.methods.get(method);
      const refusal = this.#refusalOf(method, offered) ?? refusalOfPlain(offered);
      const params = args.length === 0 ? undefined : args;
      const request: RequestMessage = { kind: 'request', id: undefined, method, params, meta: {} };
      if (refusal !== undefined) reply({ error: JSON.stringify(refusal) });
      else this.#start(request, offered as OfferedMethod, reply, false);
    });
  }

  invalid(text: string, answer: Answer): void {
    this.#queue(text.length, (done) => {
      answer(text);
      done();
    });
  }

  /** The connection has ended. */
  lost(): void {
    this.#plainCalls.clear();
    for (const call of [...this.#calls]) call.lost();
  }

  #queue(length: number, task: (done: () => void) => void): void {
    if (!this.#plainCalls.add(task, length)) this.#parts.connection.close(1008, 'too many calls wait');
  }

  /** Why a method is not carried out for this connection. */
  #refusalOf(method: string, offered: OfferedMethod | undefined): RpcError | undefined {
    const { session, settings } = this.#parts;
    if (!session.isAuthenticated && method !== settings.authentication?.method) {
      return rpcError('UNAUTHENTICATED', 'Authenticate first');
    }
    if (offered === undefined) return rpcError('METHOD_NOT_FOUND');
    if (this.#calls.size < settings.maxConcurrentCalls) return undefined;
    return rpcError('RESOURCE_EXHAUSTED', `At most ${settings.maxConcurrentCalls} calls at once`);
  }

  /** Why a request is not carried out. */
  #refusalOfRequest({ id, meta }: RequestMessage, offered: OfferedMethod | undefined, inBatch: boolean) {
    if (id !== undefined && this.#byId.has(id)) return rpcError('INVALID_REQUEST', 'The id is in use');
    if (meta.timeout === 0) return rpcError('DEADLINE_EXCEEDED');
    if (offered?.method.kind !== 'stream') return undefined;
    if (inBatch || id === undefined) {
      return rpcError('INVALID_REQUEST', 'A stream is called alone, with an id');
    }
    if (meta.idempotencyKey !== undefined) {
      return rpcError('INVALID_REQUEST', 'A stream has no idempotency key');
    }
    if (meta.credit !== undefined) return undefined;
    const hint = 'This is a stream: say how many items you take, "meta": {"credit": 64}';
    return rpcError('INVALID_REQUEST', hint);
  }

  #start(request: RequestMessage, offered: OfferedMethod, reply: Reply, isNotification: boolean): void {
    const { id, meta } = request;
    const { settings, connection, session } = this.#parts;
    const call = new RunningCall<Context>({
      request,
      kind: offered.method.kind,
      connection,
      clock: settings.clock,
      timeout: Math.min(meta.timeout ?? settings.timeout, settings.maxTimeout),
      isNotification,
      // Strangers have nothing to be remembered for.
      isKeyed: meta.idempotencyKey !== undefined && session.isAuthenticated,
      answer: (outcome) => {
        if (id !== undefined && !call.isStreaming) this.#byId.delete(id);
        reply(outcome);
      },
    });
    const ending = this.#carryOut(call, offered, request);
    if (isPromise(ending)) this.#keep(call, id, ending);
    else call.end(ending);
  }

  /** Only a call that has not ended at once is remembered, and has a clock. */
  #keep(call: RunningCall<Context>, id: Id | undefined, ending: PromiseLike<Outcome | undefined>): void {
    if (id !== undefined) this.#byId.set(id, call);
    this.#calls.add(call);
    call.startClock();
    if (!this.#parts.connection.isOpen) call.lost();
    const end = (outcome: Outcome | undefined): void => {
      this.#calls.delete(call);
      call.end(outcome);
    };
    ending.then(end, (error) => end({ error: errorTextOf(error, call, this.#parts.settings) }));
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
    if (idempotencyKey === undefined || !call.isKeyed) return carryOutCall(offered, call, settings);
    // Its age was true when it was sent, behind the handshake: since then this connection is open.
    const open = settings.clock.monotonic() - this.#openedAt;
    return carryOutOnce(offered, call, settings, {
      idempotencyKey,
      age: age === undefined ? undefined : age + open,
    });
  }

  async #stream(
    call: RunningCall<Context>,
    offered: OfferedMethod,
    { id, meta }: RequestMessage,
  ): Promise<Outcome | undefined> {
    const { settings, send } = this.#parts;
    const source = await openStream(offered, call, settings);
    if ('error' in source) return source;
    if (call.abortReason !== undefined) {
      release(source.items[Symbol.asyncIterator]());
      return undefined;
    }
    const stream = new OutgoingStream({
      id: id as Id,
      source: source.items,
      item: offered.method.kind === 'stream' ? offered.method.item : undefined,
      credit: meta.credit as number,
      send,
      errorText: (error) => errorTextOf(error, call, settings),
      ended: () => this.#byId.delete(id as Id),
    });
    call.begin(stream);
    await stream.run();
    return undefined;
  }

  #builtIn({ id, method, params }: RequestMessage, reply: Reply): void {
    const { settings, session } = this.#parts;
    const named = isMembers(params) ? params : {};
    const call = this.#byId.get(named.id as Id);
    const refuse = (error: RpcError): void => reply({ error: JSON.stringify(error) });
    if (method === 'rpc.ping' && !session.isAuthenticated) refuse(rpcError('UNAUTHENTICATED'));
    else if (method === 'rpc.ping') reply({ result: 'null' });
    else if (method === 'rpc.cancel') {
      call?.abort(rpcError('CANCELLED'));
      reply({ result: 'null' });
    } else if (method === 'rpc.stream.credit' && isCredit(named.items)) {
      call?.grant(named.items);
      reply({ result: 'null' });
    } else if (method === 'rpc.stream.credit') refuse(rpcError('INVALID_PARAMS'));
    else if (method === 'rpc.auth' && settings.authentication?.verify !== undefined && id !== undefined) {
      this.#takeToken(named.token, reply);
    } else refuse(rpcError('METHOD_NOT_FOUND'));
  }

  /** Tokens are verified one at a time: that may be expensive, and nobody is known yet. */
  #takeToken(token: unknown, reply: Reply): void {
    if (this.#isTakingToken) {
      reply({ error: JSON.stringify(rpcError('RESOURCE_EXHAUSTED', 'One token at a time')) });
      return;
    }
    this.#isTakingToken = true;
    takeToken(token, this.#parts.session, this.#parts.settings).then((outcome) => {
      this.#isTakingToken = false;
      reply(outcome);
    });
  }
}

/** Why a call that was typed by hand is not carried out. */
function refusalOfPlain(offered: OfferedMethod | undefined): RpcError | undefined {
  if (offered?.method.kind !== 'stream') return undefined;
  const hint = 'A stream needs JSON-RPC 2.0: {"jsonrpc": "2.0", "id": 1, "method": "name"}';
  return rpcError('INVALID_REQUEST', hint);
}
