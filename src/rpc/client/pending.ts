/** What the calling half keeps of a call or a stream until it has ended. */

import { Alarm, type Clock } from '../../transport/clock.js';
import { InvalidAnswerError, type NotSentError } from '../../transport/errors.js';
import type { Link, Outgoing, WhenOffline } from '../../transport/link.js';
import { utf8Length } from '../../transport/utf8-length.js';
import { type Schema, validate } from '../contract/schema.js';
import { RpcErrorCode } from '../wire/error-codes.js';
import type { ErrorObject } from '../wire/error-object.js';
import type { Meta } from '../wire/message.js';
import { requestText } from '../wire/text.js';
import type { CallSettings } from './call-settings.js';

/** Where pending calls belong: what they are to tell their caller half. */
export interface PendingOwner {
  readonly link: Link;
  readonly clock: Clock;
  /** Whether requests carry `meta`. */
  readonly metadata: boolean;
  /** The call has ended: it is to be forgotten. */
  ended(id: number): void;
}

/** A call as it is asked for. */
export interface PendingRequest extends CallSettings {
  readonly id: number;
  readonly method: string;
  /** JSON of the parameters. */
  readonly params: string | undefined;
  /** Schema of the result, or of each item. */
  readonly output: Schema | undefined;
  readonly timeout: number;
  readonly whenOffline: WhenOffline;
}

/** Milliseconds that messages are under way at most, as far as we care. */
const TRANSIT = 1000;

/** A call that has not ended: sends itself, keeps its time, and ends once. */
export abstract class Pending implements Outgoing {
  protected readonly owner: PendingOwner;
  protected readonly request: PendingRequest;
  /** JSON of the parameters of the next attempt. */
  protected params: string | undefined;
  /** Whether it was handed to the connection that there is now. */
  protected isSent = false;
  #isOver = false;
  #alarm: Alarm | undefined;
  #deadline: number | undefined;
  readonly #abort = (): void => this.#giveUp(this.request.signal?.reason);

  constructor(owner: PendingOwner, request: PendingRequest) {
    this.owner = owner;
    this.request = request;
    this.params = request.params;
  }

  get id(): number {
    return this.request.id;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends it for the first time, and starts its clock. */
  start(): void {
    const { signal, whenOffline } = this.request;
    if (signal?.aborted) {
      this.#giveUp(signal.reason);
      return;
    }
    signal?.addEventListener('abort', this.#abort);
    this.startClock();
    this.owner.link.submit(this, whenOffline);
  }

  size(): number {
    return utf8Length(this.text());
  }

  text(): string {
    const { id, method } = this.request;
    return requestText({
      method,
      params: this.params,
      id,
      meta: this.owner.metadata ? this.meta() : undefined,
    });
  }

  sent(): void {
    this.isSent = true;
  }

  failed(error: NotSentError): void {
    this.over();
    this.reject(error);
  }

  /** The peer answered. */
  abstract settle(result: unknown, error: ErrorObject | undefined): void;

  /** The peer answered with something that is no answer. */
  refuse(why: string): void {
    this.withdraw();
    this.reject(new InvalidAnswerError('RPC_ERR_INVALID_ANSWER', `${this.request.method}: ${why}`));
  }

  /**
   * The connection was lost.
   * @param mayRepeat whether what it was lost for is not likely to be one of the messages
   */
  abstract lost(mayRepeat: boolean): void;

  /** There is a connection again. */
  abstract restored(): void;

  /** There will be no connection any more. */
  abstract closed(error: NotSentError): void;

  /** Members of `meta` beyond the time that is left. */
  protected meta(): Meta {
    // Without a limit of its own the peer would apply one.
    if (this.#deadline === undefined) return { timeout: Number.MAX_SAFE_INTEGER };
    return { timeout: Math.max(0, Math.round(this.#deadline - this.owner.clock.now())) };
  }

  /** Ends the wait of whoever made the call. */
  protected abstract reject(error: unknown): void;

  protected abstract timedOut(timeout: number): Error;

  /** What the contract makes of a value of the peer. */
  protected check(value: unknown): unknown {
    return validate(this.request.output, value);
  }

  /** The error of its time-out if that is what the peer's error says: the peer's clock may be the quicker one. */
  protected timeoutOf(error: ErrorObject | undefined): Error | undefined {
    if (error?.code !== RpcErrorCode.DEADLINE_EXCEEDED || this.#deadline === undefined) return undefined;
    const isDue = this.owner.clock.now() >= this.#deadline - TRANSIT;
    return isDue ? this.timedOut(this.request.timeout) : undefined;
  }

  /** Its time begins. */
  protected startClock(): void {
    const { timeout } = this.request;
    if (timeout === Number.POSITIVE_INFINITY) return;
    this.stopClock();
    this.#deadline = this.owner.clock.now() + timeout;
    this.#alarm = new Alarm(this.owner.clock, this.#deadline, () => this.#giveUp(this.timedOut(timeout)));
  }

  /** It has all the time in the world from now on. */
  protected stopClock(): void {
    this.#alarm?.cancel();
    this.#deadline = undefined;
  }

  /** Ends it. */
  protected over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.stopClock();
    this.request.signal?.removeEventListener('abort', this.#abort);
    this.owner.ended(this.request.id);
  }

  /** Ends it and tells the peer, if the peer may know of it. */
  protected withdraw(): void {
    if (this.#isOver) return;
    this.over();
    if (this.isSent) {
      this.owner.link.post(requestText({ method: 'rpc.cancel', params: `{"id":${this.request.id}}` }));
    } else this.owner.link.withdraw(this);
  }

  #giveUp(reason: unknown): void {
    if (this.#isOver) return;
    this.withdraw();
    this.reject(reason);
  }
}
