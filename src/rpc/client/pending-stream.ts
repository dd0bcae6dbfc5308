import {
  CallTimeoutError,
  InvalidAnswerError,
  type NotSentError,
  UnknownOutcomeError,
} from '../../transport/errors.js';
import type { ErrorObject } from '../wire/error-object.js';
import type { Meta } from '../wire/message.js';
import { requestText } from '../wire/text.js';
import { Pending, type PendingOwner, type PendingRequest } from './pending.js';
import { errorOf } from './pending-call.js';

/** What a stream is told beyond a call. */
export interface StreamPlan {
  /** Items that the peer may send ahead. */
  readonly window: number;
  /** JSON of the parameters after the last item that arrived; `undefined`: a lost connection ends the stream. */
  readonly paramsAfter: ((last: unknown) => string | undefined) | undefined;
  /** Whether the last item is wanted for that. */
  readonly wantsLast: boolean;
}

/**
 * A stream that is being read. It holds at most as many items as it has given credit for, and gives more when half of
 * them have been read.
 */
export class PendingStream extends Pending implements AsyncIterableIterator<unknown, undefined> {
  readonly #plan: StreamPlan;
  #items: unknown[] = [];
  /** Items that the peer may still send. */
  #credit = 0;
  /** Items that were read and not given credit for again. */
  #read = 0;
  #nextSeq = 1;
  #last: unknown;
  #wasSent = false;
  /** Whether the peer has ever said that it began. */
  #hasBegun = false;
  #attempt = 0;
  /** How it ends once the items are read: an error, or `null` in order. */
  #end: { readonly error: unknown } | null | undefined;
  #wake: (() => void) | undefined;
  #news: Promise<void> | undefined;

  constructor(owner: PendingOwner, request: PendingRequest, plan: StreamPlan) {
    super(owner, request);
    this.#plan = plan;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    while (this.#items.length === 0 && this.#end === undefined) await this.#whenNews();
    if (this.#items.length > 0) return { done: false, value: await this.#take() };
    const end = this.#end;
    this.#end = null;
    if (end) throw end.error;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#items = [];
    this.withdraw();
    this.#finish(null);
    return { done: true, value: undefined };
  }

  override text(): string {
    this.#nextSeq = 1;
    this.#read = 0;
    this.#credit = Math.max(1, this.#plan.window - this.#items.length);
    return super.text();
  }

  /** The answer says whether the stream has begun; items follow as notifications. */
  settle(result: unknown, error: ErrorObject | undefined): void {
    if (error === undefined && (result as { stream?: unknown } | null)?.stream === true) {
      this.#hasBegun = true;
      this.stopClock();
      return;
    }
    if (error === undefined) {
      this.refuse('the answer is not that of a stream');
      return;
    }
    const timeout = this.timeoutOf(error);
    this.over();
    this.#finish({ error: timeout ?? errorOf(error as ErrorObject) });
  }

  /** `rpc.stream.item` */
  item(seq: unknown, item: unknown): void {
    if (!this.#isNext(seq)) return;
    if (this.#credit === 0) {
      this.#break('more items than there was credit for');
      return;
    }
    this.#credit--;
    this.#last = item;
    this.#items.push(item);
    this.#tell();
  }

  /** `rpc.stream.end` and `rpc.stream.error` */
  ended(seq: unknown, error: ErrorObject | undefined): void {
    if (!this.#isNext(seq)) return;
    this.over();
    this.#finish(error === undefined ? null : { error: errorOf(error) });
  }

  lost(mayRepeat: boolean): void {
    if (!this.isSent) return;
    this.isSent = false;
    if (this.#plan.paramsAfter !== undefined && mayRepeat && this.request.whenOffline !== 'fail') {
      // What has begun once may wait for the next connection as long as it takes.
      if (this.#hasBegun) this.stopClock();
      return;
    }
    this.over();
    this.#finish({ error: new UnknownOutcomeError(`${this.request.method}: the connection was lost`) });
  }

  restored(): void {
    const { paramsAfter } = this.#plan;
    if (this.isSent || !this.#wasSent || paramsAfter === undefined) return;
    this.owner.link.withdraw(this);
    this.startClock();
    void this.#again(paramsAfter);
  }

  closed(error: NotSentError): void {
    this.over();
    const unknown = () => new UnknownOutcomeError(this.request.method, { cause: error });
    this.#finish({ error: this.#wasSent ? unknown() : error });
  }

  /** A stream that was sent before may have begun, whatever keeps it from being sent again. */
  override failed(error: NotSentError): void {
    this.closed(error);
  }

  override sent(): void {
    super.sent();
    this.#wasSent = true;
  }

  protected override meta(): Meta {
    return { ...super.meta(), credit: this.#credit };
  }

  protected reject(error: unknown): void {
    this.#items = [];
    this.#finish({ error });
  }

  protected timedOut(timeout: number): Error {
    return new CallTimeoutError(this.request.method, timeout, this.#wasSent);
  }

  /** A stream without a gap counts its items from 1; its end has the number after the last. */
  #isNext(seq: unknown): boolean {
    if (seq === this.#nextSeq) {
      this.#nextSeq++;
      return true;
    }
    this.#break(`number ${this.#nextSeq} is due, and ${seq} came`);
    return false;
  }

  /** Calls it again behind the last item that arrived, which is as the contract makes it. */
  async #again(paramsAfter: (last: unknown) => string | undefined): Promise<void> {
    const attempt = ++this.#attempt;
    try {
      const wantsItem = this.#plan.wantsLast && this.#last !== undefined;
      this.params = paramsAfter(wantsItem ? await this.check(this.#last) : undefined);
    } catch (error) {
      this.over();
      this.#finish({ error });
      return;
    }
    if (!this.isOver && attempt === this.#attempt) this.owner.link.submit(this, 'wait');
  }

  #break(why: string): void {
    this.withdraw();
    this.#finish({
      error: new InvalidAnswerError('RPC_ERR_INVALID_STREAM', `${this.request.method}: ${why}`),
    });
  }

  async #take(): Promise<unknown> {
    const item = this.#items.shift();
    this.#grant();
    try {
      return await this.check(item);
    } catch (cause) {
      await this.return();
      const message = `${this.request.method}: an item does not match the contract: ${(cause as Error).message}`;
      throw new InvalidAnswerError('RPC_ERR_INVALID_ANSWER', message, { cause });
    }
  }

  #grant(): void {
    if (++this.#read < this.#plan.window / 2 || this.isOver || !this.isSent) return;
    this.#credit += this.#read;
    const params = `{"id":${this.request.id},"items":${this.#read}}`;
    this.#read = 0;
    this.owner.link.post(requestText({ method: 'rpc.stream.credit', params }));
  }

  #finish(end: { readonly error: unknown } | null): void {
    if (this.#end === undefined) this.#end = end;
    this.#tell();
  }

  #whenNews(): Promise<void> {
    this.#news ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
    return this.#news;
  }

  #tell(): void {
    this.#wake?.();
    this.#wake = undefined;
    this.#news = undefined;
  }
}
