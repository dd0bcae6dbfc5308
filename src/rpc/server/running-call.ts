import { Alarm, type Clock } from '../../transport/clock.js';
import type { Calls } from '../client/calls.js';
import type { Contract } from '../contract/contract.js';
import { type RpcError, rpcError } from '../wire/error-object.js';
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
  /** Whether its caller is told how it ends. */
  readonly isNotification: boolean;
  /** Whether it is remembered, so that it may be asked for again. */
  readonly isKeyed: boolean;
  /** Takes how it ended; `undefined` when there is nobody any more to be told. */
  readonly answer: (outcome: Outcome | undefined) => void;
}

/** A call between its arrival and the end of its handler. It is answered once, at its end or before. */
export class RunningCall<Context> implements Call<Context, Contract> {
  readonly #parts: RunningCallParts<Context>;
  readonly context: Context;
  readonly deadline: number;
  /** Made for handlers that want its signal: most do not. */
  #controller: AbortController | undefined;
  #reason: RpcError | undefined;
  #isAnswered = false;
  #alarm: Alarm | undefined;
  /** What it became when its handler gave an iterable. */
  #stream: OutgoingStream | undefined;
  /** Credit that came before there was a stream. */
  #credit = 0;
  /** The call that it asks for again, which is still being carried out: when this one is given up, so is that. */
  joined: RunningCall<Context> | undefined;
  /** Called when it is given up. */
  aborted: (() => void) | undefined;

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

  get isKeyed(): boolean {
    return this.#parts.isKeyed;
  }

  get isNotification(): boolean {
    return this.#parts.isNotification;
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

  /** It is given up when its time is over. */
  startClock(): void {
    if (!Number.isFinite(this.deadline)) return;
    this.#alarm = new Alarm(this.#parts.clock, this.deadline, () =>
      this.abort(rpcError('DEADLINE_EXCEEDED')),
    );
  }

  /** It became a stream, which may take as long as it likes. */
  begin(stream: OutgoingStream): void {
    this.#stream = stream;
    this.#alarm?.cancel();
    this.#answer({ result: '{"stream":true}' });
    if (this.#credit > 0) stream.grant(this.#credit);
  }

  /** Whether it became a stream. */
  get isStreaming(): boolean {
    return this.#stream !== undefined;
  }

  /** The caller of a stream takes more items. */
  grant(items: number): void {
    if (this.#stream === undefined) this.#credit += items;
    else this.#stream.grant(items);
  }

  /** Its handler has ended. */
  end(outcome: Outcome | undefined): void {
    this.#alarm?.cancel();
    this.#answer(outcome);
  }

  /** Gives it up and tells the caller why. */
  abort(error: RpcError): void {
    this.#abort(error, JSON.stringify(error));
    this.joined?.abort(error);
  }

  /** The connection was lost. A call that may be asked for again goes on until its time is over. */
  lost(): void {
    if (this.#parts.isKeyed) this.#answer(undefined);
    else this.#abort(rpcError('CANCELLED', 'The connection was lost'), undefined);
  }

  #abort(reason: RpcError, error: string | undefined): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#alarm?.cancel();
    this.#controller?.abort(reason);
    if (this.#stream !== undefined) this.#stream.stop(error);
    else this.#answer(error === undefined ? undefined : { error });
    this.aborted?.();
  }

  #answer(outcome: Outcome | undefined): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#parts.answer(outcome);
  }
}
