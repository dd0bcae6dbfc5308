import type { Clock } from '../../transport/clock.js';
import type { Calls } from '../client/calls.js';
import type { Contract } from '../contract/contract.js';
import type { ErrorObject, RpcError } from '../wire/error-object.js';
import { rpcError } from '../wire/error-object.js';
import type { RequestMessage } from '../wire/message.js';
import type { Outcome } from '../wire/text.js';
import type { Authentication, Call, CallConnection } from './call.js';
import type { OutgoingStream } from './outgoing-stream.js';

/** What a call is made of. */
export interface RunningCallParts<Context> {
  readonly request: RequestMessage;
  readonly kind: Call['kind'];
  readonly connection: CallConnection<Context, Contract>;
  readonly clock: Clock;
  /** Milliseconds that it has. */
  readonly timeout: number;
  /** Takes how it ended; `undefined` when there is nobody any more to be told. */
  readonly answer: (outcome: Outcome | undefined) => void;
}

/** A call between its arrival and its answer, which is given once. */
export class RunningCall<Context> implements Call<Context, Contract> {
  readonly #parts: RunningCallParts<Context>;
  readonly context: Context;
  readonly deadline: number;
  /** Made for handlers that want its signal: most do not. */
  #controller: AbortController | undefined;
  #reason: RpcError | undefined;
  #isAnswered = false;
  #timer: unknown;
  /** What it became when its handler gave an iterable. */
  stream: OutgoingStream | undefined;

  constructor(parts: RunningCallParts<Context>) {
    const { connection, clock, timeout } = parts;
    this.#parts = parts;
    this.context = connection.context;
    this.deadline = clock.now() + timeout;
  }

  get method(): string {
    return this.#parts.request.method;
  }

  get kind(): Call['kind'] {
    return this.#parts.kind;
  }

  get params(): unknown {
    return this.#parts.request.params;
  }

  get connection(): CallConnection<Context, Contract> {
    return this.#parts.connection;
  }

  get client(): Calls<Contract> {
    return this.connection.client;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Why it was given up; `undefined` if it was not. */
  get abortReason(): RpcError | undefined {
    return this.#reason;
  }

  authenticate(authentication: Authentication<Context>): Promise<void> {
    return this.connection.authenticate(authentication);
  }

  /** Gives the answer, unless there was one. */
  answer(outcome: Outcome | undefined): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.stopClock();
    this.#parts.answer(outcome);
  }

  /** It is given up when its time is over. */
  startClock(): void {
    const { clock, timeout } = this.#parts;
    this.#timer = clock.setTimeout(() => this.abort(rpcError('DEADLINE_EXCEEDED')), timeout);
  }

  /** A stream that has begun may take as long as it likes. */
  stopClock(): void {
    if (this.#timer !== undefined) this.#parts.clock.clearTimeout(this.#timer);
  }

  /** Gives it up and tells the caller why. */
  abort(error: RpcError): void {
    this.#abort(error, error.toJSON());
  }

  /** The connection was lost. A call that may be asked for again goes on. */
  lost(): void {
    if (this.#parts.request.meta.idempotencyKey !== undefined) this.answer(undefined);
    else this.#abort(rpcError('CANCELLED', 'The connection was lost'), undefined);
  }

  #abort(reason: RpcError, error: ErrorObject | undefined): void {
    this.#reason ??= reason;
    this.#controller?.abort(reason);
    if (this.stream !== undefined) this.stream.stop(error);
    else this.answer(error && { error });
  }
}
