import type { Clock } from '../../transport/clock.js';
import {
  CallTimeoutError,
  InvalidAnswerError,
  type NotSentError,
  UnknownOutcomeError,
} from '../../transport/errors.js';
import { RpcErrorCode } from '../wire/error-codes.js';
import { type ErrorObject, RemoteError } from '../wire/error-object.js';
import type { Meta } from '../wire/message.js';
import { Pending, type PendingOwner, type PendingRequest } from './pending.js';

/** A call with one answer. It is sent again over the next connection if it may be. */
export class PendingCall extends Pending {
  readonly #resolve: (result: unknown) => void;
  readonly #reject: (error: unknown) => void;
  /** `undefined`: it is not sent twice. A query has an empty key: it may be carried out twice. */
  readonly #key: string | undefined;
  #firstSent: { readonly at: number; readonly monotonic: number } | undefined;
  /** Whether it was handed to another connection before. */
  #isRepeated = false;

  constructor(
    owner: PendingOwner,
    request: PendingRequest,
    key: string | undefined,
    resolve: (result: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    super(owner, request);
    this.#key = key;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  override sent(): void {
    super.sent();
    const { clock } = this.owner;
    this.#firstSent ??= { at: clock.now(), monotonic: clock.monotonic() };
  }

  settle(result: unknown, error: ErrorObject | undefined): void {
    const timeout = this.timeoutOf(error);
    this.over();
    if (error !== undefined) {
      this.#reject(timeout ?? this.#errorOf(error));
      return;
    }
    try {
      const value = this.check(result);
      if (value instanceof Promise) value.then(this.#resolve, (cause) => this.#refuse(cause));
      else this.#resolve(value);
    } catch (cause) {
      this.#refuse(cause);
    }
  }

  lost(mayRepeat: boolean): void {
    if (!this.isSent) return;
    this.isSent = false;
    this.#isRepeated = true;
    if (this.#key !== undefined && mayRepeat && this.request.whenOffline !== 'fail') return;
    this.over();
    this.#reject(new UnknownOutcomeError(`${this.request.method}: the connection was lost`));
  }

  restored(): void {
    if (this.isSent || this.#firstSent === undefined) return;
    // A connection that did not last may have left it in the queue.
    this.owner.link.withdraw(this);
    this.owner.link.submit(this, 'wait');
  }

  closed(error: NotSentError): void {
    this.over();
    this.#reject(
      this.#firstSent === undefined ? error : new UnknownOutcomeError(this.request.method, { cause: error }),
    );
  }

  /** A call that was sent before may have been carried out, whatever keeps it from being sent again. */
  override failed(error: NotSentError): void {
    this.closed(error);
  }

  protected override meta(): Meta {
    const key = this.#key;
    if (!key) return super.meta();
    const first = this.#firstSent;
    return { ...super.meta(), idempotencyKey: key, ...(first && { age: ageOf(first, this.owner.clock) }) };
  }

  protected reject(error: unknown): void {
    this.#reject(error);
  }

  protected timedOut(timeout: number): Error {
    return new CallTimeoutError(this.request.method, timeout, this.#firstSent !== undefined);
  }

  /** A refusal of the second attempt says nothing about the first. */
  #errorOf(error: ErrorObject): Error {
    const cause = errorOf(error);
    if (!this.#key || !this.#isRepeated || !refusals.has(error.code)) return cause;
    return new UnknownOutcomeError(`${this.request.method}: it was refused when it was sent again`, {
      cause,
    });
  }

  #refuse(cause: unknown): void {
    const message = `${this.request.method}: the answer does not match the contract: ${(cause as Error).message}`;
    this.#reject(new InvalidAnswerError('RPC_ERR_INVALID_ANSWER', message, { cause }));
  }
}

/** Codes that say that a call was not carried out: this time. */
const refusals: ReadonlySet<number> = new Set([
  RpcErrorCode.PARSE_ERROR,
  RpcErrorCode.INVALID_REQUEST,
  RpcErrorCode.METHOD_NOT_FOUND,
  RpcErrorCode.UNAUTHENTICATED,
  RpcErrorCode.PERMISSION_DENIED,
  RpcErrorCode.RESOURCE_EXHAUSTED,
]);

/** Too old is safe and too young is not: the greater of what both clocks say. */
function ageOf(first: { readonly at: number; readonly monotonic: number }, clock: Clock): number {
  return Math.ceil(Math.max(clock.now() - first.at, clock.monotonic() - first.monotonic, 0));
}

/** An error object as an error. */
export function errorOf({ code, message, data }: ErrorObject): Error {
  if (code === RpcErrorCode.UNKNOWN_OUTCOME) return new UnknownOutcomeError(message);
  return new RemoteError(code, message, data);
}
