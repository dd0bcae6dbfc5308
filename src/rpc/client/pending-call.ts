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
  #firstSent: number | undefined;

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
    this.#firstSent ??= this.owner.clock.now();
  }

  settle(result: unknown, error: ErrorObject | undefined): void {
    this.over();
    if (error !== undefined) {
      this.#reject(errorOf(error));
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

  lost(): void {
    if (!this.isSent) return;
    this.isSent = false;
    if (this.#key !== undefined) return;
    this.over();
    this.#reject(new UnknownOutcomeError(`${this.request.method}: the connection was lost`));
  }

  restored(): void {
    if (!this.isSent && this.#firstSent !== undefined) this.owner.link.submit(this, 'wait');
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
    const age = this.#firstSent === undefined ? {} : { age: this.owner.clock.now() - this.#firstSent };
    return { ...super.meta(), idempotencyKey: key, ...age };
  }

  protected reject(error: unknown): void {
    this.#reject(error);
  }

  protected timedOut(timeout: number): Error {
    return new CallTimeoutError(this.request.method, timeout, this.#firstSent !== undefined);
  }

  #refuse(cause: unknown): void {
    const message = `${this.request.method}: the answer does not match the contract: ${(cause as Error).message}`;
    this.#reject(new InvalidAnswerError('RPC_ERR_INVALID_ANSWER', message, { cause }));
  }
}

/** An error object as an error. */
export function errorOf({ code, message, data }: ErrorObject): Error {
  if (code === RpcErrorCode.UNKNOWN_OUTCOME) return new UnknownOutcomeError(message);
  return new RemoteError(code, message, data);
}
